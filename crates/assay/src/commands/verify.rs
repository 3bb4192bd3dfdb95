//! `assay verify`: validates one artifact of one case.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use assay_core::answer::{Answer, Finish};
use assay_core::evidence::{AnalyserEvidence, Decided, Opinion, PhaseEvidence, SuiteEvidence};
use assay_core::files::{read_files, texts};
use assay_core::log::without_colours;
use assay_core::reading::{Form, ReadArtifact, Reading, Said, ThinkingTags};
use assay_core::suite::{Conclusion, TestOutcome};
use assay_core::{
    Artifact, Ballot, Case, Contact, Evidence, Locale, NoCode, Outcome, Phase, Verdict,
};
use assay_verify::Validation;
use serde_json::json;

use super::Context;
use crate::cli::{Format, VerifyArgs};
use crate::exit::Exit;
use crate::judge::{Exhibit, Panel};
use crate::report::quantity::counted;
use crate::settings::default_reading;
use crate::terminal::{Shown, Tone, say, say_json, show};

/// More contacts than this are counted, not listed, unless they are with canaries.
const MAX_CONTACTS: usize = 40;

pub(super) fn execute(context: &Context<'_>, args: &VerifyArgs) -> anyhow::Result<Exit> {
    let deciders = args.deciders.or(&context.config.deciders());
    let is_wanted = |case: &Case| case.id == args.case;
    let corpus = super::decided(context.corpus()?, &deciders, &is_wanted)?;
    let case = super::case(&corpus, &args.case)?;
    let default = default_reading(&context.config.corpus(context.global));
    let given = Given { path: &args.artifact, reading: args.reading, default };
    let read = given.read(case)?;
    let found = read.as_ref().map(|read| read.found.clone()).unwrap_or_default();
    let (validation, refused) = match read {
        Ok(ReadArtifact { artifact, .. }) => {
            let panel = context.panel(&args.judges)?;
            let validation = context.validator()?.validate(case, &artifact)?;
            (judge(panel, case, &artifact, validation)?, artifact.refused)
        }
        Err(reason) => {
            let evidence = Evidence::no_code(reason);
            (Validation { evidence, logs: Vec::new() }, Vec::new())
        }
    };
    if context.global.format == Format::Json {
        say_json(&json!({
            "schema": "assay.verify/2",
            "case": case.id,
            "verdict": validation.evidence.verdict(),
            "unjudged": validation.evidence.verdict().is_none(),
            "first-failure": validation.evidence.first_failure(),
            "refused-files": refused,
            "found": found,
            "evidence": validation.evidence,
            "logs": validation.logs,
        }))?;
    } else {
        for (path, found) in found.iter().filter(|(_, found)| found.form != Form::File) {
            say(&format!("found        {path}: {found}"))?;
        }
        print(case, &validation, &refused)?;
    }
    Ok(match validation.evidence.verdict() {
        Some(verdict) if verdict.is_success() => Exit::Success,
        Some(_) => Exit::Negative,
        None => Exit::Errored,
    })
}

/// Has judges decide what the validation leaves to them, if there are any.
fn judge(
    panel: Option<Panel>,
    case: &Case,
    artifact: &Artifact,
    validation: Validation,
) -> anyhow::Result<Validation> {
    let Some(panel) = panel else { return Ok(validation) };
    let Validation { evidence, logs } = validation;
    let decision = panel.decide(Exhibit { case, artifact, locale: Locale::EnUs }, evidence);
    let decision = super::runtime()?.block_on(decision);
    match decision.error {
        Some(error) => Err(error.into()),
        None => Ok(Validation { evidence: decision.evidence, logs }),
    }
}

/// What is to be verified, as it was given.
struct Given<'a> {
    path: &'a Path,
    /// How a file is read that is an answer for sure.
    reading: Option<Reading>,
    /// How one is read that turns out to be one.
    default: Reading,
}

