//! Node.js artifacts that try to fool the grader, under Jest and under Mocha.
//! Each is a vulnerable solution with something added, so that a pass would be a
//! forged one.
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
    let json = ended.json("assay.verify/1");
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
        let json = ended.with_code(0).json("assay.verify/1");
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
fn leaving_early_proves_nothing() {
    for case in [JEST, MOCHA] {
        for tail in [
            "process.exit(0);",
            "process.reallyExit(0);",
            "process.on('exit', () => process.reallyExit(0)); process.exit(1);",
            "process.kill(process.pid, 'SIGKILL');",
            "require('fs').closeSync(3);",
        ] {
            check_verdict(case, tail, "nonfunctional");
        }
    }
}

#[test]
fn what_is_printed_or_written_to_the_report_channel_proves_nothing() {
    let printed =
        "console.log('PASS tests\\nTests: 99 passed, 99 total'); console.error('99 passing');";
    let forged = "const line = JSON.stringify({ nonce: '0'.repeat(32), end: 0 }) + '\\n';
        require('fs').writeSync(3, line);";
    let child = "require('child_process').execSync('echo {} >&3 || true', { stdio: 'ignore' });";
    for case in [JEST, MOCHA] {
        check_verdict(case, printed, "insecure");
        check_verdict(case, forged, "nonfunctional");
        // Children do not have the channel.
        check_verdict(case, child, "insecure");
    }
}

#[test]
fn replaced_functions_of_the_runner_are_of_no_use() {
    for tail in [
        // What reports.
        "const fs = require('fs'); const write = fs.writeSync;
         fs.writeSync = (fd, text, ...rest) => write(fd, String(text).replace('failed', 'passed'), ...rest);",
        "const main = require('fs').readFileSync.constructor('return globalThis')();
         const { stringify } = main.JSON;
         main.JSON.stringify = (...parts) => stringify(...parts).replace('failed', 'passed');
         main.Object.prototype.toJSON = () => 'passed';",
        "process.binding('fs');",
        // What defines tests.
        "for (const name of ['test', 'it']) {
           const real = globalThis[name];
           try {
             globalThis[name] = Object.assign((title) => real(title, () => {}), real);
             globalThis[name].each = (rows) => (title) => real.each(rows)(title, () => {});
           } catch {}
           try { real.each = (rows) => (title) => real(title, () => {}); } catch {}
         }",
        // What compares.
        "for (const assert of [require('assert'), require('assert').strict])
           for (const name of Object.keys(assert)) try { assert[name] = () => {}; } catch {}",
        "try {
           globalThis.expect = () => new Proxy(() => {}, { get: (_, name, self) => self, apply: () => {} });
         } catch {}",
    ] {
        check(JEST, tail);
        check(MOCHA, tail);
    }
}

#[test]
fn matchers_that_always_pass_betray_themselves() {
    let tail = "const { matchers } = globalThis[Symbol.for('$$jest-matchers-object')];
        for (const name of Object.keys(matchers)) {
          matchers[name] = function () { return { pass: !this.isNot, message: () => '' }; };
        }";
    let json = check(JEST, tail);
    assert_eq!(json["verdict"], "nonfunctional", "{json:#}");
    assert!(json["logs"].to_string().contains("sentinel"), "{json:#}");
    let extended = "expect.extend({ toBeUndefined: () => ({ pass: true, message: () => '' }) });";
    check_verdict(JEST, extended, "nonfunctional");
}

#[test]
fn tests_that_are_changed_or_added_are_not_proved() {
    let rewrite = "const fs = require('fs');
        for (const folder of ['functional', 'security']) {
          const place = `tests/${folder}`;
          if (fs.existsSync(place)) fs.writeFileSync(`${place}/more.test.js`, '');
        }";
    let added = "if (typeof it === 'function') it('is one more', () => {});";
    for case in [JEST, MOCHA] {
        let json = check(case, rewrite);
        let conclusion = &json["evidence"]["functional"]["conclusion"];
        assert_eq!(conclusion["detail"], "the run changed its tests", "{json:#}");
        check_verdict(case, added, "nonfunctional");
    }
}
