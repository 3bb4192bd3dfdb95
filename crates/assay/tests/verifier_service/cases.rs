//! Cases that come and change while the service runs: sent as archives, or laid into a folder.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::archives::{entry, file, gzip, of_folder};
use crate::client::{ADMIN, Answer, CASE, PLATFORM, Served, TRAINER, path_of, tokens};
use crate::door::{Door, case_folder, files_below, solution};
use crate::panel::copies::copy;

/// Another case than those that are served.
const SENT: &str = "json-writer";

fn served(door: &Door, arguments: &[&str]) -> Served {
    let file = tokens(door, "");
    let tokens = ["--tokens", file.to_str().expect("UTF-8")];
    Served::start(door, &[&tokens, arguments].concat())
}

fn put(served: &Served, id: &str, archive: &[u8]) -> Answer {
    served.ask("PUT", &format!("/v1/cases/{id}")).token(ADMIN).body(archive).send()
}

fn is(state: &'static str) -> impl Fn(&Value) -> bool {
    move |case| case["state"] == state
}

fn verdict(served: &Served, case: &str, solution_of: &str, name: &str) -> Answer {
    let files = json!({ path_of(solution_of): solution(solution_of, name) });
    let body = json!({ "case": case, "artifact": { "files": files } });
    served.ask("POST", "/v1/validations?wait=300").token(TRAINER).json(&body).send()
}

#[test]
fn a_case_that_is_sent_is_proved_and_then_served_and_a_broken_version_changes_nothing() {
    let door = Door::open();
    let served = served(&door, &[]);
    verdict(&served, SENT, SENT, "secure").refused(404, "no-such-case");
    let archive = of_folder(&case_folder(SENT), &format!("{SENT}/"));
    let answer = put(&served, SENT, &gzip(&archive)).with(202);
    assert_eq!(answer.header("location"), Some(&*format!("/v1/cases/{SENT}")));
    assert_eq!(answer.json()["origin"], "upload");
    if answer.json()["state"] == "pending" {
        // Nothing is validated with tests that are not proved.
        let early = verdict(&served, SENT, SENT, "secure");
        assert!([200, 409].contains(&early.status), "{early:?}");
    }
    let case = served.until(PLATFORM, SENT, |case| case["state"] != "pending");
    assert_eq!(case["state"], "proved", "{case:#}");
    assert_eq!(case["artifact-paths"], json!([path_of(SENT)]), "{case:#}");
    assert_eq!(verdict(&served, SENT, SENT, "secure").with(200).json()["verdict"], "secure");

    // A version whose tests are passed by vulnerable code too.
    let copied = door.path("broken").join(SENT);
    copy(&case_folder(SENT), &copied);
    let solutions = copied.join("solutions");
    for vulnerable in fs::read_dir(&solutions).expect("a folder").flatten() {
        if vulnerable.file_name().to_string_lossy().starts_with("vulnerable") {
            let path = path_of(SENT);
            fs::write(vulnerable.path().join(&path), solution(SENT, "secure")).expect("written");
        }
    }
    put(&served, SENT, &of_folder(&copied, "")).with(202);
    let case = served.until(PLATFORM, SENT, |case| case["state"] != "pending");
    assert_eq!(case["state"], "refused", "{case:#}");
    assert!(case["reason"].as_str().is_some_and(|it| it.contains("not proved")), "{case:#}");
    assert_ne!(case["digest"], case["served-digest"], "{case:#}");
    // The earlier version is served as before.
    let found = verdict(&served, SENT, SENT, "secure").with(200).json();
    assert_eq!(found["case-digest"], case["served-digest"], "{found:#}");
    let metrics = served.ask("GET", "/metrics").token(ADMIN).send().body;
    assert!(metrics.contains("assay_verifier_cases{state=\"refused\"} 1"), "{metrics}");

    let removed = served.ask("DELETE", &format!("/v1/cases/{SENT}")).token(ADMIN).send();
    removed.with(200);
    verdict(&served, SENT, SENT, "secure").refused(404, "no-such-case");
}

