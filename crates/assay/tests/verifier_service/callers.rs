//! Tokens and scopes: what each caller gets, and that no token is written anywhere.

use std::fs;

use serde_json::json;

use crate::client::{
    ADMIN, CASE, JUDGED, OTHER, PLATFORM, SCRAPER, Served, TRAINER, artifact, tokens,
};
use crate::door::Door;

fn served(door: &Door) -> Served {
    let file = tokens(door, "");
    let file = file.to_str().expect("UTF-8");
    let log = door.path("access.log");
    Served::start(door, &["--tokens", file, "--access-log", log.to_str().expect("UTF-8")])
}

#[test]
fn each_scope_opens_its_own_doors_and_no_other() {
    let door = Door::open();
    let served = served(&door);
    let found = served.validate(PLATFORM, "secure").with(200).json();
    let id = found["id"].as_str().expect("an id");
    let evidence = format!("/v1/validations/{id}/evidence");
    let check = |method: &str, path: &str, expect: [(&str, u16); 6]| {
        for (token, status) in expect {
            let answer = served.ask(method, path).token(token).send();
            assert_eq!(answer.status, status, "{method} {path} of {token}: {answer:?}");
        }
    };
    let of = |statuses: [u16; 6]| {
        let [none, trainer, platform, other, scraper, admin] = statuses;
        [
            ("", none),
            (TRAINER, trainer),
            (PLATFORM, platform),
            (OTHER, other),
            (SCRAPER, scraper),
            (ADMIN, admin),
        ]
    };
    check("GET", "/healthz", of([200; 6]));
    check("GET", "/readyz", of([200; 6]));
    check("GET", "/openapi.json", of([200; 6]));
    check("GET", "/metrics", of([401, 403, 403, 403, 200, 200]));
    check("GET", "/v1/cases", of([401, 200, 200, 200, 403, 200]));
    check("GET", &format!("/v1/cases/{CASE}"), of([401, 200, 200, 200, 403, 200]));
    check("GET", "/v1/rewards", of([401, 200, 200, 200, 403, 200]));
    // Of another's validation one is not even told that it is there.
    check("GET", &format!("/v1/validations/{id}"), of([401, 404, 200, 404, 403, 200]));
    check("GET", &evidence, of([401, 403, 200, 404, 403, 200]));
    check("GET", &format!("/v1/validations/{id}/logs"), of([401, 403, 200, 404, 403, 200]));
    check("DELETE", "/v1/cases/nothing", of([401, 403, 403, 403, 403, 404]));
    check("PUT", "/v1/cases/nothing", of([401, 403, 403, 403, 403, 422]));
    // Without a body it is malformed for those who may ask.
    check("POST", "/v1/validations", of([401, 415, 415, 415, 403, 415]));
    check("POST", "/v1/batches", of([401, 415, 415, 415, 403, 415]));
}

