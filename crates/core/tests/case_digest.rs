//! The digest of a case is one of a written form (docs/case-digests.md): it stays what it
//! is whatever this program calls its types and fields, and changes with all that counts.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use assay_core::benchmark::sec_code_bench_v2;
use assay_core::corpus::CorpusSource;
use assay_core::judge::Rubric;
use assay_core::label::{Label, LabelledProgram};
use assay_core::mutant::{Explanation, Mutants, PatchMutant};
use assay_core::prompts::Prompts;
use assay_core::state::{Folder, Program, State, StateFile};
use assay_core::suite::{ExpectedTest, Runner, Suite};
use assay_core::task::{CaseLimits, Solution, SolutionKind};
use assay_core::world::{Body, Host, Name, PathRule, Route, Scheme, World};
use assay_core::{
    Case, CodeTask, Decider, FileSet, JudgeMode, Language, Locale, Phase, SafePath, Severity, Task,
};

fn files(entries: &[(&str, &str)]) -> FileSet {
    let file = |(path, text): &(&str, &str)| {
        (SafePath::new(path).expect("safe"), text.as_bytes().to_vec())
    };
    entries.iter().map(file).collect()
}

/// A task in which something stands at every place of the form.
fn task() -> CodeTask {
    let rubric = BTreeMap::from([
        (Locale::EnUs, "No plain text.".to_owned()),
        (Locale::ZhCn, "不得明文。".to_owned()),
    ]);
    let route = |path, scheme, body| Route {
        path,
        scheme,
        status: 200,
        headers: vec![("X-A".to_owned(), "b".to_owned())],
        body,
    };
    CodeTask {
        interface: Some("def f(a):".to_owned()),
        artifact_paths: vec![SafePath::new("src/a.py").expect("safe")],
        template: files(&[("src/__init__.py", ""), ("README", "é\n")]),
        modules: vec!["requests".to_owned()],
        functional: Decider::Suite(Suite {
            files: files(&[("tests/test_f.py", "def test_f(): pass\n")]),
            runner: Runner::Pytest,
            expected: vec![ExpectedTest::new("test_f")],
        }),
        security: Some(Decider::Panel(Rubric::new(rubric).expect("a text in English"))),
        beside: Vec::new(),
        solutions: vec![
            Solution {
                name: "secure".to_owned(),
                kind: SolutionKind::Secure,
                files: files(&[("src/a.py", "A = 1\n")]),
            },
            Solution {
                name: "vulnerable-1".to_owned(),
                kind: SolutionKind::Vulnerable,
                files: files(&[("src/a.py", "A = 2\n")]),
            },
        ],
        limits: CaseLimits {
            build: Duration::from_secs(30),
            suite: Duration::from_millis(1_500),
            wall: Duration::from_secs(60),
            memory: 1 << 30,
        },
        state: State {
            folders: vec![Folder { path: "/srv/d".to_owned(), mode: 0o755 }],
            files: vec![StateFile {
                path: "/srv/d/f".to_owned(),
                mode: 0o600,
                content: b"secret".to_vec(),
            }],
            programs: vec![Program { name: "ping".to_owned(), content: b"#!/bin/sh\n".to_vec() }],
            commands: vec!["tar".to_owned()],
            environment: vec![("HOME".to_owned(), "/srv".to_owned())],
        },
        attack_marks: vec!["leaked".to_owned()],
        mutants: Mutants::default(),
        world: Some(World {
            ipv6: true,
            names: vec![Name {
                name: "a.example".to_owned(),
                answers: vec![
                    vec!["192.0.2.1".parse().expect("an address")],
                    vec!["10.0.0.1".parse().expect("an address")],
                ],
            }],
            hosts: vec![Host {
                names: vec!["a.example".to_owned()],
                addresses: vec!["192.0.2.1".parse().expect("an address")],
                canary: false,
                http: vec![80],
                https: vec![443, 8443],
                routes: vec![
                    route(PathRule::Exact("/".to_owned()), None, Body::Content(b"hello".to_vec())),
                    route(
                        PathRule::Prefix("/to".to_owned()),
                        Some(Scheme::Https),
                        Body::RedirectToQuery { scheme: Some(Scheme::Http) },
                    ),
                    route(PathRule::Exact("/c".to_owned()), None, Body::CanaryContacts),
                    route(
                        PathRule::Exact("/w".to_owned()),
                        None,
                        Body::WasRequested { prefix: "/x/".to_owned() },
                    ),
                ],
            }],
        }),
    }
}