impl Given<'_> {
    /// A folder is taken file by file; a file with a `<result>` block is a response; any
    /// other file is the artifact of a case of one file, unless its name ends otherwise
    /// and it holds code in a form that answers have.
    fn read(&self, case: &Case) -> anyhow::Result<Result<ReadArtifact, NoCode>> {
        let path = self.path;
        if path == Path::new("-") {
            let mut text = String::new();
            io::stdin()
                .read_to_string(&mut text)
                .context("failed to read the artifact from standard input")?;
            return self.of_text(text, None, case);
        }
        if path.is_dir() {
            let files = read_files(path)?;
            let files = texts(&files).into_iter().map(|(path, text)| (path.into(), text));
            return Ok(read(&Answer::Files(files.collect()), self.default, case));
        }
        let content = std::fs::read(path)
            .with_context(|| format!("failed to read the artifact {}", path.display()))?;
        let ending = path.extension().and_then(|ending| ending.to_str());
        self.of_text(String::from_utf8_lossy(&content).into_owned(), ending, case)
    }

    /// Reads what a file or standard input holds; only a file has an ending.
    fn of_text(
        &self,
        text: String,
        ending: Option<&str>,
        case: &Case,
    ) -> anyhow::Result<Result<ReadArtifact, NoCode>> {
        let answer = Answer::Text(text);
        if let Some(reading) = self.reading {
            return Ok(read(&answer, reading, case));
        }
        let Answer::Text(text) = &answer else { return Ok(read(&answer, self.default, case)) };
        let [only] = case.artifact_paths() else { return self.of_several(&answer, case) };
        let is_source = only.extension() == ending;
        let as_answer = read(&answer, self.default, case);
        let is_answer = match &as_answer {
            Ok(read) if is_source => read.found.values().all(|found| is_block(found.form)),
            Ok(_) => true,
            Err(NoCode::Empty | NoCode::NoBlock | NoCode::Prose | NoCode::Declined) => false,
            Err(_) => text.contains("<result>"),
        };
        if is_answer {
            return Ok(as_answer);
        }
        let files = BTreeMap::from([(only.to_string(), text.clone())]);
        Ok(read(&Answer::Files(files), self.default, case))
    }

    fn of_several(
        &self,
        answer: &Answer,
        case: &Case,
    ) -> anyhow::Result<Result<ReadArtifact, NoCode>> {
        let as_answer = read(answer, self.default, case);
        if let Err(NoCode::NoBlock | NoCode::Prose | NoCode::Declined) = &as_answer {
            let paths: Vec<String> =
                case.artifact_paths().iter().map(ToString::to_string).collect();
            bail!(
                "{} has several artifact files ({}); give a folder that holds them by these paths, or a response with a <result> block",
                case.id,
                paths.join(", ")
            );
        }
        Ok(as_answer)
    }
}

fn is_block(form: Form) -> bool {
    matches!(form, Form::ResultBlock | Form::MendedBlock)
}

fn read(answer: &Answer, reading: Reading, case: &Case) -> Result<ReadArtifact, NoCode> {
    let finish = Finish::Complete;
    let thinking = ThinkingTags::default().places(answer, finish);
    let said = Said { answer, finish, thought: false, thinking: &thinking };
    said.read(reading, case.artifact_paths())
}

fn print(case: &Case, validation: &Validation, refused: &[String]) -> anyhow::Result<()> {
    let evidence = &validation.evidence;
    for reason in refused {
        say(&format!("left out: {reason}"))?;
    }
    if let Some(build) = evidence.build() {
        say(&format!("build        {}  ({} ms)", build.ending, build.usage.wall_ms))?;
    }
    for PhaseEvidence { phase, decided } in evidence.phases() {
        match decided {
            Decided::Suite(suite) => print_suite(*phase, suite)?,
            Decided::Panel(ballot) => print_ballot(*phase, ballot)?,
            Decided::Analyser(analyser) => print_analysis(*phase, analyser)?,
            Decided::Record { .. } | Decided::Label(_) | Decided::Open | Decided::NotAsked => {}
        }
    }
    for opinion in evidence.opinions() {
        print_opinion(opinion)?;
    }
    for finding in evidence.findings() {
        say(&format!("tampering    {}: {finding}", finding.layer.title()))?;
    }
    for note in evidence.notes() {
        say(&format!("note         {}: {note}", note.layer.title()))?;
    }
    if !evidence.verdict().is_some_and(Verdict::is_success) {
        for log in &validation.logs {
            say(&format!("--- {}\n{}", log.name, without_colours(log.text.trim_end())))?;
        }
    }
    let why = evidence.first_failure().map(|failure| format!("  ({failure})")).unwrap_or_default();
    let mut line = Shown::default().then(&format!("{}: ", case.id));
    match evidence.outcome() {
        Outcome::Judged(judgement) => {
            let tone = judgement.verdict().map_or(Tone::Plain, Tone::of_verdict);
            line.add(tone, &judgement.to_string()).add(Tone::Plain, &why);
        }
        Outcome::Errored(error) => drop(line.add(Tone::Bad, &error.to_string())),
    }
    show(&line)
}

