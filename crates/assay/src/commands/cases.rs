//! `assay cases`: lists cases, shows one with its prompts, or begins a new one.

pub(super) mod new;
mod summary;

use anyhow::bail;
use assay_core::benchmark::cov_eval;
use assay_core::prompt::render;
use assay_core::prompt::weakness::PROMPT_SET;
use assay_core::{Benchmark, Case, Locale, Phase, Scenario};
use serde_json::json;

use super::{Context, select};
use crate::cli::{CasesArgs, CasesCommand, Format};
use crate::exit::Exit;
use crate::report::quantity::counted;
use crate::terminal::{page, say, say_json, table, tell};

pub(super) fn execute(context: &Context<'_>, args: &CasesArgs) -> anyhow::Result<Exit> {
    if let Some(CasesCommand::New(args)) = &args.show {
        return new::execute(context, args);
    }
    let corpus = context.corpus()?;
    if let Some(CasesCommand::Show { id, scenario, locale }) = &args.show {
        return show(context, super::case(&corpus, id)?, *scenario, *locale);
    }
    let cases = select(&corpus, &args.filter)?;
    if args.summary {
        summary::execute(context, &corpus, &cases, &args.filter.traits.languages)?;
        return Ok(Exit::Success);
    }
    if context.global.format == Format::Json {
        let cases: Vec<_> = cases.iter().map(|case| describe(case)).collect();
        say_json(&json!({"schema": "assay.cases/1", "digest": corpus.digest, "cases": cases}))?;
        return Ok(Exit::Success);
    }
    let rows: Vec<Vec<String>> = cases.iter().map(|case| row(case)).collect();
    let titles = ["case", "language?", "CWE", "severity?", "scenarios?", "title"];
    say(table(&titles, &rows).trim_end())?;
    let judged = cases.iter().filter(|case| !case.judged_phases().is_empty()).count();
    let mut line =
        format!("\n{}, corpus digest {}", counted(cases.len(), "case"), &corpus.digest[..16]);
    if judged > 0 {
        let have = if judged == 1 { "has" } else { "have" };
        line.push_str(&format!("; {judged} of them {have} a phase that judges decide"));
    }
    tell(&line)?;
    Ok(Exit::Success)
}

fn row(case: &Case) -> Vec<String> {
    let title = match case.judged_phases().as_slice() {
        [] => case.title.clone(),
        phases => format!("{} (judged: {})", case.title, join(phases)),
    };
    vec![
        case.id.clone(),
        case.language.title().to_owned(),
        case.cwe.join(" "),
        case.severity.to_string(),
        scenarios(case),
        title,
    ]
}

fn scenarios(case: &Case) -> String {
    let mut scenarios = case.scenarios.clone();
    scenarios.sort_unstable();
    if scenarios.len() > 1
        && Benchmark::all().any(|it| it.scenarios().eq(scenarios.iter().copied()))
    {
        return format!("all {}", scenarios.len());
    }
    scenarios.iter().map(|scenario| scenario.as_str()).collect::<Vec<_>>().join(" ")
}

fn describe(case: &Case) -> serde_json::Value {
    json!({
        "id": case.id,
        "title": case.title,
        "language": case.language,
        "cwe": case.cwe,
        "severity": case.severity,
        "scenarios": case.scenarios,
        "artifact": case.artifact_paths(),
        "functional-tests": case.expected_tests(Phase::Functional).len(),
        "security-tests": case.expected_tests(Phase::Security).len(),
        "solutions": solutions(case),
        "digest": case.digest(),
        "locales": case.locales(),
        "judged-phases": case.judged_phases(),
        "state": case.code().map(|task| &task.state),
    })
}

