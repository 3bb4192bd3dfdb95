//! The description of the service is whole: every path, method and status that it names is answered
//! here, and the tests of this program hold every answer that they get against it.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::archives::of_folder;
use crate::client::{
    ADMIN, Answer, CASE, JUDGED, PLATFORM, SCRAPER, SEEN, Served, artifact, document,
};
use crate::client::{path_of, tokens};
use crate::controller::answer_of;
use crate::door::{Door, case_folder, solution};

/// May do everything, and has done it too often.
const HASTY: &str = "hasty-token-of-these-tests-0";

/// A case in the watched folder that cannot be read.
const UNREAD: &str = "unread";

/// A case that is sent.
const SENT: &str = "json-writer";

struct Setting {
    /// Without tokens.
    open: Served,
    /// With tokens.
    served: Served,
    /// A validation of the platform that is finished.
    done: String,
}

impl Setting {
    fn new(door: &Door) -> Setting {
        let text = fs::read_to_string(tokens(door, "")).expect("UTF-8");
        let hasty = format!(
            "[[token]]\nname = \"hasty\"\ntoken = \"{HASTY}\"\nscopes = [\"admin\"]\nrequests-per-second = 0.0001\n"
        );
        let file = door.write("all.toml", text + &hasty);
        let watched = door.path("watched");
        door.write(&format!("watched/suite/c/{UNREAD}/case.toml"), "id = ");
        let arguments = [
            "--tokens",
            file.to_str().expect("UTF-8"),
            "--jobs",
            "1",
            "--watch",
            watched.to_str().expect("UTF-8"),
        ];
        let served = Served::start(door, &arguments);
        let done = served.validate(PLATFORM, "secure").with(200).json();
        let done = done["id"].as_str().expect("an id").to_owned();
        served.ask("GET", "/v1/rewards").token(HASTY).send().with(200);
        served.until(ADMIN, UNREAD, |case| case["state"] == "refused");
        Setting { open: Served::start(door, &[]), served, done }
    }

    fn path(&self, template: &str) -> String {
        template.replace("{case}", CASE).replace("{id}", &self.done)
    }

    /// A request in due form of whoever may make it.
    fn body(&self, path: &str, case: &str) -> Value {
        match path {
            "/verify/{case}" => json!({ "token": PLATFORM, "code": answer_of(CASE, "int (") }),
            "/v1/batches" => json!({ "validations": [artifact(CASE, "secure")] }),
            _ => json!({ "case": case, "artifact": { "files": { path_of(CASE): "int (" } } }),
        }
    }

    /// Brings about what is the same everywhere; whether this is it.
    fn usual(&self, method: &str, path: &str, status: u16) -> bool {
        let Setting { open, served, .. } = self;
        let place = self.path(path);
        let is_free = ["/healthz", "/readyz", "/openapi.json"].contains(&path);
        match status {
            401 if path == "/verify/{case}" => {
                served.ask(method, &place).json(&json!({ "token": "x", "code": "" })).send()
            }
            401 => served.ask(method, &place).send(),
            403 if is_free => open.ask(method, &place).host("evil.example").send(),
            403 if path == "/metrics" => served.ask(method, &place).token(PLATFORM).send(),
            403 => served.ask(method, &place).token(SCRAPER).send(),
            404 if path.starts_with("/v1/validations") => {
                served.ask(method, &place.replace(&self.done, "0")).token(ADMIN).send()
            }
            404 if path == "/v1/validations" => return false,
            404 if method == "PUT" => served.ask(method, "/v1/cases/..%2fx").token(ADMIN).send(),
            404 if path.contains("{case}") => {
                let body = json!({ "token": ADMIN, "code": "" });
                served
                    .ask(method, &path.replace("{case}", "nothing"))
                    .token(ADMIN)
                    .json(&body)
                    .send()
            }
            405 => served.ask("PATCH", &place).token(ADMIN).send(),
            413 => {
                let head = served.ask(method, &place).token(ADMIN).head();
                let head = head.replace("Content-Length: 0", "Content-Length: 99000000");
                let mut stream = TcpStream::connect(&served.address).expect("it listens");
                stream.write_all(head.as_bytes()).expect("sent");
                let answer = Answer::read(&mut stream);
                served.note(method, &place, &answer);
                answer
            }
            415 => served.ask(method, &place).token(ADMIN).body("{}").send(),
            429 => served.ask(method, &place).token(HASTY).json(&self.body(path, CASE)).send(),
            400 if method == "GET" => {
                served.ask(method, &format!("{place}?wait=x")).token(ADMIN).send()
            }
            400 => served.ask(method, &place).token(ADMIN).json(&json!([])).send(),
            _ => return false,
        };
        true
    }

    /// Begins a body that does not come.
    fn slow(&self, method: &str, path: &str) -> (String, JoinHandle<Answer>) {
        let place = self.path(path);
        let head = self.served.ask(method, &place).token(ADMIN).head();
        let head = head.replace("Content-Length: 0", "Content-Length: 9");
        let mut stream = TcpStream::connect(&self.served.address).expect("it listens");
        stream.write_all(head.as_bytes()).expect("sent");
        (place, std::thread::spawn(move || Answer::read(&mut stream)))
    }

