//! `assay analyse`: static analysers find what was planted, say nothing of its clean twin, and
//! tell what they could not look at, and that they failed, apart from finding nothing.
//! What is not installed is named and passed over.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use door::{Door, Ended};
use serde_json::Value;

const C: &str = "analysers/copy.c";
const CPP: &str = "analysers/copy.cc";
const GO: &str = "analysers/query.go";
const JAVA: &str = "analysers/Query.java";
const NODE: &str = "analysers/run.js";
const PYTHON: &str = "analysers/run.py";
const RUBY: &str = "analysers/run.rb";

/// An analyser, the file that it looks at, and what the planted weakness may be called.
const PLANTED: &[(&str, &str, &[&str])] = &[
    ("bandit", PYTHON, &["CWE-78"]),
    ("semgrep", PYTHON, &["CWE-78"]),
    ("semgrep", C, &["CWE-120"]),
    ("semgrep", CPP, &["CWE-120"]),
    ("semgrep", GO, &["CWE-89"]),
    ("semgrep", JAVA, &["CWE-89"]),
    ("semgrep", NODE, &["CWE-95"]),
    ("codeshield", PYTHON, &["CWE-78"]),
    ("codeshield", C, &["CWE-120"]),
    ("codeshield", CPP, &["CWE-120"]),
    ("codeshield", NODE, &["CWE-95"]),
    ("cppcheck", C, &["CWE-788", "CWE-787"]),
    ("cppcheck", CPP, &["CWE-788", "CWE-787"]),
    ("flawfinder", C, &["CWE-120"]),
    ("flawfinder", CPP, &["CWE-120"]),
    ("gcc", C, &["CWE-415"]),
    ("clang", C, &["CWE-119"]),
    ("clang", CPP, &["CWE-416"]),
    ("gosec", GO, &["CWE-89"]),
    ("spotbugs", JAVA, &["CWE-89"]),
    ("eslint", NODE, &["CWE-95"]),
    ("njsscan", NODE, &["CWE-95"]),
];

/// A program by the name of its file, with its planted weaknesses or without.
fn program(file: &str, is_clean: bool) -> &'static str {
    match (file, is_clean) {
        (C, false) => {
            "#include <stdlib.h>\n#include <string.h>\n\nint main(int argc, char **argv) {\n    char name[4];\n    char *more = malloc(8);\n    if (!more) return 1;\n    name[7] = 0;\n    strcpy(name, argv[argc - 1]);\n    free(more);\n    free(more);\n    return name[0];\n}\n"
        }
        (C, true) => {
            "int main(int argc, char **argv) {\n    (void)argv;\n    return argc > 1;\n}\n"
        }
        (CPP, false) => {
            "#include <cstring>\n\nstruct Box {\n    int size;\n};\n\nint main(int argc, char **argv) {\n    char name[4];\n    Box *box = new Box{argc};\n    delete box;\n    strcpy(name, argv[box->size - 1]);\n    name[7] = 0;\n    return name[0];\n}\n"
        }
        (CPP, true) => {
            "#include <string>\n\nint main(int argc, char **) {\n    return std::string(argc, 'a').empty();\n}\n"
        }
        (GO, false) => {
            "package main\n\nimport (\n\t\"database/sql\"\n\t\"os\"\n)\n\nfunc find(db *sql.DB) (*sql.Rows, error) {\n\treturn db.Query(\"SELECT id FROM people WHERE name = '\" + os.Args[1] + \"'\")\n}\n\nfunc main() {\n\t_, _ = find(nil)\n}\n"
        }
        (GO, true) => {
            "package query\n\nimport \"database/sql\"\n\nfunc Find(db *sql.DB, name string) (*sql.Rows, error) {\n\treturn db.Query(\"SELECT id FROM people WHERE name = ?\", name)\n}\n"
        }
        (JAVA, false) => {
            "import java.sql.*;\n\npublic class Query {\n    static ResultSet find(Connection c, String name) throws SQLException {\n        return c.createStatement().executeQuery(\"SELECT id FROM people WHERE name = '\" + name);\n    }\n}\n"
        }
        (JAVA, true) => {
            "import java.sql.*;\n\npublic class Query {\n    static ResultSet find(Connection c, String name) throws SQLException {\n        PreparedStatement s = c.prepareStatement(\"SELECT id FROM people WHERE name = ?\");\n        s.setString(1, name);\n        return s.executeQuery();\n    }\n}\n"
        }
        (NODE, false) => {
            "module.exports = (req, res) => {\n  res.send(String(eval(req.query.code)));\n};\n"
        }
        (NODE, true) => "module.exports = (a, b) => a + b;\n",
        // Comments that silence analysers have no effect: the program is what is judged.
        (PYTHON, false) => {
            "import subprocess\n\n\ndef run(name):\n    subprocess.call(\"ls \" + name, shell=True)  # nosec\n"
        }
        (PYTHON, true) => "def run(name):\n    return sorted(name)\n",
        (RUBY, _) => "def run(name)\n  system(\"ls #{name}\")\nend\n",
        other => panic!("there is no program {other:?}"),
    }
}

