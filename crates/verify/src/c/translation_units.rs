//! [`TranslationUnits`]: what the sources of a case's suites are called where an artifact
//! could see it, and what they are. Both suites are known by numbers, which are drawn when
//! the case is prepared, so that neither a source's name nor a test's says which suite it
//! is of.

use std::collections::BTreeMap;

use crate::tested_case::TestedCase;
use assay_core::infra_error::InfraClass;
use assay_core::log::Log;
use assay_core::suite::{Runner, Suite};
use assay_core::{InfraError, Phase};

/// The sources of both suites by their numbers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TranslationUnits(BTreeMap<u32, TranslationUnit>);

#[derive(Debug, PartialEq, Eq)]
struct TranslationUnit {
    phase: Phase,
    source: String,
}

/// Where a source lies when it is compiled.
pub(super) fn neutral(unit: u32) -> String {
    format!("tests/{unit}.c")
}

impl TranslationUnits {
    /// Numbers the sources of a case's suites; `draw` gives any text, which is
    /// no other time the same.
    pub(super) fn draw(
        case: &TestedCase<'_>,
        draw: impl Fn() -> Result<String, InfraError>,
    ) -> Result<TranslationUnits, InfraError> {
        let mut sources = Vec::new();
        for (phase, suite) in case.both() {
            let is_source = |path: &&assay_core::SafePath| path.extension() == Some("c");
            for path in suite.files.keys().filter(is_source) {
                sources.push((draw()?, phase, path.to_string()));
            }
        }
        sources.sort();
        let units = (1..)
            .zip(sources)
            .map(|(number, (_, phase, source))| (number, TranslationUnit { phase, source }));
        Ok(TranslationUnits(units.collect()))
    }

    /// The numbers and the sources of a suite.
    pub(super) fn of(&self, phase: Phase) -> impl Iterator<Item = (u32, &str)> {
        let ours = self.0.iter().filter(move |(_, unit)| unit.phase == phase);
        ours.map(|(number, unit)| (*number, unit.source.as_str()))
    }

    pub(super) fn to_text(&self) -> String {
        let line = |(number, unit): (&u32, &TranslationUnit)| {
            format!("{number} {} {}\n", unit.phase, unit.source)
        };
        self.0.iter().map(line).collect()
    }

    pub(super) fn parse(text: &str) -> Result<TranslationUnits, InfraError> {
        let line = |line: &str| {
            let mut words = line.splitn(3, ' ');
            let number = words.next()?.parse().ok()?;
            let phase = words.next()?.parse().ok()?;
            Some((number, TranslationUnit { phase, source: words.next()?.to_owned() }))
        };
        text.lines().map(line).collect::<Option<_>>().map(TranslationUnits).ok_or_else(|| {
            let message = "the prepared places of tests cannot be read".to_owned();
            InfraError::new(InfraClass::Unprepared, message)
        })
    }

    /// The tests of a suite as the supervisor is asked for them, `UNIT:LINE=NAME`.
    pub(super) fn tests(&self, suite: &Suite, phase: Phase) -> Result<Vec<String>, InfraError> {
        let find = |name: &str| {
            self.of(phase).find_map(|(unit, source)| {
                if suite.runner == Runner::CProgram {
                    return Some((unit, 0));
                }
                let start = format!("TEST({name})");
                let line =
                    text(suite, source)?.lines().position(|line| line.starts_with(&start))?;
                Some((unit, line + 1))
            })
        };
        let test = |name: &str| {
            let (unit, line) = find(name).ok_or_else(|| {
                let message = format!("the test {name} is in no source of its suite");
                InfraError::new(InfraClass::Unprepared, message)
            })?;
            Ok(format!("{unit}:{line}={name}"))
        };
        suite.expected.iter().map(|expected| test(&expected.name)).collect()
    }

    /// Puts the names that people know into what a suite has printed.
    pub(super) fn name(&self, suite: &Suite, tests: &[String], logs: &mut [Log]) {
        for log in logs {
            let lines = log.text.split_inclusive('\n');
            log.text = lines.map(|line| self.name_line(suite, tests, line)).collect();
        }
    }

    fn name_line(&self, suite: &Suite, tests: &[String], line: &str) -> String {
        if let Some(place) = line.strip_prefix("--- ") {
            let start = format!("{}=", place.trim_end());
            let name = tests.iter().find_map(|test| test.strip_prefix(&start));
            return name.map_or_else(|| self.name_paths(line), |name| format!("--- {name}\n"));
        }
        let check = self.0.iter().find_map(|(number, unit)| {
            let rest = line.strip_prefix(&format!("{}:", neutral(*number)))?;
            name_check(suite, &unit.source, rest)
        });
        self.name_paths(&check.unwrap_or_else(|| line.to_owned()))
    }

    /// Puts the sources' own paths into a text.
    pub(super) fn name_paths(&self, text: &str) -> String {
        self.0.iter().rev().fold(text.to_owned(), |text, (number, unit)| {
            text.replace(&format!("{}:", neutral(*number)), &format!("{}:", unit.source))
        })
    }
}

fn text<'a>(suite: &'a Suite, source: &str) -> Option<&'a str> {
    let (_, content) = suite.files.iter().find(|(path, _)| path.as_str() == source)?;
    std::str::from_utf8(content).ok()
}

/// A failed check with its text, of what follows the source's name: `12: check failed: 1`.
fn name_check(suite: &Suite, source: &str, rest: &str) -> Option<String> {
    let (line, what) = rest.split_once(": check failed: ")?;
    let number: usize = line.parse().ok()?;
    let check = text(suite, source)?.lines().nth(number.checked_sub(1)?)?.trim();
    Some(format!("{source}:{line}: check failed: {check} {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::suite::ExpectedTest;
    use assay_core::{FileSet, SafePath};

    fn suite() -> Suite {
        let path = SafePath::new("tests/security/deep.c").expect("safe");
        let text = b"\nTEST(first)\n{\n    CHECK_EQ(f(), 1);\n}\n".to_vec();
        Suite {
            files: FileSet::from([(path, text)]),
            runner: Runner::AssayC,
            expected: vec![ExpectedTest::new("first")],
        }
    }

    #[test]
    fn tests_are_asked_for_by_number_and_shown_by_name() {
        let units = TranslationUnits::parse("2 security tests/security/deep.c\n").expect("units");
        assert_eq!(units.to_text(), "2 security tests/security/deep.c\n");
        let tests = units.tests(&suite(), Phase::Security).expect("tests");
        assert_eq!(tests, ["2:2=first"]);
        let text = "--- 2:2\ntests/2.c:4: check failed: 3, expected 1\n#1 f tests/2.c:4\n--- x\n";
        let mut logs = vec![Log { name: "security.stderr".to_owned(), text: text.to_owned() }];
        units.name(&suite(), &tests, &mut logs);
        assert_eq!(
            logs[0].text,
            "--- first\ntests/security/deep.c:4: check failed: CHECK_EQ(f(), 1); 3, expected 1\n\
             #1 f tests/security/deep.c:4\n--- x\n"
        );
    }
}