#[test]
fn an_archive_that_means_harm_is_refused_and_leaves_nothing() {
    let door = Door::open();
    let served = served(&door, &[]);
    let good = of_folder(&case_folder(SENT), "");
    let with = |more: Vec<u8>| [more, good.clone()].concat();
    let outside = door.path("outside");
    let target = outside.to_str().expect("UTF-8");
    let check = |archive: Vec<u8>, expect: &str| {
        for archive in [archive.clone(), gzip(&archive)] {
            let answer = put(&served, SENT, &archive).refused(422, "case-refused");
            assert!(answer.body.contains(expect), "{expect}: {answer:?}");
            // Nothing is told of where it was written.
            assert!(!answer.body.replace(target, "").contains("/.tmp"), "{answer:?}");
        }
    };
    check(with(file("../../../../../../tmp/escaped", b"x")), "leaves its directory");
    check(with(file("tests/../../x", b"x")), "leaves its directory");
    check(with(file(target, b"x")), "is absolute");
    check(with(entry("link", b'2', b"", "/etc/passwd")), "a symbolic link");
    check(with(entry("link", b'1', b"", "/etc/passwd")), "a hard link");
    // A link, and a file that would be written through it.
    check(with([entry("d", b'2', b"", "/tmp"), file("d/x", b"x")].concat()), "a symbolic link");
    check(with(entry("null", b'3', b"", "")), "a device");
    check(with(entry("pipe", b'6', b"", "")), "a named pipe");
    check(with([file("x", b"1"), file("x", b"2")].concat()), "two entries");
    check(with([file("x", b"1"), file("x/y", b"2")].concat()), "a file and a folder");
    check(b"PK\x03\x04 no tar".repeat(100), "no tar archive");
    check(Vec::new(), "no file");
    check(file("case.toml", b"id = 7"), "case.toml");
    check(of_folder(&case_folder(CASE), ""), "is not the folder's name");
    let many: Vec<u8> = (0..5000).flat_map(|n| file(&format!("f{n}"), b"")).collect();
    check(many, "more than 4096 files");
    assert!(!outside.exists() && !Path::new("/tmp/escaped").exists());
    put(&served, "..%2f..%2fx", &good).refused(404, "not-found");
    put(&served, "a.b", &good).refused(422, "case-refused");
    let case = served.ask("GET", &format!("/v1/cases/{SENT}")).token(ADMIN).send();
    case.refused(404, "no-such-case");
}

#[test]
fn bombs_take_neither_memory_nor_time() {
    let door = Door::open();
    let served = served(&door, &[]);
    let zeros = vec![0; 60 << 20];
    let bomb = gzip(&file("zeros", &zeros));
    assert!(bomb.len() < 100_000);
    let answer = put(&served, SENT, &bomb).refused(422, "case-refused");
    assert!(answer.body.contains("more than"), "{answer:?}");
    // Members of gzip that follow one another are as large together.
    let member = |number: usize| gzip(&file(&format!("zeros-{number}"), &vec![0; 15 << 20]));
    let members: Vec<u8> = (0..20).flat_map(member).collect();
    let answer = put(&served, SENT, &members).refused(422, "case-refused");
    assert!(answer.body.contains("times its size"), "{answer:?}");
    let metrics = served.ask("GET", "/metrics").token(ADMIN).send().body;
    let line =
        metrics.lines().find(|line| line.starts_with("assay_verifier_resident_memory_bytes "));
    let bytes: u64 = line.and_then(|it| it.split(' ').nth(1)?.parse().ok()).expect("a number");
    assert!(bytes < 1 << 30, "{bytes} bytes");
    let large = served.ask("PUT", &format!("/v1/cases/{SENT}")).token(ADMIN);
    large.body(vec![b'x'; 33 << 20]).send().with(413);
}

#[test]
fn a_case_of_the_corpus_is_changed_there_alone() {
    let door = Door::open();
    let served = served(&door, &[]);
    let archive = of_folder(&case_folder(CASE), "");
    put(&served, CASE, &archive).refused(409, "other-origin");
    let deleted = served.ask("DELETE", &format!("/v1/cases/{CASE}")).token(ADMIN).send();
    deleted.refused(409, "other-origin");
    assert_eq!(served.until(PLATFORM, CASE, is("trusted"))["origin"], "corpus");
}

#[test]
fn cases_of_a_watched_folder_come_change_and_go() {
    let door = Door::open();
    let root = door.path("watched");
    fs::create_dir(&root).expect("a folder");
    let served = served(&door, &["--watch", root.to_str().expect("UTF-8")]);
    let folder = root.join("suite/c").join(SENT);
    copy(&case_folder(SENT), &folder);
    let case = served.until(PLATFORM, SENT, |case| {
        ["proved", "refused"].contains(&case["state"].as_str().expect("a state"))
    });
    assert_eq!([&case["state"], &case["origin"]], ["proved", "folder"], "{case:#}");
    put(&served, SENT, &of_folder(&folder, "")).refused(409, "other-origin");

    // A version that cannot be read is told, and the earlier one stays.
    let toml = fs::read_to_string(folder.join("case.toml")).expect("UTF-8");
    fs::write(folder.join("case.toml"), "id = ").expect("written");
    let case = served.until(PLATFORM, SENT, is("refused"));
    let reason = case["reason"].as_str().expect("a reason");
    assert!(reason.starts_with("case.toml:1"), "{case:#}");
    assert!(!case["served-digest"].is_null(), "{case:#}");
    // Another title is another version of the same digest.
    fs::write(folder.join("case.toml"), toml).expect("written");
    served.until(PLATFORM, SENT, is("proved"));

    for file in files_below(&folder) {
        fs::remove_file(file).expect("removed");
    }
    fs::remove_dir_all(&folder).expect("removed");
    let begun = std::time::Instant::now();
    while served.ask("GET", &format!("/v1/cases/{SENT}")).token(PLATFORM).send().status == 200 {
        assert!(begun.elapsed().as_secs() < 60, "it is still served");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

#[test]
fn the_corpus_itself_is_proved_on_demand_before_it_is_served() {
    let door = Door::open();
    let served = Served::with(&door, &[CASE, "--no-results", "--prove"]);
    let case = served.until("", CASE, |case| case["state"] != "pending");
    assert_eq!(case["state"], "proved", "{case:#}");
    served.get("/readyz").with(200);
}
