//! Sets of cases, and the places they are loaded from.

pub mod cov_eval;
mod human_eval;
mod native;
mod proved_programs;
mod sec_code_bench;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::case::{Case, Language, Severity};
use crate::files::{ReadFilesError, sha256};
use crate::record::CaseSummary;
use crate::text_file;

/// A set of cases with a digest.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// In order of language and id; ids are unique.
    pub cases: Vec<Case>,
    /// The SHA-256 of all cases' digests.
    pub digest: String,
    /// What differs from what was published, a sentence each; never of our own.
    pub warnings: Vec<String>,
}

/// Where a corpus is: `PATH`, `sec-code-bench:PATH` for a checkout of SecCodeBench-V2,
/// `human-eval:FILE` for the JSON lines of HumanEval, or `cov-eval:PATH` for a checkout of
/// CoV-Eval, or for a corpus of ours that is to be asked as CoV-Eval asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorpusSource {
    Native(PathBuf),
    SecCodeBench(PathBuf),
    HumanEval(PathBuf),
    CovEval(PathBuf),
}

/// What stands for the place of our cases within the program. A folder of this name is `./built-in`.
pub const BUILT_IN: &str = "built-in";

const SEC_CODE_BENCH: &str = "sec-code-bench:";
const HUMAN_EVAL: &str = "human-eval:";
const COV_EVAL: &str = "cov-eval:";

impl CorpusSource {
    pub fn parse(text: &str) -> CorpusSource {
        if let Some(path) = text.strip_prefix(SEC_CODE_BENCH) {
            CorpusSource::SecCodeBench(path.into())
        } else if let Some(path) = text.strip_prefix(HUMAN_EVAL) {
            CorpusSource::HumanEval(path.into())
        } else if let Some(path) = text.strip_prefix(COV_EVAL) {
            CorpusSource::CovEval(path.into())
        } else {
            CorpusSource::Native(text.into())
        }
    }

    /// The folder or file that it is read from.
    pub fn path(&self) -> &Path {
        match self {
            CorpusSource::Native(path)
            | CorpusSource::SecCodeBench(path)
            | CorpusSource::HumanEval(path)
            | CorpusSource::CovEval(path) => path,
        }
    }

    /// Whether it is the one within the program, which whoever has it must lay out before it can be
    /// loaded.
    pub fn is_built_in(&self) -> bool {
        self.path() == Path::new(BUILT_IN)
    }

    /// What stands before the path.
    fn prefix(&self) -> &'static str {
        match self {
            CorpusSource::Native(_) => "",
            CorpusSource::SecCodeBench(_) => SEC_CODE_BENCH,
            CorpusSource::HumanEval(_) => HUMAN_EVAL,
            CorpusSource::CovEval(_) => COV_EVAL,
        }
    }

    /// A corpus of the same kind at another place.
    #[must_use]
    pub fn at(&self, path: PathBuf) -> CorpusSource {
        match self {
            CorpusSource::Native(_) => CorpusSource::Native(path),
            CorpusSource::SecCodeBench(_) => CorpusSource::SecCodeBench(path),
            CorpusSource::HumanEval(_) => CorpusSource::HumanEval(path),
            CorpusSource::CovEval(_) => CorpusSource::CovEval(path),
        }
    }

    /// The same place, wherever the program is started next time.
    pub fn absolute(self) -> Result<CorpusSource, CorpusError> {
        self.named()?;
        if self.is_built_in() {
            return Ok(self);
        }
        let path = std::path::absolute(self.path()).map_err(|error| {
            let message = format!("failed to tell where it is: {error}");
            CorpusError(vec![Fault::in_file(self.path(), message)])
        })?;
        Ok(self.at(path))
    }

    /// That it has a path at all.
    fn named(&self) -> Result<(), CorpusError> {
        match self.path().as_os_str().is_empty() {
            false => Ok(()),
            true => Err(CorpusError(vec![Fault {
                place: format!("the corpus {:?}", self.to_string()),
                line: None,
                message: format!("no path; write it as in --corpus {}PATH", self.prefix()),
            }])),
        }
    }

    /// A relative place, as seen from `folder`.
    #[must_use]
    pub fn relative_to(self, folder: &Path) -> CorpusSource {
        if self.is_built_in() { self } else { self.at(folder.join(self.path())) }
    }

    /// Other names by which programs of others ask for these cases: what follows `/verify/` in the
    /// addresses that a checkout of SecCodeBench-V2 names for them. Each stands for an id.
    pub fn endpoints(&self) -> Result<BTreeMap<String, String>, CorpusError> {
        match self {
            CorpusSource::SecCodeBench(path) => sec_code_bench::endpoints(path),
            CorpusSource::Native(_) | CorpusSource::HumanEval(_) | CorpusSource::CovEval(_) => {
                Ok(BTreeMap::new())
            }
        }
    }

    pub fn load(&self) -> Result<Corpus, CorpusError> {
        self.named()?;
        let (cases, warnings) = match self {
            CorpusSource::Native(path) => (native::load(path)?, Vec::new()),
            CorpusSource::SecCodeBench(path) => (sec_code_bench::load(path)?, Vec::new()),
            CorpusSource::HumanEval(path) => (human_eval::load(path)?, Vec::new()),
            CorpusSource::CovEval(path) if cov_eval::is_checkout(path) => cov_eval::load(path)?,
            CorpusSource::CovEval(path) => (proved_programs::of(&native::load(path)?)?, Vec::new()),
        };
        Ok(Corpus { warnings, ..Corpus::new(cases)? })
    }
}

