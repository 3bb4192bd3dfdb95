//! What models are asked about candidates. The wording is our own, in English; `prompts/` has the
//! questions and `demonstrations/` the examples that filters are shown.

use std::fmt::Write as _;

use assay_core::files::sha256;
use assay_core::prompt::weakness::{CodeForm, Shown, completion};
use assay_core::response::result_block;
use assay_core::{FileSet, Language, Locale, SafePath, prompt, weakness};

use super::candidate::{Candidate, program_path};
use super::case_files;
use super::evolution::Evolution;
use super::seed::{Seed, SeedKind};
use super::step::Step;
use super::strategy::Strategy;
use crate::subject::{Message, Role};

/// The name of this wording.
const PROMPT_SET: &str = "evolve/1";

const WRITE_PROGRAM: &str = include_str!("prompts/write_program.md");
const WRITE_BRIEF: &str = include_str!("prompts/write_brief.md");
const GUARD: &str = include_str!("prompts/guard.md");
const WEAKNESS: &str = include_str!("prompts/weakness.md");
const AGAIN: &str = include_str!("prompts/again.md");
const CASE: &str = include_str!("prompts/case.md");
const REPAIR: &str = include_str!("prompts/repair.md");

/// Three exercises of one language: one that holds the defence, one in which the weakness is likely,
/// and one in which it is not.
struct Demonstrations {
    cwe: &'static str,
    tag: &'static str,
    guarded: &'static str,
    likely: &'static str,
    unlikely: &'static str,
}

const IN_C: Demonstrations = Demonstrations {
    cwe: "CWE-787",
    tag: "c",
    guarded: include_str!("demonstrations/guarded.c"),
    likely: include_str!("demonstrations/likely.c"),
    unlikely: include_str!("demonstrations/unlikely.c"),
};

const IN_PYTHON: Demonstrations = Demonstrations {
    cwe: "CWE-22",
    tag: "python",
    guarded: include_str!("demonstrations/guarded.py"),
    likely: include_str!("demonstrations/likely.py"),
    unlikely: include_str!("demonstrations/unlikely.py"),
};

const BRIEFS: Demonstrations = Demonstrations {
    cwe: "CWE-22",
    tag: "markdown",
    guarded: include_str!("demonstrations/guarded.md"),
    likely: include_str!("demonstrations/likely.md"),
    unlikely: include_str!("demonstrations/unlikely.md"),
};

/// The name of the wording and the digest of all of it.
pub fn prompts() -> String {
    let shown = |it: &Demonstrations| [it.guarded, it.likely, it.unlikely].concat();
    let mut text = [WRITE_PROGRAM, WRITE_BRIEF, GUARD, WEAKNESS, AGAIN, CASE, REPAIR].concat();
    text.extend([&IN_C, &IN_PYTHON, &BRIEFS].map(shown));
    text.extend(Strategy::ALL.map(Strategy::instruction));
    format!("{PROMPT_SET}:{}", sha256(text.as_bytes()))
}

/// The conversation that asks for a step of a candidate; `None` of a proof, and of what cannot be
/// asked yet.
pub(super) fn question(
    evolution: &Evolution,
    candidate: &Candidate,
    step: Step,
) -> Option<Vec<Message>> {
    let seed = evolution.seed(candidate);
    Some(match step {
        Step::Write => vec![Message::user(write(seed, candidate.strategy))],
        Step::Guard(number) => filter(GUARD, seed, candidate, number)?,
        Step::Weakness(number) => filter(WEAKNESS, seed, candidate, number)?,
        Step::Complete => {
            let text = &candidate.written()?.text;
            let files = FileSet::from([(program_path(seed), text.clone().into_bytes())]);
            let given = FileSet::new();
            let shown = Shown { language: seed.language(), files: Some(&files), given: &given };
            vec![Message::user(completion(shown, CodeForm::Program, Locale::EnUs))]
        }
        Step::Case(number) => case(seed, candidate, number)?,
        Step::Prove(_) => return None,
    })
}

/// The SHA-256 of a conversation.
pub(super) fn digest(messages: &[Message]) -> String {
    let mut text = String::new();
    for Message { role, text: said } in messages {
        let _ = write!(text, "{} {}\n{said}\n", role.as_str(), said.len());
    }
    sha256(text.as_bytes())
}

fn write(seed: &Seed, strategy: Strategy) -> String {
    let (template, shown) = match &seed.kind {
        SeedKind::Program(_) => (WRITE_PROGRAM, shown(seed, seed.text())),
        SeedKind::Case(own) => {
            let interface = fenced("", &own.interface);
            (WRITE_BRIEF, format!("{}\n## The interface\n\n{interface}", shown(seed, seed.text())))
        }
    };
    fill(
        template,
        &[
            ("language", seed.language().title()),
            ("strategy", strategy.instruction()),
            ("weakness", &named(&seed.case.cwe)),
            ("artifact", &artifact(seed)),
            ("program", &shown),
        ],
    )
}

