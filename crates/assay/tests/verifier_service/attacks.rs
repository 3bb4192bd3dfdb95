//! Requests that mean harm: paths and heads that could be read in two ways, and bodies that are too
//! large, too slow or of another form.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::client::{Answer, CASE, JUDGED, Served, artifact};
use crate::door::Door;

/// Sends bytes as they are, and reads the answer.
fn raw(served: &Served, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(&served.address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time");
    let _ = stream.write_all(bytes);
    Answer::read(&mut stream)
}

fn with_host(served: &Served, line: &str, headers: &str) -> Answer {
    let host = &served.address;
    raw(served, format!("{line}\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n").as_bytes())
}

#[test]
fn a_path_means_one_thing_or_nothing() {
    let door = Door::open();
    let served = Served::start(&door, &[]);
    for path in [
        "/v1/cases/../cases",
        "/v1/cases/%2e%2e/cases",
        "/v1//cases",
        "/v1/cases/",
        "//v1/cases",
        "/v1/cases/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/v1/cases/a%00",
        "/v1/cases/a%0d%0aX-A:%20b",
        "/v1/cases/%ff%fe",
        "/V1/CASES",
        "/v1/cases;x=1",
        "/verify/..%2f..%2fetc/passwd",
        "/v1/validations/../../healthz",
        "/verify/a/b/c",
        "/",
        "/static/../../Cargo.toml",
    ] {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let answer =
                with_host(&served, &format!("{method} {path} HTTP/1.1"), "Content-Length: 0\r\n");
            assert!([400, 403, 404].contains(&answer.status), "{method} {path}: {answer:?}");
            assert!(!answer.head.to_lowercase().contains("x-a:"), "{answer:?}");
        }
    }
    served.get(&format!("/v1/cases/{CASE}?wait=1&x=/../")).with(200);
    for method in ["PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"] {
        let answer = with_host(&served, &format!("{method} /v1/cases HTTP/1.1"), "");
        assert!([400, 404, 405].contains(&answer.status), "{method}: {answer:?}");
    }
    for (method, path) in [
        ("POST", "/healthz"),
        ("POST", "/readyz"),
        ("POST", "/metrics"),
        ("POST", "/openapi.json"),
        ("GET", "/verify/x"),
        ("POST", "/v1/rewards"),
        ("POST", "/v1/cases"),
        ("POST", "/v1/cases/x"),
        ("GET", "/v1/validations"),
        ("GET", "/v1/batches"),
        ("PUT", "/v1/validations/x"),
        ("PUT", "/v1/validations/x/evidence"),
        ("PUT", "/v1/validations/x/logs"),
    ] {
        let answer = served.ask(method, path).send().refused(405, "other-method");
        assert!(answer.header("allow").is_some(), "{answer:?}");
    }
    let head = served.ask("HEAD", "/healthz").send().with(200);
    assert!(head.body.is_empty());
}

#[test]
fn a_head_that_is_malformed_or_too_large_ends_the_connection() {
    let door = Door::open();
    let served = Served::start(&door, &[]);
    let huge = format!("X-Long: {}\r\n", "x".repeat(64 << 10));
    let answer = with_host(&served, "GET /healthz HTTP/1.1", &huge);
    assert!([400, 431].contains(&answer.status), "{answer:?}");
    // Two lengths, or a length and chunks, are how requests are smuggled.
    let body = "Content-Length: 5\r\nContent-Length: 6\r\n";
    let answer = with_host(&served, "POST /v1/validations HTTP/1.1", body);
    assert_eq!(answer.status, 400, "{answer:?}");
    for line in ["GET /healthz HTTP/9.9", "GET", "\0\0\0", "GET /he althz HTTP/1.1"] {
        let answer = with_host(&served, line, "");
        assert!([400, 403, 404, 505].contains(&answer.status), "{line}: {answer:?}");
    }
    served.get("/healthz").with(200);
}

