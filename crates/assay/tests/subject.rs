//! Subjects as a user configures them: the short form, the tables of
//! `assay.toml`, the built-ins and the files of recorded responses.

mod sample;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use assay::subject::{Environment, Loaded, Question, Subject, SubjectConfig, SubjectError, load};
use assay_core::answer::Answer;
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::task::{Solution, SolutionKind};
use assay_core::{Artifact, Case, Corpus, FileSet, NoCode, Scenario, Task};
use flate2::Compression;
use flate2::write::GzEncoder;
use sample::case;

fn corpus() -> Corpus {
    let mut solved = case("solved", &["src/a.c"]);
    solve(&mut solved, "secure", SolutionKind::Secure, "good");
    solve(&mut solved, "secure-too", SolutionKind::Secure, "also good");
    solve(&mut solved, "vulnerable", SolutionKind::Vulnerable, "bad");
    let cases = vec![solved, case("bare", &["src/b.c"]), case("wide", &["src/c.c", "src/c.h"])];
    Corpus { cases, digest: String::new(), warnings: Vec::new() }
}

/// Adds a solution with one file at the case's first path.
fn solve(case: &mut Case, name: &str, kind: SolutionKind, code: &str) {
    let path = case.artifact_paths()[0].clone();
    let files = FileSet::from([(path, code.as_bytes().to_vec())]);
    let Task::Code(task) = &mut case.task else { panic!("it asks for code") };
    task.solutions.push(Solution { name: name.to_owned(), kind, files });
}

/// Subjects of these settings, none of them an agent.
fn load_all(
    configs: &[SubjectConfig],
    environment: Environment<'_>,
) -> Result<Loaded, SubjectError> {
    load(configs, &corpus(), environment, &mut |config, _| panic!("an agent: {config:?}"))
}

fn load_text(text: &str) -> Result<Loaded, String> {
    let config: SubjectConfig = text.parse().map_err(|error: SubjectError| error.to_string())?;
    load_all(&[config], &|_| None).map_err(|error| error.to_string())
}

fn load_toml(text: &str) -> Result<Loaded, String> {
    let mut tables: BTreeMap<String, Vec<SubjectConfig>> =
        toml::from_str(text).map_err(|error| error.to_string())?;
    let configs = tables.remove("subject").unwrap_or_default();
    let environment = |name: &str| (name == "SET").then(|| "sk-secret".to_owned());
    load_all(&configs, &environment).map_err(|error| error.to_string())
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded.subjects.iter().map(Subject::name).collect()
}

fn ask(subject: &Subject, case: &Case, scenario: Scenario, round: u32) -> Option<Answer> {
    let question = Question { case, scenario, round, messages: &[], written: None, account: None };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(subject.ask(&question)).ok().map(|reply| reply.answer)
}

fn one_file(path: &str, content: &str) -> Answer {
    Answer::Files(BTreeMap::from([(path.to_owned(), content.to_owned())]))
}

#[test]
fn a_short_form_names_its_subject_or_says_what_is_wrong() {
    let check = |text: &str, expect: Result<&str, &str>| {
        let found = load_text(text);
        match (&found, expect) {
            (Ok(loaded), Ok(name)) => assert_eq!(names(loaded), [name], "{text}"),
            (Err(message), Err(part)) => assert!(message.contains(part), "{text}: {message}"),
            _ => panic!("{text}: {found:?}"),
        }
    };
    check("reference", Ok("reference"));
    check("vulnerable", Ok("vulnerable"));
    check("empty", Ok("empty"));
    check("reference:x", Err("nothing may follow"));
    check("gpt", Err("openai-responses:MODEL, anthropic:MODEL, gemini:MODEL and agent:NAME"));
    check("agent:", Err("write agent:NAME"));
    check("replay", Err("write replay:FILE"));
    check("openai:", Err("write openai:MODEL"));
    check("replay:/nowhere/x.jsonl", Err("/nowhere/x.jsonl"));
    check("openai:m", Err("OPENAI_API_KEY is not set"));
    check("openai-responses:m", Err("OPENAI_API_KEY is not set"));
    check("anthropic:m", Err("ANTHROPIC_API_KEY is not set"));
    check("gemini:m", Err("GEMINI_API_KEY is not set"));
    check("gemini:", Err("write gemini:MODEL"));
}

