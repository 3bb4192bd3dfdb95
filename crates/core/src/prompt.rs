//! The words that a subject is asked with.

mod parts;
pub mod weakness;
mod words;

use std::fmt::Write as _;

use crate::artifact::NoCode;
use crate::benchmark::Asks;
use crate::case::Case;
use crate::evidence::Evidence;
use crate::locale::Locale;
use crate::log::Log;
use crate::phase::Phase;
use crate::prompts::Prompts;
use crate::scenario::Scenario;
use crate::task::SolutionKind;

pub use parts::fenced;
use parts::{file, form, section};
use words::{Words, words};

/// A prompt that a case does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("case {case} has no {scenario} prompt in {locale}")]
pub struct NoPrompt {
    pub case: String,
    pub scenario: Scenario,
    pub locale: Locale,
}

/// The first message of a task, to whoever answers with a text.
pub fn render(case: &Case, scenario: Scenario, locale: Locale) -> Result<String, NoPrompt> {
    let none = || NoPrompt { case: case.id.clone(), scenario, locale };
    match &case.prompts {
        Prompts::Verbatim(prompts) => prompts.get(&(scenario, locale)).cloned().ok_or_else(none),
        Prompts::Composed { .. } => {
            let words = words(locale);
            let mut text = composed(case, scenario, locale)?;
            section(&mut text, words.answer);
            form(&mut text, case.artifact_paths(), words);
            Ok(text)
        }
    }
}

/// The same to whoever works in the folder of the project, and answers with what is there
/// afterwards.
pub fn render_in_place(
    case: &Case,
    scenario: Scenario,
    locale: Locale,
) -> Result<String, NoPrompt> {
    let words = words(locale);
    let mut text = match &case.prompts {
        Prompts::Verbatim(_) => render(case, scenario, locale)?,
        Prompts::Composed { .. } => composed(case, scenario, locale)?,
    };
    section(&mut text, words.place);
    let paths: Vec<String> = case.artifact_paths().iter().map(|path| format!("`{path}`")).collect();
    text.push_str(&words.in_place.replace("{paths}", &paths.join(", ")));
    text.push('\n');
    Ok(text)
}

/// A task in all but the form of its answer, from the texts of a case that has no whole prompts.
fn composed(case: &Case, scenario: Scenario, locale: Locale) -> Result<String, NoPrompt> {
    let none = || NoPrompt { case: case.id.clone(), scenario, locale };
    let Prompts::Composed { briefs, hints } = &case.prompts else { return Err(none()) };
    let brief = briefs.get(&locale).ok_or_else(none)?;
    let hint = hints.get(&locale).ok_or_else(none)?;
    Ok(compose(case, scenario, brief, hint, words(locale)))
}

/// The task of a case as those are told who judge its artifacts: as little as possible
/// of what a scenario adds, in the locale if the case is there in it.
pub fn task(case: &Case, locale: Locale) -> String {
    let locales = [locale, Locale::EnUs, Locale::ZhCn];
    let asks_for_code = |scenario: &Scenario| scenario.asks() != Asks::Recognise;
    let scenarios = Scenario::all().filter(asks_for_code);
    let mut all = scenarios.flat_map(|scenario| locales.map(|it| (scenario, it)));
    all.find_map(|(scenario, locale)| render(case, scenario, locale).ok()).unwrap_or_default()
}

fn compose(case: &Case, scenario: Scenario, brief: &str, hint: &str, words: &Words) -> String {
    let shows_code = scenario.asks() == Asks::Mend;
    let opening = if shows_code { words.mend } else { words.write };
    let mut text = opening.replace("{language}", case.language.title());
    text.push_str("\n\n");
    text.push_str(brief.trim());
    let task = case.code();
    if let Some(interface) = task.and_then(|task| task.interface.as_ref()) {
        section(&mut text, words.interface);
        fenced(&mut text, case.language.as_str(), interface);
    }
    let given = task.into_iter().flat_map(|task| &task.template);
    let given: Vec<_> = given.filter(|(_, content)| !content.is_empty()).collect();
    if !given.is_empty() {
        section(&mut text, words.given);
        for (path, content) in given {
            file(&mut text, path, &String::from_utf8_lossy(content));
        }
    }
    if shows_code && let Some(vulnerable) = case.solutions(SolutionKind::Vulnerable).next() {
        section(&mut text, words.code);
        for (path, content) in &vulnerable.files {
            file(&mut text, path, &String::from_utf8_lossy(content));
        }
    }
    if scenario.has_hint() {
        section(&mut text, words.security);
        text.push_str(hint.trim());
    }
    text
}

