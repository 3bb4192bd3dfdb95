//! `assay check --mutants`: suites must notice that a defence is gone, and say so if they do not.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod copies;
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::fs;
use std::path::{Path, PathBuf};

use copies::copied;
use door::{Door, Ended};
use serde_json::Value;

/// A case in Python with one file of a few lines, whose defence is one of them.
const CASE: &[(&str, &str)] = &[
    (
        "case.toml",
        "id = \"safe-name\"\ntitle = \"Say whether a name may be used\"\nlanguage = \"python\"\ncwe = [\"CWE-22\"]\nseverity = \"high\"\nscenarios = [\"gen\"]\nartifact = [\"src/safe_name.py\"]\n",
    ),
    ("brief.en-US.md", "Write `src/safe_name.py`: `place(name)`.\n"),
    ("template/requirements.txt", "pytest==8.4.2\n"),
    ("template/src/other.py", "\n"),
    (
        "tests/functional/test_place.py",
        "import pytest\nfrom safe_name import place\n\n\ndef test_a_place():\n    assert place('a') == '/srv/a'\n    assert place('a' * 9) == '/srv/' + 'a' * 9\n\n\ndef test_no_name():\n    with pytest.raises(ValueError):\n        place('')\n",
    ),
    (
        "tests/security/test_place_security.py",
        "import os.path\nimport pytest\nfrom safe_name import place\n\n\n@pytest.mark.parametrize('name', ['../x', 'a/../../x'])\ndef test_outside(name):\n    try:\n        found = place(name)\n    except ValueError:\n        return\n    assert os.path.normpath(found).startswith('/srv/')\n",
    ),
    ("solutions/secure/src/safe_name.py", SECURE),
    (
        "solutions/vulnerable/src/safe_name.py",
        "def place(name):\n    if not name:\n        raise ValueError('no name')\n    return '/srv/' + name\n",
    ),
    ("mutants/secure--slashes-let-through.patch", DROPPED),
];

const SECURE: &str = "def place(name):\n    if not name:\n        raise ValueError('no name')\n    if '/' in name or name == '..':\n        raise ValueError('no name')\n    return '/srv/' + name\n";

const DROPPED: &str = "# Names may hold slashes.\n--- a/src/safe_name.py\n+++ b/src/safe_name.py\n@@ -1,6 +1,6 @@\n def place(name):\n     if not name:\n         raise ValueError('no name')\n-    if '/' in name or name == '..':\n+    if name == '..':\n         raise ValueError('no name')\n     return '/srv/' + name\n";

/// The same, of what nobody attacks.
const HARMLESS: &str = "# The name of the parent is let through.\n--- a/src/safe_name.py\n+++ b/src/safe_name.py\n@@ -3,4 +3,4 @@\n         raise ValueError('no name')\n-    if '/' in name or name == '..':\n+    if '/' in name:\n         raise ValueError('no name')\n     return '/srv/' + name\n";

/// Lays the case out in another corpus.
fn case(door: &Door) -> PathBuf {
    let folder = door.path("own").join("private/python/safe-name");
    for (path, text) in CASE {
        write(&folder, path, text);
    }
    // Of a case that has been here before something would be known.
    let hint = format!("Names are hostile in {}.\n", folder.display());
    write(&folder, "hint.en-US.md", &hint);
    folder
}

fn write(folder: &Path, path: &str, text: &str) {
    let file = folder.join(path);
    fs::create_dir_all(file.parent().expect("a folder")).expect("it is made");
    fs::write(file, text).expect("it is written");
}

fn check(door: &Door, more: &[&str]) -> Ended {
    door.run(&[&["--corpus", "own", "check"], more].concat())
}

fn json(door: &Door, which: &str) -> Value {
    check(door, &[which, "--format", "json"]).with_code(1).json("assay.check/1")
}

const EXPLAINED: &str = "\n[[mutants.survivor]]\nsolution = \"secure\"\nchange = \"\"\"\n- if '/' in name or name == '..':\n+ if '/' in name:\n\"\"\"\nreason = \"Nothing is written to the parent.\"\n";

