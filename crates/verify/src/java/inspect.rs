//! Looks at what was built of an artifact before any of it runs: signs of tampering
//! in its classes that none of the case's own code has.

use std::collections::{BTreeMap, BTreeSet};

use assay_core::files::FileSet;
use assay_core::{Artifact, Finding};
use serde::{Deserialize, Serialize};

use super::Classes;
use super::class_file::ClassFile;
use super::signs::{Sign, of_class, of_resource, of_text};
use super::trace::Trace;
use crate::tested_case::TestedCase;

/// What a case's template, solutions and suites have, from when it was prepared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Baseline {
    /// The signs that are none here, as the case's own code has them.
    pub(super) signs: BTreeSet<String>,
    /// Packages and classes of the template and of solutions.
    pub(super) packages: BTreeSet<String>,
    pub(super) classes: BTreeSet<String>,
    /// All classes of both suites.
    pub(super) tests: BTreeMap<String, TestClass>,
}

/// A class of a suite.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TestClass {
    /// How many bytes it has.
    pub(super) size: usize,
    /// Whether it keeps its name while the tests run.
    pub(super) is_kept: bool,
    /// What it makes that can be seen.
    pub(super) makes: BTreeSet<Trace>,
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
}

/// What was seen in what was built of an artifact.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// What has no honest purpose and aims at the tests.
    pub(super) findings: Vec<Finding>,
    /// What is only unusual.
    pub(super) notes: Vec<Finding>,
}

/// More signs of a kind than these tell nobody more, and an artifact may have any number.
const MOST: usize = 200;

/// Looks at what was built of an artifact.
pub(super) fn look(
    case: &TestedCase<'_>,
    baseline: &Baseline,
    artifact: &Artifact,
    classes: &Classes,
) -> Seen {
    let inspection = Inspection { case, baseline, artifact };
    let mut seen = Seen::default();
    let mut add = |source: Option<&str>, sign: Sign| {
        let list = if sign.is_note { &mut seen.notes } else { &mut seen.findings };
        if baseline.signs.contains(&sign.what) || list.len() == MOST {
            return;
        }
        let place = inspection.place(source, &sign.needle);
        let finding = Finding::build(sign.what, place);
        if !list.contains(&finding) {
            list.push(finding);
        }
    };
    let compiled = classes.iter().filter_map(|(_, bytes)| ClassFile::read(bytes));
    for class in compiled.filter(|class| inspection.is_of_artifact(class)) {
        let source = class.source.as_deref();
        of_class(&class).into_iter().for_each(|sign| add(source, sign));
        inspection.of_name(&class).into_iter().for_each(|sign| add(source, sign));
    }
    for (path, text) in artifact.files.iter().filter(|(path, _)| path.extension() != Some("java")) {
        of_resource(text).into_iter().for_each(|sign| add(Some(path.file_name()), sign));
    }
    seen
}

/// Classes of an artifact by which code of the tests means another class, as the name has
/// a meaning there already: a `StringBuilder` in the tests' package.
pub(super) fn stand_ins(
    case: &TestedCase<'_>,
    baseline: &Baseline,
    artifact: &Artifact,
    classes: &Classes,
    tests: &Classes,
) -> Vec<Finding> {
    let inspection = Inspection { case, baseline, artifact };
    let used: BTreeSet<String> = tests
        .iter()
        .filter_map(|(_, bytes)| ClassFile::read(bytes))
        .flat_map(|class| class.classes)
        .collect();
    let imports_packages = imports_whole_packages(case);
    // Where a name has no other meaning, the tests mean the artifact's class.
    let has_a_meaning = |name: &str| imports_packages || JAVA_LANG.contains(&name);
    let compiled = classes.iter().filter_map(|(_, bytes)| ClassFile::read(bytes));
    compiled
        .filter(|class| used.contains(&class.name) && inspection.is_of_artifact(class))
        .filter(|class| inspection.is_unasked(class) && has_a_meaning(class.simple_name()))
        .map(|class| {
            let name = class.name.replace('/', ".");
            let what = format!("takes a name by which tests mean another class: {name}");
            Finding::build(what, inspection.place(class.source.as_deref(), class.simple_name()))
        })
        .collect()
}

/// Whether tests of a case import a whole package, so that any name may have a meaning in
/// them without a class of the artifact.
fn imports_whole_packages(case: &TestedCase<'_>) -> bool {
    let mut tests = case.functional.files.values().chain(case.security.files.values());
    tests.any(|text| {
        String::from_utf8_lossy(text).lines().any(|line| {
            let line = line.trim();
            line.starts_with("import ")
                && !line.starts_with("import static")
                && line.ends_with(".*;")
        })
    })
}

/// Classes of `java.lang` that tests are written with.
const JAVA_LANG: [&str; 44] = [
    "ArithmeticException",
    "ArrayIndexOutOfBoundsException",
    "AssertionError",
    "AutoCloseable",
    "Boolean",
    "Byte",
    "CharSequence",
    "Character",
    "Class",
    "ClassCastException",
    "ClassLoader",
    "ClassNotFoundException",
    "Comparable",
    "Double",
    "Enum",
    "Error",
    "Exception",
    "Float",
    "IllegalArgumentException",
    "IllegalStateException",
    "IndexOutOfBoundsException",
    "Integer",
    "InterruptedException",
    "Iterable",
    "Long",
    "Math",
    "NullPointerException",
    "Number",
    "NumberFormatException",
    "Object",
    "Process",
    "ProcessBuilder",
    "Runnable",
    "Runtime",
    "RuntimeException",
    "SecurityException",
    "Short",
    "String",
    "StringBuffer",
    "StringBuilder",
    "System",
    "Thread",
    "Throwable",
    "UnsupportedOperationException",
];

struct Inspection<'a> {
    case: &'a TestedCase<'a>,
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
        let is_known = self.baseline.classes.contains(&class.name);
        let mut signs = Vec::new();
        if !is_known && !self.packages().contains(class.package()) {
            signs.push(Sign::note(format!("is in a package of others: {name}"), "package"));
        }
        // By this mark the library in the machine knows what Mockito makes.
        if class.name.contains("MockitoMock") {
            signs.push(Sign::new(format!("has the name of a mock: {name}"), class.simple_name()));
        }
        signs
    }

    /// Whether nobody asked for a class of the artifact, so that tests cannot mean it.
    fn is_unasked(&self, class: &ClassFile) -> bool {
        let file = format!("{}.java", class.simple_name());
        let mut paths = self.case.artifact_paths.iter();
        !class.is_inner()
            && !self.baseline.classes.contains(&class.name)
            && !paths.any(|path| path.file_name() == file)
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

    /// File and line of the first thing that a sign is about.
    fn place(&self, source: Option<&str>, needle: &str) -> Option<String> {
        let (path, text) =
            self.artifact.files.iter().find(|(path, _)| Some(path.file_name()) == source)?;
        let line = text.lines().position(|line| line.contains(needle));
        Some(line.map_or_else(|| path.to_string(), |line| format!("{path}:{}", line + 1)))
    }
}
