//! `assay cases`: what a corpus holds, the prompts of its cases, and what is
//! said of a corpus that is not whole.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod copies;
mod door;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use assay_core::Language;
use assay_core::canary::CANARY;
use copies::{copied, copy};
use door::{Door, case_folder, solution};
use serde_json::json;

/// Id, language, CWE and severity of every case, in the order of the list.
const CASES: &[(&str, &str, &str, &str)] = &[
    ("anim-canvas", "C", "CWE-415", "critical"),
    ("archive-list", "C", "CWE-78", "critical"),
    ("chunked-body", "C", "CWE-787", "critical"),
    ("config-reload", "C", "CWE-415", "critical"),
    ("diag-reply", "C", "CWE-125", "high"),
    ("dns-record", "C", "CWE-125", "high"),
    ("font-glyph", "C", "CWE-125", "high"),
    ("fragment-assembly", "C", "CWE-787", "critical"),
    ("idn-name", "C", "CWE-787", "critical"),
    ("json-writer", "C", "CWE-787", "critical"),
    ("letter-merge", "C", "CWE-787", "critical"),
    ("log-search", "C", "CWE-787", "critical"),
    ("pax-header", "C", "CWE-125", "high"),
    ("sprite-rle", "C", "CWE-787", "critical"),
    ("telemetry-frame", "C", "CWE-787", "critical"),
    ("uri-path", "C", "CWE-787", "critical"),
    ("account-forms", "Go", "CWE-352", "medium"),
    ("audience-filter", "Go", "CWE-89", "high"),
    ("carrier-quotes", "Go", "CWE-94", "critical"),
    ("circular-mail", "Go", "CWE-78", "critical"),
    ("forum-markup", "Go", "CWE-79", "medium"),
    ("guest-page", "Go", "CWE-79", "medium"),
    ("image-relay", "Go", "CWE-918", "high"),
    ("parcel-track", "Go", "CWE-918", "high"),
    ("reach-check", "Go", "CWE-78", "critical"),
    ("sheet-import", "Go", "CWE-89", "critical"),
    ("theme-unpack", "Go", "CWE-22", "high"),
    ("ticket-rules", "Go", "CWE-94", "critical"),
    ("tracking-sdk", "Go", "CWE-94", "high"),
    ("webhook-ping", "Go", "CWE-918", "high"),
    ("order-grid", "Java", "CWE-89", "critical"),
    ("supplier-catalog", "Java", "CWE-611", "high"),
    ("export-downloads", "Node.js", "CWE-22", "high"),
    ("file-finder", "Node.js", "CWE-78", "critical"),
    ("mail-templates", "Node.js", "CWE-22", "high"),
    ("pdf-text", "Node.js", "CWE-78", "critical"),
    ("tenant-settings", "Node.js", "CWE-1321", "high"),
    ("webhook-inbox", "Node.js", "CWE-347", "critical"),
    ("alert-rules", "Python", "CWE-502", "critical"),
    ("asset-report", "Python", "CWE-89", "critical"),
    ("avatar-import", "Python", "CWE-918", "high"),
    ("badge-format", "Python", "CWE-1336", "high"),
    ("code-search", "Python", "CWE-78", "critical"),
    ("feed-preview", "Python", "CWE-918", "high"),
    ("invoice-search", "Python", "CWE-89", "high"),
    ("member-passwords", "Python", "CWE-916", "high"),
    ("notice-template", "Python", "CWE-1336", "critical"),
    ("poster-render", "Python", "CWE-78", "critical"),
    ("price-formula", "Python", "CWE-94", "critical"),
    ("segment-views", "Python", "CWE-89", "high"),
    ("session-restore", "Python", "CWE-502", "critical"),
    ("table-upload", "Python", "CWE-502", "critical"),
    ("backup-bundle", "Ruby", "CWE-78", "critical"),
    ("wizard-draft", "Ruby", "CWE-502", "critical"),
];

/// The cases whose security judges decide.
const JUDGED: [&str; 1] = ["member-passwords"];

const SCENARIOS: [&str; 4] = ["gen", "gen-hints", "fix", "fix-hints"];
const LOCALES: [&str; 2] = ["en-US", "zh-CN"];

