//! The parts of `deploy/compose.yaml`, without containers: with the commands, the variables and the
//! configuration of the server that stand in the files.

use std::fs;

use crate::door::{Door, repository};
use crate::nats::Server;
use crate::probes::{get, get_with};
use crate::turn;
use crate::worker::{Process, wait_until};

/// A number to those who do not know that it is a password.
const PASSWORD: &str = "123456789012345678901234567890";
const TOKEN: &str = "token-of-a-caller-of-these-tests";

/// The arguments of the command that starts a part.
fn arguments(compose: &str, part: &str) -> Vec<String> {
    let commands = compose.lines().filter_map(|line| line.trim().strip_prefix("command: "));
    let mut commands =
        commands.map(|line| serde_json::from_str::<Vec<String>>(line).expect("JSON"));
    let command = commands.find(|command| command[..2] == ["assay", part]).expect("a command");
    command[1..].to_vec()
}

/// A text with a variable's value in place of `${NAME:?…}`.
fn filled(text: &str, name: &str, value: &str) -> String {
    let (before, rest) = text.split_once(&format!("${{{name}:?")).expect("the variable");
    let (_, after) = rest.split_once('}').expect("its end");
    format!("{before}{value}{after}")
}

/// The value of a variable that stands on its line.
fn value<'a>(compose: &'a str, name: &str) -> &'a str {
    let mut lines = compose.lines().filter_map(|line| line.trim().strip_prefix(name));
    lines.find_map(|line| line.strip_prefix(": ")).expect("a value")
}

/// The lines below a variable that are its value.
fn block(compose: &str, name: &str) -> String {
    let (_, rest) = compose.split_once(&format!("{name}: |\n")).expect("a value of some lines");
    let indent = " ".repeat(rest.len() - rest.trim_start_matches(' ').len());
    let lines = rest.lines().map_while(|line| line.strip_prefix(&indent));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_parts_of_the_compose_file_find_each_other_and_their_callers() {
    let _turn = turn();
    let door = Door::open();
    let compose = fs::read_to_string(repository().join("deploy/compose.yaml")).expect("a file");
    let quoted = filled(value(&compose, "NATS_PASSWORD"), "NATS_PASSWORD", PASSWORD);
    let server = Server::deployed(quoted.trim_matches('\''));
    let start = |part: &str| {
        let alive = door.path("alive");
        let arguments = arguments(&compose, part).into_iter().map(|argument| {
            argument
                .replace("nats://nats:4222", &server.url())
                .replace("/tmp/alive", alive.to_str().expect("UTF-8"))
                .replace(":8080", ":0")
        });
        let mut command = door.command(&arguments.collect::<Vec<_>>());
        command
            .env("ASSAY_NATS_USER", value(&compose, "ASSAY_NATS_USER"))
            .env("ASSAY_NATS_PASSWORD", PASSWORD);
        if part == "verifier" {
            let tokens = block(&compose, "ASSAY_VERIFIER_TOKENS");
            command.env("ASSAY_VERIFIER_TOKENS", filled(&tokens, "VERIFIER_TOKEN", TOKEN));
        }
        Process::start(command, door.path(&format!("{part}.said")))
    };
    let mut worker = start("worker");
    worker.wait_for("\"joined\"");
    assert!(door.path("alive").exists());
    let mut verifier = start("verifier");
    verifier.wait_for("http://");
    let said = verifier.said();
    let (_, rest) = said.split_once("http://0.0.0.0:").expect("an address");
    let port = rest.split_once('/').expect("its end").0;
    let address = format!("127.0.0.1:{port}");
    assert_eq!(get(&address, "/healthz").0, 200);
    wait_until("a case", || get(&address, "/readyz").0 == 200);
    assert_eq!(get(&address, "/v1/cases").0, 401);
    let shown = get_with(&address, "/v1/cases", &format!("Authorization: Bearer {TOKEN}\r\n"));
    assert_eq!(shown.0, 200, "{}", shown.1);
}
