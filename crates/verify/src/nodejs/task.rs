//! [`Task`]: a suite as it is handed to the runner. Test files go by way of a text that
//! the runner removes before the artifact is loaded, so that they never are on the disk
//! together with it; what else the suite brings is written beside the project.

use assay_core::InfraError;
use assay_core::suite::{Suite, nodejs};
use assay_sandbox::File;
use serde_json::json;

use super::names::Names;
use crate::tested_case::TestedCase;

/// Where the text is, below `/work`.
pub(super) const PLACE: &str = ".assay-task.json";

#[derive(Debug)]
pub(super) struct Task {
    /// The text, and the suite's files that are no tests.
    pub(super) files: Vec<File>,
    /// The folder of the suite's files that are no tests, if there are any.
    pub(super) test_tree: Option<&'static str>,
    pub(super) names: Names,
}

impl Task {
    /// The task of a suite. `allowed` are modules that the case's own files load.
    pub(super) fn of(
        case: &TestedCase<'_>,
        suite: &Suite,
        allowed: &[String],
    ) -> Result<Task, InfraError> {
        let names = Names::draw(suite)?;
        let mut text = description(suite, &names, allowed);
        // How much the process has read does not tell which suite it is.
        for (_, other) in case.both() {
            let length = description(other, &Names::draw(other)?, allowed).len();
            text.extend(std::iter::repeat_n(' ', length.saturating_sub(text.len())));
        }
        let mut files = vec![File::new(PLACE, text)];
        let mut test_tree = None;
        for (path, content) in suite.files.iter().filter(|(path, _)| !nodejs::is_test_file(path)) {
            let tree = tree_of(path.as_str());
            test_tree = test_tree.or_else(|| path.as_str().starts_with(tree).then_some(tree));
            files.push(File::new(names.hide(path), content.clone()));
        }
        let test_tree = test_tree.map(|tree| tree.trim_end_matches('/'));
        Ok(Task { files, test_tree, names })
    }
}

/// The folder that tests are in: of the official corpus, or of all others.
fn tree_of(path: &str) -> &'static str {
    if path.starts_with("test/") { "test/" } else { "tests/" }
}

/// What the runner reads.
fn description(suite: &Suite, names: &Names, allowed: &[String]) -> String {
    let tests = || suite.files.iter().filter(|(path, _)| nodejs::is_test_file(path));
    let files: Vec<_> = tests()
        .map(|(path, content)| {
            let text = String::from_utf8_lossy(content);
            json!({ "file": format!("/work/{}", names.hide(path)), "text": text })
        })
        .collect();
    let tree = tests().next().map_or("tests/", |(path, _)| tree_of(path.as_str()));
    let expected: Vec<&str> = suite.expected.iter().map(|test| test.name.as_str()).collect();
    let places = [format!("/work/{tree}")];
    json!({ "files": files, "places": places, "expected": expected, "allowed": allowed })
        .to_string()
}
