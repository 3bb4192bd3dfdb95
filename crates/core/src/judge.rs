//! Judges: the criteria that they decide by, the vote of each, and the decision of a panel
//! (SecCodeBench-V2, LLM-as-a-Judge).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::count::counted;
use crate::judge_mode::JudgeMode;
use crate::locale::Locale;
use crate::served::Served;
use crate::tokens::TokenUsage;

/// The criteria of one phase of a case, for judges. There is always an English text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rubric {
    english: String,
    others: BTreeMap<Locale, String>,
    mode: Option<JudgeMode>,
}

impl Rubric {
    /// `None` without a text in English.
    pub fn new(mut texts: BTreeMap<Locale, String>) -> Option<Rubric> {
        let english = texts.remove(&Locale::EnUs).filter(|text| !text.trim().is_empty())?;
        Some(Rubric { english, others: texts, mode: None })
    }

    /// Criteria of our own, which are not blank, in every language.
    pub(crate) fn in_all(text: impl Fn(Locale) -> String) -> Rubric {
        let others = Locale::ALL.into_iter().filter(|locale| *locale != Locale::EnUs);
        let others = others.map(|locale| (locale, text(locale))).collect();
        Rubric { english: text(Locale::EnUs), others, mode: None }
    }

    /// The same criteria, asked in one of the ways of CoV-Eval.
    #[must_use]
    pub fn asked(self, mode: Option<JudgeMode>) -> Rubric {
        Rubric { mode, ..self }
    }

    /// The way of CoV-Eval in which judges are asked; `None` for the way of SecCodeBench-V2,
    /// in which a reason comes before the verdict.
    pub fn mode(&self) -> Option<JudgeMode> {
        self.mode
    }

    /// The criteria in a language, or in English if there are none in that language.
    pub fn text(&self, locale: Locale) -> &str {
        self.others.get(&locale).unwrap_or(&self.english)
    }

    /// Every text by its language.
    pub fn texts(&self) -> impl Iterator<Item = (Locale, &str)> {
        let others = self.others.iter().map(|(locale, text)| (*locale, text.as_str()));
        std::iter::once((Locale::EnUs, self.english.as_str())).chain(others)
    }
}

/// One judge's opinion on one phase of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    pub judge: String,
    /// Which of the judge's votes, from 1.
    pub sample: u32,
    pub passed: bool,
    /// In the judge's own words.
    pub reason: String,
    /// What all of the judge's replies for this vote took.
    pub usage: TokenUsage,
}

/// The votes of a full panel, an odd number, so that there is never a tie. It cannot be made from
/// fewer votes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Votes", into = "Votes")]
pub struct Ballot(Vec<Vote>);

/// A ballot as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct Votes {
    votes: Vec<Vote>,
}

/// Why votes do not make a ballot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoBallot {
    #[error("{0} votes can be even; a panel has an odd number of them")]
    Even(usize),
    #[error("{judge} has sample {sample} twice")]
    Twice { judge: String, sample: u32 },
    #[error("{got} of {}", counted(*panel, "vote"))]
    Incomplete { got: usize, panel: usize },
}

/// Who votes: each judge as often as it is asked, an odd number of votes in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seats(BTreeSet<(String, u32)>);

impl Seats {
    /// The seats of judges by name, each with its number of votes.
    pub fn new<'a>(judges: impl IntoIterator<Item = (&'a str, u32)>) -> Result<Seats, NoBallot> {
        let mut seats = BTreeSet::new();
        for (judge, votes) in judges {
            for sample in 1..=votes {
                let seat = (judge.to_owned(), sample);
                if !seats.insert(seat) {
                    return Err(NoBallot::Twice { judge: judge.to_owned(), sample });
                }
            }
        }
        match seats.len() % 2 {
            1 => Ok(Seats(seats)),
            _ => Err(NoBallot::Even(seats.len())),
        }
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Each seat, the judge and the number of its vote, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.0.iter().map(|(judge, sample)| (judge.as_str(), *sample))
    }

    /// The ballot, if every seat has voted, and nobody else.
    pub fn ballot(&self, votes: Vec<Vote>) -> Result<Ballot, NoBallot> {
        let ballot = Ballot::try_from(Votes { votes });
        let voted = |ballot: &Ballot| {
            let voted = ballot.votes().iter().map(|vote| (vote.judge.clone(), vote.sample));
            voted.collect::<BTreeSet<_>>()
        };
        match ballot {
            Ok(ballot) if voted(&ballot) == self.0 => Ok(ballot),
            Ok(ballot) => {
                let got = voted(&ballot).intersection(&self.0).count();
                Err(NoBallot::Incomplete { got, panel: self.count() })
            }
            Err(NoBallot::Even(got)) => Err(NoBallot::Incomplete { got, panel: self.count() }),
            Err(other) => Err(other),
        }
    }
}

impl Ballot {
    pub fn votes(&self) -> &[Vote] {
        &self.0
    }

    /// How many votes are against the artifact.
    pub fn against(&self) -> usize {
        self.0.iter().filter(|vote| !vote.passed).count()
    }

