//! How an answer ended, by the word that a server has for it. Gateways translate one
//! protocol to another and leave such words as they are, so all are known in each.

use assay_core::answer::Finish;
use assay_core::infra_error::{InfraClass, InfraError};

use super::spoken::Spoken;

/// What a word for an end means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Complete,
    Truncated,
    Filtered,
    Refused,
    ToolCall,
    /// The server broke off.
    Failed,
}

const COMPLETE: [&str; 18] = [
    "stop",
    "stopsequence",
    "stopped",
    "endturn",
    "pauseturn",
    "turncomplete",
    "eos",
    "eostoken",
    "endoftext",
    "end",
    "done",
    "complete",
    "completed",
    "finished",
    "success",
    // Gemini's, of ends that have no word.
    "other",
    "noimage",
    "imageother",
];

/// Parts of the words for an answer that had no more room.
const TRUNCATED: [&str; 9] = [
    "length",
    "maxtoken",
    "maxoutput",
    "maxnewtoken",
    "maxcompletion",
    "tokenlimit",
    "contextwindow",
    "truncat",
    "incomplete",
];

const FILTERED: [&str; 16] = [
    "safety",
    "imagesafety",
    "recitation",
    "imagerecitation",
    "language",
    "blocklist",
    "prohibitedcontent",
    "imageprohibitedcontent",
    "spii",
    "modelarmor",
    "guardrailintervened",
    "errortoxic",
    "sensitive",
    "moderation",
    "flagged",
    "blocked",
];

const TOOL_CALLS: [&str; 7] = [
    "toolcall",
    "toolcalls",
    "tooluse",
    "functioncall",
    "malformedfunctioncall",
    "unexpectedtoolcall",
    "toomanytoolcalls",
];

const FAILED: [&str; 13] = [
    "error",
    "failed",
    "abort",
    "aborted",
    "cancelled",
    "canceled",
    "timeout",
    "networkerror",
    "servererror",
    "internalerror",
    "insufficientsystemresource",
    "malformedresponse",
    "missingthoughtsignature",
];

/// What a word means; `None` of one that is empty or not known, which ends nothing.
fn of(word: &str) -> Option<Ending> {
    let word: String =
        word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let word = word.strip_prefix("finishreason").unwrap_or(&word);
    let is_one_of = |words: &[&str]| words.contains(&word);
    let has_one_of = |parts: &[&str]| parts.iter().any(|part| word.contains(part));
    Some(match word {
        "refusal" | "refused" => Ending::Refused,
        _ if is_one_of(&COMPLETE) => Ending::Complete,
        _ if is_one_of(&TOOL_CALLS) => Ending::ToolCall,
        _ if is_one_of(&FAILED) => Ending::Failed,
        _ if is_one_of(&FILTERED) || word.contains("filter") => Ending::Filtered,
        _ if has_one_of(&TRUNCATED) => Ending::Truncated,
        _ => return None,
    })
}

/// Whether a word in an event says that the answer is over.
pub(super) fn is_end(word: &str) -> bool {
    of(word).is_some()
}

impl Spoken {
    /// The end of an answer according to the word in the member of this name. An answer that came
    /// in one piece is complete, whatever the word.
    pub(super) fn ended(name: &str, word: &str) -> Result<Spoken, InfraError> {
        let finish = match of(word) {
            Some(Ending::Truncated) => Finish::Truncated,
            Some(Ending::Filtered) => Finish::Filtered,
            Some(Ending::Refused) => Finish::Refused,
            Some(Ending::Failed) => return Err(broken_off(name, word)),
            Some(Ending::Complete | Ending::ToolCall) | None => Finish::Complete,
        };
        let calls_tool = of(word) == Some(Ending::ToolCall);
        Ok(Spoken { finish, calls_tool, ..Spoken::default() })
    }
}

fn broken_off(name: &str, word: &str) -> InfraError {
    let message = format!("the server broke off the answer ({name} is {word:?})");
    InfraError::new(InfraClass::Server, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_means_the_same_however_it_is_written() {
        let check = |words: &[&str], expect: Option<Ending>| {
            for word in words {
                assert_eq!(of(word), expect, "{word}");
            }
        };
        check(&["stop", "STOP", "end_turn", "eos_token", "COMPLETE"], Some(Ending::Complete));
        check(
            &[
                "length",
                "LENGTH",
                "max_length",
                "model_length",
                "model_context_window_exceeded",
                "context_length_exceeded",
                "max_tokens",
                "MAX_TOKENS",
                "FINISH_REASON_MAX_TOKENS",
                "max_output_tokens",
                "max_completion_tokens",
                "max_new_tokens",
                "token_limit_reached",
                "truncated",
                "incomplete",
            ],
            Some(Ending::Truncated),
        );
        check(&["content_filter", "content_filtered", "SAFETY", "SPII"], Some(Ending::Filtered));
        check(&["refusal"], Some(Ending::Refused));
        check(&["tool_calls", "tool_use", "MALFORMED_FUNCTION_CALL"], Some(Ending::ToolCall));
        check(&["error", "abort", "insufficient_system_resource"], Some(Ending::Failed));
        check(&["", " ", "null", "unknown", "FINISH_REASON_UNSPECIFIED"], None);
    }
}