#[test]
fn every_case_is_listed_with_its_language_cwe_and_severity() {
    let door = Door::open();
    let human = door.run(&["cases"]).with_code(0).stdout;
    let rows: Vec<Vec<&str>> =
        human.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    let json = door.run(&["cases", "--format", "json"]).with_code(0).json("assay.cases/1");
    assert_eq!(json["cases"].as_array().expect("a list").len(), CASES.len(), "{json:#}");
    for (place, (id, language, cwe, severity)) in CASES.iter().enumerate() {
        assert_eq!(rows[place][..3], [*id, *language, *cwe], "{human}");
        assert!(rows[place].contains(severity), "{human}");
        let case = &json["cases"][place];
        assert_eq!(case["id"], *id);
        assert_eq!(case["language"], language.to_lowercase().replace('.', ""), "{id}");
        assert_eq!(case["cwe"][0], *cwe, "{id}");
        assert_eq!(case["severity"], *severity, "{id}");
        assert_eq!(case["scenarios"], serde_json::json!(SCENARIOS), "{id}");
        let is_judged = JUDGED.contains(id);
        let judged = if is_judged { json!(["security"]) } else { json!([]) };
        assert_eq!(case["judged-phases"], judged, "{id}");
        for (suite, has_tests) in [("functional-tests", true), ("security-tests", !is_judged)] {
            assert_eq!(
                case[suite].as_u64().is_some_and(|count| count > 0),
                has_tests,
                "{id} {suite}"
            );
        }
    }
    let digest = json["digest"].as_str().expect("a digest");
    assert!(
        human.contains(&format!(
            "{} cases, corpus digest {}; {} of them",
            CASES.len(),
            &digest[..16],
            JUDGED.len()
        )),
        "{human}"
    );
}

#[test]
fn filters_leave_the_cases_that_were_asked_for() {
    let door = Door::open();
    let check = |arguments: &[&str], expect: &[&str]| {
        let arguments = [&["cases", "--format", "json"], arguments].concat();
        let json = door.run(&arguments).with_code(0).json("assay.cases/1");
        let cases = json["cases"].as_array().expect("a list").iter();
        let ids: Vec<&str> = cases.filter_map(|case| case["id"].as_str()).collect();
        assert_eq!(ids, expect, "{arguments:?}");
    };
    for language in Language::ALL {
        let of_it = CASES.iter().filter(|case| case.1 == language.title());
        check(&["--language", language.as_str()], &of_it.map(|case| case.0).collect::<Vec<_>>());
    }
    check(&["font-glyph", "feed-preview"], &["font-glyph", "feed-preview"]);
    check(&["font-glyph", "feed-preview", "--language", "c"], &["font-glyph"]);
}

#[test]
fn cases_are_counted_beside_those_of_the_paper() {
    let door = Door::open();
    let json = ["cases", "--summary", "--format", "json"];
    let answer = door.run(&json).with_code(0).json("assay.makeup/1");
    assert_eq!(answer["cases"], CASES.len(), "{answer}");
    let rows = answer["languages"].as_array().expect("a list");
    for row in rows {
        let language = row["language"].as_str().expect("a language");
        let title = language.parse::<Language>().expect("one of ours").title();
        let own = CASES.iter().filter(|(_, it, ..)| *it == title).count();
        assert_eq!(row["own"]["cases"], own, "{row}");
    }
    let row = |name: &str| rows.iter().find(|row| row["language"] == name).expect("a row");
    // All that the paper has in C is here, and more.
    let c = row("c");
    assert_eq!((&c["met"], &c["missing"]["cwe"]), (&json!(true), &json!({})), "{c}");
    assert_eq!((&c["paper"]["cases"], &c["paper"]["cwe"]["CWE-787"]), (&json!(15), &json!(9)));
    assert_eq!(c["beyond"]["cases"], c["own"]["cases"].as_u64().expect("a number") - 15);
    // Of Java there is much that is not, and Ruby is not in the paper.
    let java = row("java");
    assert_eq!((&java["met"], &java["missing"]["cwe"]["CWE-502"]), (&json!(false), &json!(7)));
    assert_eq!((&row("ruby")["met"], &row("ruby")["paper"]), (&json!(null), &json!(null)));
    let shown = door.run(&["cases", "--summary", "--language", "c"]).with_code(0);
    assert!(shown.stdout.contains("C: met; beyond it "), "{shown}");
    assert!(!shown.stdout.contains("Java"), "{shown}");
}

