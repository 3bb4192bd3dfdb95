//! The commands of all pages: each is one that the program has, and all that can be carried out
//! here are.

use std::collections::BTreeSet;
use std::fs;

use assay::cli::Cli;
use clap::Parser as _;
use clap::error::ErrorKind;

use crate::door::repository;
use crate::model;
use crate::page::{self, blocks, commands, of_assay};
use crate::shell::{Shell, is_shown};

const BUILDS: &str = "builds, tests or measures the repository, as the gate does";
const INSTALLS: &str = "installs from the network";
const AGENT: &str = "has an installed agent work for minutes; the tests of agents do that";
const PAIRED: &str =
    "needs runs of a model alone and with agents; the tests of comparisons make them";
const QUEUE: &str = "needs a server that serves until it is ended; the tests of fleets start one";
const GPU: &str = "trains or serves a large model on GPUs";
const CHECKOUT: &str = "needs a checkout or file of others, which is not here";

/// Commands that are not carried out here: the page (all, where there is none), how they begin or
/// what they hold, and why. Those of `assay` are read by its command line all the same.
const NOT_RUN: &[(&str, &str, &str)] = &[
    ("", "podman ", "needs an engine of containers"),
    ("docs/agents.md", "assay compare", PAIRED),
    ("docs/ci.md", "assay run", "asks a server whose address is a variable"),
    ("docs/ci.md", "assay compare", PAIRED),
    ("docs/comparing.md", "assay compare", PAIRED),
    ("", "make ", BUILDS),
    ("", "cargo ", BUILDS),
    ("", "scripts/", BUILDS),
    ("", " make bench", BUILDS),
    ("", "prepare --agents", INSTALLS),
    ("", "prepare --analysers", INSTALLS),
    ("", "pip install", INSTALLS),
    ("", "sec-code-bench:sec-code-bench", CHECKOUT),
    ("", "cov-eval:CoV-Eval", CHECKOUT),
    ("", "human-eval:HumanEval.jsonl.gz", CHECKOUT),
    ("", "--subject agent:", AGENT),
    ("README.md", "assay agree assay-runs/scb.assay", CHECKOUT),
    ("docs/cov-eval.md", "assay import cov-eval-results", CHECKOUT),
    (
        "docs/deciders.md",
        "--beside analyser:gosec",
        "needs an analyser that set-up does not install",
    ),
    (
        "docs/evaluators.md",
        "--analyser all",
        "has every analyser look at every program, for minutes",
    ),
    ("docs/evaluators.md", "evaluators certify", "asks a judge; the tests of certificates do that"),
    (
        "docs/heuristic.md",
        "cov-eval:corpus",
        "trains for half a minute; the tests of evaluators do that with fewer programs",
    ),
    (
        "docs/evaluators.md",
        "assay evaluators correct",
        "needs what a comparison with a judge has found",
    ),
    ("docs/fleet.md", "nats-server", QUEUE),
    ("docs/fleet.md", "assay worker", QUEUE),
    ("docs/fleet.md", "--verifier nats://", QUEUE),
    ("docs/fleet.md", "kubectl ", "needs a cluster"),
    ("docs/fleet.md", "helm ", "needs a cluster"),
    ("docs/exports.md", "inspect view", "is a program of others, which serves until it is ended"),
    (
        "docs/providers.md",
        "cat > serve.py",
        "is part of a server that is installed from the network",
    ),
    (
        "docs/providers.md",
        "smol/bin/python",
        "is part of a server that is installed from the network",
    ),
    ("docs/sec-code-bench.md", "assay agree assay-runs/scb.assay", CHECKOUT),
    ("docs/state.md", "assay cases show export-path", "shows a case that the page makes up"),
    ("docs/vc-judge.md", "vllm serve", GPU),
    ("docs/vc-judge.md", "llamafactory-cli", GPU),
];

/// Commands whose output depends on the host.
const OF_THE_HOST: &[&str] = &["assay doctor"];

/// The runs that pages begin with, and do not make.
const RUNS: &[(&str, &[&str])] = &[
    ("docs/agents.md", &["first.assay"]),
    ("docs/deciders.md", &["assay-runs/a.assay"]),
    (
        "docs/exports.md",
        &["assay-runs/qwen3-coder.assay", "before.assay", "after.assay", "run.assay"],
    ),
    ("docs/judges.md", &["assay-runs/a.assay"]),
    ("docs/logging.md", &["assay-runs/qwen3-coder.assay"]),
    ("docs/revalidation.md", &["assay-runs/qwen3-coder.assay"]),
];

/// Pages whose tests are elsewhere: they are followed from an empty folder.
fn is_followed(page: &str) -> bool {
    page.starts_with("docs/case-in-")
}

/// Why a command is not carried out here.
fn reason(page: &str, command: &str) -> Option<(usize, &'static str)> {
    let fits = |(of, part, _): &(&str, &str, &str)| {
        (of.is_empty() || *of == page)
            && match part.strip_prefix(' ') {
                Some(_) => command.contains(part),
                None => command.starts_with(part) || (part.len() > 5 && command.contains(part)),
            }
    };
    let place = NOT_RUN.iter().position(fits)?;
    Some((place, NOT_RUN[place].2))
}

#[test]
fn every_command_of_every_page_is_one_that_the_program_has() {
    let mut count = 0;
    for page in page::all() {
        for command in blocks(&page).iter().flat_map(commands) {
            for line in of_assay(&command.text) {
                count += 1;
                if let Err(error) = Cli::try_parse_from(&line) {
                    panic!("{page}:{}: {}\n{error}", command.line, command.text);
                }
            }
        }
    }
    assert!(count > 60, "only {count} commands were found");
}

