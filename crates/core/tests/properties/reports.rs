//! Reports of suites: a pass needs a whole report of the runner, and no loss and no
//! addition makes one of what is none.

use std::collections::BTreeSet;

use assay_core::execution::Ending;
use assay_core::suite::{Conclusion, ExpectedTest, Proof, TestOutcome, prove};
use assay_fuzz::proptest::collection::vec;
use assay_fuzz::proptest::prelude::any;
use assay_fuzz::proptest::sample::{Index, select};
use assay_fuzz::proptest::strategy::Strategy;
use assay_fuzz::{Target, hold, target};

const NONCE: &str = "0123456789abcdef0123456789abcdef";

/// No name is another one without a letter.
const NAMES: [&str; 4] = ["test_reads", "TestPack::test_refuses", "outer > inner ${}", "One.two"];

const WORDS: [&str; 20] = [
    "{\"nonce\":\"0123456789abcdef0123456789abcdef\",\"test\":\"test_reads\",\"outcome\":\"passed\"}\n",
    "{\"nonce\":\"0123456789abcdef0123456789abcdef\",\"end\":1}\n",
    "{\"nonce\":\"0123456789abcdef0123456789abcdef\",\"note\":\"so\",\"place\":\"a:1\"}\n",
    "{\"nonce\":\"0123456789abcdef0123456789abcdef\",",
    "\"tampered\":\"it\"}\n",
    "\"outcome\":\"passed\"",
    "\"failed\"",
    "\"skipped\"",
    "\"errored\"",
    "\"missing\"",
    "\"end\":2",
    "\"detail\":\"\\ud83d\"",
    "test_reads",
    "One.two",
    "[1]",
    "\n",
    "null",
    "0123456789abcdef0123456789abcdef",
    "\\u0000",
    "18446744073709551616",
];

fn expected() -> Vec<ExpectedTest> {
    let mut tests = NAMES.map(ExpectedTest::new);
    tests[3].may_skip = true;
    tests.to_vec()
}

fn prove_all(report: &[u8], ending: &Ending) -> Proof {
    prove(&expected(), report, NONCE, ending)
}

fn target() -> Target {
    target!("report").words(&WORDS)
}

#[test]
fn a_pass_is_of_every_test_and_of_an_end() {
    target().check(holds);
    target().check_long(holds);
}

fn holds(report: &[u8]) {
    let ok = Ending::Exited(0);
    let proof = prove_all(report, &ok);
    let text = String::from_utf8_lossy(report);
    let names: BTreeSet<&str> = proof.tests.iter().map(|test| test.name.as_str()).collect();
    assert_eq!(names.len(), proof.tests.len(), "a test is named twice");
    assert!(proof.tests.len() <= NAMES.len() + text.lines().count());
    assert!(proof.notes.len() <= 50);
    if proof.conclusion == Conclusion::Passed {
        assert!(text.ends_with('\n') && text.matches(NONCE).count() > NAMES.len(), "{text}");
        for expected in expected() {
            let found = proof.tests.iter().find(|test| test.name.starts_with(&expected.name));
            let outcome = found.expect("an expected test").outcome;
            let may = outcome == TestOutcome::Skipped && expected.may_skip;
            assert!(may || outcome == TestOutcome::Passed, "{} is {outcome:?}", expected.name);
        }
    }
    for other in [Ending::Exited(1), Ending::Signalled(9), Ending::CpuTimeout] {
        assert_ne!(prove_all(report, &other).conclusion, Conclusion::Passed, "{other:?}");
    }
    let other = prove(&expected(), report, "another nonce", &ok);
    assert_ne!(other.conclusion, Conclusion::Passed, "under another nonce");
}

/// A report as a runner writes it, and the outcomes of its tests.
fn sound() -> impl Strategy<Value = (Vec<u8>, Vec<TestOutcome>)> {
    use TestOutcome::{Errored, Failed, Passed, Skipped};
    let outcomes = vec(select(vec![Passed, Passed, Passed, Failed, Errored, Skipped]), NAMES.len());
    let details = vec(select(vec!["", "a != b", "\"outcome\":\"passed\"", "é\n\t\\"]), NAMES.len());
    (outcomes, details).prop_map(|(outcomes, details)| {
        let mut text = String::new();
        for ((name, outcome), detail) in NAMES.iter().zip(&outcomes).zip(details) {
            let line = serde_json::json!({
                "nonce": NONCE, "test": name, "outcome": outcome, "detail": detail,
            });
            text.push_str(&format!("{line}\n"));
        }
        let end = serde_json::json!({ "nonce": NONCE, "end": NAMES.len() });
        text.push_str(&format!("{end}\n"));
        (text.into_bytes(), outcomes)
    })
}

#[test]
fn a_sound_report_is_what_its_tests_are() {
    hold("sound report", &sound(), |(report, outcomes)| {
        let proof = prove_all(&report, &Ending::Exited(0));
        let found: Vec<TestOutcome> = proof.tests.iter().map(|test| test.outcome).collect();
        assert_eq!(found, outcomes);
        let may_pass = |(place, outcome): (usize, &TestOutcome)| match outcome {
            TestOutcome::Passed => true,
            TestOutcome::Skipped => place == 3,
            _ => false,
        };
        let all = outcomes.iter().enumerate().all(may_pass);
        assert_eq!(proof.conclusion == Conclusion::Passed, all, "{outcomes:?}");
    });
}

#[test]
fn a_report_is_no_better_without_a_byte_of_it() {
    hold("a lost byte", &(sound(), any::<Index>()), |((mut report, _), at)| {
        let before = prove_all(&report, &Ending::Exited(0));
        report.remove(at.index(report.len()));
        let after = prove_all(&report, &Ending::Exited(0));
        if after.conclusion == Conclusion::Passed {
            assert_eq!(before.conclusion, Conclusion::Passed);
        }
        for name in NAMES {
            let passed = |proof: &Proof| {
                let found = proof.tests.iter().find(|test| test.name == name);
                found.is_some_and(|test| test.outcome == TestOutcome::Passed)
            };
            assert!(passed(&before) || !passed(&after), "{name} passes now");
        }
    });
}

#[test]
fn a_report_that_goes_on_is_no_pass() {
    target().check_with(&sound(), |more, (report, _)| {
        if !more.is_empty() {
            let report = [report.as_slice(), more].concat();
            let conclusion = prove_all(&report, &Ending::Exited(0)).conclusion;
            assert_ne!(conclusion, Conclusion::Passed);
        }
    });
}