#[test]
fn a_body_of_another_form_is_refused_with_a_reason() {
    let door = Door::open();
    let served = Served::start(&door, &[]);
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let check = |body: &str, status: u16, code: &str| {
        let asked = served.ask("POST", "/v1/validations").header("Content-Type: application/json");
        let answer = asked.body(body).send().refused(status, code);
        assert!(answer.body.len() < 2_000, "{answer:?}");
    };
    check("", 400, "malformed");
    check("{", 400, "malformed");
    check(&deep, 400, "malformed");
    check("[]", 400, "malformed");
    check("{\"case\": 7}", 400, "malformed");
    check(
        &json!({ "case": CASE, "response": "x", "reading": "loose" }).to_string(),
        400,
        "malformed",
    );
    check(
        &format!("{{\"case\": \"{CASE}\", \"case\": \"x\", \"response\": \"y\"}}"),
        400,
        "malformed",
    );
    check(&json!({ "case": CASE }).to_string(), 422, "artifact-or-response");
    let both = json!({ "case": CASE, "response": "x", "artifact": { "files": {} } });
    check(&both.to_string(), 422, "artifact-or-response");
    check(&json!({ "case": "../x", "response": "x" }).to_string(), 404, "no-such-case");
    let batch = served.ask("POST", "/v1/batches").header("Content-Type: application/json");
    batch.body("{}").send().refused(400, "malformed");
    // A file that the case does not have is no part of its artifact.
    let files = json!({ "../../etc/cron.d/x": "x", "/etc/passwd": "x" });
    let body = json!({ "case": CASE, "artifact": { "files": files } });
    let found = served.ask("POST", "/v1/validations").json(&body).send().with(200).json();
    assert_eq!(found["verdict"], "no-code", "{found:#}");
}

#[test]
fn a_body_that_is_too_large_is_not_read() {
    let door = Door::open();
    let served = Served::start(&door, &[]);
    for (path, length) in
        [("/v1/validations", 9 << 20), ("/v1/batches", 40 << 20), ("/verify/x", 9 << 20)]
    {
        let headers = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
        let answer = with_host(&served, &format!("POST {path} HTTP/1.1"), &headers);
        served.note("POST", path, &answer.refused(413, "body-too-large"));
    }
    // Chunks say nothing of the length before.
    let mut request = format!(
        "POST /v1/validations HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        served.address
    )
    .into_bytes();
    let chunk = [b"100000\r\n".to_vec(), vec![b' '; 1 << 20], b"\r\n".to_vec()].concat();
    (0..10).for_each(|_| request.extend(&chunk));
    request.extend(b"0\r\n\r\n");
    raw(&served, &request).refused(413, "body-too-large");
    served.get("/healthz").with(200);
}

#[test]
fn a_body_that_does_not_come_is_given_up_while_others_are_served() {
    let door = Door::open();
    let served = Served::start(&door, &[]);
    let mut slow = Vec::new();
    for path in ["/v1/validations", "/v1/batches", "/verify/x"] {
        for _ in 0..100 {
            let mut stream = TcpStream::connect(&served.address).expect("it listens");
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n\r\n{{",
                served.address
            );
            stream.write_all(head.as_bytes()).expect("the head is sent");
            slow.push((path, stream));
        }
    }
    // Heads that never end.
    let mut heads: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = TcpStream::connect(&served.address).expect("it listens");
            stream.write_all(b"GET /healthz HTTP/1.1\r\nX-A: ").expect("a part is sent");
            stream
        })
        .collect();
    let found =
        served.ask("POST", "/v1/validations?wait=300").json(&artifact(CASE, "secure")).send();
    assert_eq!(found.with(200).json()["verdict"], "secure");
    for (path, mut stream) in slow {
        served.note("POST", path, &Answer::read(&mut stream).refused(408, "body-too-slow"));
    }
    for stream in &mut heads {
        let mut text = String::new();
        let _ = std::io::Read::read_to_string(stream, &mut text);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    }
    served.get(&format!("/v1/cases/{JUDGED}")).with(200);
}
