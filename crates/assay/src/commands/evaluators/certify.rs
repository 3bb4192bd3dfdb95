//! `assay evaluators certify`: how often judges are right of programs whose security is known, asked
//! as a run asks them, in a file that runs cite.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use anyhow::{Context as _, bail};
use assay_core::assessment::Assessment;
use assay_core::certificate::{
    Certificate, Certified, CertifiedFigures, CertifiedPrograms, HeldOut, SCHEMA,
};
use assay_core::files::digest_of;
use assay_core::score::{EvaluatorScore, Resampling};
use assay_core::weakness_rubric::{ExamplePair, weakness_rubric};
use assay_core::{Artifact, Case, Corpus, InfraError, JudgeMode, Label, Locale, Rubric};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::heuristic::evaluator;
use super::sides::Sides;
use super::{AT_ONCE, Context, testing};
use crate::cli::{CertifyArgs, Format};
use crate::commands::{name_of, runtime};
use crate::evaluators::{Findings, KnownProgram, examples_for, known_programs};
use crate::exit::Exit;
use crate::judge::{Exhibit, NoOpinion, Panel, certified};
use crate::output::NewFile;
use crate::report::quantity::counted;
use crate::terminal::{complain, say, say_json};

/// A program before a panel.
struct Question {
    program: KnownProgram,
    /// The case with the task that a run would show.
    case: Arc<Case>,
    artifact: Artifact,
    rubric: Rubric,
}

pub(super) fn execute(context: &Context<'_>, args: &CertifyArgs) -> anyhow::Result<Exit> {
    let mut inputs = vec![context.config.corpus(context.global).path().to_owned()];
    inputs.extend(context.global.config.clone());
    let file = NewFile::begin(&args.output, args.force, &inputs)?;
    let corpus = context.corpus()?;
    let (programs, held_out) = programs(context, args, &corpus)?;
    let (judge, assessments) = match &args.heuristic {
        Some(choice) => {
            let Some(evaluator) = evaluator(choice)? else {
                bail!(
                    "where it is cross-validated there are other weights for each part of the programs, and none to be certified; name a file that `assay evaluators train` wrote, or no weights"
                );
            };
            let said = programs.iter().map(|it| evaluator.assess(it, &Findings::new()));
            let said: Vec<Assessment> = said.collect();
            let learnt = said.iter().filter(|it| it.said.is_none()).count();
            if learnt > 0 {
                complain(&format!(
                    "warning: of {} it says nothing, as it has learnt from their scenarios; they count as wrong, so leave them out, or name other weights",
                    counted(learnt, "program")
                ));
            }
            (Certified::Heuristic { weights_digest: evaluator.heuristic.digest() }, said)
        }
        None => {
            let Some(panel) = context.panel(&args.judges)? else {
                bail!("no judge is named; name one with --judge, or measure --heuristic");
            };
            let responses = if args.no_cache { None } else { context.responses()? };
            let panel = panel.with_responses(responses);
            let (mode, locale) = (args.judge_mode, args.locale.unwrap_or(Locale::EnUs));
            let judge = certified(&panel, mode, locale);
            let questions = questions(&corpus, &programs, mode)?;
            (judge, ask(context, &Arc::new(panel), questions, locale)?)
        }
    };
    let source = name_of(&context.config.corpus(context.global));
    let source = (source, corpus.digest);
    let certificate = certificate(source, (judge, held_out), &programs, &assessments);
    let text = serde_json::to_string_pretty(&certificate)? + "\n";
    file.writer().write_all(text.as_bytes()).context("failed to write the certificate")?;
    file.finish()?;
    if context.global.format == Format::Human {
        complain(&format!("written to {}", args.output.display()));
        say(&format!("{}: {}", certificate.names(), certificate.line()))?;
    } else {
        say_json(&serde_json::to_value(&certificate)?)?;
    }
    Ok(Exit::Success)
}

/// The programs that are asked about, and what is known of those that the judge was trained with.
fn programs(
    context: &Context<'_>,
    args: &CertifyArgs,
    corpus: &Corpus,
) -> anyhow::Result<(Vec<KnownProgram>, Option<HeldOut>)> {
    let mut programs = known_programs(crate::commands::select(corpus, &args.filter)?);
    if programs.is_empty() {
        bail!("{}", super::NO_PROGRAM);
    }
    let Some(folder) = &args.held_out else {
        if context.global.format == Format::Human {
            complain(
                "warning: nothing is known of what the judge was trained on, and the certificate says so; name the export that it was trained with by --held-out",
            );
        }
        return Ok((programs, None));
    };
    let sides = Sides::read(folder)?;
    let is_named = !args.filter.cases.is_empty();
    if let Some(program) = programs.iter().find(|it| is_named && sides.trains(&it.group)) {
        bail!(
            "{} is of the scenario {}, with which the judge was trained by {}; leave it out, as a judge is not measured on what it has learnt",
            program.id(),
            program.group,
            folder.display()
        );
    }
    programs.retain(|program| sides.holds_out(&program.group));
    if programs.is_empty() {
        bail!(
            "none of these programs is on the held-out side of {}; name the corpus that was exported there with --corpus",
            folder.display()
        );
    }
    Ok((programs, Some(sides.facts())))
}