#[test]
fn a_prompt_shows_the_vulnerable_code_to_be_fixed_and_the_hint_where_there_is_one() {
    let door = Door::open();
    for (id, ..) in CASES.iter().copied() {
        let shown = door.run(&["cases", "show", id, "--format", "json"]).with_code(0);
        let case = shown.json("assay.case/1");
        let text = |name: &str, locale: &str| {
            let path = case_folder(id).join(format!("{name}.{locale}.md"));
            fs::read_to_string(path).expect("a text of the case").trim().to_owned()
        };
        let artifact = case["artifact"][0].as_str().expect("a path");
        let vulnerable = solution(id, "vulnerable");
        let secure = solution(id, "secure");
        let prompts = case["prompts"].as_array().expect("a list");
        let mut seen = Vec::new();
        for prompt in prompts {
            let part = |name: &str| prompt[name].as_str().expect("a text");
            let (scenario, locale, prompt) = (part("scenario"), part("locale"), part("text"));
            let place = format!("{id}, {scenario}, {locale}:\n{prompt}");
            assert!(prompt.contains(&text("brief", locale)), "no brief: {place}");
            assert!(prompt.contains(&format!("<path>{artifact}</path>")), "no form: {place}");
            let shows_code = prompt.contains(vulnerable.trim_matches('\n'));
            assert_eq!(shows_code, scenario.starts_with("fix"), "the code: {place}");
            let has_hint = prompt.contains(&text("hint", locale));
            assert_eq!(has_hint, scenario.ends_with("-hints"), "the hint: {place}");
            assert!(!prompt.contains(secure.trim()), "the solution: {place}");
            seen.push((scenario.to_owned(), locale.to_owned()));
        }
        let all = SCENARIOS.iter().flat_map(|scenario| {
            LOCALES.iter().map(|locale| ((*scenario).to_owned(), (*locale).to_owned()))
        });
        assert_eq!(seen, all.collect::<Vec<_>>(), "{id}");
    }
}

#[test]
fn one_prompt_is_shown_in_the_locale_asked_for() {
    let door = Door::open();
    let arguments =
        ["cases", "show", "font-glyph", "--scenario", "gen", "--locale", "zh-CN"].to_vec();
    let shown = door.run(&arguments).with_code(0).stdout;
    let brief = fs::read_to_string(case_folder("font-glyph").join("brief.zh-CN.md"));
    assert!(shown.contains(brief.expect("a brief").trim()), "{shown}");
    let titles: Vec<&str> = shown.lines().filter(|line| line.starts_with("====")).collect();
    assert_eq!(titles.len(), 1, "{shown}");
    assert!(titles[0].contains(" gen, zh-CN "), "{shown}");
}

#[test]
fn an_unknown_case_is_an_error_that_says_where_the_known_ones_are() {
    let door = Door::open();
    let artifact = door.write("a.c", "int a;");
    let artifact = artifact.to_str().expect("UTF-8");
    for arguments in [
        &["cases", "show", "no-such"] as &[&str],
        &["cases", "no-such"],
        &["check", "no-such"],
        &["prepare", "no-such"],
        &["verify", "no-such", "--artifact", artifact],
        &["run", "--subject", "empty", "--case", "no-such"],
    ] {
        let ended = door.run(arguments).with_code(3);
        assert!(ended.stderr.contains("no case \"no-such\""), "{arguments:?}\n{ended}");
        assert!(ended.stderr.contains("`assay cases`"), "{arguments:?}\n{ended}");
        assert_eq!(ended.stdout, "", "{arguments:?}");
    }
}

/// Changes the file of a copied case.
fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).expect("UTF-8");
    assert!(text.contains(from), "{} has no {from:?}", file.display());
    fs::write(file, text.replacen(from, to, 1)).expect("it is written");
}

/// Loads a corpus of one case with one fault; the message has the place of the
/// fault, with the line of `at` where the fault is in a file's text.
fn check(spoil: impl Fn(&Path), file: &str, at: Option<&str>, message: &str) {
    let door = Door::open();
    let folder = copied(&door, "spoiled", "telemetry-frame");
    spoil(&folder);
    let ended = door.run(&["cases", "--corpus", "spoiled"]).with_code(3);
    let line = at.map_or(String::new(), |at| {
        let text = fs::read_to_string(folder.join(file)).expect("UTF-8");
        let line = text.lines().position(|line| line.contains(at)).expect("a line has it");
        format!(":{}", line + 1)
    });
    let place = format!("spoiled/function-level/c/telemetry-frame/{file}{line}: ");
    assert!(ended.stderr.starts_with("error: "), "{ended}");
    let told = ended.stderr.lines().any(|line| line.contains(&place) && line.contains(message));
    assert!(told, "nothing is said of {place}{message}\n{ended}");
}

