//! What a store keeps as JSON: rows that were edited, or written by another version.

use assay_core::evidence::SuiteEvidence;
use assay_core::reading::TurnReading;
use assay_core::{Ballot, Evidence, Phase, Verdict};
use assay_fuzz::target;
use serde::Serialize;
use serde::de::DeserializeOwned;

const WORDS: [&str; 28] = [
    "\"kind\":\"passed\"",
    "\"kind\":\"failed\"",
    "\"kind\":\"functional\"",
    "\"kind\":\"nonfunctional\"",
    "\"phase\":\"functional\"",
    "\"phase\":\"security\"",
    "\"detail\":",
    "\"outcome\":\"passed\"",
    "\"outcome\":\"failed\"",
    "\"passed\":true",
    "\"passed\":false",
    "\"votes\":[]",
    "\"judge\":\"a\"",
    "\"sample\":1",
    "\"tests\":[]",
    "\"conclusion\":",
    "\"start\":1,\"end\":0",
    "null",
    "true",
    "-1",
    "1e999",
    "18446744073709551616",
    "{}",
    "[]",
    "{",
    "}",
    ",",
    "\\ud83d",
];

/// Holds that a seed is read, so that what comes of it means something, too.
fn is_a_row<T: DeserializeOwned>(seed: &str) {
    serde_json::from_str::<T>(seed).expect("a row as this version writes it");
}

/// What is read of a text, written and read again is the same.
fn read_again<T>(text: &str) -> Option<T>
where
    T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug,
{
    let read: T = serde_json::from_str(text).ok()?;
    let written = serde_json::to_string(&read).expect("it can be written");
    let again: T = serde_json::from_str(&written).expect("what was written is read");
    assert_eq!(again, read);
    Some(read)
}

#[test]
fn seeds_are_rows() {
    is_a_row::<Evidence>(include_str!("../seeds/evidence-row/phases-judged"));
    is_a_row::<Ballot>(include_str!("../seeds/ballot-row/three"));
    is_a_row::<TurnReading>(include_str!("../seeds/reading-row/lenient"));
}

#[test]
fn evidence_of_a_secure_answer_has_what_proves_it() {
    target!("evidence-row").words(&WORDS).check_text(|text| {
        let Some(evidence) = read_again::<Evidence>(text) else { return };
        if evidence.verdict() == Some(Verdict::Secure) {
            assert!(evidence.suites().all(SuiteEvidence::passed));
            assert!(evidence.ballots().all(Ballot::passed));
            let phases = evidence.phases().map(|phase| phase.phase);
            assert!(phases.eq([Phase::Functional, Phase::Security]));
        }
    });
}

#[test]
fn a_ballot_is_of_an_odd_number_of_votes_and_each_of_its_seat() {
    target!("ballot-row").words(&WORDS).check_text(|text| {
        let Some(ballot) = read_again::<Ballot>(text) else { return };
        assert_eq!(ballot.votes().len() % 2, 1);
        assert_eq!(ballot.passed(), ballot.majority().all(|vote| vote.passed));
        assert!(ballot.majority().count() * 2 > ballot.votes().len());
    });
}

#[test]
fn how_a_turn_was_read_is_read_back() {
    target!("reading-row").words(&WORDS).check_text(|text| {
        read_again::<TurnReading>(text);
    });
}
