//! What the server says about an answer: which model answered, and whether that model can have read
//! everything that was sent.

use serde::{Deserialize, Serialize};

/// What is known of the server's part in one answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Served {
    /// The model that answered, in the server's own words; `None` where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What the server calls the configuration, or the host, that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Bytes of text in the conversation that was sent; `None` where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_bytes: Option<u64>,
}

/// How the name of the model that answered is to the name that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kinship {
    /// The same, but for letter case, a folder before it or a tag such as `latest`.
    Same,
    /// A dated or numbered state of the same model, as `gpt-4o-2024-08-06` is of `gpt-4o`.
    Snapshot,
    Other,
}

/// Words after a model's name that say how finished it is, and not which model it is.
const STAGES: [&str; 6] = ["preview", "exp", "experimental", "beta", "stable", "latest"];

/// How a name that a server gives is to the name that was asked for.
pub fn kinship(asked: &str, served: &str) -> Kinship {
    let (asked, served) = (plain(asked), plain(served));
    let (asked, served) = match is_of_folders(&asked) || is_of_folders(&served) {
        true => (last_part(&asked), last_part(&served)),
        false => (asked.as_str(), served.as_str()),
    };
    if asked == served {
        return Kinship::Same;
    }
    let is_state = |longer: &str, shorter: &str| {
        longer.strip_prefix(shorter).is_some_and(|rest| !shorter.is_empty() && is_stage(rest))
    };
    match is_state(served, asked) || is_state(asked, served) {
        true => Kinship::Snapshot,
        false => Kinship::Other,
    }
}

/// Tags behind a name that choose no model: the newest state, or among hosts by their price
/// or speed.
const TAGS: [&str; 7] = [":latest", "-latest", "@latest", ":free", ":nitro", ":floor", ":exacto"];

/// A name in small letters, without such a tag.
fn plain(name: &str) -> String {
    let name = name.trim().to_lowercase();
    let plain = TAGS.iter().find_map(|tag| name.strip_suffix(tag));
    plain.map_or(name.clone(), str::to_owned)
}

/// Whether what stands before the last `/` is no vendor's name, which tells models apart
/// (`openai/gpt-oss-20b` is not `unsloth/gpt-oss-20b`): there is none, or there are folders.
fn is_of_folders(name: &str) -> bool {
    name.matches('/').count() != 1 || name.starts_with(['/', '.']) || name.starts_with("models/")
}

fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Whether what follows a name only says which state of the model it is: a date, a number
/// of three digits or more, or how finished it is. Fewer digits are another model:
/// `claude-sonnet-4-5` is no state of `claude-sonnet-4`.
fn is_stage(rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix(['-', '@', ':', '_']) else { return false };
    let mut digits = 0;
    let mut has_word = false;
    for part in rest.split(['-', '@', ':', '_', '.']) {
        if STAGES.contains(&part) {
            has_word = true;
        } else if part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_digit()) {
            digits += part.len();
        } else {
            return false;
        }
    }
    digits >= 3 || has_word
}

/// The most bytes of ordinary text to a token. English and code have about 4, in any
/// tokenizer fewer than 6; Chinese has up to 6.
const MOST_BYTES_PER_TOKEN: u64 = 7;

/// How many times as long as another a conversation must be for its tokens to be more
/// than the other's, whatever texts the two are of: per byte, the densest ordinary text has
/// about 2.3 times the tokens of the sparsest.
const SURELY_LONGER: f64 = 2.5;

/// Whether a server counted fewer tokens than the text that it was sent can have. A count
/// of 0 is none.
pub fn is_cut_short(sent_bytes: u64, input_tokens: u64) -> bool {
    input_tokens > 0 && sent_bytes > input_tokens.saturating_mul(MOST_BYTES_PER_TOKEN)
}

