//! `assay serve`: live pages over HTTP, asked for by programs and opened in a browser.

#![expect(clippy::disallowed_methods, reason = "starts the program")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use assay::store::Store;
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::case::{Language, Severity};
use assay_core::{Scenario, Verdict};

use crate::browser::{Browser, between};
use crate::door::{Door, files_below};

#[expect(dead_code, reason = "this binary uses a part of it")]
mod browser;
#[expect(dead_code, reason = "of the door, only what starts the program is used")]
mod door;
mod sample_run;

/// The program while it serves, and its address.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(door: &Door, arguments: &[&str]) -> Served {
        let mut command =
            door.command(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("assay starts");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("UTF-8");
        let address = between(&line, "http://", "/ ").to_owned();
        assert!(!address.is_empty(), "{line:?}");
        Served { child, address }
    }

    fn get(&self, path: &str) -> Answer {
        ask(&self.address, &format!("GET {path} HTTP/1.1\r\nHost: {}", self.address))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    fn has(&self, header: &str) -> bool {
        self.head.lines().any(|line| line == header)
    }
}

/// Sends a request and reads until the server closes the connection.
fn ask(address: &str, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!("{request}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("UTF-8");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    Answer { head: head.to_owned(), body: body.to_owned() }
}

/// What a page says, without what is around it.
fn content(page: &str) -> &str {
    between(page, "<main id=\"content\">", "</main>")
}

#[test]
fn every_file_of_the_report_is_served_as_it_would_be_written() {
    let door = Door::open();
    drop(sample_run::ordinary(&door.path("run.assay")));
    door.run(&["report", "run.assay", "--output", "report"]).with_code(0);
    let served = Served::start(&door, &["run.assay"]);
    let root = door.path("report");
    let files = files_below(&root);
    assert!(files.len() > 10, "{files:?}");
    for file in files.iter().filter(|file| !file.ends_with("assay-report.json")) {
        let path = file.strip_prefix(&root).expect("below").to_str().expect("UTF-8");
        // The server seeks by itself.
        if path.starts_with("data/search") {
            assert_eq!(served.get(&format!("/{path}")).status(), "404", "{path}");
            continue;
        }
        let written = fs::read_to_string(file).expect("UTF-8");
        let answer = served.get(&format!("/{path}"));
        assert_eq!(answer.status(), "200", "{path}");
        if path.ends_with(".html") {
            assert_eq!(content(&answer.body), content(&written), "{path}");
            assert!(answer.has("content-type: text/html; charset=utf-8"), "{}", answer.head);
        } else {
            assert_eq!(answer.body, written, "{path}");
        }
    }
    assert_eq!(served.get("/").body, served.get("/index.html").body);
}

#[test]
fn only_this_machine_reads_and_nobody_writes() {
    let door = Door::open();
    drop(sample_run::ordinary(&door.path("run.assay")));
    let served = Served::start(&door, &["run.assay"]);
    let (_, port) = served.address.split_once(':').expect("a port");
    let status = |request: String| ask(&served.address, &request).status().to_owned();
    for (host, expect) in [
        (served.address.clone(), "200"),
        (format!("localhost:{port}"), "200"),
        (format!("LOCALHOST:{port}"), "200"),
        (format!("[::1]:{port}"), "200"),
        ("rebound.example".to_owned(), "403"),
        (format!("127.0.0.1.example:{port}"), "403"),
        (String::new(), "403"),
    ] {
        let found = status(format!("GET / HTTP/1.1\r\nHost: {host}"));
        assert_eq!(found, expect, "{host:?}");
    }
    let host = &served.address;
    for (request, expect) in [
        ("HEAD / HTTP/1.1", "200"),
        ("POST / HTTP/1.1", "405"),
        ("DELETE /run.assay HTTP/1.1", "405"),
        ("GET /run.assay HTTP/1.1", "404"),
        ("GET /../run.assay HTTP/1.1", "404"),
        ("GET /%2e%2e/run.assay HTTP/1.1", "404"),
        ("GET //index.html/ HTTP/1.1", "404"),
    ] {
        assert_eq!(status(format!("{request}\r\nHost: {host}")), expect, "{request}");
    }
    let page = served.get("/");
    for header in [
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "x-frame-options: DENY",
        "cross-origin-resource-policy: same-origin",
    ] {
        assert!(page.has(header), "{header}: {}", page.head);
    }
}

#[test]
fn runs_of_a_folder_come_and_go() {
    let door = Door::open();
    let folder = door.path("assay-runs");
    let served = Served::start(&door, &[]);
    let shown = |mark: &str| {
        // It looks for runs twice a second.
        for _ in 0..200 {
            if content(&served.get("/").body).contains(mark) {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("{mark:?} is not shown: {}", served.get("/").body);
    };
    shown("No run yet");
    fs::create_dir(&folder).expect("made");
    drop(sample_run::ordinary(&folder.join("one.assay")));
    shown("1 run with");
    drop(sample_run::hostile(&folder.join("two.assay")));
    shown("2 runs with");
    fs::write(folder.join("three.assay"), "no run").expect("written");
    fs::remove_file(folder.join("two.assay")).expect("removed");
    shown("1 run with");
    let live = served.get("/live.html").body;
    assert!(live.contains("three.assay is not a run of this version of assay"), "{live}");
    assert!(!live.contains("goes on"), "{live}");
}

#[test]
fn what_cannot_be_served_is_an_error() {
    let door = Door::open();
    door.write("no-run.assay", "no run");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = taken.local_addr().expect("bound").to_string();
    for (arguments, message) in [
        (vec!["serve", "missing.assay"], "there is no run or folder missing.assay"),
        (vec!["serve", "no-run.assay"], "no-run.assay is not a run of this version"),
        (vec!["serve", "--listen", &taken], "choose another address with --listen"),
    ] {
        let ended = door.run(&arguments).with_code(3);
        assert!(ended.stderr.contains(message), "{ended}");
    }
}

/// What the reader does: sorts by name, waits for the page to be made anew, and says
/// what there is.
const DRIVE: &str = r#"
addEventListener('load', async () => {
  const names = () => [...document.querySelectorAll('table.leaderboard tbody .subject-name')].map((it) => it.textContent);
  const lede = () => document.querySelector('.lede').textContent;
  const strip = () => document.getElementById('live').textContent;
  await new Promise((resolve) => setTimeout(resolve, 300));
  [...document.querySelectorAll('table.leaderboard thead button')].find((it) => it.textContent.includes('Subject')).click();
  const seen = { names: names(), lede: lede(), strip: strip() };
  for (let turn = 0; turn < 40 && lede() === seen.lede; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  Object.assign(seen, { laterNames: names(), laterLede: lede(), laterStrip: strip() });
  document.body.dataset.seen = JSON.stringify(seen);
});
"#;

/// Stands between the browser and the server: adds the script to the first page, and
/// hears of each request for news before the server does.
fn between_browser_and(server: &str, news: impl Fn(usize) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    let server = server.to_owned();
    let asked = Arc::new(Mutex::new(0));
    let news = Arc::new(news);
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let (server, asked, news) = (server.clone(), Arc::clone(&asked), Arc::clone(&news));
            thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().expect("cloned"));
                let mut line = String::new();
                // A browser opens connections that it may not use.
                if reader.read_line(&mut line).is_err() || line.is_empty() {
                    return;
                }
                let mut rest = String::new();
                while reader.read_line(&mut rest).is_ok_and(|read| read > 2) {}
                if line.contains("/live.html") {
                    let mut asked = asked.lock().expect("no test panics with it");
                    *asked += 1;
                    news(*asked);
                }
                let mut answer = match line.contains("/drive.js") {
                    true => Answer {
                        head: "HTTP/1.1 200 OK\r\ncontent-type: text/javascript".to_owned(),
                        body: DRIVE.to_owned(),
                    },
                    false => ask(&server, &format!("{}\r\nHost: {server}", line.trim_end())),
                };
                let script = "<script src=\"drive.js\" defer></script></head>";
                answer.body = answer.body.replace("</head>", script);
                let head: Vec<&str> = (answer.head.lines())
                    .filter(|line| !line.to_ascii_lowercase().starts_with("content-length"))
                    .collect();
                let head = head.join("\r\n");
                let length = answer.body.len();
                let text = format!("{head}\r\ncontent-length: {length}\r\n\r\n{}", answer.body);
                // The browser may be gone.
                let _ = stream.write_all(text.as_bytes());
            });
        }
    });
    address
}