/// The case of one folder of a corpus of ours, whose name is its id.
pub fn load_native_case(folder: &Path) -> Result<Case, CorpusError> {
    native::load_case(folder)
}

/// A case of SecCodeBench-V2 about which nothing more is available.
pub fn sec_code_bench_case(id: &str, language: Language, severity: Severity) -> CaseSummary {
    let (title, cwe) = sec_code_bench::facts(id);
    CaseSummary {
        id: id.to_owned(),
        title,
        language,
        cwe,
        severity,
        digest: String::new(),
        vulnerable: BTreeMap::new(),
        secure: Some(BTreeMap::new()),
        origin: None,
        variant_of: None,
        program: BTreeMap::new(),
    }
}

impl fmt::Display for CorpusSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.prefix(), self.path().display())
    }
}

impl Corpus {
    fn new(mut cases: Vec<Case>) -> Result<Corpus, CorpusError> {
        cases.sort_by(|a, b| (a.language, &a.id).cmp(&(b.language, &b.id)));
        let mut seen = std::collections::BTreeSet::new();
        let faults: Vec<Fault> = cases
            .iter()
            .filter(|case| !seen.insert(case.id.as_str()))
            .map(|case| Fault::new(&case.id, "two cases have this id; rename one".to_owned()))
            .collect();
        if !faults.is_empty() {
            return Err(CorpusError(faults));
        }
        let digests: Vec<String> =
            cases.iter().map(|case| format!("{} {}\n", case.id, case.digest())).collect();
        let digest = sha256(digests.concat().as_bytes());
        Ok(Corpus { cases, digest, warnings: Vec::new() })
    }

    pub fn case(&self, id: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }
}

/// Everything that is wrong with a corpus.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct CorpusError(pub Vec<Fault>);

/// One thing that is wrong with a corpus, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub place: String,
    pub line: Option<usize>,
    pub message: String,
}

impl Fault {
    fn new(place: impl fmt::Display, message: String) -> Fault {
        Fault { place: place.to_string(), line: None, message }
    }

    fn in_file(path: &Path, message: String) -> Fault {
        Fault::new(path.display(), message)
    }

    /// A fault at a byte offset of a file's text.
    fn at(path: &Path, text: &str, offset: usize, message: String) -> Fault {
        let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        Fault { place: path.display().to_string(), line: Some(line), message }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.place, self.message),
            None => write!(f, "{}: {}", self.place, self.message),
        }
    }
}

impl From<Fault> for CorpusError {
    fn from(fault: Fault) -> CorpusError {
        CorpusError(vec![fault])
    }
}

/// Reads a text file, or says which file is missing or no text.
fn read_text(path: &Path) -> Result<String, Fault> {
    text_file::read(path)
        .map_err(|error| Fault::in_file(path, format!("failed to read it: {error}")))
}

/// The same for a file whose kind of line ends does not matter.
fn read_lines(path: &Path) -> Result<String, Fault> {
    text_file::read_lines(path)
        .map_err(|error| Fault::in_file(path, format!("failed to read it: {error}")))
}

fn read_tree(path: &Path) -> Result<crate::files::FileSet, Fault> {
    crate::files::read_files(path).map_err(|error| match error {
        ReadFilesError::Walk { root, message } => {
            Fault::new(root, format!("failed to read it: {message}"))
        }
        other => Fault::in_file(path, other.to_string()),
    })
}
