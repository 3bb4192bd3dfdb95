//! What was meant by a name that is not known.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use door::Door;

#[test]
fn a_name_that_is_not_known_is_told_with_the_one_that_was_meant() {
    let door = Door::open();
    door.write("x.py", "print(1)\n");
    let check = |arguments: &[&str], code: i32, meant: &str| {
        let ended = door.run(arguments).with_code(code);
        assert!(ended.stderr.contains(meant), "{arguments:?} {ended}");
    };
    let run = |option: &str, value: &str, meant: &str| {
        let code = if option == "--subject" || option.contains("case") { 3 } else { 2 };
        let subject = if option == "--subject" { &[][..] } else { &["--subject", "reference"] };
        let arguments = [&["run", "--dry-run", option, value], subject].concat();
        check(&arguments, code, &format!("(did you mean {meant:?}?)"));
    };
    run("--case", "wizzard-draft", "wizard-draft");
    run("--exclude-case", "archive_list", "archive-list");
    run("--language", "rubby", "ruby");
    run("--language", "golang", "go");
    run("--severity", "hihg", "high");
    run("--scenario", "gen-hint", "gen-hints");
    run("--locale", "en-us", "en-US");
    run("--reading", "lenien", "lenient");
    run("--subject", "refrence", "reference");
    run("--subject", "opnai:gpt", "openai:MODEL");
    run("--subject", "agent:claude-cod", "claude-code");
    run("--decider", "test", "tests");
    let meant = |name: &str| format!("(did you mean {name:?}?)");
    check(&["cases", "show", "wizard-darft"], 3, &meant("wizard-draft"));
    check(&["world", "avatarimport"], 3, &meant("avatar-import"));
    check(&["cases", "--cwe", "9166"], 3, &meant("CWE-916"));
    check(&["analyse", "--analyser", "bandid", "x.py"], 3, &meant("bandit"));
    check(&["prepare", "--analysers=cpcheck"], 3, &meant("cppcheck"));
    check(&["prepare", "--agents=opencod"], 3, &meant("opencode"));
    check(&["compare", "a", "b", "--fail-if", "overal<1"], 2, &meant("overall"));
    check(&["attempts", "a", "--end", "erored"], 2, &meant("errored"));
    check(&["chek"], 2, "'check'");
    check(&["run", "--subjet", "x"], 2, "'--subject'");
}
