//! A port inside at which the host listens: the only thing outside that can be reached.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use assay_sandbox::{
    Answer, Body, Host, PathRule, Port, Route, Sandbox, SandboxError, Scheme, Spec, World,
};

use crate::{limits, python, spec};

const PORT: u16 = 8_080;

fn with_port() -> Spec {
    Spec { host_port: Some(PORT), ..spec() }
}

/// Answers each connection with what it says in capitals, until it has said all.
fn answer_at(listener: TcpListener) {
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            thread::spawn(move || {
                let mut bytes = [0; 100];
                while let Ok(count @ 1..) = stream.read(&mut bytes) {
                    let _ = stream.write_all(&bytes[..count].to_ascii_uppercase());
                }
            });
        }
    });
}

/// Python with a function that connects, and says how that ends.
const CONNECT: &str = "
import socket
def connect(host, port):
    try:
        with socket.create_connection((host, port), 5) as stream:
            stream.sendall(b'hello')
            return stream.recv(100).decode()
    except OSError as error:
        return type(error).__name__
";

#[test]
fn what_a_program_says_at_the_port_the_host_hears_and_answers() {
    let mut sandbox = Sandbox::start(&with_port()).unwrap();
    let listener = sandbox.take_listener().unwrap();
    assert!(sandbox.take_listener().is_none());
    answer_at(listener);
    let program = format!("{CONNECT}\nfor _ in range(50): print(connect('localhost', {PORT}))");
    // It goes on from command to command.
    for _ in 0..2 {
        let execution = sandbox.execute(&python(&program)).unwrap();
        assert_eq!(execution.stdout.text(), "HELLO\n".repeat(50), "{execution:?}");
        assert_eq!(execution.leftover_processes, 0);
    }
}

#[test]
fn nothing_else_outside_can_be_reached() {
    let outside = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let port = outside.local_addr().unwrap().port();
    let mut sandbox = Sandbox::start(&with_port()).unwrap();
    answer_at(sandbox.take_listener().unwrap());
    let places = [
        ("127.0.0.1", port),
        ("::1", PORT),
        ("127.0.0.2", PORT),
        ("10.0.0.1", 80),
        ("169.254.169.254", 80),
        ("192.0.2.1", PORT),
    ];
    let calls: String =
        places.iter().map(|(host, port)| format!("print(connect('{host}', {port}))\n")).collect();
    let execution = sandbox.execute(&python(&format!("{CONNECT}\n{calls}"))).unwrap();
    let text = execution.stdout.text();
    assert_eq!(text.lines().count(), places.len(), "{execution:?}");
    for (line, place) in text.lines().zip(places) {
        assert!(["ConnectionRefusedError", "OSError"].contains(&line), "{place:?}: {line}");
    }
    outside.set_nonblocking(true).unwrap();
    outside.accept().unwrap_err();
}

#[test]
fn nobody_inside_can_listen_at_the_port_or_has_its_listener() {
    let mut sandbox = Sandbox::start(&with_port()).unwrap();
    answer_at(sandbox.take_listener().unwrap());
    let program = format!(
        "{CONNECT}
import os, stat
for host in ('127.0.0.1', '0.0.0.0', '::'):
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    with socket.socket(family) as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            own.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        try:
            own.bind((host, {PORT}))
            own.listen()
            print('listens')
        except OSError as error:
            print(error.strerror)
sockets = []
for number in os.listdir('/proc/self/fd'):
    try:
        if stat.S_ISSOCK(os.fstat(int(number)).st_mode): sockets.append(number)
    except OSError: pass
print(sockets)
print(connect('127.0.0.1', {PORT}))
"
    );
    let execution = sandbox.execute(&python(&program)).unwrap();
    let expect = "Address already in use\n".repeat(3) + "[]\nHELLO\n";
    assert_eq!(execution.stdout.text(), expect, "{execution:?}");
}

#[test]
fn connections_end_with_the_sandbox() {
    let mut sandbox = Sandbox::start(&with_port()).unwrap();
    let listener = sandbox.take_listener().unwrap();
    let program = format!(
        "import socket, time\nstream = socket.create_connection(('127.0.0.1', {PORT}), 5)\nstream.sendall(b'x')\ntime.sleep(60)"
    );
    let ended = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = Vec::new();
        // A reset is an end too.
        let _ = stream.read_to_end(&mut bytes);
        (bytes, listener)
    });
    sandbox.execute(&python(&program).limits(limits(1))).unwrap();
    let (bytes, listener) = ended.join().unwrap();
    assert_eq!(bytes, b"x");
    drop(sandbox);
    listener.set_nonblocking(true).unwrap();
    listener.accept().unwrap_err();
}

#[test]
fn a_world_may_be_beside_it() {
    let body = Body::Bytes("the page".into());
    let answer = Answer { status: 200, headers: Vec::new(), body };
    let route = Route { path: PathRule::Exact("/".to_owned()), scheme: None, answer };
    let host = Host {
        names: Vec::new(),
        addresses: vec!["203.0.113.10".parse().unwrap()],
        canary: false,
        ports: vec![Port { number: PORT, scheme: Scheme::Http }],
        routes: vec![route],
        identity: None,
    };
    let world = World { ipv6: true, names: Vec::new(), hosts: vec![host] };
    let mut sandbox = Sandbox::start(&Spec { world: Some(world), ..with_port() }).unwrap();
    answer_at(sandbox.take_listener().unwrap());
    let program = format!(
        "{CONNECT}
import urllib.request
print(urllib.request.urlopen('http://203.0.113.10:{PORT}/', timeout=5).read().decode())
print(connect('127.0.0.1', {PORT}))"
    );
    let execution = sandbox.execute(&python(&program)).unwrap();
    assert_eq!(execution.stdout.text(), "the page\nHELLO\n", "{execution:?}");
    assert_eq!(execution.contacts.list.len(), 1, "{:?}", execution.contacts);
}

#[test]
fn sandboxes_have_each_their_own() {
    let mut first = Sandbox::start(&with_port()).unwrap();
    let second = Sandbox::start(&with_port()).unwrap();
    answer_at(first.take_listener().unwrap());
    let program = format!("{CONNECT}\nprint(connect('127.0.0.1', {PORT}))");
    assert_eq!(first.execute(&python(&program)).unwrap().stdout.text(), "HELLO\n");
    // Dropped with its sandbox, a listener that nobody took answers nobody.
    drop(second);
    let mut without = Sandbox::start(&spec()).unwrap();
    assert!(without.take_listener().is_none());
    let refused = without.execute(&python(&program)).unwrap().stdout.text();
    assert_eq!(refused, "ConnectionRefusedError\n");
}

#[test]
fn a_port_that_cannot_be_had_is_an_error_that_names_it() {
    let host = Host {
        names: Vec::new(),
        addresses: vec!["127.0.0.1".parse().unwrap()],
        canary: false,
        ports: vec![Port { number: PORT, scheme: Scheme::Http }],
        routes: Vec::new(),
        identity: None,
    };
    let world = World { ipv6: true, names: Vec::new(), hosts: vec![host] };
    let error = Sandbox::start(&Spec { world: Some(world), ..with_port() }).unwrap_err();
    assert!(matches!(error, SandboxError::Setup { .. }), "{error}");
    assert!(error.to_string().contains("8080"), "{error}");
}