fn print_analysis(phase: Phase, evidence: &AnalyserEvidence) -> anyhow::Result<()> {
    let how = if evidence.passed() { "passed" } else { "failed" };
    let AnalyserEvidence { analysis, .. } = evidence;
    let alerts = counted(analysis.alerts.len(), "alert");
    say(&format!("{:<12} {how}, by {}: {alerts}", phase.as_str(), analysis.analyser))?;
    if let Some(gap) = analysis.gap() {
        say(&format!("    not analysed: {gap}"))?;
    }
    for alert in &analysis.alerts {
        say(&format!("    {alert}"))?;
    }
    Ok(())
}

/// What somebody says who does not decide.
fn print_opinion(opinion: &Opinion) -> anyhow::Result<()> {
    let says = match opinion.is_secure() {
        Some(true) => "secure",
        Some(false) => "insecure",
        None => "cannot say",
    };
    let why = opinion.reason().map(|reason| format!("  ({reason})")).unwrap_or_default();
    say(&format!("beside       {}: {says}{why}", opinion.evaluator))
}

fn print_ballot(phase: Phase, ballot: &Ballot) -> anyhow::Result<()> {
    let how = if ballot.passed() { "passed" } else { "failed" };
    let (votes, against) = (ballot.votes().len(), ballot.against());
    say(&format!(
        "{:<12} {how}, {} of {} for it",
        phase.as_str(),
        votes - against,
        counted(votes, "vote")
    ))?;
    for vote in ballot.votes() {
        let word = if vote.passed { "pass" } else { "fail" };
        let reason = vote.reason.lines().next().unwrap_or_default();
        say(&format!("    {word}: {}  {reason}", vote.judge))?;
    }
    Ok(())
}

fn print_suite(phase: Phase, suite: &SuiteEvidence) -> anyhow::Result<()> {
    let passed = suite.tests.iter().filter(|test| test.outcome == TestOutcome::Passed).count();
    let how = match &suite.conclusion {
        Conclusion::Passed => "passed".to_owned(),
        Conclusion::Failed => "failed".to_owned(),
        Conclusion::Ended(ending) => format!("failed: {ending}"),
        Conclusion::Unproved(fault) => format!("not proved: {fault}"),
        Conclusion::Tampered(_) => "tampered with".to_owned(),
    };
    say(&format!(
        "{:<12} {how}, {passed} of {}  ({} ms)",
        phase.as_str(),
        counted(suite.tests.len(), "test"),
        suite.usage.wall_ms
    ))?;
    for test in suite.tests.iter().filter(|test| test.outcome != TestOutcome::Passed) {
        let outcome = format!("{:?}", test.outcome).to_lowercase();
        say(&format!(
            "    {outcome}: {}  {}",
            test.name,
            test.detail.lines().next().unwrap_or_default()
        ))?;
    }
    print_contacts(suite)
}

/// What it did with the hosts of the world; those with canaries are always shown.
fn print_contacts(suite: &SuiteEvidence) -> anyhow::Result<()> {
    let (mut shown, mut hidden) = (0, suite.contacts_left_out);
    for contact in &suite.contacts {
        if shown < MAX_CONTACTS || contact.canary {
            shown += 1;
            say(&format!("    {}", contact_line(contact)))?;
        } else {
            hidden += 1;
        }
    }
    if hidden > 0 {
        say(&format!(
            "    {} left out",
            counted(usize::try_from(hidden).unwrap_or(usize::MAX), "more contact")
        ))?;
    }
    Ok(())
}

/// A contact in a line.
pub(super) fn contact_line(contact: &Contact) -> String {
    let mark = if contact.canary { "CANARY " } else { "" };
    format!("{:>6} ms  {mark}{}  {}", contact.at_ms, contact.destination(), contact.event)
}
