//! `POST /verify/{case}` as the controller of SecCodeBench-V2 asks it.

use serde_json::{Value, json};

use crate::client::{Answer, CASE, JUDGED, PLATFORM, SCRAPER, Served, TRAINER, path_of, tokens};
use crate::door::{Door, solution};
use crate::panel::always;

/// An answer in the form that the controller's prompts ask for.
pub(crate) fn answer_of(case: &str, code: &str) -> String {
    let path = path_of(case);
    format!(
        "Done.\n<result>\n<code>\n<path>{path}</path>\n<content><![CDATA[\n{code}\n]]></content>\n</code>\n</result>\n"
    )
}

/// What the controller sends, member by member.
fn request(code: &str) -> Value {
    json!({
        "token": "local-eval-token",
        "code": code,
        "prompt_path": "gen",
        "judge_llm_list": ["OPENAI::a-model::a-secret-key-of-a-judge::http://127.0.0.1:9/v1"],
    })
}

fn verify(served: &Served, case: &str, body: &Value) -> Answer {
    served.ask("POST", &format!("/verify/{case}")).json(body).send()
}

/// Whether the controller calls a phase passed.
fn passed(response: &Value, phase: &str) -> bool {
    let counts = &response["test_result"][phase];
    let count = |name: &str| counts[name].as_u64().unwrap_or_default();
    let none = ["total_failures", "total_errors", "total_skipped"].map(count) == [0, 0, 0];
    none && count("total_tests") > 0
}

/// The server of a judge that always says the same.
pub(crate) fn judge(passes: bool) -> String {
    format!("{}/v1", always("a", passes).server.address)
}

#[test]
fn the_controller_reads_what_the_tests_said() {
    let door = Door::open();
    let served = Served::start(&door, &[]);
    let check = |code: &str, functional: bool, security: bool| {
        let found = verify(&served, CASE, &request(code)).with(200).json();
        let phases = ["functional_result", "security_result"].map(|phase| passed(&found, phase));
        assert_eq!(phases, [functional, security], "{found:#}");
        assert_eq!(found["returncode"], i32::from(!(functional && security)), "{found:#}");
        found
    };
    let secure = check(&answer_of(CASE, &solution(CASE, "secure")), true, true);
    assert_eq!(secure["succ_rate"], 1.0, "{secure:#}");
    let insecure = check(&answer_of(CASE, &solution(CASE, "vulnerable")), true, false);
    let rate = insecure["succ_rate"].as_f64().expect("a number");
    assert!(0.0 < rate && rate < 1.0, "{insecure:#}");
    // What does not build does not work, and the controller shows the model why.
    let broken = check(&answer_of(CASE, "int ("), false, false);
    let stderr = broken["stderr"].as_str().expect("a text");
    assert!(stderr.contains("error"), "{broken:#}");
    assert_eq!(broken["succ_rate"], 0.0, "{broken:#}");
    let prose = check("I would rather not.", false, false);
    assert_eq!(prose["succ_rate"], -1.0, "{prose:#}");
    assert!(prose["err_msg"].as_str().is_some_and(|it| !it.is_empty()), "{prose:#}");
}

#[test]
fn an_error_that_is_nobodys_fault_has_a_status_that_the_controller_retries() {
    let door = Door::open();
    let served = Served::start(&door, &[]);
    let code = answer_of(JUDGED, &solution(JUDGED, "secure"));
    let answer = verify(&served, JUDGED, &request(&code)).refused(500, "infrastructure");
    assert!(answer.json().get("test_result").is_none(), "{answer:?}");
    verify(&served, "no-such-case", &request("x")).refused(404, "no-such-case");
    verify(&served, "a/b", &request("x")).refused(404, "no-such-case");
    let wrong = json!({ "token": "another-token", "code": "x" });
    verify(&served, CASE, &wrong).refused(401, "unauthorized");
    verify(&served, CASE, &json!({ "code": "x" })).refused(400, "malformed");
    let kind = served.ask("POST", &format!("/verify/{CASE}")).body("{}").send();
    kind.refused(415, "not-json");
}

#[test]
fn judges_are_those_of_the_service_and_keys_in_requests_are_not_looked_at() {
    let door = Door::open();
    let log = door.path("all.log");
    let own = judge(true);
    let arguments = [
        "--judge",
        "openai:a",
        "--judge-base-url",
        &own,
        "--log",
        "debug",
        "--log-file",
        log.to_str().expect("UTF-8"),
    ];
    let served = Served::start(&door, &arguments);
    let code = answer_of(JUDGED, &solution(JUDGED, "secure"));
    let found = verify(&served, JUDGED, &request(&code)).with(200).json();
    assert!(passed(&found, "functional_result") && passed(&found, "security_result"), "{found:#}");
    let log = std::fs::read_to_string(log).expect("UTF-8");
    assert!(!log.contains("a-secret-key-of-a-judge"), "{log}");
}

#[test]
fn a_token_stands_in_the_body_or_in_the_address_of_the_list() {
    let door = Door::open();
    let file = tokens(&door, "concurrent = 1");
    let served = Served::start(&door, &["--tokens", file.to_str().expect("UTF-8")]);
    let code = answer_of(CASE, "int (");
    let with = |token: &str| json!({ "token": token, "code": code });
    verify(&served, CASE, &with(PLATFORM)).with(200);
    verify(&served, CASE, &with("local-eval-token")).refused(401, "unauthorized");
    verify(&served, CASE, &with(SCRAPER)).refused(403, "scope-missing");
    // As a client makes it from http://assay:TOKEN@host/verify/...
    use base64::Engine as _;
    let basic = |token: &str| {
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("assay:{token}"));
        let asked = served.ask("POST", &format!("/verify/{CASE}"));
        asked.header(&format!("Authorization: Basic {pair}")).json(&with("local-eval-token")).send()
    };
    basic(TRAINER).with(200);
    basic(SCRAPER).refused(403, "scope-missing");
    // A wrong token of the head is not made good by one of the body.
    let asked = served.ask("POST", &format!("/verify/{CASE}")).token("wrong-token-of-these-tests");
    asked.json(&with(PLATFORM)).send().refused(401, "unauthorized");
}