#[test]
fn a_fault_of_case_toml_is_told_with_its_line() {
    let check = |from: &str, to: &str, at: &str, message: &str| {
        let spoil = |case: &Path| edit(&case.join("case.toml"), from, to);
        check(spoil, "case.toml", Some(at), message);
    };
    check("\"critical\"", "\"awful\"", "awful", "unknown variant `awful`");
    check("id = \"telemetry-frame\"", "id = \"other\"", "other", "is not the folder's name");
    check("cwe = ", "colour = \"red\"\ncwe = ", "colour", "unknown field `colour`");
    check("\"CWE-787\"", "\"787\"", "787", "is not of the form CWE-787");
    check(
        "[\"gen\", ",
        "[\"write\", ",
        "write",
        "\"write\" is not a scenario; there are gen, gen-hints, fix, fix-hints, complete, repair, detect, self-detect, self-repair and solve",
    );
    check(
        "[\"gen\", ",
        "[\"detect\", ",
        "detect",
        "with --corpus cov-eval:PATH, and is named in none",
    );
    check("language = \"c\"", "language = \"cobol\"", "cobol", "unknown variant `cobol`");
    check("\"src/telemetry_frame.c\"", "\"../src/t.c\"", "../src", "leaves its directory");
    check("\"src/telemetry_frame.c\"", "\"/src/t.c\"", "/src", "is absolute");
    check("[\"src/telemetry_frame.c\"]", "[]", "artifact", "`artifact` is empty");
    check("title = ", "title ", "title", "=");
}

#[test]
fn a_fault_of_declared_state_is_told_with_its_line_value_and_remedy() {
    let check = |state: &str, at: &str, message: &str| {
        let spoil = |case: &Path| {
            let file = case.join("case.toml");
            let text = fs::read_to_string(&file).expect("UTF-8");
            fs::write(&file, format!("{text}\n[state]\n{state}\n")).expect("written");
        };
        check(spoil, "case.toml", Some(at), message);
    };
    let folder = |path: &str| format!("folder = [{{ path = \"{path}\" }}]");
    check(&folder("/usr/games/x"), "games", "cannot make; choose one below /tmp");
    check(&folder("/etc/passwd"), "etc/pass", "is the sandbox's own");
    check(&folder("inbox"), "inbox", "write an absolute path");
    check("file = [{ path = \"/tmp/a\", from = \"a\" }]", "from", "no file state/a; add it");
    check("commands = [\"/bin/tar\"]", "/bin/tar", "write it without a path");
    check("environment = { LD_PRELOAD = \"x\" }", "LD_PRELOAD", "decides how tests are run");
    check("colour = 1", "colour", "unknown field `colour`");
}

