//! Looks at what was built of an artifact before any of it runs: signs of tampering
//! in its classes that none of the case's own code has.

use std::collections::{BTreeMap, BTreeSet};

use assay_core::files::FileSet;
use assay_core::suite::words;
use assay_core::{Artifact, Case, Finding};
use serde::{Deserialize, Serialize};

use super::Classes;
use super::class_file::ClassFile;
use super::signs::{Sign, of_class, of_text};

/// What a case's template, solutions and suites have, from when it was prepared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Baseline {
    /// The signs that are none here, as the case's own code has them.
    pub(super) signs: BTreeSet<String>,
    /// Packages and classes of the template and of solutions.
    pub(super) packages: BTreeSet<String>,
    pub(super) classes: BTreeSet<String>,
    /// All classes of both suites, with how many bytes each has.
    pub(super) tests: BTreeMap<String, usize>,
}

impl Baseline {
    /// Takes up the classes of the template and of a solution.
    pub(super) fn add(&mut self, classes: &Classes, files: &FileSet) {
        for class in classes.iter().filter_map(|(_, bytes)| ClassFile::read(bytes)) {
            self.signs.extend(of_class(&class).into_iter().map(|sign| sign.what));
            self.packages.insert(class.package().to_owned());
            self.classes.insert(class.name);
        }
        for content in files.values() {
            let signs = of_text(&String::from_utf8_lossy(content));
            self.signs.extend(signs.into_iter().map(|sign| sign.what));
        }
    }

    /// Takes up the classes of a suite.
    pub(super) fn add_tests(&mut self, classes: &Classes) {
        let sizes = classes.iter().filter_map(|(path, bytes)| {
            Some((path.strip_suffix(".class")?.to_owned(), bytes.len()))
        });
        self.tests.extend(sizes);
    }
}

/// The findings in what was built of an artifact.
pub(super) fn findings(
    case: &Case,
    baseline: &Baseline,
    artifact: &Artifact,
    classes: &Classes,
) -> Vec<Finding> {
    let inspection = Inspection { case, baseline, artifact };
    let mut findings: Vec<Finding> = Vec::new();
    let mut add = |source: Option<&str>, sign: Sign| {
        let place = inspection.place(source, &sign.needle);
        let finding = Finding::build(sign.what, place);
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    };
    let compiled = classes.iter().filter_map(|(_, bytes)| ClassFile::read(bytes));
    for class in compiled.filter(|class| inspection.is_of_artifact(class)) {
        let source = class.source.as_deref();
        of_class(&class).into_iter().for_each(|sign| add(source, sign));
        inspection.of_name(&class).into_iter().for_each(|sign| add(source, sign));
        inspection.of_tests(&class).into_iter().for_each(|sign| add(source, sign));
    }
    for (path, text) in artifact.files.iter().filter(|(path, _)| path.extension() != Some("java")) {
        of_text(text).into_iter().for_each(|sign| add(Some(path.file_name()), sign));
    }
    findings.retain(|finding| !baseline.signs.contains(&finding.what));
    findings
}

struct Inspection<'a> {
    case: &'a Case,
    baseline: &'a Baseline,
    artifact: &'a Artifact,
}

impl Inspection<'_> {
    /// Whether a class was compiled from a file of the artifact.
    fn is_of_artifact(&self, class: &ClassFile) -> bool {
        let source = class.source.as_deref();
        self.artifact.files.keys().any(|path| Some(path.file_name()) == source)
    }

    /// The signs in what a class is called.
    fn of_name(&self, class: &ClassFile) -> Vec<Sign> {
        let name = class.name.replace('/', ".");
        let simple = class.simple_name();
        let is_known = self.baseline.classes.contains(&class.name);
        let mut signs = Vec::new();
        if !is_known && !self.packages().contains(class.package()) {
            let what = format!("is in a package of others: {name}");
            signs.push(Sign::new(what, "package"));
        }
        let stands_for = |test: &String| {
            class
                .name
                .strip_prefix(test.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('$'))
        };
        // By this mark the library in the machine knows what Mockito makes.
        let is_like_mock = class.name.contains("MockitoMock");
        if is_like_mock || self.baseline.tests.keys().any(stands_for) {
            signs.push(Sign::new(format!("has the name of a test or a mock: {name}"), simple));
        }
        let is_asked_for = self
            .case
            .artifact_paths
            .iter()
            .any(|path| path.file_name() == format!("{simple}.java"));
        if !class.is_inner() && !is_known && !is_asked_for && self.is_meant_by_tests(simple) {
            let what = format!("takes a name by which tests mean another class: {name}");
            signs.push(Sign::new(what, simple));
        }
        signs
    }

    /// Whether code of tests names something so.
    fn is_meant_by_tests(&self, simple: &str) -> bool {
        let suites = [&self.case.functional, &self.case.security];
        suites.iter().any(|suite| words(&suite.files).contains(simple))
    }

    /// Packages that are the answer's: those of its paths and of the case's own code.
    fn packages(&self) -> BTreeSet<&str> {
        let of_path = |path: &'_ str| -> Option<(usize, usize)> {
            let begin = path.find("java/").map(|at| at + "java/".len())?;
            Some((begin, path.rfind('/')?))
        };
        let paths = self.case.artifact_paths.iter().map(|path| path.as_str());
        let of_paths = paths.filter_map(|path| {
            let (begin, end) = of_path(path)?;
            path.get(begin..end.max(begin))
        });
        of_paths.chain(self.baseline.packages.iter().map(String::as_str)).collect()
    }

    /// The signs in texts that name the tests. Data within a functional test may be
    /// named, as what is to be deserialized is.
    fn of_tests(&self, class: &ClassFile) -> Vec<Sign> {
        let simple = |test: &String| test.rsplit('/').next().unwrap_or_default().to_owned();
        let tests: BTreeSet<String> =
            self.baseline.tests.keys().filter(|test| !test.contains('$')).map(simple).collect();
        let names = |text: &str, test: &str| {
            text.match_indices(test).any(|(at, _)| {
                let after = text[at + test.len()..].chars().next();
                let before = text[..at].chars().next_back();
                let is_word = |c: char| c.is_alphanumeric() || c == '_';
                !before.is_some_and(is_word) && !after.is_some_and(|c| is_word(c) || c == '$')
            })
        };
        let found = |test: &String| class.strings.iter().any(|text| names(text, test));
        tests
            .iter()
            .filter(|test| found(test))
            .map(|test| Sign::new(format!("names the test {test}"), test.clone()))
            .collect()
    }

    /// File and line of the first thing that a sign is about.
    fn place(&self, source: Option<&str>, needle: &str) -> Option<String> {
        let (path, text) =
            self.artifact.files.iter().find(|(path, _)| Some(path.file_name()) == source)?;
        let line = text.lines().position(|line| line.contains(needle));
        Some(line.map_or_else(|| path.to_string(), |line| format!("{path}:{}", line + 1)))
    }
}
