//! The service as a process, and a caller that holds every answer against the description.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::door::{Door, solution};
use crate::schema::{Document, Seen};

/// A case in C of the repository's corpus.
pub(crate) const CASE: &str = "archive-list";

/// Whose security judges decide, of whom the tests have none.
pub(crate) const JUDGED: &str = "member-passwords";

pub(crate) const TRAINER: &str = "trainer-token-of-these-tests";
pub(crate) const PLATFORM: &str = "platform-token-of-these-tests";
pub(crate) const OTHER: &str = "other-platform-of-these-tests";
pub(crate) const SCRAPER: &str = "scraper-token-of-these-tests";
pub(crate) const ADMIN: &str = "admin-token-of-these-tests-0";

/// Callers of every scope; the trainer is limited as told.
pub(crate) fn tokens(door: &Door, limits: &str) -> PathBuf {
    let of = |name: &str, token: &str, scopes: &str, more: &str| {
        format!("[[token]]\nname = \"{name}\"\ntoken = \"{token}\"\nscopes = [{scopes}]\n{more}\n")
    };
    let text = [
        of("trainer", TRAINER, "\"validate\"", limits),
        of("platform", PLATFORM, "\"validate\", \"read\"", ""),
        of("other-platform", OTHER, "\"validate\", \"read\"", ""),
        of("scraper", SCRAPER, "\"metrics\"", ""),
        of("admin", ADMIN, "\"admin\"", ""),
    ];
    door.write("tokens.toml", text.concat())
}

/// The program while it serves.
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) address: String,
    pub(crate) stdout: BufReader<ChildStdout>,
}

impl Served {
    /// Starts it, with one case in C and without stored results unless the arguments say more.
    pub(crate) fn start(door: &Door, arguments: &[&str]) -> Served {
        Served::with(door, &[&[CASE, JUDGED, "--no-results"], arguments].concat())
    }

    pub(crate) fn with(door: &Door, arguments: &[&str]) -> Served {
        let all = [&["verifier", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut child = door.command(&all).stdout(Stdio::piped()).spawn().expect("assay starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("UTF-8");
        let rest = line.split_once("http://").unwrap_or_else(|| panic!("{line:?}")).1;
        let address = rest.split_once('/').expect("an address").0.to_owned();
        Served { child, address, stdout }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("a process");
        kill(Pid::from_raw(id), signal).expect("it is there");
    }

    /// Waits for its end, and returns how it ended.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }

    pub(crate) fn ask(&self, method: &str, path: &str) -> Asking<'_> {
        let headers = vec![format!("Host: {}", self.address)];
        Asking { served: self, method: method.into(), path: path.into(), headers, body: Vec::new() }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path).send()
    }

    /// Has a solution of the case in C validated, and waits for it.
    pub(crate) fn validate(&self, token: &str, name: &str) -> Answer {
        self.ask("POST", "/v1/validations?wait=300").token(token).json(&artifact(CASE, name)).send()
    }

    /// Holds an answer that came in another way against the description.
    pub(crate) fn note(&self, method: &str, path: &str, answer: &Answer) {
        document(self).check(method, path, answer);
    }

    /// Waits until a case is in a state, and returns it.
    pub(crate) fn until(&self, token: &str, case: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.ask("GET", &format!("/v1/cases/{case}")).token(token).send();
            if answer.status == 200 && is_so(&answer.json()) {
                return answer.json();
            }
            assert!(
                begun.elapsed() < Duration::from_secs(240),
                "it does not come about: {answer:?}"
            );
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request to validate a solution of a case of one file.
pub(crate) fn artifact(case: &str, name: &str) -> Value {
    json!({ "case": case, "artifact": { "files": { path_of(case): solution(case, name) } } })
}

/// The path of the file of a solution.
pub(crate) fn path_of(case: &str) -> String {
    let folder = crate::door::case_folder(case).join("solutions/secure");
    let files = crate::door::files_below(&folder);
    files[0].strip_prefix(&folder).expect("below").to_str().expect("UTF-8").to_owned()
}

/// A request that is being put together.
pub(crate) struct Asking<'a> {
    served: &'a Served,
    method: String,
    path: String,
    headers: Vec<String>,
    body: Vec<u8>,
}

impl Asking<'_> {
    pub(crate) fn token(self, token: &str) -> Self {
        match token {
            "" => self,
            token => self.header(&format!("Authorization: Bearer {token}")),
        }
    }

    pub(crate) fn header(mut self, header: &str) -> Self {
        self.headers.push(header.to_owned());
        self
    }

    /// In place of the name under which it is asked.
    pub(crate) fn host(mut self, host: &str) -> Self {
        self.headers[0] = format!("Host: {host}");
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("Content-Type: application/json").body(body.to_string())
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The head as it is sent.
    pub(crate) fn head(&self) -> String {
        let Asking { method, path, headers, body, .. } = self;
        let headers = headers.join("\r\n");
        let length = body.len();
        format!(
            "{method} {path} HTTP/1.1\r\n{headers}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )
    }

    pub(crate) fn send(self) -> Answer {
        let mut stream = TcpStream::connect(&self.served.address).expect("it listens");
        stream.write_all(self.head().as_bytes()).expect("the head is sent");
        // A refusal may come before all of the body is sent.
        let _ = stream.write_all(&self.body);
        let answer = Answer::read(&mut stream);
        document(self.served).check(&self.method, &self.path, &answer);
        answer
    }
}

/// What the service says of itself, asked for once.
pub(crate) fn document(served: &Served) -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut stream = TcpStream::connect(&served.address).expect("it listens");
        let head = format!(
            "GET /openapi.json HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            served.address
        );
        stream.write_all(head.as_bytes()).expect("the head is sent");
        Document::new(Answer::read(&mut stream).json())
    })
}

/// What all tests of this program have seen.
pub(crate) static SEEN: Mutex<Seen> = Mutex::new(Seen::new());

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn read(stream: &mut TcpStream) -> Answer {
        let mut bytes = Vec::new();
        // A connection that is cut off after the answer is fine.
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8(bytes).expect("UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Answer { status: status.expect("a status"), head: head.to_owned(), body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn with(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// The word for programs of a refusal.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Answer {
        let answer = self.with(status);
        assert_eq!(answer.json()["error"]["code"], code, "{answer:?}");
        answer
    }
}
