//! [`Names`]: what the files of a suite are called while it runs. Both suites have the
//! same kind of names, drawn for each run, so that no name tells which of them it is; the
//! evidence has the written ones.

use std::collections::BTreeMap;

use assay_core::evidence::SuiteEvidence;
use assay_core::log::Log;
use assay_core::suite::{Conclusion, Suite, nodejs};
use assay_core::{Finding, InfraError, SafePath};

use crate::entropy::random_bytes;

/// Letters of a drawn name.
const LENGTH: usize = 12;

/// The drawn names of parts of paths, by the written ones.
#[derive(Debug, Default)]
pub(super) struct Names {
    drawn: BTreeMap<String, String>,
}

impl Names {
    /// Draws a name for each test file and for the folder below `test` or `tests` that it
    /// is in. What the suite's own files name keeps its name.
    pub(super) fn draw(suite: &Suite) -> Result<Names, InfraError> {
        let mut names = Names::default();
        for path in nodejs::test_files(&suite.files) {
            let parts: Vec<&str> = path.as_str().split('/').collect();
            let stem = stem(path.file_name());
            let folder = (parts.len() > 2).then(|| parts[1]);
            for part in folder.into_iter().chain([stem]) {
                if !names.drawn.contains_key(part) && !is_named(suite, part) {
                    names.drawn.insert(part.to_owned(), letters()?);
                }
            }
        }
        Ok(names)
    }

    /// The path of a suite's file while the suite runs.
    pub(super) fn hide(&self, path: &SafePath) -> String {
        let mut parts: Vec<String> = path.as_str().split('/').map(str::to_owned).collect();
        if parts.len() > 2
            && let Some(drawn) = self.drawn.get(&parts[1])
        {
            parts[1].clone_from(drawn);
        }
        let stem = stem(path.file_name());
        let is_test = path.file_name() != stem;
        if let (true, Some(drawn), Some(last)) = (is_test, self.drawn.get(stem), parts.last_mut()) {
            // `.test` and `.spec` are the same here.
            let extension = path.extension().unwrap_or("js");
            *last = format!("{drawn}.test.{extension}");
        }
        parts.join("/")
    }

    /// A text with the written names in the place of the drawn ones.
    fn restore(&self, text: &mut String) {
        for (written, drawn) in &self.drawn {
            if text.contains(drawn.as_str()) {
                *text = text.replace(drawn.as_str(), written);
            }
        }
    }

    /// What was observed, with the written names.
    pub(super) fn restore_evidence(&self, evidence: &mut SuiteEvidence, logs: &mut [Log]) {
        let finding = |finding: &mut Finding| {
            self.restore(&mut finding.what);
            finding.place.iter_mut().for_each(|place| self.restore(place));
        };
        evidence.tests.iter_mut().for_each(|test| self.restore(&mut test.detail));
        evidence.notes.iter_mut().for_each(finding);
        match &mut evidence.conclusion {
            Conclusion::Tampered(findings) => findings.iter_mut().for_each(finding),
            Conclusion::Unproved(why) => self.restore(why),
            Conclusion::Passed | Conclusion::Failed | Conclusion::Ended(_) => {}
        }
        logs.iter_mut().for_each(|log| self.restore(&mut log.text));
    }
}

/// A test file's name without `.test.js` and its like; the whole name of another file.
fn stem(name: &str) -> &str {
    let mut ends = name.rmatch_indices('.').map(|(place, _)| place);
    match (ends.next(), ends.next()) {
        (Some(last), Some(place)) if matches!(&name[place..last], ".test" | ".spec") => {
            &name[..place]
        }
        _ => name,
    }
}

/// Whether a file of the suite names this part of a path.
fn is_named(suite: &Suite, part: &str) -> bool {
    let ways =
        [format!("/{part}/"), format!("/{part}\'"), format!("/{part}\""), format!("{part}.test")];
    suite.files.values().any(|content| {
        let text = String::from_utf8_lossy(content);
        ways.iter().any(|way| text.contains(way.as_str()))
    })
}

/// Letters that the tested code cannot guess.
fn letters() -> Result<String, InfraError> {
    Ok(random_bytes::<LENGTH>()?.iter().map(|byte| char::from(b'a' + byte % 26)).collect())
}

#[cfg(test)]
mod tests {
    use assay_core::files::FileSet;
    use assay_core::suite::Runner;

    use super::*;

    fn suite(files: &[(&str, &str)]) -> Suite {
        let files: FileSet = files
            .iter()
            .map(|(path, text)| (SafePath::new(path).expect("safe"), text.as_bytes().to_vec()))
            .collect();
        Suite::of(assay_core::Phase::Security, Runner::Jest, files)
    }

    #[test]
    fn both_suites_have_the_same_kind_of_names_and_evidence_has_the_written_ones() {
        let shape = |path: &str| {
            let suite = suite(&[(path, "it('a', f);")]);
            let names = Names::draw(&suite).expect("names");
            let path = SafePath::new(path).expect("safe");
            let hidden = names.hide(&path);
            assert!(!hidden.contains("secur") && !hidden.contains("func"), "{hidden}");
            let mut text = format!("at /work/{hidden}:1:2");
            names.restore(&mut text);
            assert_eq!(text, format!("at /work/{}:1:2", path.as_str()));
            (hidden.len(), hidden.matches('/').count())
        };
        assert_eq!(
            shape("tests/functional/inbox.test.js"),
            shape("tests/security/inbox-security.test.js")
        );
        assert_eq!(shape("test/function.test.js"), shape("test/security.test.js"));
    }

    #[test]
    fn what_tests_name_themselves_keeps_its_name() {
        let test = "tests/functional/a.test.js";
        let suite = suite(&[(test, "read('tests/functional/rows.json');")]);
        let names = Names::draw(&suite).expect("names");
        let hidden = names.hide(&SafePath::new(test).expect("safe"));
        assert!(hidden.starts_with("tests/functional/"), "{hidden}");
        assert!(!hidden.contains("/a.test"), "{hidden}");
    }
}