/// A run of one case and two subjects, of which a part is done.
fn begun(path: &Path) -> Store {
    let case = sample_run::case("FrameReadBounds", "Read a frame", Language::C, Severity::High);
    let info = sample_run::info("20260302-101500-q2", &["able", "baker"], vec![case], 8);
    let mut store = Store::create(path, &info).expect("a new store");
    for subject in ["baker", "able"] {
        finish(&mut store, subject, sec_code_bench_v2::GEN, Verdict::Secure);
    }
    store
}

fn finish(store: &mut Store, subject: &str, scenario: Scenario, verdict: Verdict) {
    let turn = sample_run::turn(verdict, "int main(void) { return 0; }\n", "it differs");
    let record = sample_run::attempt(subject, "FrameReadBounds", scenario, 1, vec![turn]);
    store.record(&record).expect("recorded");
}

#[test]
fn an_open_page_follows_a_run_and_keeps_what_the_reader_chose() {
    let browser = Browser::find();
    let door = Door::open();
    let store = Mutex::new(begun(&door.path("run.assay")));
    let served = Served::start(&door, &["run.assay"]);
    let proxy = between_browser_and(&served.address, move |asked| {
        if asked == 2 {
            let mut store = store.lock().expect("no test panics with it");
            finish(&mut store, "able", sec_code_bench_v2::FIX, Verdict::Insecure);
        }
        // The server looks at the run no more than twice a second, and the browser's
        // clock stands still while it waits for an answer.
        thread::sleep(Duration::from_millis(600));
    });
    let dom = browser.dom(&format!("http://{proxy}/"));
    let seen = between(&dom, "data-seen=\"", "\"").replace("&quot;", "\"");
    let seen: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(&seen).unwrap_or_else(|error| panic!("{error}: {dom}"));
    let text = |name: &str| seen[name].as_str().expect("a text").to_owned();
    assert!(text("lede").contains("2 judged attempts"), "{seen:?}");
    assert!(text("strip").contains("goes on: 2 of 8 attempts finished"), "{seen:?}");
    assert!(text("laterLede").contains("3 judged attempts"), "{seen:?}");
    assert!(text("laterStrip").contains("goes on: 3 of 8 attempts finished"), "{seen:?}");
    // By name, as the reader wanted; by score the second comes first now.
    assert_eq!(seen["names"], serde_json::json!(["able", "baker"]));
    assert_eq!(seen["laterNames"], serde_json::json!(["able", "baker"]));
}