    /// Whether the majority is for the artifact.
    pub fn passed(&self) -> bool {
        self.against() * 2 < self.0.len()
    }

    pub fn is_unanimous(&self) -> bool {
        self.against() == 0 || self.against() == self.0.len()
    }

    /// The votes that decided it.
    pub fn majority(&self) -> impl Iterator<Item = &Vote> {
        let passed = self.passed();
        self.0.iter().filter(move |vote| vote.passed == passed)
    }
}

impl TryFrom<Votes> for Ballot {
    type Error = NoBallot;

    fn try_from(Votes { votes }: Votes) -> Result<Ballot, NoBallot> {
        if votes.len().is_multiple_of(2) {
            return Err(NoBallot::Even(votes.len()));
        }
        let mut seen = BTreeSet::new();
        for vote in &votes {
            if !seen.insert((vote.judge.as_str(), vote.sample)) {
                let (judge, sample) = (vote.judge.clone(), vote.sample);
                return Err(NoBallot::Twice { judge, sample });
            }
        }
        Ok(Ballot(votes))
    }
}

impl From<Ballot> for Votes {
    fn from(ballot: Ballot) -> Votes {
        Votes { votes: ballot.0 }
    }
}

/// What a reply of a judge took, whether or not a vote came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgeReply {
    pub judge: String,
    pub usage: TokenUsage,
    pub served: Served,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(judge: &str, sample: u32, passed: bool) -> Vote {
        let usage = TokenUsage::default();
        Vote { judge: judge.to_owned(), sample, passed, reason: "so".to_owned(), usage }
    }

    #[test]
    fn a_ballot_is_of_the_whole_panel_and_of_nobody_else() {
        let seats = Seats::new([("a", 1), ("b", 2)]).expect("three votes");
        let full = [vote("a", 1, true), vote("b", 1, false), vote("b", 2, true)];
        assert!(seats.ballot(full.to_vec()).expect("all voted").passed());
        let incomplete = |got| Err(NoBallot::Incomplete { got, panel: 3 });
        assert_eq!(seats.ballot(full[..2].to_vec()), incomplete(2));
        assert_eq!(seats.ballot(full[..1].to_vec()), incomplete(1));
        assert_eq!(seats.ballot(Vec::new()), incomplete(0));
        let stranger = [vote("a", 1, true), vote("b", 1, true), vote("c", 1, true)];
        assert_eq!(seats.ballot(stranger.to_vec()), incomplete(2));
        let twice = [vote("a", 1, true), vote("a", 1, true), vote("b", 1, true)];
        assert!(matches!(seats.ballot(twice.to_vec()), Err(NoBallot::Twice { .. })));
    }

    #[test]
    fn a_panel_has_an_odd_number_of_votes() {
        let check = |judges: &[(&str, u32)], expect: Result<usize, NoBallot>| {
            let seats = Seats::new(judges.iter().copied());
            assert_eq!(seats.map(|seats| seats.count()), expect, "{judges:?}");
        };
        check(&[("a", 1)], Ok(1));
        check(&[("a", 3), ("b", 2)], Ok(5));
        check(&[("a", 1), ("b", 1)], Err(NoBallot::Even(2)));
        check(&[], Err(NoBallot::Even(0)));
        let twice = NoBallot::Twice { judge: "a".to_owned(), sample: 1 };
        check(&[("a", 1), ("a", 2)], Err(twice));
    }

    #[test]
    fn the_majority_decides() {
        let check = |passed: &[bool], expect: (bool, bool)| {
            let votes = (1..).zip(passed).map(|(sample, passed)| vote("a", sample, *passed));
            let ballot = Ballot::try_from(Votes { votes: votes.collect() }).expect("odd");
            assert_eq!((ballot.passed(), ballot.is_unanimous()), expect, "{passed:?}");
            assert!(ballot.majority().count() * 2 > passed.len(), "{passed:?}");
        };
        check(&[true], (true, true));
        check(&[true, false, true], (true, false));
        check(&[true, false, false], (false, false));
        check(&[false, false, false], (false, true));
    }

    #[test]
    fn what_is_read_back_is_held_to_the_same() {
        let seats = Seats::new([("a", 1)]).expect("one vote");
        let ballot = seats.ballot(vec![vote("a", 1, false)]).expect("full");
        let text = serde_json::to_string(&ballot).expect("JSON");
        assert_eq!(serde_json::from_str::<Ballot>(&text).expect("a ballot"), ballot);
        let even = "{\"votes\":[]}";
        assert!(serde_json::from_str::<Ballot>(even).is_err(), "a ballot of nobody");
    }

    #[test]
    fn a_rubric_has_an_english_text() {
        let rubric = |locale, text: &str| Rubric::new(BTreeMap::from([(locale, text.to_owned())]));
        assert_eq!(rubric(Locale::ZhCn, "x"), None);
        assert_eq!(rubric(Locale::EnUs, " \n"), None);
        let english = rubric(Locale::EnUs, "x").expect("English");
        assert_eq!(english.text(Locale::ZhCn), "x");
    }
}
