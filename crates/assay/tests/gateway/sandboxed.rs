//! An agent in a sandbox reaches its model through a port of its own machine.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

use assay_sandbox::{Command, Launcher, Sandbox, Spec};

use super::agent::{Agent, ask};
use super::scripted_server::Server;
use super::scripted_server::dialect::{self, Deed};
use super::setting::{PROVIDERS, Setting, body, line};

const PORT: u16 = 8_080;

/// Asks twice, once in a stream, and looks for the key in all that it can read of itself.
const PROGRAM: &str = "
import glob, json, sys, urllib.request
token, place, question = sys.argv[1:4]
def ask(place, body):
    headers = {'Authorization': 'Bearer ' + token, 'Content-Type': 'application/json'}
    request = urllib.request.Request('http://127.0.0.1:8080' + place, body.encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()
print('hello' in ask(place, question).replace('\"},{\"text\":\"', ''))
for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):
    try:
        print('plan' + 'ted' in open(path).read())
    except OSError:
        pass
";

#[test]
fn an_agent_in_a_sandbox_asks_its_model_and_holds_no_key() {
    let setting = Setting::new();
    for provider in PROVIDERS {
        let server = Server::start(vec![dialect::step(provider, false, Deed::Answer)]);
        let session = setting.open(provider, &server.address, "");
        let mut sandbox = Sandbox::start(&Spec {
            launcher: Launcher::Program(PathBuf::from(env!("CARGO_BIN_EXE_assay"))),
            host_port: Some(PORT),
            ..Spec::default()
        })
        .expect("a sandbox");
        session.serve_at(sandbox.take_listener().expect("its port")).expect("it is served");
        let (line, question) = (line(provider, false), body(provider, false));
        let path = line.strip_prefix("POST ").expect("a path");
        let program = ["-c", PROGRAM, session.token(), path, &question];
        let command = Command::new("/usr/bin/python3").args(program);
        let execution = sandbox.execute(&command).expect("it runs");
        let text = execution.stdout.text();
        assert!(text.starts_with("True\nFalse\n") && !text.contains("\nTrue"), "{execution:?}");
        let conversation = setting.close(session);
        assert_eq!((conversation.requests, conversation.failure()), (1, None), "{provider}");
        // Nobody answers there any more.
        let execution = sandbox.execute(&command).expect("it runs");
        assert!(!execution.exit.is_success(), "{execution:?}");
    }
}

#[test]
fn at_the_port_of_a_sandbox_no_other_session_is_answered() {
    let setting = Setting::new();
    let server = Server::start(vec![dialect::step("openai", false, Deed::Answer); 3]);
    let session = setting.open("openai", &server.address, "");
    let other = setting.open("openai", &server.address, "");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("it is bound");
    session.serve_at(listener).expect("it is served");
    let (line, body) = (line("openai", false), body("openai", false));
    ask(port, &line, other.token(), &body).with_status(401);
    ask(port, &line, session.token(), &body).with_status(200);
    // Many silent connections there keep nobody from asking elsewhere.
    let silent: Vec<Agent> = (0..100).map(|_| Agent::connect(port)).collect();
    setting.ask(&other, "openai", false).with_status(200);
    setting.ask(&session, "openai", false).with_status(200);
    drop(silent);
}
