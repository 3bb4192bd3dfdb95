//! Carries out jobs for another program: reads jobs as JSON, one in a line, and writes the
//! result of each in a line (docs/jobs.md): `worker CACHE`. What their cases need must be
//! prepared in the cache.
#![expect(clippy::print_stdout, reason = "it writes results")]

use std::error::Error;
use std::io::BufRead as _;
use std::sync::{Arc, mpsc};

use assay_verify::pool::PoolLimits;
use assay_verify::{Job, LocalVerifier, Validator, Verifier as _};

fn main() -> Result<(), Box<dyn Error>> {
    // Sandboxes are launched as further processes of this program.
    assay_verify::enter_if_launched();
    let cache = std::env::args().nth(1).ok_or("usage: worker CACHE")?;
    let validator = Arc::new(Validator::new(cache.into()));
    let verifier = LocalVerifier { validator, limits: PoolLimits::new(2) };
    let (sender, results) = mpsc::channel();
    let jobs = verifier.start(Arc::new(move |result| sender.send(result).is_ok()));
    let mut begun = 0;
    for line in std::io::stdin().lock().lines() {
        jobs.submit(serde_json::from_str::<Job>(&line?)?);
        begun += 1;
    }
    for result in results.iter().take(begun) {
        println!("{}", serde_json::to_string(&result)?);
    }
    Ok(())
}
