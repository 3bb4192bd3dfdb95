//! BigVul as it is published (Fan et al., "A C/C++ Code Vulnerability Dataset with Code Changes and
//! CVE Summaries", 2020): one CSV of functions before and after the commit that mended them.

use std::path::Path;

use assay_core::{FileSet, Label, Language, SafePath};

use super::example::Origin;
use super::programs::Program;
use super::source::Source;

/// What makes a file no BigVul.
#[derive(Debug, thiserror::Error)]
pub enum BigVulError {
    #[error("failed to read {path}: {source}")]
    Read { path: String, source: csv::Error },
    #[error(
        "{path} has no column {column:?}; BigVul's MSR_data_cleaned.csv has func_before, func_after, vul, lang and the two with CWE and CVE in their names"
    )]
    NoColumn { path: String, column: &'static str },
}

/// Where the columns are.
struct Columns {
    before: usize,
    after: usize,
    vulnerable: usize,
    language: usize,
    cwe: usize,
    cve: usize,
}

/// Functions that were vulnerable, each with what it became: at most so many pairs, taken evenly
/// over the file. Functions that no commit mended are left out, as nobody has looked at them; so are
/// those without a numbered weakness, and what is neither C nor C++.
pub fn read(path: &Path, most: usize) -> Result<Vec<Program>, BigVulError> {
    let shown = path.display().to_string();
    let fault = |source| BigVulError::Read { path: shown.clone(), source };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).map_err(fault)?;
    let columns = Columns::of(reader.headers().map_err(fault)?, &shown)?;
    let mut pairs = Vec::new();
    for (row, record) in reader.byte_records().enumerate() {
        let record = record.map_err(fault)?;
        let cell = |place: usize| String::from_utf8_lossy(record.get(place).unwrap_or_default());
        let cwe = cell(columns.cwe);
        let is_mended = cell(columns.vulnerable).trim() == "1"
            && cwe.starts_with("CWE-")
            && matches!(cell(columns.language).trim(), "C" | "C++" | "CPP")
            && !cell(columns.before).trim().is_empty()
            && !cell(columns.after).trim().is_empty()
            && cell(columns.before) != cell(columns.after);
        if is_mended {
            let origin = Origin {
                id: format!("bigvul-{}", row + 1),
                // Functions of one mending are alike.
                scenario: format!(
                    "bigvul {}",
                    match cell(columns.cve).trim() {
                        "" => format!("row {}", row + 1),
                        cve => cve.to_owned(),
                    }
                ),
                language: Language::C,
                cwe: vec![cwe.trim().to_owned()],
                source: Source::BigVul,
                decided_by: "label",
            };
            pairs.push((
                cell(columns.before).into_owned(),
                cell(columns.after).into_owned(),
                origin,
            ));
        }
    }
    let every = pairs.len().div_ceil(most.max(1)).max(1);
    Ok(pairs.into_iter().step_by(every).take(most).flat_map(both).collect())
}

fn both((before, after, origin): (String, String, Origin)) -> [Program; 2] {
    let files = |text: String| -> FileSet {
        let path = SafePath::new("function.c").expect("a safe path");
        [(path, text.into_bytes())].into()
    };
    let vulnerable = Label { vulnerable: true, cwe: origin.cwe.clone(), ..Label::default() };
    let fixed = Origin { id: format!("{}-fixed", origin.id), ..origin.clone() };
    [
        Program { files: files(before), truth: vulnerable, origin },
        Program { files: files(after), truth: Label::default(), origin: fixed },
    ]
}

impl Columns {
    fn of(headers: &csv::StringRecord, path: &str) -> Result<Columns, BigVulError> {
        let place = |name: &'static str, found: &dyn Fn(&str) -> bool| {
            let missing = || BigVulError::NoColumn { path: path.to_owned(), column: name };
            headers.iter().position(|it| found(it.trim())).ok_or_else(missing)
        };
        let is = |name: &'static str| place(name, &|it| it == name);
        Ok(Columns {
            before: is("func_before")?,
            after: is("func_after")?,
            vulnerable: is("vul")?,
            language: is("lang")?,
            cwe: place("CWE ID", &|it| it.to_uppercase().starts_with("CWE"))?,
            cve: place("CVE ID", &|it| it.to_uppercase().starts_with("CVE"))?,
        })
    }
}
