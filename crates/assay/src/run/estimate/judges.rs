//! What judges will probably take.

use std::collections::BTreeMap;

use assay_core::files::texts;
use assay_core::{Artifact, Case, Phase};

use super::{Assumed, BYTES_PER_TOKEN, Estimate};
use crate::judge::{Exhibit, OpenVote, Panel};
use crate::run::plan::Plan;
use crate::subject::{tokens_in, tokens_in_all};

/// The estimates for the judges of a panel, in their order.
#[derive(Debug)]
pub struct JudgesEstimate<'a> {
    panel: &'a Panel,
    assumed: Assumed,
    estimates: Vec<Estimate>,
}

impl JudgesEstimate<'_> {
    /// Of no question yet.
    pub fn new(panel: &Panel, assumed: Assumed) -> JudgesEstimate<'_> {
        let judges = panel.judges().map(|judge| Estimate::none(judge.name(), judge.price()));
        JudgesEstimate { panel, assumed, estimates: judges.collect() }
    }

    /// These votes may be asked for, each this many times.
    pub fn add(&mut self, votes: &[OpenVote], times: u64) {
        for OpenVote { judge: place, question } in votes {
            let model = self.panel.judges().nth(*place);
            let Some((judge, estimate)) = model.zip(self.estimates.get_mut(*place)) else {
                continue;
            };
            let system = judge.system_prompt().map_or(0, tokens_in);
            let output = self.assumed.output(judge.most_output_tokens());
            estimate.most.add_times(times, system + tokens_in_all(question), output);
        }
    }

    pub fn finish(self) -> Vec<Estimate> {
        self.estimates
    }

    /// One for each judge of a plan, none if nothing is left to them.
    ///
    /// An attempt ends with the first answer that works, so that the security phase is
    /// decided once, and the functional phase for every answer.
    pub fn of(plan: &Plan, panel: &Panel, assumed: Assumed) -> Vec<Estimate> {
        let mut estimate = JudgesEstimate::new(panel, assumed);
        let mut attempts: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
        for attempt in &plan.attempts {
            let is_repaired = plan.subjects[attempt.subject].can_repair();
            let answers = if is_repaired { u64::from(assumed.max_answers) } else { 1 };
            let (all, answers_of_all) = attempts.entry(attempt.case).or_default();
            *all += 1;
            *answers_of_all += answers;
        }
        for (case, (attempts, answers)) in attempts {
            let case = &plan.cases[case];
            if !case.asks_judges() {
                continue;
            }
            let artifact = sample(case, assumed.output_tokens);
            let shown = Exhibit { case, artifact: &artifact, locale: assumed.locale };
            for (phase, times) in [(Phase::Functional, answers), (Phase::Security, attempts)] {
                estimate.add(&panel.open_votes(phase, shown), times);
            }
            estimate.add(&panel.open_votes_beside(shown), attempts);
        }
        let mut estimates = estimate.finish();
        estimates.retain(|estimate| estimate.most.questions > 0);
        estimates
    }
}

/// An artifact as long as the longest solution that the case has, or as an answer is
/// taken to be if it has none.
fn sample(case: &Case, output_tokens: u64) -> Artifact {
    let solutions = case
        .code()
        .into_iter()
        .flat_map(|task| &task.solutions)
        .map(|solution| texts(&solution.files));
    let longest = solutions.max_by_key(|files| files.values().map(String::len).sum::<usize>());
    let files = longest.unwrap_or_else(|| {
        let bytes = usize::try_from(output_tokens).unwrap_or(0).saturating_mul(BYTES_PER_TOKEN);
        let path = case.artifact_paths().first().cloned();
        path.into_iter().map(|path| (path, "x".repeat(bytes))).collect()
    });
    Artifact { files, refused: Vec::new() }
}