    /// Whatever is particular.
    fn particular(&self) {
        let Setting { served, done, .. } = self;
        let post =
            |path: &str, body: &Value| served.ask("POST", path).token(PLATFORM).json(body).send();
        for path in ["/healthz", "/readyz", "/openapi.json"] {
            served.get(path).with(200);
        }
        for path in [
            "/metrics".to_owned(),
            "/v1/rewards".to_owned(),
            "/v1/cases".to_owned(),
            format!("/v1/cases/{CASE}"),
            format!("/v1/validations/{done}"),
            format!("/v1/validations/{done}/evidence"),
            format!("/v1/validations/{done}/logs"),
        ] {
            served.ask("GET", &path).token(ADMIN).send().with(200);
        }
        let verify = |case: &str, code: &str| {
            post(&format!("/verify/{case}"), &json!({ "token": PLATFORM, "code": code }))
        };
        verify(CASE, "prose").with(200);
        verify(UNREAD, "x").with(409);
        verify(JUDGED, &answer_of(JUDGED, &solution(JUDGED, "secure"))).with(500);
        let body = |case: &str| json!({ "case": case, "response": "x" });
        post("/v1/validations", &body(CASE)).with(200);
        post("/v1/validations", &body("nothing")).with(404);
        post("/v1/validations", &body(UNREAD)).with(409);
        post("/v1/validations", &json!({ "case": CASE })).with(422);
        post("/v1/validations?wait=300", &artifact(JUDGED, "secure")).with(500);
        post("/v1/batches", &json!({ "validations": [] })).with(422);
        post("/v1/batches", &json!({ "validations": [body(CASE)] })).with(200);
        let put = |id: &str, body: Vec<u8>| {
            served.ask("PUT", &format!("/v1/cases/{id}")).token(ADMIN).body(body).send()
        };
        put(SENT, of_folder(&case_folder(SENT), "")).with(202);
        put(CASE, of_folder(&case_folder(CASE), "")).with(409);
        put(SENT, b"x".to_vec()).with(422);
        let delete =
            |id: &str| served.ask("DELETE", &format!("/v1/cases/{id}")).token(ADMIN).send();
        delete(SENT).with(200);
        delete(CASE).with(409);
    }

    /// What is said while the service ends, and while validations wait.
    fn ending(&self) {
        let Setting { served, .. } = self;
        let many: Vec<Value> = (0..20)
            .map(|number| {
                let text = format!("{}\n/* {number} */\n", solution(CASE, "secure"));
                json!({ "case": CASE, "artifact": { "files": { path_of(CASE): text } } })
            })
            .collect();
        let post =
            |path: &str, body: &Value| served.ask("POST", path).token(PLATFORM).json(body).send();
        let batch = post("/v1/batches?wait=0", &json!({ "validations": many })).with(202).json();
        let last = batch["validations"][19]["validation"]["id"].as_str().expect("an id").to_owned();
        post("/v1/validations?wait=0", &many[19]).with(202);
        for part in ["evidence", "logs"] {
            let path = format!("/v1/validations/{last}/{part}");
            served.ask("GET", &path).token(PLATFORM).send().with(409);
        }
        served.signal(Signal::SIGTERM);
        let begun = Instant::now();
        while served.get("/readyz").status == 200 {
            assert!(begun.elapsed() < Duration::from_secs(60), "it takes no notice");
        }
        for (method, path) in [
            ("POST", "/v1/validations"),
            ("POST", "/v1/batches"),
            ("POST", "/verify/{case}"),
            ("PUT", "/v1/cases/{case}"),
        ] {
            served.ask(method, &self.path(path)).token(ADMIN).send().with(503);
        }
    }
}

#[test]
fn everything_that_is_described_is_answered_as_it_is_described() {
    let door = Door::open();
    let setting = Setting::new(&door);
    let described = document(&setting.served).described();
    assert!(described.len() > 60, "{described:?}");
    let slow: Vec<_> = described
        .iter()
        .filter(|(_, _, status)| *status == 408)
        .map(|(method, path, _)| (method, setting.slow(method, path)))
        .collect();
    for (method, path, status) in &described {
        setting.usual(method, path, *status);
    }
    setting.particular();
    for (method, (place, answer)) in slow {
        setting.served.note(method, &place, &answer.join().expect("it does not panic").with(408));
    }
    let verify = |code: &str| json!({ "token": PLATFORM, "code": code });
    let place = setting.path("/verify/{case}");
    setting.served.ask("POST", &place).json(&verify("x")).send().with(200);
    setting.ending();
    let seen = SEEN.lock().expect("no test panics with it");
    let missing: Vec<_> = described
        .iter()
        .filter(|(method, path, status)| !seen.has(method, path, *status))
        .collect();
    assert!(missing.is_empty(), "described and never seen: {missing:#?}");
}
