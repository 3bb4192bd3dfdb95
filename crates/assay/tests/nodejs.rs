//! Node.js artifacts under Jest and under Mocha, and what is said of those that try to
//! fool the grader. The attacks themselves are in `hostile/`.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;

use door::{Door, solution};

const JEST: &str = "tenant-settings";
const MOCHA: &str = "webhook-inbox";

/// Verifies the vulnerable solution with `tail` after it: whatever it is, it is
/// never secure. Returns what was observed.
fn check(case: &str, tail: &str) -> serde_json::Value {
    let door = Door::open();
    door.write("artifact", format!("{}\n{tail}", solution(case, "vulnerable")));
    let ended = door.run(&["verify", case, "--artifact", "artifact", "--format", "json"]);
    let json = ended.json("assay.verify/2");
    assert_ne!(json["verdict"], "secure", "{case} was fooled by\n{tail}");
    ended.with_code(1);
    json
}

fn check_verdict(case: &str, tail: &str, verdict: &str) {
    let json = check(case, tail);
    assert_eq!(json["verdict"], verdict, "{tail}\n{json:#}");
}

#[test]
fn a_secure_solution_is_secure_and_a_vulnerable_one_insecure() {
    let door = Door::open();
    for case in [JEST, MOCHA] {
        door.write("artifact", solution(case, "secure"));
        let ended = door.run(&["verify", case, "--artifact", "artifact", "--format", "json"]);
        let json = ended.with_code(0).json("assay.verify/2");
        assert_eq!(json["verdict"], "secure", "{json:#}");
        check_verdict(case, "", "insecure");
    }
}

#[test]
fn a_syntax_error_is_not_functional_and_is_shown() {
    for case in [JEST, MOCHA] {
        let json = check(case, "function (\n");
        assert_eq!(json["verdict"], "nonfunctional", "{json:#}");
        let logs = json["logs"].to_string();
        assert!(logs.contains("SyntaxError"), "{case}: {logs}");
    }
}

#[test]
fn what_was_seen_of_an_attack_is_told_with_its_place() {
    let tail = "\nrequire('fs').existsSync = () => false;\n";
    for case in [JEST, MOCHA] {
        let json = check(case, tail);
        assert_eq!(json["verdict"], "tampered", "{json:#}");
        let conclusion = &json["evidence"]["phases"][0]["conclusion"];
        let finding = &conclusion["detail"][0];
        assert_eq!(finding["what"], "replaces existsSync of fs", "{json:#}");
        assert_eq!(finding["layer"], "run", "{json:#}");
        let place = finding["place"].as_str().unwrap_or_default();
        assert!(place.starts_with("src/"), "{json:#}");
    }
}

#[test]
fn what_a_text_reaches_for_is_found_before_anything_runs() {
    for case in [JEST, MOCHA] {
        let json = check(case, "const { fs } = process.binding('natives');");
        assert_eq!(json["verdict"], "tampered", "{json:#}");
        assert_eq!(
            json["evidence"]["build"]["findings"][0]["what"], "uses process.binding",
            "{json:#}"
        );
        assert_eq!(json["evidence"]["build"]["findings"][0]["layer"], "build", "{json:#}");
        check_verdict(case, "// const { fs } = process.binding('natives');", "insecure");
    }
}

#[test]
fn what_is_only_unusual_is_a_note_that_decides_nothing() {
    let tail = "\nrequire('v8').getHeapStatistics();\nprocess.on('exit', () => {});\n";
    for case in [JEST, MOCHA] {
        let json = check(case, tail);
        assert_eq!(json["verdict"], "insecure", "{json:#}");
        let note = &json["evidence"]["phases"][0]["notes"][0];
        assert_eq!(note["what"], "loads v8", "{json:#}");
        assert_eq!(note["layer"], "build", "{json:#}");
        let place = note["place"].as_str().unwrap_or_default();
        assert!(place.starts_with("src/"), "{json:#}");
    }
}

#[test]
fn the_evidence_has_the_written_names_of_tests_and_their_files() {
    let files = [
        (JEST, "/work/tests/security/tenant-settings-security.test.js"),
        (MOCHA, "/work/tests/security/inbox-security.test.js"),
    ];
    for (case, file) in files {
        let json = check(case, "");
        let tests = &json["evidence"]["phases"][1]["tests"];
        let failed: Vec<_> = tests.as_array().into_iter().flatten().collect();
        let shows = |test: &&&serde_json::Value| {
            test["outcome"] == "failed" && test["detail"].to_string().contains(file)
        };
        assert!(failed.iter().any(|test| shows(&test)), "{json:#}");
    }
}

#[test]
fn code_that_does_what_honest_code_does_is_not_tampering() {
    let tail = r#"
        const fs = require('fs');
        const os = require('os');
        const path = require('node:path');
        const { promisify } = require('util');
        const { EventEmitter } = require('events');
        const { AsyncLocalStorage } = require('async_hooks');
        class Own extends EventEmitter {}
        const own = new Own();
        own.on('end', () => {});
        own.emit = function (...parts) { return EventEmitter.prototype.emit.apply(this, parts); };
        const read = promisify(fs.readFile);
        read(__filename, 'utf8').then((text) => text.length, () => 0);
        fs.promises.stat('/tmp').catch(() => {});
        fs.writeFileSync(path.join(os.tmpdir(), 'own'), String(process.pid));
        new AsyncLocalStorage().run(1, () => {});
        process.on('unhandledRejection', () => {});
        process.on('exit', () => {});
        const test = (value) => /test/.test(value);
        const it = [1, 2].map((one) => test(one));
        const describe = new Error('an error').stack.split('\n').length;
        const { toString } = Object.prototype;
        class Failure extends Error { get name() { return 'Failure'; } }
        Failure.prototype.toJSON = function () { return { it, describe }; };
        try { throw new Failure('x'); } catch (error) { toString.call(error.stack); }
        if (require.main === module) process.exit(0);
        if (!module.parent) console.log('main');
        if (typeof jest !== 'undefined' && process.env.NODE_ENV === 'test') console.log(process.argv[2]);
        Array.prototype.own = undefined; delete Array.prototype.own;
    "#;
    for case in [JEST, MOCHA] {
        check_verdict(case, tail, "insecure");
    }
}