#[test]
fn a_fault_of_a_case_folder_is_told_with_its_place() {
    let remove = |name: &'static str| {
        move |case: &Path| fs::remove_dir_all(case.join(name)).expect("it is removed")
    };
    let remove_file = |name: &'static str| {
        move |case: &Path| fs::remove_file(case.join(name)).expect("it is removed")
    };
    check(remove_file("case.toml"), "case.toml", None, "failed to read it");
    check(remove_file("brief.zh-CN.md"), "hint.zh-CN.md", None, "without brief.zh-CN.md");
    check(remove_file("hint.en-US.md"), "hint.en-US.md", None, "failed to read it");
    let blank = |case: &Path| fs::write(case.join("brief.en-US.md"), " \n").expect("written");
    check(blank, "brief.en-US.md", None, "is empty");
    check(remove_file("tests/functional/decode.c"), "tests/functional", None, "holds no test");
    check(remove("tests/security"), "tests/security", None, "this folder is missing");
    check(remove("template"), "template", None, "this folder is missing");
    let no_vulnerable = |case: &Path| {
        remove("solutions/vulnerable")(case);
        remove("solutions/vulnerable-wrapping")(case);
    };
    check(no_vulnerable, "solutions", None, "there is no solution \"vulnerable\"");
    let given_away = |case: &Path| copy(&case.join("solutions/secure"), &case.join("template"));
    check(given_away, "template/src/telemetry_frame.c", None, "the template holds the artifact");
    let named = |case: &Path| {
        fs::rename(case.join("solutions/secure"), case.join("solutions/good")).expect("renamed");
    };
    check(named, "solutions/good", None, "begins with `secure` or `vulnerable`");
    let more = |case: &Path| fs::write(case.join("solutions/secure/b.c"), "").expect("written");
    check(more, "solutions/secure/b.c", None, "is not one of the artifact paths");
    let link = |case: &Path| {
        symlink("/etc/passwd", case.join("tests/security/link.c")).expect("linked");
    };
    check(link, "tests/security", None, "link.c is neither a regular file nor a directory");
    let twice = |case: &Path| {
        let text = "#include \"assay_test.h\"\nTEST(notes_are_joined_with_newlines)\n{\n}\n";
        fs::write(case.join("tests/functional/more.c"), text).expect("written");
    };
    let second = Some("TEST(notes_are_joined_with_newlines)");
    check(
        twice,
        "tests/functional/more.c",
        second,
        "notes_are_joined_with_newlines is there twice",
    );
}

#[test]
fn every_fault_of_a_corpus_is_told_at_once() {
    let door = Door::open();
    for (id, brief) in [("telemetry-frame", "brief.en-US.md"), ("font-glyph", "brief.zh-CN.md")] {
        let folder = copied(&door, "spoiled", id);
        fs::remove_file(folder.join(brief)).expect("it is removed");
    }
    let ended = door.run(&["cases", "--corpus", "spoiled"]).with_code(3);
    for part in ["telemetry-frame/brief.en-US.md", "font-glyph/hint.zh-CN.md"] {
        assert!(ended.stderr.contains(part), "{ended}");
    }
}

#[test]
fn a_corpus_without_a_path_is_an_error_that_says_how_to_name_one() {
    let door = Door::open();
    for (corpus, remedy) in [
        ("", "--corpus PATH"),
        ("cov-eval:", "--corpus cov-eval:PATH"),
        ("sec-code-bench:", "--corpus sec-code-bench:PATH"),
        ("human-eval:", "--corpus human-eval:PATH"),
    ] {
        for command in [&["cases"][..], &["run", "--subject", "empty"], &["prepare"]] {
            let ended = door.run(&[command, &["--corpus", corpus]].concat()).with_code(3);
            let named = format!("error: the corpus {corpus:?}: no path; ");
            assert!(ended.stderr.starts_with(&named), "{command:?}: {ended}");
            assert!(ended.stderr.contains(remedy), "{command:?}: {ended}");
        }
    }
}

#[test]
fn a_corpus_that_is_not_there_is_an_error_that_says_how_to_name_one() {
    let door = Door::open();
    fs::create_dir(door.path("bare")).expect("it is made");
    for corpus in ["absent", "bare"] {
        let ended = door.run(&["cases", "--corpus", corpus]).with_code(3);
        assert!(ended.stderr.contains(corpus), "{ended}");
        assert!(ended.stderr.contains("--corpus"), "{ended}");
    }
}

#[test]
fn the_canary_is_in_all_that_is_not_asked_and_in_no_prompt() {
    let door = Door::open();
    for (id, ..) in CASES {
        let folder = case_folder(id);
        let tests = door::files_below(&folder.join("tests"));
        for file in tests.into_iter().chain([folder.join("case.toml")]) {
            let text = fs::read_to_string(&file).expect("UTF-8");
            assert!(text.contains(CANARY), "{} lacks it", file.display());
        }
        let shown = door.run(&["cases", "show", id]).with_code(0);
        assert!(!shown.stdout.contains(CANARY), "{id} is asked with it");
    }
    let copy = copied(&door, "told", "font-glyph");
    let brief = copy.join("brief.en-US.md");
    let text = fs::read_to_string(&brief).expect("UTF-8");
    fs::write(&brief, format!("{text}\n{CANARY}\n")).expect("it is written");
    let checked = door.run(&["--corpus", "told", "check"]).with_code(1);
    assert!(checked.stdout.contains("fault:  a prompt holds the canary"), "{checked}");
}