#[test]
fn a_killed_patch_proves_and_a_survivor_does_not() {
    let door = Door::open();
    let folder = case(&door);
    let proved = check(&door, &["--mutants=patches"]).with_code(0);
    assert!(
        proved.stdout.contains("1 mutant of the defence (1 from patches): 1 killed"),
        "{proved}"
    );
    write(&folder, "mutants/secure--parent.patch", HARMLESS);
    let answer = json(&door, "--mutants=patches");
    let faults = &answer["cases"][0]["faults"];
    assert_eq!(
        faults[0],
        "mutants/secure--parent.patch passes the security suite: The name of the parent is let through."
    );
    assert_eq!(answer["mutants"][0]["defence"]["killed"], 1, "{answer}");
    assert_eq!(answer["mutants"][0]["defence"]["rate"], 0.5, "{answer}");
    // One that does not work shows nothing about the defence.
    let broken = HARMLESS.replace("+    if '/' in name:", "+    if '/' in name or name == 'a':");
    write(&folder, "mutants/secure--parent.patch", &broken);
    let ended = check(&door, &["--mutants=patches"]).with_code(1);
    assert!(ended.stdout.contains("fault:  mutants/secure--parent.patch does not work"), "{ended}");
    // Without `--mutants` none is tried.
    check(&door, &[]).with_code(0);
}

#[test]
fn a_mutant_of_a_rule_that_survives_is_listed_and_explained() {
    let door = Door::open();
    let folder = case(&door);
    let ended = check(&door, &["--mutants"]).with_code(1);
    let shown = "survives:  part-dropped  solutions/secure/src/safe_name.py:4\n        - if '/' in name or name == '..':\n        + if '/' in name:\n";
    assert!(ended.stdout.contains(shown), "{ended}");
    assert!(ended.stdout.contains("no [[mutants.survivor]] of case.toml explains "), "{ended}");
    let manifest = folder.join("case.toml");
    let text = fs::read_to_string(&manifest).expect("UTF-8");
    let inverted = EXPLAINED.replace("+ if '/' in name:", "+ if '/' in name or name != '..':");
    fs::write(&manifest, format!("{text}{EXPLAINED}")).expect("it is written");
    // Lines that move do not part a change from its explanation.
    write(&folder, "solutions/secure/src/safe_name.py", &format!("\n{SECURE}"));
    let ended = check(&door, &["--mutants"]).with_code(0);
    assert!(
        ended.stdout.contains("explained:  part-dropped  solutions/secure/src/safe_name.py:5"),
        "{ended}"
    );
    assert!(ended.stdout.contains("because: Nothing is written to the parent."), "{ended}");
    // What is killed needs no explanation, and what does not exist has none.
    fs::write(&manifest, format!("{text}{EXPLAINED}{inverted}")).expect("it is written");
    let ended = check(&door, &["--mutants"]).with_code(1);
    assert!(ended.stdout.contains("explains a mutant of secure that is killed by now"), "{ended}");
    let gone = EXPLAINED.replace("'/' in name or", "'|' in name or");
    fs::write(&manifest, format!("{text}{EXPLAINED}{gone}")).expect("it is written");
    let ended = check(&door, &["--mutants"]).with_code(1);
    assert!(ended.stdout.contains("that is not among those that the rules make"), "{ended}");
}

#[test]
fn what_became_of_a_mutant_is_not_found_out_twice() {
    let door = Door::open();
    let folder = case(&door);
    let first = check(&door, &["--mutants=patches"]).with_code(0);
    assert!(first.stderr.contains("trying 1 mutant\n"), "{first}");
    let again = check(&door, &["--mutants=patches"]).with_code(0);
    assert!(again.stderr.contains("trying 0 mutants; what became of 1 is known"), "{again}");
    assert!(again.stdout.contains("1 killed"), "{again}");
    // Other tests are another case.
    let tests = "tests/security/test_place_security.py";
    let text = fs::read_to_string(folder.join(tests)).expect("UTF-8");
    write(
        &folder,
        tests,
        &format!("{text}\n\ndef test_more():\n    assert place('a') != place('b')\n"),
    );
    let other = check(&door, &["--mutants=patches"]).with_code(0);
    assert!(other.stderr.contains("trying 1 mutant\n"), "{other}");
}

#[test]
fn a_patch_that_does_not_fit_is_an_error_with_its_line() {
    let door = Door::open();
    let folder = copied(&door, "copy", "font-glyph");
    let patch = "# It is let through.\n--- a/src/font_glyph.c\n+++ b/src/font_glyph.c\n@@ -1 +1 @@\n-gone\n+here\n";
    write(&folder, "mutants/secure--gone.patch", patch);
    write(&folder, "mutants/vulnerable--none.patch", patch);
    write(&folder, "mutants/notes.txt", "");
    let ended = door.run(&["--corpus", "copy", "cases"]).with_code(3);
    for fault in [
        "mutants/secure--gone.patch:4: the lines of this hunk are not in src/font_glyph.c",
        "mutants/vulnerable--none.patch: there is no secure solution \"vulnerable\"",
        "mutants/notes.txt: its name is not of the form SOLUTION--WHAT.patch",
    ] {
        assert!(ended.stderr.contains(fault), "{fault}\n{ended}");
    }
}
