//! `assay doctor`: what this host supports, what is missing, and the remedy.

use assay_core::Language;
use assay_sandbox::probe::{self, Status};
use serde_json::json;
use tracing::debug;

use super::Context;
use crate::cli::Format;
use crate::exit::Exit;
use crate::report::quantity::{self, counted};
use crate::subject::{Responses, ResponsesSize};
use crate::terminal::{say, say_json};
use assay_verify::analyser::Standing;
use assay_verify::{Agent, Analyser, harness_digest, missing_commands, tools};

/// One line of the answer.
struct Line {
    name: String,
    status: Status,
    detail: String,
    remedy: Option<String>,
}

pub(super) fn execute(context: &Context<'_>) -> anyhow::Result<Exit> {
    let mut lines: Vec<Line> = probe::host()
        .into_iter()
        .map(|finding| Line {
            name: finding.name,
            status: finding.status,
            detail: finding.detail,
            remedy: finding.remedy,
        })
        .collect();
    lines.extend(assay_verify::versions(Language::ALL).into_iter().map(tool));
    lines.push(Line {
        name: "harness".to_owned(),
        status: Status::Ok,
        detail: format!("sha256 {}", harness_digest()),
        remedy: None,
    });
    lines.extend(commands(context));
    lines.extend(analysers(context)?);
    lines.extend(agents(context)?);
    lines.push(responses(context)?);
    let missing = lines.iter().filter(|line| line.status == Status::Missing).count();
    let word = |status| match status {
        Status::Ok => "ok",
        Status::Missing => "MISSING",
        Status::Degraded => "degraded",
    };
    if context.global.format == Format::Json {
        let findings: Vec<_> = lines
            .iter()
            .map(|line| json!({"name": line.name, "status": word(line.status).to_lowercase(), "detail": line.detail, "remedy": line.remedy}))
            .collect();
        say_json(&json!({"schema": "assay.doctor/1", "fit": missing == 0, "findings": findings}))?;
    } else {
        for line in &lines {
            say(&format!("{:<9} {:<26} {}", word(line.status), line.name, line.detail))?;
            if let Some(remedy) = &line.remedy {
                say(&format!("{:<36} remedy: {remedy}", ""))?;
            }
        }
        let lost = lost_languages();
        say(&match (missing, lost.is_empty()) {
            (0, true) => "\nthis host can run assay".to_owned(),
            (0, false) => {
                format!("\nthis host can run assay, but no cases in {}", titles(&lost))
            }
            _ => "\nthis host cannot run assay yet; see the remedies above".to_owned(),
        })?;
    }
    Ok(if missing == 0 { Exit::Success } else { Exit::Negative })
}

/// The languages in which no case can be validated, for want of a tool.
fn lost_languages() -> Vec<Language> {
    let is_lost = |language: &Language| {
        let tools = assay_verify::versions([*language]);
        tools.values().any(|version| version == tools::MISSING)
    };
    Language::ALL.into_iter().filter(is_lost).collect()
}

fn titles(languages: &[Language]) -> String {
    languages.iter().map(|language| language.title()).collect::<Vec<_>>().join(", ")
}

/// A tool of the host, and whether it is one that Assay was tried with.
fn tool((name, version): (String, String)) -> Line {
    if version == tools::MISSING {
        // Cases in other languages do without it.
        let languages = assay_verify::languages_of(&name);
        let detail = format!("{version}; only cases in {} need it", titles(&languages));
        let remedy = Some(tools::remedy([name.as_str()]));
        return Line { name, status: Status::Degraded, detail, remedy };
    }
    match tools::unsupported(&name, &version) {
        None => {
            let supported = tools::all_supported().remove(&name);
            let detail = match supported {
                Some(supported) => format!("{version}  (supported: {supported})"),
                None => version,
            };
            Line { name, status: Status::Ok, detail, remedy: None }
        }
        Some(supported) => {
            let remedy = format!(
                "install {name} {supported}, which Assay was tested with; verdicts with another version may differ"
            );
            Line { name, status: Status::Degraded, detail: version, remedy: Some(remedy) }
        }
    }
}

/// The commands that the corpus's cases need and this host does not have. Without a
/// corpus there is nothing to say.
fn commands(context: &Context<'_>) -> Vec<Line> {
    let corpus = match context.corpus() {
        Ok(corpus) => corpus,
        Err(error) => {
            debug!("the corpus cannot be read: {error:#}");
            return Vec::new();
        }
    };
    let mut lines = Vec::new();
    for case in &corpus.cases {
        let missing = missing_commands(case);
        if !missing.is_empty() {
            lines.push(Line {
                name: format!("commands of {}", case.id),
                status: Status::Missing,
                detail: missing.join(", "),
                remedy: Some("install them, or leave the case out".to_owned()),
            });
        }
    }
    lines
}

/// Which static analysers are there; none is needed but by who asks for it.
fn analysers(context: &Context<'_>) -> anyhow::Result<Vec<Line>> {
    let analysers = context.analysers()?;
    let line = |analyser: Analyser| {
        let name = format!("analyser {}", analyser.name());
        match analysers.standing(analyser) {
            Standing::Installed { version } => {
                Line { name, status: Status::Ok, detail: version, remedy: None }
            }
            Standing::Lacking { what, remedy } => {
                let detail = format!("{what}; only static analysis needs it");
                Line { name, status: Status::Degraded, detail, remedy: Some(remedy) }
            }
        }
    };
    Ok(Analyser::all().map(line).collect())
}

/// Which coding agents are there; none is needed but by who has it as a subject.
fn agents(context: &Context<'_>) -> anyhow::Result<Vec<Line>> {
    let agents = context.agents()?;
    let line = |agent: Agent| {
        let name = format!("agent {}", agent.name());
        match agents.standing(&agent) {
            Standing::Installed { version } => {
                Line { name, status: Status::Ok, detail: version, remedy: None }
            }
            Standing::Lacking { what, remedy } => {
                let detail = format!("{what}; only subjects that are this agent need it");
                Line { name, status: Status::Degraded, detail, remedy: Some(remedy) }
            }
        }
    };
    let git = match assay_verify::git_version() {
        Some(version) => {
            Line { name: "git".to_owned(), status: Status::Ok, detail: version, remedy: None }
        }
        None => Line {
            name: "git".to_owned(),
            status: Status::Degraded,
            detail: "missing; only agents need it".to_owned(),
            remedy: Some("run `apt-get install git`".to_owned()),
        },
    };
    Ok(std::iter::once(git).chain(Agent::all().map(line)).collect())
}

/// How much the response cache holds, and how to be rid of it.
fn responses(context: &Context<'_>) -> anyhow::Result<Line> {
    let path = context.config.responses(context.global)?;
    let (status, detail, remedy) = match Responses::size(&path) {
        Ok(ResponsesSize { answers, bytes }) => {
            let answers = counted(usize::try_from(answers).unwrap_or(usize::MAX), "answer");
            let detail = format!("{answers}, {} in {}", quantity::bytes(bytes), path.display());
            (Status::Ok, detail, None)
        }
        Err(fault) => {
            let remedy = "delete the file, or name another one with --responses".to_owned();
            (Status::Degraded, fault.to_string(), Some(remedy))
        }
    };
    Ok(Line { name: "response cache".to_owned(), status, detail, remedy })
}