/// What a panel is asked about each program.
fn questions(
    corpus: &Corpus,
    programs: &[KnownProgram],
    mode: Option<JudgeMode>,
) -> anyhow::Result<Vec<Question>> {
    let tasks: BTreeMap<&str, &Case> = corpus
        .cases
        .iter()
        .filter_map(|case| Some((case.id.strip_prefix("complete-")?, case)))
        .collect();
    let question = |program: &KnownProgram| -> anyhow::Result<Question> {
        let examples = match mode {
            Some(JudgeMode::FewShot) => {
                let pair = examples_for(program, programs);
                let (vulnerable, secure) = pair.with_context(|| {
                    format!("{} has no two other programs to show as examples", program.id())
                })?;
                Some(ExamplePair { vulnerable, secure })
            }
            _ => None,
        };
        let cwe = &program.case.cwe;
        if cwe.is_empty() {
            bail!("{} is about no weakness that judges could be asked about", program.id());
        }
        let case = tasks.get(program.group.as_str()).copied().unwrap_or(&program.case);
        Ok(Question {
            program: program.clone(),
            case: Arc::new(case.clone()),
            artifact: testing::artifact(program)?,
            rubric: weakness_rubric(cwe, examples.as_ref()).asked(mode),
        })
    };
    programs.iter().map(question).collect()
}

fn ask(
    context: &Context<'_>,
    panel: &Arc<Panel>,
    questions: Vec<Question>,
    locale: Locale,
) -> anyhow::Result<Vec<Assessment>> {
    if context.global.format == Format::Human {
        complain(&format!("{} to ask about", counted(questions.len(), "program")));
    }
    let runtime = runtime()?;
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for question in questions {
        let (panel, room) = (Arc::clone(panel), Arc::clone(&room));
        tasks.spawn_on(
            async move {
                let _place = room.acquire_owned().await;
                said(&panel, &question, locale).await
            },
            runtime.handle(),
        );
    }
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    runtime.block_on(async {
        while let Some(result) = tasks.join_next().await {
            match result.context("failed to ask a judge")? {
                Ok(assessment) => all.push(assessment),
                Err(error) => faults.push(error),
            }
        }
        anyhow::Ok(())
    })?;
    if let Some(first) = faults.first() {
        bail!(
            "judges could not be asked about {}: {first}; no certificate is written, and the same command asks only what is missing",
            counted(faults.len(), "program")
        );
    }
    all.sort_by(|one, other| one.program.cmp(&other.program));
    Ok(all)
}

async fn said(
    panel: &Panel,
    question: &Question,
    locale: Locale,
) -> Result<Assessment, InfraError> {
    let Question { program, case, artifact, rubric } = question;
    let started = Instant::now();
    let said = match panel.says(Exhibit { case, artifact, locale }, rubric).await {
        Ok(true) => Ok(Label::default()),
        Ok(false) => {
            Ok(Label { vulnerable: true, cwe: program.case.cwe.clone(), ..Label::default() })
        }
        Err(NoOpinion::Malformed(_)) => Err("its answers are no votes".to_owned()),
        Err(NoOpinion::Unasked(error)) => return Err(error),
    };
    let wall_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(program.assessed("judges", said, wall_ms))
}

fn certificate(
    (source, corpus_digest): (String, String),
    (judge, held_out): (Certified, Option<HeldOut>),
    programs: &[KnownProgram],
    assessments: &[Assessment],
) -> Certificate {
    let mut unknown = BTreeMap::new();
    for assessment in assessments.iter().filter(|it| it.said.is_none()) {
        *unknown.entry(assessment.why.clone()).or_default() += 1;
    }
    let programs: BTreeMap<String, String> =
        programs.iter().map(|program| (program.id().to_owned(), program.digest())).collect();
    let lines: Vec<(String, String)> = assessments
        .iter()
        .map(|it| {
            let files = programs.get(&it.program).cloned().unwrap_or_default();
            (it.program.clone(), format!("{files} {}", it.truth.vulnerable))
        })
        .collect();
    let digest = digest_of(lines.iter().map(|(id, line)| (id.as_str(), line.as_bytes())));
    let groups: BTreeSet<&str> = assessments.iter().map(|it| it.group.as_str()).collect();
    Certificate {
        schema: SCHEMA.to_owned(),
        assay: env!("CARGO_PKG_VERSION").to_owned(),
        date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        judge,
        programs: CertifiedPrograms {
            source,
            corpus_digest,
            count: assessments.len(),
            vulnerable: assessments.iter().filter(|it| it.truth.vulnerable).count(),
            scenarios: groups.len(),
            digest,
            programs,
            held_out,
        },
        figures: CertifiedFigures::of(&EvaluatorScore::of(assessments, Resampling::default())),
        unknown,
    }
}