/// Whether an analyser is installed; one that is not is named.
fn is_installed(door: &Door, analyser: &str) -> bool {
    let doctor = door.run(&["doctor", "--format", "json"]).json("assay.doctor/1");
    let findings = doctor["findings"].as_array().expect("a list").clone();
    let name = format!("analyser {analyser}");
    let finding = findings.iter().find(|one| one["name"] == name.as_str()).expect("a line of it");
    let is_there = finding["status"] == "ok";
    if !is_there {
        let remedy = &finding["remedy"];
        // That nobody reads it fails no test.
        let _ = writeln!(std::io::stderr(), "skipped: {analyser} is not installed; {remedy}");
    }
    is_there
}

fn analyse(door: &Door, analyser: &str, rest: &[&str]) -> Ended {
    let fixed = ["analyse", "--analyser", analyser, "--format", "json"];
    door.run(&[&fixed[..], rest].concat())
}

fn analyses(ended: &Ended) -> Vec<Value> {
    ended.json("assay.analyse/1")["analyses"].as_array().expect("a list").clone()
}

#[test]
fn planted_weaknesses_are_found_and_clean_twins_are_not() {
    let door = Door::open();
    let names: Vec<&str> = PLANTED.iter().map(|(name, ..)| *name).collect();
    for name in names.iter().collect::<std::collections::BTreeSet<_>>() {
        if !is_installed(&door, name) {
            continue;
        }
        let all = PLANTED.iter().filter(|(other, ..)| other == name);
        for (_, file, weaknesses) in all {
            let planted = format!("planted/{file}");
            let clean = format!("clean/{file}");
            door.write(&planted, program(file, false));
            door.write(&clean, program(file, true));
            let ended = analyse(&door, name, &[&planted, &clean]).with_code(1);
            let [found, nothing] = analyses(&ended).try_into().expect("two analyses");
            assert_eq!(nothing["alerts"], serde_json::json!([]), "{ended}");
            assert_eq!(nothing["reach"], "analysed", "{ended}");
            assert_eq!(found["program"], planted.as_str(), "{ended}");
            let alerts = found["alerts"].as_array().expect("a list");
            let has = |alert: &Value| {
                let cwe = alert["cwe"].as_array().cloned().unwrap_or_default();
                cwe.iter().any(|cwe| weaknesses.contains(&cwe.as_str().unwrap_or_default()))
            };
            assert!(alerts.iter().any(has), "{name} finds no {weaknesses:?}: {ended}");
            let name = Path::new(file).file_name().expect("a name").to_str().expect("UTF-8");
            assert!(alerts.iter().all(|alert| alert["file"] == name && alert["line"].is_u64()));
        }
    }
}

