//! [`Detection`]: what a subject, or a baseline, said of programs, with how sure the numbers
//! are and what was said of twins.

use std::collections::BTreeMap;

use super::interval::{Draws, Interval, Resampling};
use super::measured::Measured;
use super::recognition::{Baseline, Recognition};
use super::twins::Twins;
use crate::judgement::LabelJudgement;
use crate::label::Label;
use crate::statistic::{CaseCounts, Statistic};

/// A statement about the program of a case.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    pub case: &'a str,
    /// What the program shares with others that do the same.
    pub origin: Option<&'a str>,
    pub round: u32,
    pub judgement: &'a LabelJudgement,
}

/// All numbers of statements about programs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Detection {
    pub recognition: Recognition,
    /// Of 95 %. Programs of one origin are drawn together, as they are alike.
    pub balanced_accuracy_interval: Option<Interval>,
    pub twins: Twins,
}

impl Detection {
    pub fn of(statements: &[Statement<'_>], resampling: Resampling) -> Detection {
        let mut recognition = Recognition::default();
        let mut groups: BTreeMap<&str, CaseCounts> = BTreeMap::new();
        for statement in statements {
            recognition.add(statement.judgement);
            let one = || CaseCounts { weight: 1.0, ..CaseCounts::default() };
            let group = statement.origin.unwrap_or(statement.case);
            groups.entry(group).or_insert_with(one).add(statement.judgement);
        }
        let cases: Vec<CaseCounts> = groups.into_values().collect();
        let draws = Draws::of(cases.len(), resampling);
        let measured = Measured { statistic: Statistic::BalancedAccuracy, cases };
        let of_twins = statements.iter().filter_map(|it| {
            let origin = it.origin?;
            Some(((origin, it.round), it.judgement))
        });
        Detection {
            recognition,
            balanced_accuracy_interval: Interval::of(&measured, &draws),
            twins: Twins::of(of_twins),
        }
    }

    /// The numbers of a baseline about the programs of these statements, each program once.
    pub fn of_baseline(
        baseline: Baseline,
        statements: &[Statement<'_>],
        resampling: Resampling,
    ) -> Detection {
        let programs: BTreeMap<&str, &Statement<'_>> =
            statements.iter().map(|statement| (statement.case, statement)).collect();
        let truths: Vec<Label> = programs.values().map(|it| it.judgement.truth.clone()).collect();
        let said = baseline.says(&truths);
        let judged = |truth| LabelJudgement { said: Some(said.clone()), truth };
        let judgements: Vec<LabelJudgement> = truths.into_iter().map(judged).collect();
        let statements: Vec<Statement<'_>> = programs
            .values()
            .zip(&judgements)
            .map(|(program, judgement)| Statement { round: 1, judgement, ..**program })
            .collect();
        Detection::of(&statements, resampling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judgement(truth: bool, said: bool) -> LabelJudgement {
        let label = |vulnerable| Label { vulnerable, ..Label::default() };
        LabelJudgement { said: Some(label(said)), truth: label(truth) }
    }

    fn statement<'a>(case: &'a str, round: u32, judgement: &'a LabelJudgement) -> Statement<'a> {
        Statement { case, origin: Some(&case[..1]), round, judgement }
    }

    #[test]
    fn twins_are_of_one_round_and_a_baseline_is_asked_once() {
        let [hit, miss] = [judgement(true, true), judgement(true, false)];
        let [rejection, alarm] = [judgement(false, false), judgement(false, true)];
        let statements = [
            statement("a1", 1, &hit),
            statement("a2", 1, &rejection),
            statement("a1", 2, &miss),
            statement("a2", 2, &alarm),
        ];
        let detection = Detection::of(&statements, Resampling::default());
        assert_eq!(detection.twins, Twins { both: 1, neither: 1, ..Twins::default() });
        assert_eq!(detection.recognition.judged(), 4);

        let of = |baseline| Detection::of_baseline(baseline, &statements, Resampling::default());
        let always = of(Baseline::AlwaysVulnerable);
        assert_eq!(always.twins, Twins { only_vulnerable: 1, ..Twins::default() });
        assert_eq!(always.recognition.judged(), 2);
        let never = of(Baseline::NeverVulnerable);
        assert_eq!(never.twins, Twins { only_secure: 1, ..Twins::default() });
        assert_eq!(never.recognition.binary().balanced_accuracy(), Some(0.5));
    }

    #[test]
    fn programs_of_one_origin_are_drawn_together() {
        let [hit, rejection] = [judgement(true, true), judgement(false, false)];
        let names: Vec<String> =
            ('a'..='t').flat_map(|it| [format!("{it}1"), format!("{it}2")]).collect();
        let statements: Vec<Statement<'_>> = names
            .iter()
            .map(|it| statement(it, 1, if it.ends_with('1') { &hit } else { &rejection }))
            .collect();
        let detection = Detection::of(&statements, Resampling::default());
        let interval = detection.balanced_accuracy_interval.expect("defined");
        assert!((interval.high - 1.0).abs() < 1e-12 && interval.low > 0.5, "{interval:?}");
        assert_eq!(detection.twins.both, 20);
    }
}