#[test]
fn tables_are_read_and_their_mistakes_named() {
    let check = |text: &str, expect: Result<&[&str], &str>| {
        let found = load_toml(text);
        match (&found, expect) {
            (Ok(loaded), Ok(expect)) => assert_eq!(names(loaded), expect, "{text}"),
            (Err(message), Err(part)) => assert!(message.contains(part), "{text}: {message}"),
            _ => panic!("{text}: {found:?}"),
        }
    };
    let model = |rest: &str| {
        format!(
            "[[subject]]\nprovider = 'openai'\nmodel = 'm'\nbase-url = 'http://localhost:1'\n{rest}"
        )
    };
    check(&model(""), Ok(&["m"]));
    check(
        &model("name = 'n'\ntemperature = 0.6\ntop-p = 0.9\nmax-tokens = 9\nextra = { seed = 1 }"),
        Ok(&["n"]),
    );
    check(&format!("{}{}", model(""), model("name = 'n'")), Ok(&["m", "n"]));
    check(&format!("{}{}", model(""), model("")), Err("two subjects are named \"m\""));
    check("[[subject]]\nprovider = 'reference'\n", Ok(&["reference"]));
    check("[[subject]]\nprovider = 'reference'\ntemperature = 1", Err("temperature"));
    check("[[subject]]\nprovider = 'gpt'", Err("`replay`"));
    check(&model("temprature = 1"), Err("temprature"));
    check(&model("concurrency = 0"), Err("nonzero"));
    check(&model("temperature = nan"), Err("temperature is not a finite number"));
    check(&model("extra = { stream = true }"), Err("\"stream\""));
    check(&model("thinking-tokens = 9"), Err("the protocol has no thinking-tokens"));
    check(&model("reasoning-effort = 'much'"), Err("`xhigh`"));
    check(
        &model("reasoning-effort = 'low'\nthinking-tokens = 9"),
        Err("reasoning-effort and thinking-tokens say the same"),
    );
    check(&model("system = 'a'\nsystem-file = 'b'"), Err("system and system-file"));
    check(&model("system-file = '/nowhere/x.txt'"), Err("/nowhere/x.txt"));
    check(&model("headers = { Authorization = 'x' }"), Err("contains a key"));
    check(&model("headers = { 'a b' = 'x' }"), Err("\"a b\" is not a header"));
    check(&model("api-key-file = '/nowhere/key'"), Err("/nowhere/key"));
    check(&model("price = { input = 1 }"), Err("output"));
    check(&model("price = { input = -1, output = 1 }"), Err("not a price"));
    check(&model("price = { input = 1, output = 1, cashed = 1 }"), Err("cashed"));
    let other = |provider: &str, rest: &str| model(rest).replace("'openai'", provider);
    check(&other("'anthropic'", "seed = 1"), Err("the protocol has no seed"));
    check(&other("'openai-responses'", "stop = ['x']"), Err("the protocol has no stop"));
    check(&other("'gemini'", "reasoning-effort = 'max'"), Err("use thinking-tokens"));
    check(&other("'gemini'", "extra = { contents = 1 }"), Err("\"contents\""));
    for provider in ["'openai-responses'", "'anthropic'", "'gemini'"] {
        check(&other(provider, "reasoning-effort = 'low'"), Ok(&["m"]));
    }
    check(&model("name = \"a\\u001bb\""), Err("control character"));
    check(&model("name = ' '"), Err("is empty"));
    check(
        "[[subject]]\nprovider = 'openai'\nmodel = 'm'\nbase-url = 'ftp://x'",
        Err("base-url is not"),
    );
    check(
        "[[subject]]\nprovider = 'openai'\nmodel = 'm'\nbase-url = 'http://u:p@x/v1'",
        Err("user name, password or key"),
    );
    check(
        "[[subject]]\nprovider = 'gemini'\nmodel = 'm'\nbase-url = 'http://x/v1?key=secret'",
        Err("user name, password or key"),
    );
}

#[test]
fn a_key_in_the_place_of_its_variable_is_not_shown() {
    let message =
        load_toml("[[subject]]\nprovider = 'openai'\nmodel = 'm'\napi-key-env = 'sk-secret'")
            .expect_err("it is no name");
    assert!(message.contains("api-key-env") && !message.contains("sk-secret"), "{message}");
}