/// The question of a filter. It is put again to who has not answered in the form.
fn filter(template: &str, seed: &Seed, candidate: &Candidate, number: u32) -> Option<Vec<Message>> {
    let scenario = candidate.written()?;
    let (step, what) = match template == GUARD {
        true => (Step::Guard(0), demonstrations(seed, true)),
        false => (Step::Weakness(0), demonstrations(seed, false)),
    };
    let text = fill(
        template,
        &[
            ("what", what_it_is(seed)),
            ("weakness", &list(&seed.case.cwe)),
            ("demonstrations", &what),
            ("program", &shown(seed, &scenario.text)),
        ],
    );
    let mut messages = vec![Message::user(text)];
    if number > 0 {
        let before = candidate.answers.iter().find(|it| it.step == step)?;
        let fault = match step {
            Step::Guard(_) => candidate.guards.first()?,
            _ => candidate.weaknesses.first()?,
        };
        let fault = fault.as_ref().err()?;
        messages.push(Message::assistant(before.answer.clone()));
        messages.push(Message::user(fill(AGAIN, &[("fault", fault)])));
    }
    Some(messages)
}

/// The question for a case, and again with what was found of each that was answered.
fn case(seed: &Seed, candidate: &Candidate, number: u32) -> Option<Vec<Message>> {
    let (SeedKind::Case(own), Some(scenario)) = (&seed.kind, candidate.written()) else {
        return None;
    };
    let first = fill(
        CASE,
        &[
            ("language", seed.language().title()),
            ("weakness", &list(&seed.case.cwe)),
            ("files", &result_block(&case_files::shown(own))),
            ("interface", scenario.interface.trim()),
            ("artifact", &artifact(seed)),
            ("program", &shown(seed, &scenario.text)),
        ],
    );
    let mut messages = vec![Message::user(first)];
    for turn in 0..number {
        let answer = candidate.answers.iter().find(|it| it.step == Step::Case(turn))?;
        let faults = candidate.turns.get(turn as usize)?.faults()?;
        messages.push(Message { role: Role::Assistant, text: answer.answer.clone() });
        messages.push(Message::user(fill(REPAIR, &[("faults", &told(faults))])));
    }
    Some(messages)
}

/// Faults as a list that is not too long to be read.
fn told(faults: &[String]) -> String {
    const MOST: usize = 20;
    const LONGEST: usize = 1_000;
    let mut text = String::new();
    for fault in faults.iter().take(MOST) {
        let fault: String = fault.chars().take(LONGEST).collect();
        let _ = writeln!(text, "- {}", fault.replace('\n', "\n  "));
    }
    if faults.len() > MOST {
        let _ = writeln!(text, "- and {} more", faults.len() - MOST);
    }
    text
}

/// Two exercises and what is to be said of them.
fn demonstrations(seed: &Seed, of_guards: bool) -> String {
    let shown = match (&seed.kind, seed.language()) {
        (SeedKind::Case(_), _) => &BRIEFS,
        (SeedKind::Program(_), Language::C) => &IN_C,
        (SeedKind::Program(_), _) => &IN_PYTHON,
    };
    let examples = match of_guards {
        true => [
            (shown.guarded, "yes", "it holds the value against its limit before it is used"),
            (shown.likely, "no", "nothing in it limits or refuses a value"),
        ],
        false => [
            (shown.likely, "yes", "a value from outside is put together and used as it is"),
            (shown.unlikely, "no", "no value from outside reaches such an operation"),
        ],
    };
    let cwe = list(&[shown.cwe.to_owned()]);
    let mut text = String::new();
    for (place, (exercise, answer, reason)) in examples.into_iter().enumerate() {
        let _ = write!(
            text,
            "## Example {}, about another weakness\n\n{cwe}\n{}\nThe right answer:\n\n```json\n{{\"reason\": \"{reason}\", \"answer\": \"{answer}\"}}\n```\n\n",
            place + 1,
            fenced(shown.tag, exercise)
        );
    }
    text
}

fn what_it_is(seed: &Seed) -> &'static str {
    match &seed.kind {
        SeedKind::Program(_) => "an incomplete program",
        SeedKind::Case(_) => "the brief of a programming task",
    }
}

fn shown(seed: &Seed, text: &str) -> String {
    let tag = match &seed.kind {
        SeedKind::Program(_) => seed.language().as_str(),
        SeedKind::Case(_) => "markdown",
    };
    fenced(tag, text)
}

/// A text in a fence of its own.
fn fenced(tag: &str, text: &str) -> String {
    let mut fenced = String::new();
    prompt::fenced(&mut fenced, tag, text);
    fenced
}

fn artifact(seed: &Seed) -> String {
    let paths: Vec<&str> = seed.case.artifact_paths().iter().map(SafePath::as_str).collect();
    paths.join(", ")
}

/// The names of weaknesses in a sentence, and as a list.
fn named(cwe: &[String]) -> String {
    let names: Vec<String> = cwe.iter().map(|it| weakness::named(it)).collect();
    names.join("; ")
}

fn list(cwe: &[String]) -> String {
    cwe.iter().map(|it| format!("- {}\n", weakness::named(it))).collect()
}

/// Puts values in the place of their names, in one pass: what a model wrote is no template.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let value = after.split_once('}').and_then(|(name, rest)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, rest))
        });
        match value {
            Some((value, after)) => {
                text.push_str(value);
                rest = after;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_in_once_and_are_no_templates() {
        let filled = fill("{a} {\"x\": {b}} {c", &[("a", "{b}"), ("b", "2")]);
        assert_eq!(filled, "{b} {\"x\": 2} {c");
    }

    #[test]
    fn no_question_has_a_canary() {
        let all = [WRITE_PROGRAM, WRITE_BRIEF, GUARD, WEAKNESS, AGAIN, CASE, REPAIR];
        assert!(all.iter().all(|text| !text.contains(assay_core::canary::MARK)));
    }
}
