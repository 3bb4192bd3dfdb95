//! [`Twins`]: what was said of a vulnerable program together with what was said of its
//! repaired twin (Ding et al., "Vulnerability Detection with Code Language Models: How Far
//! Are We?", 2024, section 4.2, which CoV-Eval lacks). Who says the same of every program
//! is never right about both.

use std::collections::BTreeMap;

use crate::judgement::LabelJudgement;

/// How many pairs of a vulnerable and a secure program with the same origin came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Twins {
    /// Both statements are right.
    pub both: usize,
    /// Only that about the vulnerable program is right.
    pub only_vulnerable: usize,
    /// Only that about the secure program is right.
    pub only_secure: usize,
    /// Neither is right.
    pub neither: usize,
}

impl Twins {
    /// The outcomes of all pairs: each vulnerable program with each secure one of the same
    /// origin, which is the key. Answers of different rounds should have different keys.
    pub fn of<'a, K: Ord>(statements: impl IntoIterator<Item = (K, &'a LabelJudgement)>) -> Twins {
        let mut origins: BTreeMap<K, Origin> = BTreeMap::new();
        for (origin, judgement) in statements {
            origins.entry(origin).or_default().add(judgement);
        }
        let mut twins = Twins::default();
        for Origin { vulnerable, secure } in origins.into_values() {
            twins.both += vulnerable.right * secure.right;
            twins.only_vulnerable += vulnerable.right * secure.wrong;
            twins.only_secure += vulnerable.wrong * secure.right;
            twins.neither += vulnerable.wrong * secure.wrong;
        }
        twins
    }

    /// How many pairs there are.
    pub fn pairs(self) -> usize {
        self.both + self.only_vulnerable + self.only_secure + self.neither
    }
}

/// The statements about the programs of one origin.
#[derive(Default)]
struct Origin {
    vulnerable: Statements,
    secure: Statements,
}

#[derive(Default)]
struct Statements {
    right: usize,
    wrong: usize,
}

impl Origin {
    fn add(&mut self, judgement: &LabelJudgement) {
        let statements = match judgement.truth.vulnerable {
            true => &mut self.vulnerable,
            false => &mut self.secure,
        };
        match judgement.is_right() {
            true => statements.right += 1,
            false => statements.wrong += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::Label;

    /// Two letters each: the truth and what was said; `?` could not be read.
    fn check(statements: &[(&str, &str)], expect: [usize; 4]) {
        let label = |letter: &str| Label { vulnerable: letter == "v", ..Label::default() };
        let judgements: Vec<(&str, LabelJudgement)> = statements
            .iter()
            .map(|(origin, text)| {
                let (truth, said) = text.split_at(1);
                let said = (said != "?").then(|| label(said));
                (*origin, LabelJudgement { said, truth: label(truth) })
            })
            .collect();
        let twins = Twins::of(judgements.iter().map(|(origin, judgement)| (*origin, judgement)));
        let Twins { both, only_vulnerable, only_secure, neither } = twins;
        assert_eq!([both, only_vulnerable, only_secure, neither], expect, "{statements:?}");
        assert_eq!(twins.pairs(), expect.iter().sum::<usize>());
    }

    #[test]
    fn a_pair_comes_to_one_of_four() {
        check(&[("a", "vv"), ("a", "ss")], [1, 0, 0, 0]);
        check(&[("a", "vv"), ("a", "sv")], [0, 1, 0, 0]);
        check(&[("a", "vs"), ("a", "ss")], [0, 0, 1, 0]);
        check(&[("a", "vs"), ("a", "sv")], [0, 0, 0, 1]);
    }

    #[test]
    fn what_could_not_be_read_is_wrong_of_either_twin() {
        check(&[("a", "v?"), ("a", "ss")], [0, 0, 1, 0]);
        check(&[("a", "vv"), ("a", "s?")], [0, 1, 0, 0]);
        check(&[("a", "v?"), ("a", "s?")], [0, 0, 0, 1]);
    }

    #[test]
    fn every_vulnerable_program_pairs_with_every_secure_one_of_its_origin_alone() {
        let a = [("a", "vv"), ("a", "vs"), ("a", "ss"), ("a", "sv")];
        check(&a, [1, 1, 1, 1]);
        check(&[&a[..], &[("b", "vv"), ("c", "ss")]].concat(), [1, 1, 1, 1]);
        check(&[], [0, 0, 0, 0]);
    }
}
