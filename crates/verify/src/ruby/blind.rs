//! [`Blind`]: a suite under names that say nothing. Its tests are handed to the runner as
//! texts, so that they are never on the disk together with the artifact.

use std::collections::{BTreeMap, BTreeSet};

use assay_core::files::FileSet;
use assay_core::suite::{Suite, ruby};
use assay_core::{InfraError, SafePath};
use assay_sandbox::File;
use serde_json::{Value, json};

use super::super::suite_run::{Restore, nonce};
use crate::tested_case::TestedCase;

/// The folder of the suites of a case.
const TESTS: &str = "tests";

/// One suite as the sandbox sees it.
pub(super) struct Blind {
    /// What the runner is told.
    pub(super) settings: String,
    /// The suite's files that are no tests.
    pub(super) files: Vec<File>,
    /// Their folder, if there are any.
    pub(super) test_tree: Option<&'static str>,
    pub(super) names: Names,
}

/// The written names by the drawn ones.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Restore for Names {
    /// The runner's supervisor knows the written names itself.
    fn restore_report(&self, report: &[u8]) -> Vec<u8> {
        report.to_vec()
    }

    fn restore_text(&self, text: &mut String) {
        for (drawn, written) in &self.0 {
            if text.contains(drawn.as_str()) {
                *text = text.replace(drawn.as_str(), written);
            }
        }
    }
}

impl Blind {
    pub(super) fn of(case: &TestedCase<'_>, suite: &Suite) -> Result<Blind, InfraError> {
        let mut draw = Draw::new()?;
        let folder = draw.name("");
        let mut blind = Suited::default();
        let (tests, others): (Vec<_>, Vec<_>) =
            suite.files.iter().partition(|(path, _)| ruby::is_test_file(path));
        for (path, content) in tests {
            let text = String::from_utf8_lossy(content);
            let below = path.as_str().split('/').count().saturating_sub(3);
            let deeper = "d/".repeat(below);
            let place = format!("/work/{TESTS}/{folder}/{deeper}{}.rb", draw.name(""));
            blind.add(path, &place, &text, &mut draw);
        }
        let both = || case.both().into_iter().flat_map(|(_, suite)| texts(&suite.files));
        let words: BTreeSet<String> = both().flat_map(|text| words(&text)).collect();
        let features: BTreeSet<String> = both()
            .flat_map(|text| {
                text.lines().filter_map(feature).map(str::to_owned).collect::<Vec<_>>()
            })
            .filter(|feature| !is_of_project(case, feature))
            .collect();
        let settings = json!({
            "files": blind.files,
            "tests": blind.tests,
            "unnamed": blind.unnamed,
            "features": features,
            "words": words,
        });
        let files: Vec<File> = others
            .iter()
            .map(|(path, content)| File::new(path.as_str(), (*content).clone()))
            .collect();
        let test_tree = (!files.is_empty()).then_some(TESTS);
        Ok(Blind { settings: settings.to_string(), files, test_tree, names: Names(blind.names) })
    }
}

/// What the runner is told of a suite.
#[derive(Debug, Default)]
struct Suited {
    files: Vec<Value>,
    tests: Vec<Value>,
    /// The classes that may lose their names once they are there.
    unnamed: Vec<String>,
    names: BTreeMap<String, String>,
}

impl Suited {
    fn add(&mut self, path: &SafePath, place: &str, text: &str, draw: &mut Draw) {
        let definitions = ruby::definitions(text);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut classes = BTreeMap::<&str, String>::new();
        for test in &definitions {
            let class = classes.entry(&test.class).or_insert_with(|| {
                let drawn = draw.in_place_of(text, &test.class, "T");
                replace(&mut lines[test.class_line], &test.class, &drawn);
                if drawn != test.class {
                    self.unnamed.push(drawn.clone());
                }
                drawn
            });
            let method = draw.in_place_of(text, &test.method, "test_");
            replace(&mut lines[test.line], &test.method, &method);
            self.tests.push(json!({ "class": class, "name": method, "written": test.name() }));
            self.names.insert(method, test.method.clone());
            self.names.insert(class.clone(), test.class.clone());
        }
        let line = draw.line();
        self.names.insert(place.to_owned(), path.as_str().to_owned());
        self.files.push(json!({
            "path": place, "line": line, "text": lines.join("\n") + "\n", "written": path.as_str(),
        }));
    }
}

