//! Whether the questions of a plan fit into the contexts that servers state, before any of
//! them is paid for.

use std::sync::Arc;

use crate::report::quantity::{counted, tokens};
use crate::run::Plan;
use crate::run::estimate::{Estimate, REPAIR_TOKENS};
use crate::settings::RunSettings;
use crate::subject::{Stated, Subject};

/// Every server accepts this many tokens; no server is asked if the plan needs no more.
const FEWEST_TOKENS: u64 = 1_024;

/// What the user should know about the context lengths of the subjects.
#[derive(Debug, Default)]
pub(super) struct ContextLengths {
    /// How long each context is that a server states, a line each.
    pub(super) lines: Vec<String>,
    /// What does not fit, a sentence each.
    pub(super) warnings: Vec<String>,
}

/// What one subject is to be asked.
struct Need {
    subject: Arc<Subject>,
    /// The tokens of each first question.
    questions: Vec<u64>,
    /// The limit on the tokens of an answer, or 0 if there is none.
    answer: u64,
    /// The tokens of the longest question with all repairs that it may take, and its answer.
    most: u64,
}

/// Asks the servers of a plan how much they take.
pub(super) fn ask(
    plan: &Plan,
    estimates: &[Estimate],
    settings: &RunSettings,
) -> anyhow::Result<ContextLengths> {
    let needs: Vec<Need> = estimates.iter().filter_map(|it| need(plan, it, settings)).collect();
    if needs.is_empty() {
        return Ok(ContextLengths::default());
    }
    let stated = super::runtime()?.block_on(stated(&needs))?;
    let mut lengths = ContextLengths::default();
    for (need, stated) in needs.iter().zip(stated) {
        if let Some(stated) = stated {
            lengths.lines.push(format!("context    {}: {}", need.subject.name(), length(&stated)));
            lengths.warnings.extend(need.warning(&stated));
        }
    }
    Ok(lengths)
}

/// What the servers state, asked all at once.
async fn stated(needs: &[Need]) -> anyhow::Result<Vec<Option<Stated>>> {
    let asked: Vec<_> = needs
        .iter()
        .map(|need| {
            let subject = Arc::clone(&need.subject);
            tokio::spawn(async move { subject.stated().await })
        })
        .collect();
    let mut all = Vec::new();
    for stated in asked {
        all.push(stated.await?);
    }
    Ok(all)
}

fn need(plan: &Plan, estimate: &Estimate, settings: &RunSettings) -> Option<Need> {
    let subject = plan.subjects.iter().find(|it| it.name() == estimate.model)?;
    let longest = *estimate.questions.iter().max()?;
    let answer = subject.sent_output_limit().unwrap_or_default();
    let expected =
        settings.expected_output_tokens.min(subject.most_output_tokens().unwrap_or(u64::MAX));
    let repairs = u64::from(settings.max_answers.saturating_sub(1)) * (expected + REPAIR_TOKENS);
    let most = longest + repairs + answer;
    (most > FEWEST_TOKENS).then(|| Need {
        subject: Arc::clone(subject),
        questions: estimate.questions.clone(),
        answer,
        most,
    })
}

impl Need {
    fn warning(&self, stated: &Stated) -> Option<String> {
        let name = self.subject.name();
        let too_long: Vec<u64> =
            self.questions.iter().copied().filter(|it| !stated.takes(*it, self.answer)).collect();
        let with_answer = match self.answer {
            0 => String::new(),
            answer => format!(" with max-tokens {answer}"),
        };
        if let Some(longest) = too_long.iter().max() {
            let (some, all) =
                (tokens_of(too_long.len()), counted(self.questions.len(), "question"));
            return Some(format!(
                "{name}: {some} of {all} cannot fit into {}{with_answer}: the longest has about {} tokens; lower max-tokens, give the server a longer context, or leave the cases out",
                length(stated),
                tokens(*longest)
            ));
        }
        (!stated.takes(self.most, 0)).then(|| {
            format!(
                "{name}: repairs may not fit into {}{with_answer}: a whole attempt takes up to about {} tokens",
                length(stated),
                tokens(self.most)
            )
        })
    }
}

fn tokens_of(number: usize) -> String {
    tokens(u64::try_from(number).unwrap_or(u64::MAX))
}

/// The length of a context in words.
fn length(stated: &Stated) -> String {
    let parts = [(stated.context, "the context of"), (stated.input, "questions of at most")];
    let parts = parts
        .iter()
        .filter_map(|(most, what)| most.map(|most| format!("{what} {} tokens", tokens(most))));
    format!("{} that its server states", parts.collect::<Vec<_>>().join(" and "))
}
