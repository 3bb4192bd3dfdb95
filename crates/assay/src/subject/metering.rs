//! What a reply took: as the provider counts it, or as it is estimated where it does not.

use assay_core::Estimated;

use super::price::Price;
use super::question::{Message, Reply};

/// Bytes of UTF-8 that are taken for one token: about four characters of English or
/// code, and one and a third of Chinese.
pub const BYTES_PER_TOKEN: usize = 4;

/// About how many tokens a text has.
pub fn tokens_in(text: &str) -> u64 {
    u64::try_from(text.len().div_ceil(BYTES_PER_TOKEN)).unwrap_or(u64::MAX)
}

/// About how many tokens a conversation has.
pub fn tokens_in_all(messages: &[Message]) -> u64 {
    messages.iter().map(|message| tokens_in(&message.text)).sum()
}

/// Puts a price on a reply. `asked` and `said` are about how many tokens the question and the
/// text of the answer have. A count of 0 for a question, or for an answer that is not empty, is
/// treated as missing: some servers say 0 if they do not count.
pub(super) fn settle(reply: &mut Reply, price: Option<Price>, asked: u64, said: u64) {
    let thought = reply.thinking.as_deref().map_or(0, tokens_in);
    let counted = reply.usage.tokens.unwrap_or_default();
    let is_counted = counted.input > 0 && (counted.output > 0 || thought + said == 0);
    if reply.usage.tokens.is_some() && is_counted {
        reply.usage.cost = price.map(|price| price.cost(&counted));
        return;
    }
    estimate(reply, price, asked, said);
}

/// The same of a reply whose end is missing, so that counts in it are of a part.
pub(super) fn estimate(reply: &mut Reply, price: Option<Price>, asked: u64, said: u64) {
    let thought = reply.thinking.as_deref().map_or(0, tokens_in);
    let counted = reply.usage.tokens.unwrap_or_default();
    // Half of a count is better than none.
    let mut tokens = counted;
    if tokens.input == 0 {
        tokens.input = asked;
    }
    if tokens.output == 0 {
        (tokens.output, tokens.reasoning) = (thought + said, thought);
    }
    reply.usage.tokens = None;
    reply.usage.cost = None;
    reply.usage.estimate = Some(Estimated { tokens, cost: price.map(|price| price.cost(&tokens)) });
}