/// Names and numbers of one run, all different.
struct Draw {
    digits: String,
    count: usize,
}

impl Draw {
    fn new() -> Result<Draw, InfraError> {
        Ok(Draw { digits: nonce()?, count: 0 })
    }

    fn name(&mut self, prefix: &str) -> String {
        self.count += 1;
        format!("{prefix}m{}{:04}", &self.digits[..10], self.count)
    }

    /// A name in the place of a written one, or that one where the source has it more than
    /// once.
    fn in_place_of(&mut self, text: &str, written: &str, prefix: &str) -> String {
        let drawn = self.name(prefix);
        if occurrences(text, written).count() == 1 { drawn } else { written.to_owned() }
    }

    /// The number of a file's first line.
    fn line(&mut self) -> u32 {
        self.count += 1;
        let digits = &self.digits[10 + self.count % 16..][..5];
        1 + u32::from_str_radix(digits, 16).unwrap_or_default()
    }
}

/// Where a name is a word of a text.
fn occurrences<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).map(|(start, _)| start).filter(move |start| {
        let before = text[..*start].chars().next_back();
        let after = text[start + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

fn replace(line: &mut String, name: &str, drawn: &str) {
    let start = occurrences(line, name).next();
    if let Some(start) = start {
        line.replace_range(start..start + name.len(), drawn);
    }
}

fn texts(files: &FileSet) -> impl Iterator<Item = String> {
    files
        .iter()
        .filter(|(path, _)| path.extension() == Some("rb"))
        .map(|(_, content)| String::from_utf8_lossy(content).into_owned())
}

/// The names that a source may call methods by.
fn words(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_alphanumeric() || "_?!".contains(c);
    text.split(|c| !is_part(c)).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// What a line loads by `require "…"`.
fn feature(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix("require ")?.trim();
    let quote = rest.chars().next().filter(|c| "\"'".contains(*c))?;
    rest[1..].split(quote).next().filter(|name| !name.is_empty() && !name.starts_with(['.', '/']))
}

/// Whether the project has a file that is loaded by this name.
fn is_of_project(case: &TestedCase<'_>, feature: &str) -> bool {
    let name = format!("lib/{}.rb", feature.trim_end_matches(".rb"));
    let mut paths = case.artifact_paths.iter().chain(case.template.keys());
    paths.any(|path| path.as_str() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_have_drawn_names_unless_the_source_speaks_of_them() {
        let text = "class ATest < Minitest::Test\n  def test_one\n  end\n\n  def test_two\n    log(:test_two)\n  end\nend\n";
        let mut suited = Suited::default();
        let path = SafePath::new("tests/security/a_test.rb").expect("safe");
        suited.add(&path, "/work/tests/m/m.rb", text, &mut Draw::new().expect("drawn"));
        let names: Vec<_> = suited.tests.iter().map(|it| it["name"].as_str()).collect();
        assert!(names[0].is_some_and(|name| name != "test_one" && name.starts_with("test_m")));
        assert_eq!(names[1], Some("test_two"));
        let hidden = suited.files[0]["text"].as_str().unwrap_or_default().to_owned();
        assert!(!hidden.contains("ATest") && !hidden.contains("test_one"), "{hidden}");
        let mut shown = format!("{} in {}", names[0].unwrap_or_default(), "/work/tests/m/m.rb");
        Names(suited.names).restore_text(&mut shown);
        assert_eq!(shown, "test_one in tests/security/a_test.rb");
    }

    #[test]
    fn libraries_are_told_by_how_tests_load_them() {
        assert_eq!(feature("require \"open3\""), Some("open3"));
        assert_eq!(feature("  require 'json' # for texts"), Some("json"));
        assert_eq!(feature("require_relative \"../../lib/a\""), None);
        assert_eq!(feature("require \"./a\""), None);
    }
}
