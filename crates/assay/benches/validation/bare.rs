//! The compiler and the test runner of a language on prepared inputs, without
//! Assay: what an artifact costs at the least, if each starts anew for it.
//!
//! The security suite follows where the functional one passed, as in Assay.

use std::fmt::Write as _;
use std::path::Path;

use assay::validate::{Validator, bare};
use assay_core::suite::Suite;
use assay_core::{Case, Language};

use crate::measure::{Cost, Who, cost_of};
use crate::project::{write_files, write_text};
use crate::selection::Item;
use crate::shell::{FINISH, Shell, Suites};

/// The plain tools, on what a validator has prepared.
#[derive(Debug)]
pub(crate) struct Bare<'a> {
    pub(crate) shell: &'a Shell,
    pub(crate) validator: &'a Validator,
}

impl Bare<'_> {
    /// Builds and tests an artifact in a new folder.
    pub(crate) fn run(&self, item: &Item) -> Option<(Suites, Cost)> {
        let script = self.script(item)?;
        let script = format!("exec 4>&1 >output 2>&1\nf=1 s=1\n{script}\nexec >&4{FINISH}");
        let folder = Path::new("bare").join(format!("{:016x}", fastrand::u64(..)));
        let place = self.shell.root().join(&folder);
        let (_, writing) = cost_of(Who::Reaped, || {
            write_files(&place, &item.case.template);
            write_files(&place, &item.case.functional.files);
            write_files(&place, &item.case.security.files);
            for (path, text) in &item.artifact.files {
                write_text(&place.join(path.as_str()), text);
            }
        });
        self.shell.own(&folder);
        let (suites, running) = self.shell.run(&folder, &script);
        std::fs::remove_dir_all(&place).expect("a folder to remove");
        Some((suites, writing + running))
    }

    /// Sets `f` and `s`; `None` for a language that has no plain tools here yet.
    fn script(&self, item: &Item) -> Option<String> {
        let prepared = self.shell.cached(&bare::prepared(self.validator, &item.case));
        match item.case.language {
            Language::C => Some(c(item, &prepared)),
            Language::Python => Some(python(&item.case, &prepared)),
            Language::Go | Language::Java | Language::NodeJs => None,
        }
    }
}

/// GCC for the artifact, then a link and the prepared supervisor for each suite,
/// which says in its report whether tests failed.
fn c(item: &Item, prepared: &str) -> String {
    let case = &item.case;
    let flags = bare::c_flags(&case.functional.runner).join(" ");
    let sources = case.template.keys().chain(item.artifact.files.keys());
    let sources = sources.filter(|path| path.extension() == Some("c"));
    let mut script = "compile() {\n".to_owned();
    let mut objects = String::new();
    for (number, source) in sources.enumerate() {
        let _ = writeln!(script, "gcc {flags} -Isrc -c {source} -o {number}.o || return");
        let _ = write!(objects, " {number}.o");
    }
    script.push_str("}\n");
    for (name, phase, suite) in
        [("functional", 'f', &case.functional), ("security", 's', &case.security)]
    {
        let tests: Vec<&str> = suite.expected.iter().map(|test| test.name.as_str()).collect();
        let tests = tests.join(" ");
        let _ = writeln!(
            script,
            "{name}() {{
                gcc {flags} {objects} {prepared}/test_objects_{name}_*.o -o suite -ldl -lm || return
                printf %032d 1 | ASAN_OPTIONS=$leaks ./supervise ./suite {tests} \
                    3>report 4<&0 && ! grep -q 'outcome\":\"[fe]' report
            }}
            run_{phase}() {{ {name}; {phase}=$?; }}",
        );
    }
    let leaks = match case.functional.runner {
        assay_core::suite::Runner::AssayC => "leaks=detect_leaks=0",
        _ => "leaks=",
    };
    // What is prepared is data to Assay, and not executable.
    let supervisor = format!("install {prepared}/supervise supervise");
    format!("{script}{leaks}\n{supervisor} && compile && run_f && [ $f = 0 ] && run_s")
}

/// pytest in the prepared environment.
fn python(case: &Case, prepared: &str) -> String {
    let pytest = |suite: &Suite, other: &Suite| {
        let own = suite.files.keys().filter(|path| !other.files.contains_key(path));
        let tests = own.filter(|path| path.file_name().starts_with("test_"));
        let tests: Vec<&str> = tests.map(assay_core::SafePath::as_str).collect();
        let tests = tests.join(" ");
        format!("{prepared}/bin/python -B -m pytest -q -p no:cacheprovider {tests}")
    };
    format!(
        "export PYTHONPATH=src\n{}; f=$?\n[ $f = 0 ] && {{ {}; s=$?; }}",
        pytest(&case.functional, &case.security),
        pytest(&case.security, &case.functional),
    )
}
