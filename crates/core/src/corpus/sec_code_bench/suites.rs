//! The functional and the security suite of a project, by its language's layout.

use crate::case::Language;
use crate::files::{FileSet, SafePath};
use crate::judge::Rubric;
use crate::locale::Locale;
use crate::phase::Phase;
use crate::suite::{Runner, Suite, nodejs};

/// The functional and the security suite.
pub(super) fn of(files: &FileSet, language: Language) -> [Suite; 2] {
    Phase::ALL.map(|phase| {
        // The official names of the file with the tests, and of that with the other ones.
        let (ours, other) = match phase {
            Phase::Functional => ("functional", "security"),
            Phase::Security => ("security", "functional"),
        };
        match language {
            Language::C => {
                let name = if phase == Phase::Functional { "function" } else { "security" };
                let source = format!("tests/test_{name}.c");
                suite(phase, Runner::CProgram, files, |path| path == source)
            }
            Language::Python => {
                let other = format!("tests/test_{other}.py");
                let is_ours = |path: &str| path.starts_with("tests/") && path != other;
                suite(phase, Runner::Pytest, files, is_ours)
            }
            // Its lists have no case in Ruby.
            Language::Ruby => suite(phase, Runner::Minitest, files, |_| false),
            Language::Go => {
                let source = format!("tests/test_{ours}.go");
                go(phase, files, &source, &format!("src/{ours}_test.go"))
            }
            Language::NodeJs => {
                let name = if phase == Phase::Functional { "function" } else { "security" };
                let file = format!("test/{name}.test.js");
                let runner = nodejs::runner(files).unwrap_or(Runner::Jest);
                suite(phase, runner, files, |path| path == file)
            }
            Language::Java => {
                let other = match phase {
                    Phase::Functional => "SecurityTest.java",
                    Phase::Security => "FunctionalTest.java",
                };
                let is_ours = |path: &str| {
                    let name = path.rsplit('/').next().unwrap_or_default();
                    let is_rubric = path.ends_with(".en-US") || path.ends_with(".zh-CN");
                    path.starts_with("src/test/") && name != other && !is_rubric
                };
                suite(phase, Runner::JUnit, files, is_ours)
            }
        }
    })
}

/// Tests that lie beside the artifact, in its package.
fn go(phase: Phase, files: &FileSet, source: &str, place: &str) -> Suite {
    let ours = files.iter().filter(|(path, _)| path.as_str() == source);
    let moved = ours.filter_map(|(_, content)| Some((SafePath::new(place).ok()?, content.clone())));
    Suite::of(phase, Runner::GoTest { imports: true }, moved.collect())
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

fn suite(phase: Phase, runner: Runner, files: &FileSet, is_ours: impl Fn(&str) -> bool) -> Suite {
    let ours = files.iter().filter(|(path, _)| is_ours(path.as_str()));
    Suite::of(phase, runner, ours.map(|(path, content)| (path.clone(), content.clone())).collect())
}