#[test]
fn a_key_comes_from_its_file_its_variable_or_the_file_that_the_variable_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("key");
    fs::write(&file, "sk-of-the-file\n").expect("it is written");
    fs::write(folder.path().join("blank"), " \n").expect("it is written");
    let file = file.display().to_string();
    let blank = folder.path().join("blank").display().to_string();
    let check = |rest: &str, variables: &[(&str, &str)], expect: Result<(), &str>| {
        let table = format!("provider = 'anthropic'\nmodel = 'm'\n{rest}");
        let config: SubjectConfig = toml::from_str(&table).expect("it is whole");
        let environment = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match (load_all(&[config], &environment), expect) {
            (Ok(_), Ok(())) => {}
            (Err(error), Err(part)) => {
                let message = error.to_string();
                assert!(message.contains(part) && !message.contains("sk-"), "{message}");
            }
            (found, expect) => panic!("{rest} {variables:?}: {found:?}, not {expect:?}"),
        }
    };
    check("", &[], Err("ANTHROPIC_API_KEY is not set"));
    check("", &[("ANTHROPIC_API_KEY", "sk-a")], Ok(()));
    check("", &[("ANTHROPIC_API_KEY", "sk-\nb")], Err("ANTHROPIC_API_KEY contains no text"));
    check("", &[("ANTHROPIC_API_KEY_FILE", &file)], Ok(()));
    check("", &[("ANTHROPIC_API_KEY_FILE", &blank)], Err("blank contains no text"));
    check("", &[("ANTHROPIC_API_KEY_FILE", "/nowhere/key")], Err("/nowhere/key"));
    check("api-key-env = 'MINE'", &[("ANTHROPIC_API_KEY", "sk-a")], Err("MINE is not set"));
    check("api-key-env = 'MINE'", &[("MINE_FILE", &file)], Ok(()));
    check(&format!("api-key-file = '{file}'"), &[], Ok(()));
}

#[test]
fn a_key_that_would_travel_in_the_open_is_warned_of() {
    let check = |url: &str, expect: usize| {
        let table = format!(
            "[[subject]]\nprovider = 'openai'\nmodel = 'm'\nbase-url = '{url}'\napi-key-env = 'SET'"
        );
        let warnings = load_toml(&table).expect("it is whole").warnings;
        assert_eq!(warnings.len(), expect, "{url}: {warnings:?}");
        assert!(!warnings.concat().contains("sk-secret"), "{warnings:?}");
    };
    check("http://models.example/v1", 1);
    check("http://localhost:8000/v1", 0);
    check("http://[::1]:8000/v1", 0);
}

#[test]
fn built_ins_answer_with_what_the_case_knows() {
    let corpus = corpus();
    let loaded = |text: &str| load_text(text).expect("a built-in").subjects.remove(0);
    let check = |text: &str, case: &str, expect: Option<Answer>| {
        let subject = loaded(text);
        let case = corpus.case(case).expect("of the corpus");
        assert_eq!(
            subject.has_attempt(case, sec_code_bench_v2::GEN, 3),
            expect.is_some(),
            "{text}"
        );
        assert_eq!(ask(&subject, case, sec_code_bench_v2::GEN, 3), expect, "{text}");
        assert!(!subject.can_repair() && subject.rounds().is_none(), "{text}");
    };
    check("reference", "solved", Some(one_file("src/a.c", "good")));
    check("vulnerable", "solved", Some(one_file("src/a.c", "bad")));
    check("reference", "bare", None);
    check("vulnerable", "bare", None);
    check("empty", "bare", Some(one_file("src/b.c", "")));
}

#[test]
fn an_empty_answer_holds_no_code() {
    let corpus = corpus();
    let case = corpus.case("wide").expect("of the corpus");
    let answer = ask(&Subject::Empty, case, sec_code_bench_v2::GEN, 1).expect("it always answers");
    let Answer::Files(files) = answer else { panic!("{answer:?}") };
    assert_eq!(files.len(), 2);
    assert_eq!(Artifact::from_files(files, case.artifact_paths()), Err(NoCode::Empty));
}

const RECORDS: &str = r#"{"model":"m1","case":"solved","scenario":"gen","round":1,"response":"text"}
{"model":"m1","case":"solved","scenario":"gen","round":"3","code":"int a;","functional":true}

{"model":"m2","case":"wide","scenario":"fix","round":2,"files":{"src/c.c":"c"}}
{"model":"m2","case":"gone","scenario":"fix","round":2,"code":"c"}
{"model":"m2","case":"solved","scenario":"fix-hints","round":2,"code":"c"}
{"case":"bare","scenario":"gen","round":1,"code":""}
"#;

