//! `assay world`, and the contacts of a validation, for a case that declares a world.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;

use door::{Door, case_folder, solution};
use serde_json::Value;

const CASE: &str = "avatar-import";
const METADATA: &str = "http://169.254.169.254/latest/meta-data/";

fn contacts<'a>(suite: &'a Value, event: &str) -> Vec<&'a Value> {
    let contacts = suite["contacts"].as_array().expect("contacts");
    contacts.iter().filter(|contact| contact["event"] == event).collect()
}

#[test]
fn a_world_is_shown_with_its_names_hosts_and_canaries() {
    let door = Door::open();
    let said = door.run(&["world", CASE]).with_code(0).stdout;
    let has =
        |parts: &[&str]| said.lines().any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(has(&["there is IPv6"]), "{said}");
    assert!(has(&["rebinding.example", "34.120.10.20, then 10.20.0.5"]), "{said}");
    assert!(has(&["/go", "302, to what the query says"]), "{said}");
    assert!(has(&["(canary)", "169.254.169.254", "/…", "200"]), "{said}");
    let json = door.run(&["world", CASE, "--format", "json"]).with_code(0).json("assay.world/1");
    assert_eq!(json["world"]["hosts"][0]["names"][0], "pictures.example", "{json:#}");

    let without = door.run(&["world", "invoice-search"]).with_code(3);
    assert!(without.stderr.contains("declares no world"), "{without}");
}

#[test]
fn a_url_is_tried_within_the_world() {
    let door = Door::open();
    let redirect = format!("http://pictures.example/go?{METADATA}");
    let tried = ["https://pictures.example/page", &redirect, "http://missing.example/"];
    let arguments: Vec<&str> = tried.iter().flat_map(|url| ["--try", url]).collect();
    let human = door.run(&[&["world", CASE], &arguments[..]].concat()).with_code(0).stdout;
    assert!(human.contains("<p>No picture</p>") && human.contains("CANARY 169.254"), "{human}");

    let json = [&["world", CASE, "--format", "json"], &arguments[..]].concat();
    let json = door.run(&json).with_code(0).json("assay.world/1");
    let last = contacts(&json["fetches"][1], "request")[1];
    assert_eq!((&last["canary"], &last["status"]), (&true.into(), &200.into()), "{last:#}");
    assert_eq!(last["target"], "/latest/meta-data/");
    let look_up = contacts(&json["fetches"][2], "look-up")[0];
    assert!(look_up["answers"].is_null(), "{look_up:#}");
}

#[test]
fn an_insecure_verdict_shows_the_request_that_proves_it() {
    let door = Door::open();
    let artifact = door.write("avatar_import.py", solution(CASE, "vulnerable-first-hop"));
    let artifact = artifact.to_str().expect("UTF-8");
    let arguments = ["verify", CASE, "--artifact", artifact];
    let json = door.run(&[&arguments[..], &["--format", "json"]].concat()).json("assay.verify/2");
    assert_eq!(json["verdict"], "insecure", "{json:#}");
    let functional = contacts(&json["evidence"]["phases"][0], "request");
    assert!(!functional.is_empty() && functional.iter().all(|it| it["canary"].is_null()));
    let security = contacts(&json["evidence"]["phases"][1], "request");
    let proof = security.iter().find(|contact| contact["canary"] == true).expect("a canary");
    assert_eq!(proof["target"], "/latest/meta-data/", "{proof:#}");

    let human = door.run(&arguments).with_code(1).stdout;
    assert!(human.contains(&format!("CANARY 169.254.169.254:80  GET {METADATA}: 200")), "{human}");
}

#[test]
fn a_case_without_a_world_has_no_contacts() {
    let door = Door::open();
    let artifact = case_folder("invoice-search").join("solutions/secure");
    let artifact = artifact.to_str().expect("UTF-8");
    let json = door.run(&["verify", "invoice-search", "--artifact", artifact, "--format", "json"]);
    let json = json.with_code(0).json("assay.verify/2");
    assert!(json["evidence"]["phases"][1]["contacts"].is_null(), "{json:#}");
}

#[test]
fn faults_of_a_world_are_listed_with_file_line_and_remedy() {
    let door = Door::open();
    let folder = "cases/team/python/broken";
    door.write(&format!("{folder}/case.toml"), "id = \"broken\"\ntitle = \"Broken\"\nlanguage = \"python\"\ncwe = [\"CWE-918\"]\nseverity = \"high\"\nscenarios = [\"gen\"]\nartifact = [\"src/a.py\"]\n");
    door.write(
        &format!("{folder}/world.toml"),
        "ipv6 = false\n[[host]]\naddresses = [\"::1\"]\n[[host.route]]\npath = \"/\"\nbody-file = \"page.html\"\n",
    );
    door.write(&format!("{folder}/world/other.html"), "");
    let said = door.run(&["cases", "--corpus", "cases"]).with_code(3).stderr;
    for fault in [
        "world.toml:3: ::1 is an IPv6 address, and `ipv6` is false",
        "world.toml:4: there is no file world/page.html",
        "no route uses the file other.html; name it as `body-file` or delete it",
    ] {
        assert!(said.contains(fault), "{fault}: {said}");
    }
}