/// The places of those conversations, each of the bytes that were sent and the tokens that
/// were counted, that one server cut short: the count is too small for any text, or no more
/// than that of a conversation that is far shorter.
pub fn cut_short(conversations: &[(u64, u64)]) -> Vec<usize> {
    let mut by_length: Vec<(u64, u64)> =
        conversations.iter().copied().filter(|(_, tokens)| *tokens > 0).collect();
    by_length.sort_unstable();
    // The most tokens of all conversations up to a length.
    let mut most = 0;
    let most_tokens: Vec<u64> = by_length
        .iter()
        .map(|(_, tokens)| {
            most = most.max(*tokens);
            most
        })
        .collect();
    let is_cut = |bytes: u64, tokens: u64| {
        let shorter = by_length.partition_point(|(other, _)| is_surely_longer(bytes, *other));
        let of_shorter = shorter.checked_sub(1).map_or(0, |last| most_tokens[last]);
        is_cut_short(bytes, tokens) || (tokens > 0 && tokens <= of_shorter)
    };
    let places = conversations.iter().enumerate();
    places.filter(|(_, (bytes, tokens))| is_cut(*bytes, *tokens)).map(|(place, _)| place).collect()
}

#[expect(clippy::cast_precision_loss, reason = "lengths of texts, compared roughly")]
fn is_surely_longer(bytes: u64, other: u64) -> bool {
    bytes as f64 > other as f64 * SURELY_LONGER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_model_are_told_from_those_of_others() {
        let check = |asked: &str, served: &str, expect: Kinship| {
            assert_eq!(kinship(asked, served), expect, "{asked} -> {served}");
        };
        for (asked, served) in [
            ("gpt-4o", "gpt-4o"),
            ("Qwen/Qwen3-8B", "qwen3-8b"),
            ("qwen3-8b", "/srv/models/Qwen3-8B"),
            ("gemini-2.5-pro", "models/gemini-2.5-pro"),
            ("llama3", "llama3:latest"),
            ("deepseek/deepseek-r1:free", "deepseek/deepseek-r1"),
            ("deepseek-v3", "accounts/fireworks/models/deepseek-v3"),
        ] {
            check(asked, served, Kinship::Same);
        }
        for (asked, served) in [
            ("gpt-4o", "gpt-4o-2024-08-06"),
            ("gpt-4", "gpt-4-0613"),
            ("openai/gpt-4o", "openai/gpt-4o-2024-08-06"),
            ("openai/gpt-4o", "gpt-4o-2024-08-06"),
            ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929"),
            ("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022"),
            ("gemini-2.5-pro", "gemini-2.5-pro-preview-05-06"),
            ("gemini-2.0-flash", "gemini-2.0-flash-001"),
            ("mistral-large-latest", "mistral-large-2411"),
            ("gpt-4o-2024-08-06", "gpt-4o"),
        ] {
            check(asked, served, Kinship::Snapshot);
        }
        for (asked, served) in [
            ("qwen3-480b", "tiny-0.1b-q4"),
            ("gpt-4o", "gpt-4o-mini"),
            ("gpt-4o-2024-05-13", "gpt-4o-2024-08-06"),
            ("gpt-4", "gpt-4-32k"),
            ("gpt-4", "gpt-4.1"),
            ("claude-sonnet-4", "claude-sonnet-4-5-20250929"),
            ("openai/gpt-oss-20b", "unsloth/gpt-oss-20b"),
            ("qwen3-8b", "Qwen3-8B-Q4_K_M.gguf"),
            ("llama3:8b", "llama3:70b"),
        ] {
            check(asked, served, Kinship::Other);
        }
    }

    #[test]
    fn a_count_that_no_text_can_have_is_of_a_prompt_that_was_cut() {
        let check = |conversations: &[(u64, u64)], expect: &[usize]| {
            assert_eq!(cut_short(conversations), expect, "{conversations:?}");
        };
        check(&[(3_500, 120)], &[0]);
        check(&[(3_500, 900), (3_500, 600), (3_500, 0)], &[]);
        // Never more than 2,048 tokens, however long the conversation is.
        check(&[(7_900, 2_000), (9_000, 2_048), (13_000, 2_048), (20_000, 2_047)], &[3]);
        // What a server puts before each conversation changes nothing.
        check(&[(400, 1_600), (4_000, 2_500), (20_000, 6_500)], &[]);
        // Dense text beside sparse text.
        check(&[(1_000, 450), (2_500, 500), (10_000, 2_000)], &[]);
        // Of one token a byte.
        check(&[(500, 500), (1_000, 1_000), (9_000, 1_000), (30_000, 1_000)], &[2, 3]);
    }
}
