//! `assay doctor`: what this host supports, what is missing, and the remedy.

use std::collections::BTreeSet;

use assay_core::Language;
use assay_sandbox::probe::{self, Status};
use serde_json::json;
use tracing::debug;

use super::Context;
use crate::cli::Format;
use crate::exit::Exit;
use crate::report::quantity::{self, counted};
use crate::subject::{Responses, ResponsesSize};
use crate::terminal::{Shown, Tone, say, say_json, show_hanging, tell};
use assay_verify::analyser::Standing;
use assay_verify::{Agent, Analyser, harness_digest, missing_commands, tools};

/// One line of the answer.
struct Line {
    name: String,
    status: Status,
    detail: String,
    remedy: Option<String>,
    /// What alone it concerns, if it is not everything.
    only: Option<String>,
}

impl Line {
    fn ok(name: impl Into<String>, detail: String) -> Line {
        Line { name: name.into(), status: Status::Ok, detail, remedy: None, only: None }
    }

    /// Something that only some of what can be done needs.
    fn lacking(name: impl Into<String>, detail: String, remedy: String) -> Line {
        let (name, status) = (name.into(), Status::Degraded);
        Line { name, status, detail, remedy: Some(remedy), only: None }
    }
}

pub(super) fn execute(context: &Context<'_>) -> anyhow::Result<Exit> {
    let mut lines: Vec<Line> = probe::host()
        .into_iter()
        .map(|finding| Line {
            name: finding.name,
            status: finding.status,
            detail: finding.detail,
            remedy: finding.remedy,
            only: None,
        })
        .collect();
    lines.extend(Language::ALL.into_iter().flat_map(language));
    lines.push(Line::ok("harness", format!("sha256 {}", harness_digest())));
    lines.extend(commands(context));
    lines.extend(analysers(context)?);
    lines.extend(agents(context)?);
    lines.push(responses(context)?);
    let missing: Vec<&Line> = lines.iter().filter(|it| it.status == Status::Missing).collect();
    let is_fit = missing.iter().all(|line| line.only.is_some());
    let except: BTreeSet<&str> = missing.iter().filter_map(|line| line.only.as_deref()).collect();
    if context.global.format == Format::Json {
        let findings: Vec<_> = lines
            .iter()
            .map(|line| json!({"name": line.name, "status": word(line.status).to_lowercase(), "detail": line.detail, "remedy": line.remedy, "only": line.only}))
            .collect();
        say_json(&json!({
            "schema": "assay.doctor/1", "fit": is_fit, "except": except, "findings": findings,
        }))?;
    } else {
        lines.iter().try_for_each(print)?;
        let except: Vec<&str> = except.into_iter().collect();
        say("")?;
        tell(&match (is_fit, except.as_slice()) {
            (true, []) => "this host can run assay".to_owned(),
            (true, except) => format!(
                "this host can run assay, but not {}; see the remedies above",
                except.join(", ")
            ),
            (false, _) => "this host cannot run assay yet; see the remedies above".to_owned(),
        })?;
    }
    Ok(if is_fit { Exit::Success } else { Exit::Negative })
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Ok => "ok",
        Status::Missing => "MISSING",
        Status::Degraded => "degraded",
    }
}

fn print(line: &Line) -> anyhow::Result<()> {
    let tone = match line.status {
        Status::Ok => Tone::Good,
        Status::Missing => Tone::Bad,
        Status::Degraded => Tone::Doubtful,
    };
    let name = format!(" {:<26} ", line.name);
    let head = Shown::of(tone, &format!("{:<9}", word(line.status))).then(&name);
    show_hanging(head, &line.detail)?;
    match &line.remedy {
        Some(remedy) => {
            show_hanging(Shown::default().then(&format!("{:<36} remedy: ", "")), remedy)
        }
        None => Ok(()),
    }
}

/// The tools of a language, and whether they are ones that Assay was tried with. What is missing
/// concerns this language alone.
fn language(language: Language) -> Vec<Line> {
    let only = format!("cases in {}", language.title());
    let line = |(name, version): (String, String)| {
        if version == tools::MISSING {
            let remedy = Some(tools::remedy([name.as_str()]));
            let detail = format!("{version}; only {only} need it");
            return Line {
                name,
                status: Status::Missing,
                detail,
                remedy,
                only: Some(only.clone()),
            };
        }
        match tools::unsupported(&name, &version) {
            None => {
                let supported = tools::all_supported().remove(&name);
                let detail = match supported {
                    Some(supported) => format!("{version}  (supported: {supported})"),
                    None => version,
                };
                Line::ok(name, detail)
            }
            Some(supported) => {
                let remedy = format!(
                    "install {name} {supported}, which Assay was tested with; verdicts with another version may differ"
                );
                Line::lacking(name, version, remedy)
            }
        }
    };
    assay_verify::versions([language]).into_iter().map(line).collect()
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
                only: Some(format!("the case {}", case.id)),
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
            Standing::Installed { version } => Line::ok(name, version),
            Standing::Lacking { what, remedy } => {
                let detail = format!("{what}; only static analysis needs it");
                Line::lacking(name, detail, remedy)
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
            Standing::Installed { version } => Line::ok(name, version),
            Standing::Lacking { what, remedy } => {
                let detail = format!("{what}; only subjects that are this agent need it");
                Line::lacking(name, detail, remedy)
            }
        }
    };
    let git = match assay_verify::git_version() {
        Some(version) => Line::ok("git", version),
        None => Line::lacking(
            "git",
            "missing; only agents need it".to_owned(),
            "as root: apt-get install git".to_owned(),
        ),
    };
    Ok(std::iter::once(git).chain(Agent::all().map(line)).collect())
}

/// How much the response cache holds, and how to be rid of it.
fn responses(context: &Context<'_>) -> anyhow::Result<Line> {
    let path = context.config.responses(context.global)?;
    Ok(match Responses::size(&path) {
        Ok(ResponsesSize { answers, bytes }) => {
            let answers = counted(usize::try_from(answers).unwrap_or(usize::MAX), "answer");
            let bytes = quantity::bytes(bytes);
            Line::ok("response cache", format!("{answers}, {bytes} in {}", path.display()))
        }
        Err(fault) => {
            let remedy = "delete the file, or name another one with --responses";
            Line::lacking("response cache", fault.to_string(), remedy.to_owned())
        }
    })
}
