//! What replies of models took, in the cells of tables.

use assay_core::{Cost, TokenUsage, Tokens, Turn};

use super::column::Cell;

/// The sum over the replies that were counted; nothing if none was.
pub(super) fn tokens(usages: impl Iterator<Item = TokenUsage>, value: fn(Tokens) -> u64) -> Cell {
    usages.filter_map(|usage| usage.tokens).map(value).reduce(|sum, tokens| sum + tokens).into()
}

/// The sum over the replies whose price is known; nothing if no price is known.
pub(super) fn cost(usages: impl Iterator<Item = TokenUsage>) -> Cell {
    let costs = usages.filter_map(|usage| usage.cost);
    costs.reduce(|sum, cost| sum + cost).map(Cost::units).into()
}

/// Of questions and answers that were not counted together; nothing if all were.
pub(super) fn estimated_tokens(usages: impl Iterator<Item = TokenUsage>) -> Cell {
    let tokens = usages.filter_map(|usage| usage.estimate).map(|estimate| estimate.tokens);
    tokens.map(|tokens| tokens.input + tokens.output).reduce(|sum, it| sum + it).into()
}

/// Of those whose price is known; nothing if all were counted.
pub(super) fn estimated_cost(usages: impl Iterator<Item = TokenUsage>) -> Cell {
    let costs = usages.filter_map(|usage| usage.estimate?.cost);
    costs.reduce(|sum, cost| sum + cost).map(Cost::units).into()
}

/// What the votes of judges about these turns took.
pub(super) fn judging<'a>(
    turns: impl IntoIterator<Item = &'a Turn>,
) -> impl Iterator<Item = TokenUsage> {
    turns.into_iter().flat_map(|turn| &turn.judge_replies).map(|reply| reply.usage)
}