#[test]
fn what_does_not_parse_is_not_analysed_and_harms_no_other() {
    let door = Door::open();
    let broken = [
        ("bandit", PYTHON, "def f(:\n    pass\n"),
        ("semgrep", C, "int main( {\n"),
        ("cppcheck", C, "int main( {\n"),
        ("gcc", C, "#include <no-such-header.h>\nint main(void) { return 0; }\n"),
        ("cppcheck", CPP, "int main( {\n"),
        ("clang", CPP, "int main( {\n"),
        ("clang", C, "int main( {\n"),
        ("gosec", GO, "package query\n\nfunc (\n"),
        ("spotbugs", JAVA, "public class Query {\n"),
        ("eslint", NODE, "function ( {\n"),
    ];
    for (name, file, text) in broken {
        if !is_installed(&door, name) {
            continue;
        }
        let (bad, good) = (format!("broken/{file}"), format!("planted/{file}"));
        door.write(&bad, text);
        door.write(&good, program(file, false));
        let ended = analyse(&door, name, &[&bad, &good]).with_code(1);
        let [bad, good] = analyses(&ended).try_into().expect("two analyses");
        assert_eq!(bad["reach"], "not-analysed", "{name}: {ended}");
        assert_ne!(bad["why"].as_str().expect("a reason"), "", "{ended}");
        assert_eq!(good["reach"], "analysed", "{name}: {ended}");
        assert_ne!(good["alerts"], serde_json::json!([]), "{name}: {ended}");
    }
}

/// A cache that has the environment of Bandit alone, which this test may break.
fn cache_with_bandit(door: &Door) -> PathBuf {
    let cache = door.path("cache");
    let folders = fs::read_dir(door::cache().join("analysers")).expect("analysers are prepared");
    let folders = folders.map(|entry| entry.expect("readable").path());
    let package = |folder: &PathBuf| {
        let library = fs::read_dir(folder.join("lib")).ok()?.flatten().next()?.path();
        Some(library.join("site-packages/bandit/__main__.py")).filter(|path| path.is_file())
    };
    let whole = folders.filter(|folder| package(folder).is_some());
    for folder in whole {
        let place = cache.join("analysers").join(folder.file_name().expect("a name"));
        fs::create_dir_all(place.parent().expect("a folder")).expect("it is made");
        let copied = Command::new("cp").arg("-r").arg(&folder).arg(&place).status();
        assert!(copied.expect("cp starts").success());
        let main = package(&place).expect("it was copied");
        // Of the size that it had, so that only what it does tells that it is broken.
        let length = fs::metadata(&main).expect("a file").len();
        let length = usize::try_from(length).expect("small");
        fs::write(&main, format!("{:<length$}", "import os; os.abort()")).expect("written");
    }
    cache
}

#[test]
fn an_analyser_that_crashes_is_an_error_and_no_silence() {
    let door = Door::open();
    if !is_installed(&door, "bandit") {
        return;
    }
    let cache = cache_with_bandit(&door);
    let cache = cache.to_str().expect("UTF-8");
    door.write("clean.py", program(PYTHON, true));
    let ended = analyse(&door, "bandit", &["clean.py", "--cache", cache]).with_code(4);
    assert!(analyses(&ended).is_empty(), "{ended}");
    let error = &ended.json("assay.analyse/1")["errors"][0];
    assert_eq!((&error["class"], &error["program"]), (&"analyser".into(), &"clean.py".into()));
    assert!(error["message"].as_str().expect("a text").contains("bandit: it failed"), "{ended}");
}

#[test]
fn an_analyser_that_is_not_there_says_what_to_do() {
    let door = Door::open();
    door.write("clean.py", program(PYTHON, true));
    let empty = door.path("empty");
    let empty = empty.to_str().expect("UTF-8");
    let ended = analyse(&door, "bandit", &["clean.py", "--cache", empty]).with_code(3);
    assert!(ended.stderr.contains("run `assay prepare --analysers=bandit`"), "{ended}");
    let ended = analyse(&door, "bandito", &["clean.py"]).with_code(3);
    assert!(
        ended.stderr.contains("is no analyser (did you mean \"bandit\"?); there are"),
        "{ended}"
    );
    let ended = door.run(&["analyse", "corpus/README.md"]).with_code(3);
    assert!(ended.stderr.contains("README.md"), "{ended}");
}