#[test]
fn every_command_in_a_sentence_has_only_options_that_the_program_has() {
    let mut count = 0;
    for page in page::all() {
        let text = fs::read_to_string(repository().join(&page)).expect("a page");
        for (index, line) in text.lines().enumerate() {
            let spans =
                line.split('`').skip(1).step_by(2).filter(|span| span.starts_with("assay "));
            for words in spans.flat_map(of_assay) {
                count += 1;
                let Err(error) = Cli::try_parse_from(&words) else { continue };
                // What a sentence leaves out is in its other words.
                let is_wrong = [ErrorKind::UnknownArgument, ErrorKind::InvalidSubcommand]
                    .contains(&error.kind());
                assert!(!is_wrong, "{page}:{}: {words:?}\n{error}", index + 1);
            }
        }
    }
    assert!(count > 60, "only {count} commands were found");
}

#[test]
fn what_is_not_carried_out_is_on_a_page() {
    let mut used = BTreeSet::new();
    for page in page::all() {
        for command in blocks(&page).iter().flat_map(commands) {
            used.extend(reason(&page, &command.text).map(|(place, _)| place));
        }
    }
    for (place, (page, part, _)) in NOT_RUN.iter().enumerate() {
        assert!(used.contains(&place), "no command of {page} has {part:?} any longer");
    }
    let pages = page::all();
    assert!(RUNS.iter().all(|(page, _)| pages.iter().any(|it| it == page)), "a page is gone");
}

#[test]
fn the_commands_of_the_first_page_do_what_it_shows() {
    none_failed(&carry_out("README.md"));
}

#[test]
fn the_commands_of_the_other_pages_do_what_they_show() {
    let others = |page: &String| page != "README.md" && !is_followed(page);
    none_failed(
        &page::all()
            .iter()
            .filter(|it| others(it))
            .flat_map(|it| carry_out(it))
            .collect::<Vec<_>>(),
    );
}

#[track_caller]
fn none_failed(failures: &[String]) {
    assert!(failures.is_empty(), "{} commands failed\n\n{}", failures.len(), failures.join("\n\n"));
}

/// Carries out the commands of a page, in order, in a folder with what it begins with, and tells
/// which of them did not do what the page shows.
fn carry_out(page: &str) -> Vec<String> {
    let all: Vec<_> = blocks(page).iter().flat_map(commands).collect();
    let wanted: Vec<_> = all.iter().filter(|it| reason(page, &it.text).is_none()).collect();
    let mut failures = Vec::new();
    if wanted.is_empty() {
        return failures;
    }
    let begins_cases = wanted.iter().any(|command| command.text.contains("assay cases new "));
    let shell = match begins_cases {
        // Nothing is written into the corpus of the repository.
        true => Shell::alone(),
        false => Shell::beside_the_corpus(),
    };
    if !begins_cases {
        set_up(page, &shell);
    }
    for command in wanted {
        let ended = shell.run(&at_the_server(&command.text));
        let place = format!("{page}:{}: {}", command.line, command.text);
        // Done, the answer is no, or some of it errored; neither bad usage nor failed.
        if !ended.code.is_some_and(|code| [0, 1, 4].contains(&code)) {
            failures.push(format!("{place}\n{ended}"));
            continue;
        }
        let is_of_the_host = OF_THE_HOST.iter().any(|it| command.text.starts_with(it));
        if let (Some(shown), false) = (&command.output, is_of_the_host)
            && !is_shown(shown, &ended.stdout)
        {
            failures.push(format!("{place}\nshown:\n{shown}\n{ended}"));
        }
    }
    failures
}

/// The command with the server of the tests in place of all others.
fn at_the_server(command: &str) -> String {
    let address = format!("{}/v1", model::address());
    let command = command.split(" #").next().unwrap_or(command).trim_end();
    let mut command = command.replace("http://localhost:8000/v1", &address);
    if command.contains("--subject openai:") && !command.contains(" --base-url ") {
        command.push_str(&format!(" --base-url {address}"));
    }
    if command.contains("--judge openai:") && !command.contains(" --judge-base-url ") {
        command.push_str(&format!(" --judge-base-url {address}"));
    }
    command
}

/// What pages begin with: programs to look at, recorded responses, cases of one's own, runs.
fn set_up(page: &str, shell: &Shell) {
    let door = &shell.door;
    for (file, text) in [
        ("prog.c", "int main(void)\n{\n    return 0;\n}\n"),
        ("src/app.py", "import os\n\n\ndef run(command):\n    os.system(command)\n"),
        ("programs/a/a.c", "int main(void)\n{\n    return 0;\n}\n"),
        ("app.py", "import os\n\n\ndef run(command):\n    os.system(command)\n"),
        ("answer.py", "print(1)\n"),
        ("codeql.sarif", r#"{"version": "2.1.0", "runs": []}"#),
        (
            "responses.jsonl",
            "{\"case\": \"invoice-search\", \"scenario\": \"gen\", \"round\": 1, \"response\": \"I will not.\"}\n",
        ),
    ] {
        door.write(file, text);
    }
    let copied = "mkdir -p cases/team/python && cp -r corpus/function-level/python/invoice-search cases/team/python/";
    assert_eq!(shell.run(copied).code, Some(0));
    let runs = RUNS.iter().find(|(of, _)| *of == page).map_or(&[][..], |(_, runs)| runs);
    for run in runs {
        let asked =
            "assay run --case invoice-search --subject vulnerable --subject openai:qwen3-coder";
        let ended = shell.run(&at_the_server(&format!("{asked} --output {run}")));
        assert_eq!(ended.code, Some(0), "{page}: {ended}");
    }
}
