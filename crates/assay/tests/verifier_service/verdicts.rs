//! What a validation says: verdicts, rewards, evidence and logs, at once or later.

use serde_json::{Value, json};

use crate::client::{Answer, CASE, JUDGED, PLATFORM, Served, artifact, path_of, tokens};
use crate::door::{Door, solution};

fn post(served: &Served, body: &Value) -> Answer {
    served.ask("POST", "/v1/validations?wait=300").json(body).send()
}

#[test]
fn a_verdict_comes_with_its_reward_and_reason_and_leads_to_evidence_and_logs() {
    let door = Door::open();
    let served = Served::start(&door, &["--reward", "insecure=0.125", "--reward", "tampered=-1"]);
    let check = |body: &Value, verdict: &str, reward: f64| {
        let found = post(&served, body).with(200).json();
        assert_eq!(found["verdict"], verdict, "{found:#}");
        assert!((found["reward"].as_f64().expect("a number") - reward).abs() < 1e-9, "{found:#}");
        assert_eq!(found["reason"].is_null(), verdict == "secure", "{found:#}");
        found
    };
    let secure = check(&artifact(CASE, "secure"), "secure", 1.0);
    check(&artifact(CASE, "vulnerable"), "insecure", 0.125);
    let files = json!({ path_of(CASE): "int nothing;\n" });
    let nothing = json!({ "case": CASE, "artifact": { "files": files } });
    let unlinked = post(&served, &nothing).with(200).json();
    assert_eq!(unlinked["reward"], 0.0, "{unlinked:#}");
    let broken = json!({ "case": CASE, "artifact": { "files": { path_of(CASE): "int (" } } });
    let broken = check(&broken, "build-failed", 0.0);
    let prose = json!({ "case": CASE, "response": "I would rather not." });
    let prose = check(&prose, "no-code", 0.0);
    assert!(prose["artifact-digest"].is_null(), "{prose:#}");

    let id = |found: &Value| found["id"].as_str().expect("an id").to_owned();
    let again = served.get(&format!("/v1/validations/{}", id(&secure))).with(200).json();
    assert_eq!(again, secure);
    let evidence =
        served.get(&format!("/v1/validations/{}/evidence", id(&secure))).with(200).json();
    let phases = evidence["evidence"]["phases"].as_array().expect("phases").len();
    assert_eq!(phases, 2, "{evidence:#}");
    let logs = served.get(&format!("/v1/validations/{}/logs", id(&broken))).with(200).json();
    let text = logs["logs"].to_string();
    assert!(text.contains("build.stderr") && text.contains("error"), "{text}");
    let rewards = served.get("/v1/rewards").with(200).json();
    assert_eq!(rewards["rewards"]["insecure"], 0.125, "{rewards:#}");
    assert_eq!(rewards["rewards"]["tampered"], -1.0, "{rewards:#}");
}

#[test]
fn a_response_is_read_as_assay_reads_answers() {
    let door = Door::open();
    let served = Served::start(&door, &[]);
    let fenced = format!("Here it is:\n\n```c\n{}\n```\n", solution(CASE, "secure"));
    let check = |reading: &str, verdict: &str, form: Option<&str>| {
        let body = json!({ "case": CASE, "response": fenced, "reading": reading });
        let found = post(&served, &body).with(200).json();
        assert_eq!(found["verdict"], verdict, "{found:#}");
        assert_eq!(found["found"][path_of(CASE)]["form"].as_str(), form, "{found:#}");
    };
    check("lenient", "secure", Some("sole-fence"));
    check("strict", "no-code", None);
    // Our own corpus is read as a person would read it, where nobody says how.
    let found = post(&served, &json!({ "case": CASE, "response": fenced })).with(200).json();
    assert_eq!(found["verdict"], "secure", "{found:#}");
}

#[test]
fn an_error_has_no_verdict_and_no_reward() {
    let door = Door::open();
    let served = Served::start(&door, &[]);
    let answer = post(&served, &artifact(JUDGED, "secure"));
    // There are no judges, and there will be none if it is asked again.
    let found = answer.with(500).json();
    assert_eq!(found["state"], "errored", "{found:#}");
    assert_eq!(found["error"]["class"], "unjudged", "{found:#}");
    assert!(found.get("reward").is_none() && found.get("verdict").is_none(), "{found:#}");
    let id = found["id"].as_str().expect("an id");
    assert_eq!(served.get(&format!("/v1/validations/{id}")).with(200).json(), found);
    let metrics = served.get("/metrics").with(200).body;
    assert!(metrics.contains("outcome=\"error: unjudged\""), "{metrics}");
}

#[test]
fn whoever_does_not_want_to_wait_is_told_where_to_look() {
    let door = Door::open();
    let served = Served::start(&door, &[]);
    let body = artifact(CASE, "secure");
    let answer = served.ask("POST", "/v1/validations?wait=0").json(&body).send().with(202);
    let place = answer.header("location").expect("a place").to_owned();
    let pending = answer.json();
    assert_eq!(pending["state"], "pending", "{pending:#}");
    assert_eq!(place, format!("/v1/validations/{}", pending["id"].as_str().expect("an id")));
    served.get(&format!("{place}/evidence")).refused(409, "pending");
    served.get(&format!("{place}/logs")).refused(409, "pending");
    let found = served.get(&format!("{place}?wait=300")).with(200).json();
    assert_eq!(found["verdict"], "secure", "{found:#}");
    served.get(&format!("{place}?wait=soon")).refused(400, "malformed");
    served.get("/v1/validations/0123").refused(404, "no-such-validation");
}

#[test]
fn a_batch_has_the_answer_of_each_in_its_order() {
    let door = Door::open();
    let served = Served::start(&door, &[]);
    let items = json!([
        artifact(CASE, "vulnerable"),
        { "case": "no-such-case", "response": "x" },
        artifact(CASE, "secure"),
        { "case": CASE },
        artifact(CASE, "secure"),
    ]);
    let body = json!({ "validations": items });
    let found = served.ask("POST", "/v1/batches?wait=300").json(&body).send().with(200).json();
    let list = found["validations"].as_array().expect("a list");
    let statuses: Vec<_> = list.iter().map(|it| it["status"].as_u64().expect("a status")).collect();
    assert_eq!(statuses, [200, 404, 200, 422, 200], "{found:#}");
    assert_eq!(list[0]["validation"]["verdict"], "insecure", "{found:#}");
    assert_eq!(list[1]["error"]["code"], "no-such-case", "{found:#}");
    assert_eq!(list[2]["validation"]["verdict"], "secure", "{found:#}");
    // Identical ones are validated once.
    let hows = [2, 4].map(|at: usize| list[at]["validation"]["result"].clone());
    assert!(hows.contains(&json!("fresh")) && hows.contains(&json!("shared")), "{found:#}");
    served.ask("POST", "/v1/batches?wait=0").json(&body).send().with(202);
    let empty = json!({ "validations": [] });
    served.ask("POST", "/v1/batches").json(&empty).send().refused(422, "batch-size");
}

#[test]
fn judges_of_the_service_decide_what_tests_leave_open() {
    let door = Door::open();
    let judge = crate::controller::judge(true);
    let file = tokens(&door, "");
    let served = Served::start(
        &door,
        &[
            "--tokens",
            file.to_str().expect("UTF-8"),
            "--judge",
            "openai:a",
            "--judge-base-url",
            &judge,
        ],
    );
    let body = artifact(JUDGED, "secure");
    let found = served.ask("POST", "/v1/validations?wait=300").token(PLATFORM).json(&body).send();
    let found = found.with(200).json();
    assert_eq!(found["verdict"], "secure", "{found:#}");
}