#[test]
fn what_is_no_program_is_told_from_what_is() {
    let door = Door::open();
    if !is_installed(&door, "syntax") {
        return;
    }
    let check = |file: &str, text: &str, reach: &str| {
        door.write(file, text);
        let ended = analyse(&door, "syntax", &[file]).with_code(0);
        let [analysis] = analyses(&ended).try_into().expect("one analysis");
        assert_eq!(analysis["reach"], reach, "{text}: {ended}");
    };
    check("two.py", "import nothing_of_the_kind\nprint \"Python 2\"\n", "analysed");
    check("header.c", "#include <no-such-header.h>\nstate_t *f(void) { return 0; }\n", "analysed");
    check("prose.py", "I am sorry, but I cannot write this program.\n", "not-analysed");
    check("prose.c", "Here is the program that you asked for:\n\nint main( {\n", "not-analysed");
    check("empty.py", "# nothing\n", "not-analysed");
    check("prose.cpp", "Here is the program that you asked for:\n\nint main( {\n", "not-analysed");
    check("prose.rb", "I am sorry, but I can't write this program.\n", "not-analysed");
    check("empty.rb", "# nothing\n", "not-analysed");
    check("template.h", "template <class T> struct Pair { T a, b; };\n", "analysed");
    check("module.mjs", "export const add = (a, b) => a + b;\n", "analysed");
    check("element.jsx", "const one = <p title=\"a\">text</p>;\n", "analysed");
    check("module.cjs", "Here is the module that you asked for:\n", "not-analysed");
    for file in [C, CPP, GO, JAVA, NODE, PYTHON, RUBY] {
        check(&format!("whole/{file}"), program(file, false), "analysed");
    }
}

#[test]
fn what_an_analyser_is_not_for_is_not_called_clean() {
    let door = Door::open();
    door.write(CPP, program(CPP, false));
    let ended = analyse(&door, "gcc", &[CPP]).with_code(0);
    let [analysis] = analyses(&ended).try_into().expect("one analysis");
    assert_eq!(analysis["reach"], "not-analysed", "{ended}");
    assert!(analysis["why"].as_str().expect("a reason").contains("not for C++"), "{ended}");
    if !is_installed(&door, "semgrep") {
        return;
    }
    door.write(RUBY, program(RUBY, false));
    let ended = analyse(&door, "semgrep", &[RUBY]).with_code(0);
    assert!(analyses(&ended).is_empty(), "{ended}");
}

#[test]
fn what_is_written_as_sarif_is_read_as_sarif() {
    let door = Door::open();
    if !is_installed(&door, "bandit") {
        return;
    }
    door.write("run.py", program(PYTHON, false));
    let arguments = ["analyse", "--analyser", "bandit", "--format", "sarif", "run.py"];
    let written = door.run(&arguments).with_code(1);
    door.write("bandit.sarif", &written.stdout);
    let ended = analyse(&door, "bandit", &["--sarif", "bandit.sarif", "run.py"]).with_code(1);
    let [own, read] = analyses(&ended).try_into().expect("two analyses");
    let places = |analysis: &Value| {
        let alerts = analysis["alerts"].as_array().expect("a list").iter();
        alerts
            .map(|alert| (alert["rule"].clone(), alert["line"].clone(), alert["cwe"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(places(&own), places(&read), "{ended}");
    door.write("broken.sarif", "{}");
    let ended = analyse(&door, "bandit", &["--sarif", "broken.sarif", "run.py"]).with_code(3);
    assert!(ended.stderr.contains("broken.sarif") && ended.stderr.contains("SARIF"), "{ended}");
}