fn replay(file: &Path, rest: &str) -> Result<Loaded, String> {
    load_toml(&format!("[[subject]]\nprovider = 'replay'\nfile = '{}'\n{rest}", file.display()))
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

#[test]
fn records_become_one_subject_a_model_plain_or_gzipped() {
    let folder = tempfile::tempdir().expect("a folder");
    let (head, tail) = RECORDS.split_at(RECORDS.find("\n\n").expect("a blank line") + 1);
    let members = [gzipped(head), gzipped(tail)].concat();
    let files = [
        ("old.jsonl", RECORDS.as_bytes().to_vec()),
        ("old.jsonl.gz", gzipped(RECORDS)),
        ("old.dat", members),
    ];
    let corpus = corpus();
    for (name, bytes) in files {
        let file = folder.path().join(name);
        fs::write(&file, bytes).expect("it is written");
        let loaded = replay(&file, "").expect("it is read");
        assert_eq!(names(&loaded), ["m1", "m2", "old"], "{name}");
        let [m1, m2, old] = loaded.subjects.as_slice() else { panic!("three subjects") };
        assert_eq!([m1.rounds(), m2.rounds(), old.rounds()], [Some(3), Some(2), Some(1)]);
        let check = |subject: &Subject, case: &str, scenario, round, expect: Option<Answer>| {
            let case = corpus.case(case).expect("of the corpus");
            assert_eq!(subject.has_attempt(case, scenario, round), expect.is_some());
            assert_eq!(ask(subject, case, scenario, round), expect);
        };
        check(m1, "solved", sec_code_bench_v2::GEN, 1, Some(Answer::Text("text".to_owned())));
        check(m1, "solved", sec_code_bench_v2::GEN, 2, None);
        check(m1, "solved", sec_code_bench_v2::GEN, 3, Some(one_file("src/a.c", "int a;")));
        check(m1, "solved", sec_code_bench_v2::FIX, 1, None);
        check(m2, "wide", sec_code_bench_v2::FIX, 2, Some(one_file("src/c.c", "c")));
        check(old, "bare", sec_code_bench_v2::GEN, 1, Some(one_file("src/b.c", "")));
        let [case, scenario] = loaded.warnings.as_slice() else { panic!("{:?}", loaded.warnings) };
        assert!(case.contains("1 record is left out: the corpus has no such case: gone"), "{case}");
        assert!(scenario.contains("solved / fix-hints"), "{scenario}");
    }
}

#[test]
fn models_of_a_file_are_chosen_and_renamed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("old.jsonl");
    fs::write(&file, RECORDS).expect("it is written");
    let check = |rest: &str, expect: Result<&[&str], &str>| {
        let found = replay(&file, rest);
        match (&found, expect) {
            (Ok(loaded), Ok(expect)) => assert_eq!(names(loaded), expect, "{rest}"),
            (Err(message), Err(part)) => assert!(message.contains(part), "{rest}: {message}"),
            _ => panic!("{rest}: {found:?}"),
        }
    };
    check("models = ['m2']", Ok(&["m2"]));
    check("models = ['m2', 'm1']", Ok(&["m1", "m2"]));
    check("models = ['m2']\nname = 'n'", Ok(&["n"]));
    check("models = ['m9']", Err("model \"m9\"; it has those of m1, m2, old"));
    check("name = 'n'", Err("several models (m1, m2, old)"));
}

#[test]
fn a_faulty_line_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("old.jsonl");
    let check = |bytes: &[u8], expect: &str| {
        fs::write(&file, bytes).expect("it is written");
        let message = replay(&file, "").expect_err("it is faulty");
        assert!(message.contains(expect), "{message}\nlacks {expect}");
        assert!(message.contains("old.jsonl"), "{message}");
    };
    let good = r#"{"case":"solved","scenario":"gen","round":1,"code":"x"}"#;
    let second = |line: &str, expect: &str| {
        check(format!("{good}\n{line}\n").as_bytes(), &format!("old.jsonl:2: {expect}"));
    };
    second("{", "it is not a JSON object with a record: EOF");
    second("[1]", "it is not a JSON object with a record");
    second(r#"{"scenario":"gen","round":2,"code":"x"}"#, "the record has no \"case\"");
    second(r#"{"case":"solved","round":2,"code":"x"}"#, "the record has no \"scenario\"");
    second(r#"{"case":"solved","scenario":"gen","code":"x"}"#, "the record has no \"round\"");
    second(r#"{"case":"solved","scenario":"x","round":2,"code":"x"}"#, "\"x\" is not a scenario");
    for round in ["0", "-1", "1.5", "\"one\"", "4294967296"] {
        let line = format!(r#"{{"case":"solved","scenario":"gen","round":{round},"code":"x"}}"#);
        second(&line, "the round is not a whole number");
    }
    second(r#"{"case":"solved","scenario":"gen","round":2}"#, "the record has 0 of");
    second(
        r#"{"case":"solved","scenario":"gen","round":2,"code":"x","response":"x"}"#,
        "the record has 2 of",
    );
    second(
        r#"{"case":"wide","scenario":"gen","round":2,"code":"x"}"#,
        "case wide has 2 artifact files; give \"files\"",
    );
    second(good, "it repeats line 1 (solved / gen / round 1)");
    check(b"", "holds no records");
    check(b"\n\xff\n", "old.jsonl:2: ");
    let whole = gzipped(&format!("{good}\n"));
    check(&whole[..whole.len() - 9], "old.jsonl:");
}