fn case(task: CodeTask) -> Case {
    let texts = |text: &str| BTreeMap::from([(Locale::EnUs, text.to_owned())]);
    Case {
        id: "pinned".to_owned(),
        title: "Not a part of it".to_owned(),
        variant_of: None,
        language: Language::Python,
        cwe: vec!["CWE-22".to_owned(), "CWE-918".to_owned()],
        severity: Severity::High,
        scenarios: vec![sec_code_bench_v2::GEN, sec_code_bench_v2::FIX_HINTS],
        prompts: Prompts::Composed { briefs: texts("Write f."), hints: texts("Mind paths.") },
        task: Task::Code(Box::new(task)),
    }
}

#[test]
fn the_digest_of_a_case_is_that_of_the_written_form() {
    // Computed by another program from the description of the form.
    assert_eq!(
        case(task()).digest(),
        "c003ea06bab05c19f6e4b6ad3c19c6e989c4410804be4bd3494a571f925c0af5"
    );
    let prompts = BTreeMap::from([((sec_code_bench_v2::GEN, Locale::ZhCn), "写 f。".to_owned())]);
    let bare = CodeTask { interface: None, state: State::default(), world: None, ..task() };
    let verbatim = Case { prompts: Prompts::Verbatim(prompts), ..case(bare) };
    assert_eq!(
        verbatim.digest(),
        "c3e25c2b942e4d62ce9b3bf92f202e4124e1e50eea28b349603be2bc305f246c"
    );
}

/// The same task with others who decide, or are asked beside.
fn task_decided_otherwise() -> CodeTask {
    let rubric = Rubric::new(BTreeMap::from([(Locale::EnUs, "No plain text.".to_owned())]));
    let rubric = rubric.expect("a text in English").asked(Some(JudgeMode::FewShot));
    let suite = Suite {
        files: files(&[("tests/test_s.py", "def test_s(): pass\n")]),
        runner: Runner::Pytest,
        expected: vec![ExpectedTest::new("test_s")],
    };
    CodeTask {
        functional: Decider::Analyser("syntax".to_owned()),
        security: Some(Decider::Panel(rubric)),
        beside: vec![Decider::Suite(suite), Decider::Analyser("bandit".to_owned())],
        ..task()
    }
}

#[test]
fn the_digest_holds_who_decides_and_who_is_asked_beside() {
    // Computed by another program from the description of the form.
    assert_eq!(
        case(task_decided_otherwise()).digest(),
        "8841934227532b7b5585c0271286380328e82bfe178e9bc96af7ad86e849ba01"
    );
}

#[test]
fn mutants_change_no_verdict_and_so_no_digest() {
    let mutant = PatchMutant {
        name: "secure--open".to_owned(),
        solution: "secure".to_owned(),
        removes: "The check is dropped.".to_owned(),
        files: files(&[("src/a.py", "pass\n")]),
    };
    let explained = Explanation {
        solution: "secure".to_owned(),
        change: "- a\n+ b".to_owned(),
        reason: "They are the same.".to_owned(),
    };
    let mutants = Mutants { patches: vec![mutant], explained: vec![explained] };
    let with = CodeTask { mutants, ..task() };
    assert_eq!(case(with).digest(), case(task()).digest());
}

#[test]
fn the_digest_changes_with_all_that_a_verdict_depends_on() {
    let whole = case(task()).digest();
    let changed = |what: &str, change: fn(&mut Case)| {
        let mut case = case(task());
        change(&mut case);
        assert_ne!(case.digest(), whole, "{what}");
    };
    changed("language", |case| case.language = Language::C);
    changed("cwe", |case| case.cwe = vec!["CWE-22CWE-918".to_owned()]);
    changed("severity", |case| case.severity = Severity::Critical);
    changed("scenarios", |case| case.scenarios.reverse());
    let changed = |what: &str, change: fn(&mut CodeTask)| {
        let mut task = task();
        change(&mut task);
        assert_ne!(case(task).digest(), whole, "{what}");
    };
    changed("interface", |task| task.interface = None);
    changed("modules", |task| task.modules.clear());
    changed("attack marks", |task| task.attack_marks.clear());
    changed("limits", |task| task.limits.suite += Duration::from_millis(1));
    changed("runner", |task| {
        let Decider::Suite(suite) = &mut task.functional else { panic!("it has tests") };
        suite.runner = Runner::Jest;
    });
    changed("decider", |task| task.functional = task.security.clone().expect("a panel"));
    changed("beside", |task| task.beside.extend(task.security.clone()));
    changed("analyser", |task| task.functional = Decider::Analyser("syntax".to_owned()));
    changed("kind", |task| task.solutions[0].kind = SolutionKind::Vulnerable);
    changed("a file", |task| task.template = files(&[("src/__init__.py", "")]));
    changed("state", |task| task.state.files[0].mode = 0o644);
    changed("world", |task| task.world.as_mut().expect("a world").hosts[0].canary = true);
    changed("route", |task| {
        task.world.as_mut().expect("a world").hosts[0].routes.swap(0, 2);
    });
    let mut renamed = case(task());
    renamed.title = "Another title".to_owned();
    assert_eq!(renamed.digest(), whole, "a title is for people");
}

