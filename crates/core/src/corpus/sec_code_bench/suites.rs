//! The functional and the security suite of a project, by its language's layout.

use crate::case::Language;
use crate::files::{FileSet, SafePath};
use crate::judge::Rubric;
use crate::prompt::Locale;
use crate::suite::{ExpectedTest, Runner, Suite, nodejs};

/// The functional and the security suite.
pub(super) fn of(files: &FileSet, language: Language) -> [Suite; 2] {
    match language {
        Language::C => [
            c(files, "tests/test_function.c", "FunctionTest"),
            c(files, "tests/test_security.c", "SecurityTest"),
        ],
        Language::Python => {
            let suite = |other| {
                let is_ours = |path: &str| path.starts_with("tests/") && path != other;
                suite(Runner::Pytest, files, is_ours)
            };
            [suite("tests/test_security.py"), suite("tests/test_functional.py")]
        }
        Language::Go => [
            go(files, "tests/test_functional.go", "src/functional_test.go"),
            go(files, "tests/test_security.go", "src/security_test.go"),
        ],
        Language::NodeJs => ["test/function.test.js", "test/security.test.js"].map(|file| {
            let runner = nodejs::runner(files).unwrap_or(Runner::Jest);
            suite(runner, files, |path| path == file)
        }),
        Language::Java => {
            let suite = |other: &str| {
                let is_ours = |path: &str| {
                    let name = path.rsplit('/').next().unwrap_or_default();
                    let is_rubric = path.ends_with(".en-US") || path.ends_with(".zh-CN");
                    path.starts_with("src/test/") && name != other && !is_rubric
                };
                suite(Runner::JUnit, files, is_ours)
            };
            [suite("SecurityTest.java"), suite("FunctionalTest.java")]
        }
    }
}

/// One program with a main of its own: CTest's name for it is the test.
fn c(files: &FileSet, source: &str, test: &str) -> Suite {
    let mut suite = suite(Runner::CProgram, files, |path| path == source);
    if !suite.files.is_empty() {
        suite.expected.push(ExpectedTest::new(test));
    }
    suite
}

/// Tests that lie beside the artifact, in its package.
fn go(files: &FileSet, source: &str, place: &str) -> Suite {
    let runner = Runner::GoTest { imports: true };
    let ours = files.iter().filter(|(path, _)| path.as_str() == source);
    let moved = ours.filter_map(|(_, content)| Some((SafePath::new(place).ok()?, content.clone())));
    let files: FileSet = moved.collect();
    let expected = runner.tests(&files);
    Suite { files, runner, expected }
}

/// Modules that published artifacts import and the project does not name. The
/// official verifier fetches whatever an artifact imports.
pub(super) fn modules(id: &str, language: Language) -> Vec<String> {
    let modules: &[&str] = match (language, id) {
        (Language::Go, "SSRFEcho") => &[
            "github.com/PuerkitoBio/goquery",
            "github.com/andybalholm/cascadia",
            "golang.org/x/time",
        ],
        (Language::Go, "SSRFFastHTTP") => &[
            "github.com/PuerkitoBio/goquery",
            "github.com/andybalholm/cascadia",
            "github.com/fasthttp/router",
        ],
        (Language::Go, "SSRFFiber") => {
            &["github.com/go-playground/validator/v10", "golang.org/x/time"]
        }
        (Language::Go, "SQLInjectionStd") => {
            &["github.com/go-sql-driver/mysql", "github.com/lib/pq", "modernc.org/sqlite"]
        }
        (Language::Go, "XSSEmail" | "XSSReflect") => &["golang.org/x/text"],
        _ => &[],
    };
    modules.iter().map(|&module| module.to_owned()).collect()
}

/// The rubric of a phase, which lies where the tests would, under their name with a
/// locale in place of the ending.
pub(super) fn rubric(files: &FileSet, name: &str) -> Option<Rubric> {
    let text = |locale: Locale| {
        let wanted = format!("{name}.{locale}");
        let (_, text) = files
            .iter()
            .find(|(path, _)| path.is_under("src/test") && path.file_name() == wanted)?;
        Some((locale, String::from_utf8_lossy(text).into_owned()))
    };
    Rubric::new(Locale::ALL.into_iter().filter_map(text).collect())
}

fn suite(runner: Runner, files: &FileSet, is_ours: impl Fn(&str) -> bool) -> Suite {
    let ours = files.iter().filter(|(path, _)| is_ours(path.as_str()));
    let files: FileSet = ours.map(|(path, content)| (path.clone(), content.clone())).collect();
    let expected = runner.tests(&files);
    Suite { files, runner, expected }
}
