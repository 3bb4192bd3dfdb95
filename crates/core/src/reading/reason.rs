//! Why an answer holds no artifact.

use super::block::Blocks;
use super::fence::bars;
use super::lenient::is_escaped;
use super::{Fault, Said};
use crate::answer::Finish;
use crate::artifact::NoCode;

/// The reason, for the text without its thinking: how the answer ended counts before its
/// form.
pub(super) fn of(fault: Fault, text: &str, said: &Said<'_>) -> NoCode {
    match said.finish {
        Finish::Refused => return NoCode::Refused,
        Finish::Filtered => return NoCode::Filtered,
        Finish::Truncated => return NoCode::Truncated,
        Finish::ToolCall => return NoCode::ToolCall,
        Finish::Complete => {}
    }
    if text.trim().is_empty() {
        let has_thought = said.thought || !said.thinking.is_empty();
        return if has_thought { NoCode::ThinkingOnly } else { NoCode::Empty };
    }
    match fault {
        Fault::NoForm => of_prose(text),
        Fault::Malformed(what) => NoCode::Malformed(what),
        Fault::EmptyFiles => NoCode::EmptyFiles,
        Fault::NoExpectedPath(refused) => NoCode::NoExpectedPath(refused),
        Fault::Several(count) => NoCode::SeveralCandidates(count),
        Fault::Unnamed => NoCode::Unnamed,
        Fault::CutOff => NoCode::Truncated,
    }
}

/// What a text is that holds nothing of the form.
fn of_prose(spoken: &str) -> NoCode {
    if TOOL_CALLS.iter().any(|mark| spoken.contains(mark)) {
        return NoCode::ToolCall;
    }
    let has_tags = spoken.contains("<result>") || is_escaped(spoken);
    let has_tags = has_tags || !Blocks::of(spoken).blocks.is_empty();
    if has_tags || !bars(spoken).is_empty() {
        return NoCode::NoBlock;
    }
    const BEGINNING: usize = 600;
    let beginning: String = spoken.trim().chars().take(BEGINNING).collect();
    let beginning = beginning.to_lowercase().replace('\u{2019}', "'");
    match REFUSALS.iter().any(|words| beginning.contains(words)) {
        true => NoCode::Declined,
        false => NoCode::Prose,
    }
}

/// How calls of tools begin that a server leaves in the text.
const TOOL_CALLS: [&str; 7] = [
    "<tool_call>",
    "<tool_calls>",
    "<function_call>",
    "<function_calls>",
    "<invoke name=",
    "[TOOL_CALLS]",
    "<|tool_call",
];

/// What a model says that does not want to answer, in the languages of the prompts.
const REFUSALS: [&str; 30] = [
    "i can't",
    "i cannot",
    "i can not",
    "i won't",
    "i will not",
    "i'm not able to",
    "i am not able to",
    "i'm unable to",
    "i am unable to",
    "i'm sorry",
    "i am sorry",
    "i must decline",
    "i have to decline",
    "i decline",
    "i refuse",
    "i'm afraid",
    "i would rather not",
    "i'd rather not",
    "not comfortable",
    "as an ai",
    "we can't",
    "can't help with",
    "can't assist",
    "unable to help",
    "unable to assist",
    "抱歉",
    "无法",
    "不能提供",
    "拒绝",
    "对不起",
];