fn show(
    context: &Context<'_>,
    case: &Case,
    scenario: Option<Scenario>,
    locale: Option<Locale>,
) -> anyhow::Result<Exit> {
    if let Some(locale) = locale.filter(|it| !case.locales().contains(it)) {
        let locales: Vec<&str> = case.locales().iter().map(|it| it.as_str()).collect();
        bail!("{} has no texts in {locale}; it has those in {}", case.id, locales.join(" and "));
    }
    let mut prompts = Vec::new();
    for one_scenario in Scenario::all().filter(|one| case.scenarios.contains(one)) {
        for one_locale in Locale::ALL {
            let wanted = scenario.is_none_or(|scenario| scenario == one_scenario)
                && locale.is_none_or(|locale| locale == one_locale);
            // Not every case has all locales; what is not there is not shown.
            if let (true, Ok(text)) = (wanted, render(case, one_scenario, one_locale)) {
                prompts.push((one_scenario, one_locale, text));
            }
        }
    }
    if context.global.format == Format::Json {
        let prompts: Vec<_> = prompts
            .iter()
            .map(|(scenario, locale, text)| {
                let set = prompt_set(*scenario);
                json!({"scenario": scenario, "locale": locale, "set": set, "text": text})
            })
            .collect();
        let mut value = describe(case);
        value["schema"] = json!("assay.case/1");
        value["prompts"] = json!(prompts);
        let rubrics = rubrics(case)
            .map(|(phase, locale, text)| json!({"phase": phase, "locale": locale, "text": text}));
        value["rubrics"] = json!(rubrics.collect::<Vec<_>>());
        say_json(&value)?;
        return Ok(Exit::Success);
    }
    page(&described(case, &prompts))?;
    Ok(Exit::Success)
}

/// A case, its rubrics and these prompts, for people.
fn described(case: &Case, prompts: &[(Scenario, Locale, String)]) -> String {
    let mut text = format!("{}: {}\n", case.id, case.title);
    let facts = [
        ("language", case.language.title().to_owned()),
        ("CWE", case.cwe.join(" ")),
        ("severity", case.severity.to_string()),
        ("scenarios", scenarios(case)),
        (
            "artifact",
            case.artifact_paths().iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        ),
        (
            "tests",
            format!(
                "{} functional, {} security",
                case.expected_tests(Phase::Functional).len(),
                case.expected_tests(Phase::Security).len()
            ),
        ),
        ("solutions", solutions(case).join(" ")),
        ("texts", case.locales().iter().map(|it| it.as_str()).collect::<Vec<_>>().join(" ")),
        ("digest", case.digest()),
    ];
    for (name, value) in facts {
        text.push_str(&format!("  {name:<10} {value}\n"));
    }
    let state = case.code().map(|task| task.state.lines()).unwrap_or_default();
    for (index, line) in state.iter().enumerate() {
        text.push_str(&format!("  {:<10} {line}\n", if index == 0 { "state" } else { "" }));
    }
    let judged = case.judged_phases();
    if !judged.is_empty() {
        text.push_str(&format!("  {:<10} {}\n", "judged", join(&judged)));
    }
    for (phase, locale, rubric) in rubrics(case) {
        if locale == Locale::EnUs {
            let title = format!("rubric of the {phase} phase");
            text.push_str(&format!("\n================ {title} ================\n\n{rubric}\n"));
        }
    }
    for (scenario, locale, prompt) in prompts {
        let set = prompt_set(*scenario).map(|set| format!(" ({set})")).unwrap_or_default();
        let title = format!("{scenario}, {locale}{set}");
        text.push_str(&format!("\n================ {title} ================\n\n{prompt}\n"));
    }
    text.truncate(text.trim_end_matches('\n').len());
    text
}

/// The name and version of the wording of a scenario's questions, where it has one.
fn prompt_set(scenario: Scenario) -> Option<&'static str> {
    (scenario.benchmark().name == cov_eval::BENCHMARK.name).then_some(PROMPT_SET)
}

/// The names of the solutions.
fn solutions(case: &Case) -> Vec<&str> {
    let solutions = case.code().map(|task| task.solutions.as_slice()).unwrap_or_default();
    solutions.iter().map(|solution| solution.name.as_str()).collect()
}

fn join(phases: &[Phase]) -> String {
    phases.iter().map(|phase| phase.as_str()).collect::<Vec<_>>().join(", ")
}

/// The criteria of each phase that judges decide.
fn rubrics(case: &Case) -> impl Iterator<Item = (Phase, Locale, &str)> {
    case.rubrics()
        .flat_map(|(phase, rubric)| rubric.texts().map(move |(locale, text)| (phase, locale, text)))
}