#[test]
fn a_token_that_is_nearly_right_is_wrong_and_none_is_ever_written() {
    let door = Door::open();
    let served = served(&door);
    let nearly = &TRAINER[..TRAINER.len() - 1];
    let wrong = [nearly, "x", "", "trainer", &format!("{TRAINER}x"), &TRAINER.to_uppercase()];
    for token in wrong {
        let answer =
            served.ask("GET", "/v1/cases").header(&format!("Authorization: Bearer {token}"));
        let answer = answer.send().refused(401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    let two = served.ask("GET", "/v1/cases").token(nearly).token(TRAINER).send();
    two.refused(401, "unauthorized");
    let query =
        served.ask("GET", &format!("/v1/cases?token={TRAINER}&access_token={TRAINER}")).send();
    query.refused(401, "unauthorized");
    served.ask("GET", "/v1/cases").token(TRAINER).send().with(200);
    let secret = json!({ "case": CASE, "response": "a secret answer", "extra": PLATFORM });
    let answer = served.ask("POST", "/v1/validations").token(TRAINER).json(&secret).send();
    answer.refused(400, "malformed");
    served.ask("GET", &format!("/v1/cases/{PLATFORM}")).token(TRAINER).send().with(404);
    let log = fs::read_to_string(door.path("access.log")).expect("UTF-8");
    for text in [TRAINER, PLATFORM, nearly, "secret answer"] {
        assert!(!log.contains(text), "{text} is in {log}");
    }
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let is_of =
        |line: &&serde_json::Value| line["caller"] == "trainer" && line["route"] == "/v1/cases";
    assert_eq!(lines.iter().filter(is_of).count(), 1, "{log}");
    assert!(lines.iter().all(|line| line["status"].is_u64() && line["ms"].is_u64()), "{log}");
}

#[test]
fn a_caller_that_asks_more_often_than_it_may_is_told_when_to_come_again() {
    let door = Door::open();
    let file = tokens(&door, "requests-per-second = 0.5");
    let served = Served::start(&door, &["--tokens", file.to_str().expect("UTF-8")]);
    let ask = |token: &str| served.ask("GET", "/v1/rewards").token(token).send();
    ask(TRAINER).with(200);
    let refused = ask(TRAINER).refused(429, "too-many-requests");
    let seconds: u64 =
        refused.header("retry-after").and_then(|it| it.parse().ok()).expect("seconds");
    assert!((1..=2).contains(&seconds), "{refused:?}");
    // It is the limit of this caller alone.
    for _ in 0..5 {
        ask(PLATFORM).with(200);
    }
    let body = json!({ "validations": [artifact(CASE, "secure"), artifact(CASE, "secure")] });
    for path in ["/v1/validations", "/v1/batches", "/v1/cases", "/v1/cases/x", "/v1/validations/x"]
    {
        let method =
            if ["/v1/validations", "/v1/batches"].contains(&path) { "POST" } else { "GET" };
        served
            .ask(method, path)
            .token(TRAINER)
            .json(&body)
            .send()
            .refused(429, "too-many-requests");
    }
}

#[test]
fn without_tokens_this_machine_alone_asks_and_changes_no_case() {
    let door = Door::open();
    let served = Served::start(&door, &[]);
    served.get("/v1/cases").with(200);
    served.ask("PUT", "/v1/cases/x").send().refused(403, "scope-missing");
    served.ask("DELETE", &format!("/v1/cases/{CASE}")).send().refused(403, "scope-missing");
    // A page of another site whose name was made to lead here.
    for host in ["evil.example", "evil.example:7374", "127.0.0.1.evil.example", "169.254.1.1", ""] {
        for path in ["/v1/cases", "/metrics", "/healthz"] {
            let answer = served.ask("GET", path).host(host).send();
            assert_eq!(answer.status, 403, "{host}: {answer:?}");
        }
    }
    for host in ["localhost", "localhost:7374", "[::1]:7374", "127.9.9.9"] {
        served.ask("GET", "/v1/cases").host(host).send().with(200);
    }
    // What a page may send without being asked.
    let body = artifact(JUDGED, "secure").to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let asked = served.ask("POST", "/v1/validations").header(&format!("Content-Type: {kind}"));
        asked.body(body.clone()).send().refused(415, "not-json");
    }
}

#[test]
fn others_than_this_machine_are_served_with_tokens_only() {
    let door = Door::open();
    let ended = door.run(&["verifier", CASE, "--listen", "0.0.0.0:0"]).with_code(3);
    assert!(ended.stderr.contains("--tokens"), "{ended}");
    door.write("empty.toml", "");
    let ended = door.run(&["verifier", CASE, "--tokens", "empty.toml"]).with_code(3);
    assert!(ended.stderr.contains("names no token"), "{ended}");
    let ended = door.run(&["verifier", CASE, "--tokens", "missing.toml"]).with_code(3);
    assert!(ended.stderr.contains("missing.toml"), "{ended}");
}
