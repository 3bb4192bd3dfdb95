//! The verdict on one artifact: `verdict CORPUS CACHE CASE PATH=FILE...`, each the place
//! of a file in the case's project and the file that is to be there.
//!
//! `cargo run -p assay-verify --example verdict -- corpus /tmp/cache invoice-search \
//! src/invoice_search/invoice_search.py=mine.py`
#![expect(clippy::print_stdout, reason = "it shows the verdict")]

use std::error::Error;

use assay_core::Artifact;
use assay_core::corpus::CorpusSource;
use assay_verify::Validator;

fn main() -> Result<(), Box<dyn Error>> {
    // Sandboxes are launched as further processes of this program.
    assay_verify::enter_if_launched();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [corpus, cache, id, pairs @ ..] = arguments.as_slice() else {
        return Err("usage: verdict CORPUS CACHE CASE PATH=FILE...".into());
    };
    let corpus = CorpusSource::parse(corpus).load()?;
    let case = corpus.case(id).ok_or_else(|| format!("no case {id}"))?;
    let mut files = Vec::new();
    for pair in pairs {
        let (path, file) = pair.split_once('=').ok_or("give files as PATH=FILE")?;
        files.push((path.to_owned(), std::fs::read_to_string(file)?));
    }
    let artifact = Artifact::from_files(files, case.artifact_paths())?;
    let validator = Validator::new(cache.into());
    validator.prepare(&[case], &mut |_| {})?;
    match validator.validate(case, &artifact)?.evidence.verdict() {
        Some(verdict) => println!("{verdict}"),
        None => println!("left to judges"),
    }
    Ok(())
}