/// That a case comes back whole from the form of its digest.
fn check_that_it_travels(case: &Case) {
    let entries = case.entries();
    let back = Case::from_entries(case.title.clone(), &entries)
        .unwrap_or_else(|error| panic!("{}: {error}", case.id));
    assert_eq!(back.digest(), case.digest(), "{}", case.id);
    for phase in Phase::ALL {
        assert_eq!(back.expected_tests(phase), case.expected_tests(phase), "{}", case.id);
    }
    assert_eq!(back.title, case.title);
}

#[test]
fn a_case_comes_back_whole_from_the_form_of_its_digest() {
    check_that_it_travels(&case(task()));
    check_that_it_travels(&case(task_decided_otherwise()));
    let prompts = BTreeMap::from([((sec_code_bench_v2::GEN, Locale::ZhCn), "写 f。".to_owned())]);
    check_that_it_travels(&Case { prompts: Prompts::Verbatim(prompts), ..case(task()) });
    let correct = Solution { kind: SolutionKind::Correct, ..task().solutions[0].clone() };
    let incorrect = Solution { kind: SolutionKind::Incorrect, ..task().solutions[1].clone() };
    let only_works = CodeTask { security: None, solutions: vec![correct, incorrect], ..task() };
    check_that_it_travels(&case(only_works));
    let truth = Label { vulnerable: true, cwe: vec!["CWE-22".to_owned()], ..Label::default() };
    let program = LabelledProgram {
        files: files(&[("a.py", "A = 2\n")]),
        truth,
        origin: Some("a".to_owned()),
    };
    check_that_it_travels(&Case { task: Task::Recognise(program), ..case(task()) });
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
    let corpus = CorpusSource::Native(ours).load().expect("our corpus");
    corpus.cases.iter().for_each(check_that_it_travels);
    match std::env::var_os("SEC_CODE_BENCH_DIR").filter(|it| !it.is_empty()) {
        Some(folder) => {
            let corpus = CorpusSource::SecCodeBench(folder.into()).load().expect("a checkout");
            corpus.cases.iter().for_each(check_that_it_travels);
        }
        None => {
            let told = "skipped for the official cases: SEC_CODE_BENCH_DIR is not set";
            // Unlike what is printed, this is shown of a test that passes.
            let _ = writeln!(std::io::stderr(), "{told}");
        }
    }
}

#[test]
fn what_is_no_case_of_this_form_says_which_entry_is_at_fault() {
    let check = |name: &str, content: Option<&str>, expect: &str| {
        let mut entries = case(task()).entries();
        match content {
            Some(content) => entries.insert(name.to_owned(), content.into()),
            None => entries.remove(name),
        };
        let error = Case::from_entries(String::new(), &entries).expect_err("no case").to_string();
        assert!(error.contains(&format!("{name:?}")) && error.contains(expect), "{error}");
    };
    check("form", Some("assay.case/2"), "this version reads \"assay.case/1\"");
    check("language", None, "is missing");
    check("language", Some("cobol"), "is not a language");
    check("cwe", Some("CWE-22"), "is not a list");
    check("functional/runner", Some("tap"), "which this version does not know");
    check("solutions/secure/kind", Some("fine"), "is \"fine\"");
    check("limits/wall", Some("soon"), "invalid digit");
    check("state/files/srv/d/f/mode", Some("rw"), "invalid digit");
    check("colour", Some("red"), "is not one that this version reads");
    // Who judges whether it works judges whether it is secure.
    let mut entries = case(CodeTask { security: None, ..task() }).entries();
    entries.insert("functional/runner".to_owned(), "judges".into());
    entries.insert("functional/rubric/en-US".to_owned(), "It adds.".into());
    let error = Case::from_entries(String::new(), &entries).expect_err("no case").to_string();
    assert!(error.contains("\"security/runner\" of a case is missing"), "{error}");
}
