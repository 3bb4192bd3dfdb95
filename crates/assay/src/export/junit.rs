//! JUnit's XML: a suite for each subject and scenario, a test for each attempt.
//!
//! It is written as attempts are read, by quick-xml. The crate quick-junit builds a report
//! in memory first: of 110,000 failures of 1,000 characters that took 156 MB, and 1.8 GB of
//! the 16,000 that a text may have here, where this takes as much as its longest text.

use std::io::{self, Write};

use assay_core::suite::TestOutcome;
use assay_core::{Judgement, Outcome, Scenario, Turn, Verdict};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::{ExportError, Source, Watch};
use crate::printable::Visible;
use crate::store::AttemptSummary;

/// The most characters of a text.
const LONGEST: usize = 16_000;

/// How many tests there are, and of which kind. Tests that no other number counts have passed: they
/// are secure, or work if no more was asked.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    milliseconds: u64,
}

pub(super) fn write(
    sources: &[Source],
    mut out: impl Write,
    watch: Watch<'_>,
) -> Result<(), ExportError> {
    let mut writer = Writer::new_with_indent(&mut out, b' ', 1);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let counts = Counts::of(sources.iter().flat_map(Source::summaries));
    let root = counts.add_to(BytesStart::new("testsuites").with_attributes([("name", "assay")]));
    writer.write_event(Event::Start(root))?;
    for source in sources {
        for subject in source.subjects() {
            for scenario in Scenario::all() {
                let attempts: Vec<&AttemptSummary> = source
                    .summaries_of(subject)
                    .filter(|attempt| attempt.key.scenario == scenario)
                    .collect();
                write_suite(&mut writer, source, &attempts, watch)?;
            }
        }
    }
    writer.write_event(Event::End(BytesEnd::new("testsuites")))?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// The attempts of one subject in one scenario, if there are any.
fn write_suite<W: Write>(
    writer: &mut Writer<W>,
    source: &Source,
    attempts: &[&AttemptSummary],
    watch: Watch<'_>,
) -> Result<(), ExportError> {
    let Some(first) = attempts.first() else { return Ok(()) };
    let info = source.info();
    let name = format!("{} {}", first.key.subject, first.key.scenario);
    let suite = BytesStart::new("testsuite").with_attributes([
        ("name", line(&name).as_str()),
        ("id", line(&info.id).as_str()),
        ("timestamp", line(&info.started_at).as_str()),
    ]);
    let suite = Counts::of(attempts.iter().copied()).add_to(suite);
    writer.write_event(Event::Start(suite))?;
    for attempt in attempts {
        write_test(writer, source, attempt)?;
        watch(&attempt.outcome);
    }
    writer.write_event(Event::End(BytesEnd::new("testsuite")))?;
    Ok(())
}

fn write_test<W: Write>(
    writer: &mut Writer<W>,
    source: &Source,
    attempt: &AttemptSummary,
) -> Result<(), ExportError> {
    let key = &attempt.key;
    let class = format!("{}.{}", key.subject, key.scenario);
    let name = format!("{} round {}", key.case, key.round);
    let test = BytesStart::new("testcase").with_attributes([
        ("classname", line(&class).as_str()),
        ("name", line(&name).as_str()),
        ("time", seconds(attempt.validated_ms).as_str()),
    ]);
    if attempt.outcome.judgement().is_some_and(Judgement::is_success) {
        return Ok(writer.write_event(Event::Empty(test))?);
    }
    writer.write_event(Event::Start(test))?;
    match &attempt.outcome {
        Outcome::Judged(Judgement::NotAsked(_)) => {
            let message = "what it would be about left nothing to ask";
            write_result(writer, "skipped", [("message", message), ("type", "not-asked")], "")?;
        }
        Outcome::Judged(verdict) => {
            let exported = source.attempt(attempt)?;
            let mut details = exported.record.turns.last().map(details).unwrap_or_default();
            if let Some(said) = &exported.record.context_full {
                details.push_str(&format!("context full: {said}\n"));
            }
            let failure = attempt.first_failure.as_deref().unwrap_or(verdict.as_str());
            write_result(
                writer,
                "failure",
                [("message", failure), ("type", verdict.as_str())],
                &details,
            )?;
        }
        Outcome::Errored(error) if attempt.outcome.is_unjudged() => {
            write_result(
                writer,
                "skipped",
                [("message", error.message.as_str()), ("type", "unjudged")],
                "",
            )?;
        }
        Outcome::Errored(error) => {
            let class = error.class.to_string();
            write_result(
                writer,
                "error",
                [("message", error.message.as_str()), ("type", &class)],
                "",
            )?;
        }
    }
    Ok(writer.write_event(Event::End(BytesEnd::new("testcase")))?)
}

fn write_result<W: Write>(
    writer: &mut Writer<W>,
    element: &str,
    attributes: [(&str, &str); 2],
    details: &str,
) -> io::Result<()> {
    let [(message, text), kind] = attributes;
    let start = BytesStart::new(element).with_attributes([(message, line(text).as_str()), kind]);
    if details.is_empty() {
        return writer.write_event(Event::Empty(start));
    }
    writer.write_event(Event::Start(start))?;
    writer.write_event(Event::Text(BytesText::new(&block(details))))?;
    writer.write_event(Event::End(BytesEnd::new(element)))
}

/// What went wrong in a turn, a line each, and what the compiler said.
fn details(turn: &Turn) -> String {
    let mut text = String::new();
    for finding in turn.evidence.findings() {
        text.push_str(&format!("tampered: {finding}\n"));
    }
    for note in turn.evidence.notes() {
        text.push_str(&format!("note: {note}\n"));
    }
    for evidence in turn.evidence.phases() {
        let phase = evidence.phase;
        let tests = evidence.suite().into_iter().flat_map(|suite| &suite.tests);
        for test in tests.filter(|test| test.outcome != TestOutcome::Passed) {
            let outcome = match test.outcome {
                TestOutcome::Passed => "passed",
                TestOutcome::Failed => "failed",
                TestOutcome::Errored => "errored",
                TestOutcome::Skipped => "skipped",
                TestOutcome::Missing => "missing",
            };
            text.push_str(&format!("{phase}: {} {outcome} {}\n", test.name, test.detail));
        }
    }
    if turn.evidence.verdict() == Some(Verdict::BuildFailed) {
        let logs = turn.logs.iter().filter(|log| log.name.starts_with("build"));
        logs.for_each(|log| text.push_str(&log.text));
    }
    text
}

impl Counts {
    fn of<'a>(attempts: impl Iterator<Item = &'a AttemptSummary>) -> Counts {
        let mut counts = Counts::default();
        for attempt in attempts {
            counts.tests += 1;
            counts.milliseconds += attempt.validated_ms;
            match &attempt.outcome {
                Outcome::Judged(Judgement::NotAsked(_)) => counts.skipped += 1,
                Outcome::Judged(judgement) => {
                    counts.failures += usize::from(!judgement.is_success());
                }
                Outcome::Errored(_) if attempt.outcome.is_unjudged() => counts.skipped += 1,
                Outcome::Errored(_) => counts.errors += 1,
            }
        }
        counts
    }

    fn add_to<'a>(self, element: BytesStart<'a>) -> BytesStart<'a> {
        element.with_attributes([
            ("tests", self.tests.to_string().as_str()),
            ("failures", self.failures.to_string().as_str()),
            ("errors", self.errors.to_string().as_str()),
            ("skipped", self.skipped.to_string().as_str()),
            ("time", seconds(self.milliseconds).as_str()),
        ])
    }
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1_000, milliseconds % 1_000)
}

/// The text in one line, without characters that act or that XML cannot hold.
fn line(text: &str) -> String {
    for_xml(&Visible::line(text).to_string())
}

/// The same, with its lines.
fn block(text: &str) -> String {
    for_xml(&Visible::block(text).to_string())
}

fn for_xml(visible: &str) -> String {
    let allowed = |c| if matches!(c, '\u{fffe}' | '\u{ffff}') { '\u{fffd}' } else { c };
    let mut text: String = visible.chars().map(allowed).take(LONGEST).collect();
    if text.len() < visible.len() {
        text.push('…');
    }
    text
}