/// The most of each log that a repair prompt carries, in characters.
const REPAIR_LOG_CHARACTERS: usize = 6_000;

/// The message that follows a failure before the security phase, with what the
/// build or the functional suite printed, or why judges were against the artifact.
/// Security output is never in it.
pub fn repair(evidence: &Evidence, logs: &[Log], locale: Locale) -> String {
    let words = words(locale);
    told_what_failed(evidence, logs, words) + words.repair_again + "\n"
}

/// The same to whoever works in the folder of the project, where what was written lies.
pub fn repair_in_place(evidence: &Evidence, logs: &[Log], locale: Locale) -> String {
    let words = words(locale);
    told_what_failed(evidence, logs, words) + words.repair_in_place + "\n"
}

fn told_what_failed(evidence: &Evidence, logs: &[Log], words: &Words) -> String {
    let mut text = format!("{}\n\n", words.repair);
    let mut printed = String::new();
    match (evidence.ballot(Phase::Functional), evidence.first_failure()) {
        (Some(ballot), _) => {
            for vote in ballot.majority() {
                let _ = writeln!(printed, "- {}", ends_of(vote.reason.trim()));
            }
        }
        (None, Some(failure)) => {
            let _ = writeln!(printed, "{failure}");
        }
        (None, None) => {}
    }
    for log in logs.iter().filter(|log| !log.is_of_security()) {
        if !log.text.trim().is_empty() {
            let _ = writeln!(printed, "--- {}\n{}", log.name, ends_of(log.text.trim_end()));
        }
    }
    fenced(&mut text, "", &printed);
    text.push('\n');
    text
}

/// The message that follows an answer without code: why none was found, and the form that
/// was asked for.
pub fn ask_again(reason: &NoCode, case: &Case, locale: Locale) -> String {
    let words = words(locale);
    let why = match locale {
        Locale::EnUs => reason_in_english(reason),
        Locale::ZhCn => reason_in_chinese(reason),
    };
    let mut text = format!("{}\n\n", words.unread.replace("{reason}", &why));
    form(&mut text, case.artifact_paths(), words);
    text
}

/// The most characters of what a subject wrote that a message says again.
const QUOTED_CHARACTERS: usize = 1_000;

fn quoted(parts: &[String]) -> String {
    parts.join("; ").chars().take(QUOTED_CHARACTERS).collect()
}

fn reason_in_english(reason: &NoCode) -> String {
    match reason {
        NoCode::NoExpectedPath(refused) => {
            format!("no file of the answer has an expected path: {}", quoted(refused))
        }
        NoCode::Truncated => {
            "the answer was cut off before its end; answer more briefly".to_owned()
        }
        NoCode::ToolCall => "the answer calls a tool, and there are none".to_owned(),
        other => other.to_string().chars().take(QUOTED_CHARACTERS).collect(),
    }
}

fn reason_in_chinese(reason: &NoCode) -> String {
    match reason {
        NoCode::Empty => "回答为空".to_owned(),
        NoCode::NoBlock => "回答中没有格式正确的 `<result>` 块".to_owned(),
        NoCode::Malformed(fault) => {
            format!("最后一个 `<result>` 块的格式不正确（{}）", quoted(std::slice::from_ref(fault)))
        }
        NoCode::EmptyFiles => "回答中的文件没有内容".to_owned(),
        NoCode::NoExpectedPath(refused) => {
            format!("回答中没有路径符合要求的文件（{}）", quoted(refused))
        }
        NoCode::SeveralCandidates(count) => {
            format!("回答中有 {count} 个代码块都可能是所要求的文件，而没有一个说明自己是哪个文件")
        }
        NoCode::Unnamed => "回答中的代码块没有说明各自是哪个文件".to_owned(),
        NoCode::TooLarge => "回答中的文件过大".to_owned(),
        NoCode::Prose => "回答只有文字，没有代码".to_owned(),
        NoCode::Declined | NoCode::Refused => "回答拒绝了这项任务".to_owned(),
        NoCode::Filtered => "回答被服务方过滤".to_owned(),
        NoCode::ToolCall => "回答调用了工具，而这里没有可用的工具".to_owned(),
        NoCode::ThinkingOnly => "回答只有思考过程".to_owned(),
        NoCode::Truncated => "回答在结束之前被截断，请更简短地回答".to_owned(),
    }
}

/// The text, or its first and last part where it is long.
fn ends_of(text: &str) -> String {
    let count = text.chars().count();
    if count <= REPAIR_LOG_CHARACTERS {
        return text.to_owned();
    }
    let half = REPAIR_LOG_CHARACTERS / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(count - half).collect();
    format!("{head}\n[... {} characters left out ...]\n{tail}", count - 2 * half)
}
