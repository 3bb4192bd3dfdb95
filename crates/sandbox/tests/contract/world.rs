//! The simulated Internet: what it answers, what it records, and that tested code can
//! do nothing to it but talk.

use std::net::IpAddr;
use std::path::PathBuf;

use assay_sandbox::{
    Answer, Body, Contact, ContactEvent, Execution, Host, Identity, Limits, Name, PathRule, Port,
    Route, Sandbox, Scheme, Spec, SystemFile, World,
};

use crate::{limits, python, shell, spec};

const CA: &str = "/etc/ssl/certs/ca-certificates.crt";

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn host(names: &[&str], at: &str) -> Host {
    Host {
        names: names.iter().map(ToString::to_string).collect(),
        addresses: vec![address(at)],
        canary: false,
        ports: vec![Port { number: 80, scheme: Scheme::Http }],
        routes: Vec::new(),
        identity: None,
    }
}

fn route(path: PathRule, status: u16, body: Body) -> Route {
    let headers = vec![("X-World".to_owned(), "yes".to_owned())];
    Route { path, scheme: None, answer: Answer { status, headers, body } }
}

fn exact(path: &str, text: &str) -> Route {
    route(PathRule::Exact(path.to_owned()), 200, Body::Bytes(text.into()))
}

fn everything(text: &str) -> Route {
    route(PathRule::Prefix("/".to_owned()), 200, Body::Bytes(text.into()))
}

fn name(name: &str, answers: &[&[&str]]) -> Name {
    let answers = answers.iter().map(|turn| turn.iter().map(|text| address(text)).collect());
    Name { name: name.to_owned(), answers: answers.collect() }
}

/// A public host with a redirector and a witness, an internal canary, a name that
/// changes, and one that leads home.
fn world() -> World {
    let redirect = Body::RedirectToQuery { scheme: Some("http".to_owned()) };
    let mut public = host(&["shop.example"], "203.0.113.10");
    public.addresses.push(address("2001:db8::10"));
    public.routes = vec![
        exact("/", "the shop"),
        route(PathRule::Exact("/go".to_owned()), 302, redirect),
        route(PathRule::Exact("/witness".to_owned()), 200, Body::CanaryContacts),
    ];
    let mut second = host(&["news.example"], "203.0.113.10");
    second.routes = vec![exact("/", "the news")];
    let mut metadata = host(&[], "169.254.169.254");
    metadata.canary = true;
    metadata.routes = vec![everything("credentials")];
    World {
        ipv6: true,
        names: vec![
            name("shop.example", &[&["203.0.113.10", "2001:db8::10"]]),
            name("news.example", &[&["203.0.113.10"]]),
            name("rebinding.example", &[&["203.0.113.10"], &["127.0.0.1"]]),
            name("home.example", &[&["127.0.0.1"]]),
        ],
        hosts: vec![public, second, metadata],
    }
}

fn spec_of(world: World) -> Spec {
    Spec { world: Some(world), ..spec() }
}

fn run_in(world: World, program: &str) -> Execution {
    let mut sandbox = Sandbox::start(&spec_of(world)).unwrap();
    let execution = sandbox.execute(&python(program)).unwrap();
    assert!(execution.exit.is_success(), "{execution:?}");
    execution
}

fn requests(contacts: &[Contact]) -> Vec<(String, u16, bool)> {
    let request = |contact: &Contact| match &contact.event {
        ContactEvent::Request { host, target, status, .. } => {
            Some((format!("{host}{target}"), *status, contact.canary))
        }
        _ => None,
    };
    contacts.iter().filter_map(request).collect()
}

#[test]
fn declared_hosts_answer_and_every_request_is_recorded() {
    let program = "
import urllib.request, urllib.error
def get(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            print(answer.status, answer.headers['X-World'], answer.read().decode())
    except urllib.error.HTTPError as error:
        print(error.code)
get('http://shop.example/')
get('http://news.example/')
get('http://[2001:db8::10]/?a=b')
get('http://shop.example/nothing')
get('http://shop.example/go?169.254.169.254/latest')
";
    let execution = run_in(world(), program);
    assert_eq!(
        execution.stdout.text(),
        "200 yes the shop\n200 yes the news\n200 yes the shop\n404\n200 yes credentials\n"
    );
    let contacts = execution.contacts;
    let seen = |target: &str, status, canary| (target.to_owned(), status, canary);
    assert_eq!(
        requests(&contacts.list),
        [
            seen("shop.example/", 200, false),
            seen("news.example/", 200, false),
            seen("[2001:db8::10]/?a=b", 200, false),
            seen("shop.example/nothing", 404, false),
            seen("shop.example/go?169.254.169.254/latest", 302, false),
            seen("169.254.169.254/latest", 200, true),
        ]
    );
    let looked_up = contacts.list.iter().any(|contact| {
        matches!(&contact.event, ContactEvent::LookUp { name, kind, answers: Some(answers) }
            if name == "shop.example" && kind == "A" && *answers == [address("203.0.113.10")])
    });
    assert!(looked_up && contacts.left_out == 0, "{contacts:?}");
}

#[test]
fn contacts_belong_to_their_command() {
    let mut sandbox = Sandbox::start(&spec_of(world())).unwrap();
    let get = "import urllib.request as u; u.urlopen('http://169.254.169.254/{}').read()";
    for turn in ["one", "two"] {
        let execution = sandbox.execute(&python(&get.replace("{}", turn))).unwrap();
        let expected = (format!("169.254.169.254/{turn}"), 200, true);
        assert_eq!(requests(&execution.contacts.list), [expected]);
        assert!(execution.contacts.list[0].at <= execution.usage.wall, "{execution:?}");
    }
    assert!(sandbox.execute(&shell("true")).unwrap().contacts.list.is_empty());
}

#[test]
fn names_change_from_look_up_to_look_up() {
    let program = "
import socket
for turn in range(3): print(socket.gethostbyname('rebinding.example'))
print(sorted({a[4][0] for a in socket.getaddrinfo('shop.example', 80)}))
print(socket.gethostbyname('home.example'), socket.gethostbyname('LOCALHOST'))
print(socket.gethostbyname(socket.gethostname()))
";
    let execution = run_in(world(), program);
    assert_eq!(
        execution.stdout.text(),
        "203.0.113.10\n127.0.0.1\n127.0.0.1\n['2001:db8::10', '203.0.113.10']\n127.0.0.1 127.0.0.1\n127.0.1.1\n"
    );
    // The next command finds the name as the first one did.
    let mut sandbox = Sandbox::start(&spec_of(world())).unwrap();
    for _ in 0..2 {
        let ask = "import socket; print(socket.gethostbyname('rebinding.example'))";
        assert_eq!(sandbox.execute(&python(ask)).unwrap().stdout.text(), "203.0.113.10\n");
    }
}

#[test]
fn what_is_not_declared_fails_at_once() {
    let program = "
import socket, time
began = time.monotonic()
for target in [('10.9.9.9', 80), ('203.0.113.11', 80), ('203.0.113.10', 81), ('127.0.0.1', 80), ('1.1.1.1', 53)]:
    try: socket.create_connection(target, timeout=5); print('connected', target)
    except OSError: pass
try: socket.create_connection(('2001:db8::11', 80), timeout=5); print('connected')
except OSError: pass
for name in ['missing.example', 'example.com', 'shop.example.', '_x..y', 'a' * 63 + '.example']:
    try: print(name, socket.gethostbyname(name))
    except (OSError, UnicodeError): pass
print(time.monotonic() - began < 2)
";
    let execution = run_in(world(), program);
    assert_eq!(execution.stdout.text(), "shop.example. 203.0.113.10\nTrue\n");
}

#[test]
fn ipv6_exists_only_where_it_is_declared() {
    let program = "
import socket
try: socket.socket(socket.AF_INET6).bind(('::1', 0)); print('bound')
except OSError: print('no address')
print([a[4][0] for a in socket.getaddrinfo('home.example', 80, type=socket.SOCK_STREAM)])
socket.create_server(('127.0.0.1', 0)).close()
";
    let mut without = world();
    without.ipv6 = false;
    without.hosts[0].addresses.truncate(1);
    assert_eq!(run_in(without, program).stdout.text(), "no address\n['127.0.0.1']\n");
    assert_eq!(run_in(world(), program).stdout.text(), "bound\n['127.0.0.1']\n");
}

#[test]
fn a_test_can_ask_what_canaries_saw() {
    let program = "
import json, socket, urllib.request
def witness(): return json.load(urllib.request.urlopen('http://shop.example/witness'))
print(witness())
socket.create_connection(('169.254.169.254', 80)).close()
print(witness())
urllib.request.urlopen(urllib.request.Request('http://169.254.169.254/\"x', method='PUT', data=b'12'))
print(witness()[1])
";
    let said = run_in(world(), program).stdout.text();
    let bare = "{'address': '169.254.169.254', 'port': 80, 'scheme': 'http'";
    assert_eq!(said, format!("[]\n[{bare}}}]\n{bare}, 'method': 'PUT', 'target': '/\"x'}}\n"));
}

#[test]
fn a_test_can_ask_whether_a_request_was_made() {
    let mut listener = host(&[], "127.0.0.1");
    listener.ports = vec![Port { number: 7000, scheme: Scheme::Http }];
    let question = Body::WasRequested { prefix: "/log/".to_owned() };
    listener.routes = vec![route(PathRule::Exact("/check".to_owned()), 200, question)];
    let world = World { ipv6: false, names: Vec::new(), hosts: vec![listener] };
    let program = "
import http.client
def ask(path):
    connection = http.client.HTTPConnection('127.0.0.1', 7000)
    connection.request('GET', path)
    return connection.getresponse().status
print(ask('/check?path=a1'), ask('/log/a1'), ask('/check?path=a1'), ask('/check?path=a'))
for number in range(500): ask(f'/x{number}')
print(ask('/check?path=lost-in-the-flood'))
";
    assert_eq!(run_in(world, program).stdout.text(), "404 404 200 404\n200\n");
}

/// A certificate authority of the test's own and a certificate for names and addresses.
fn identity(names: &[&str]) -> (String, Identity) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.distinguished_name.push(rcgen::DnType::CommonName, "authority");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    authority.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let leaf = rcgen::CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let pem = to_pem(certificate.der());
    (pem, Identity { chain: vec![leaf.der().to_vec()], key: key.serialize_der() })
}

fn to_pem(der: &[u8]) -> String {
    use std::fmt::Write as _;
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in der.chunks(48) {
        for group in line.chunks(3) {
            let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
                << (8 * (3 - group.len()));
            for place in 0..4 {
                let digit = char::from(ALPHABET[(bits >> (18 - 6 * place) & 63) as usize]);
                let _ = write!(text, "{}", if place > group.len() { '=' } else { digit });
            }
        }
        text.push('\n');
    }
    text + "-----END CERTIFICATE-----\n"
}

#[test]
fn https_hosts_prove_who_they_are() {
    let (authority, identity) = identity(&["shop.example", "203.0.113.10"]);
    let mut world = world();
    world.hosts[0].ports.push(Port { number: 443, scheme: Scheme::Https });
    world.hosts[0].identity = Some(identity);
    let mut spec = spec_of(world);
    spec.files.push(SystemFile::new(CA, authority));
    let program = "
import ssl, socket, urllib.request
def get(url, **options):
    try: print(urllib.request.urlopen(url, timeout=5, **options).read())
    except OSError as error: print(type(error.reason).__name__)
get('https://shop.example/')
get('https://203.0.113.10/')
get('https://news.example/')
get('https://shop.example/', context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
get('https://home.example/')
old = ssl.create_default_context(); old.maximum_version = ssl.TLSVersion.TLSv1_2
get('https://shop.example/', context=old)
";
    let mut sandbox = Sandbox::start(&spec).unwrap();
    let execution = sandbox.execute(&python(program).env("SSL_CERT_FILE", CA)).unwrap();
    let refused = "SSLCertVerificationError\n";
    assert_eq!(
        execution.stdout.text(),
        format!(
            "b'the shop'\nb'the shop'\n{refused}{refused}ConnectionRefusedError\nb'the shop'\n"
        ),
        "{execution:?}"
    );
    let refusals = execution.contacts.list.iter().filter(|contact| {
        matches!(
            &contact.event,
            ContactEvent::Connection { failure: Some(_), server_name: Some(_), .. }
        )
    });
    assert_eq!(refusals.count(), 2, "{:?}", execution.contacts);
}

#[test]
fn the_process_of_the_world_can_be_neither_seen_nor_killed() {
    let program = "
import os, signal, urllib.request
print(sorted(p for p in os.listdir('/proc') if p.isdigit()))
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for pid in range(-1, 400):
    if pid not in (0, os.getpid()):
        for number in signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM:
            try: os.kill(pid, number)
            except OSError: pass
print(urllib.request.urlopen('http://shop.example/').read().decode())
for port in 80, 53:
    try: __import__('socket').create_server(('203.0.113.10', port)); print('took its place')
    except OSError: pass
";
    let execution = run_in(world(), program);
    assert_eq!(execution.stdout.text(), "['1', '2']\nthe shop\n");
}

#[test]
fn floods_and_rubbish_harm_nobody() {
    let program = "
import os, socket, time, urllib.request
held = []
for turn in range(400):
    try:
        one = socket.create_connection(('203.0.113.10', 80), timeout=1)
        one.sendall(b'GET / HTTP/1.1\\r\\nX: ')
        held.append(one)
    except OSError: pass
for one in held: one.close()
for rubbish in [b'\\0' * 100, b'GET ' + b'x' * 200000, b'\\x16\\x03\\x01\\xff\\xff' + b'y' * 500, b'POST / HTTP/1.1\\r\\nContent-Length: 99999999999\\r\\n\\r\\n', b'POST / HTTP/1.1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nfffffffffffffffff\\r\\n', b'GET / HTTP/9.9\\r\\n\\r\\n']:
    one = socket.create_connection(('203.0.113.10', 80), timeout=5)
    try: one.sendall(rubbish); one.shutdown(1); one.recv(100)
    except OSError: pass
    one.close()
asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for turn in range(3000): asker.sendto(os.urandom(40), ('127.0.0.53', 53))
for turn in range(50):
    try: print(urllib.request.urlopen('http://169.254.169.254/', timeout=5).read().decode()); break
    except OSError: time.sleep(0.1)
";
    let mut sandbox = Sandbox::start(&spec_of(world())).unwrap();
    let execution = sandbox.execute(&python(program).limits(limits(60))).unwrap();
    assert_eq!(execution.stdout.text(), "credentials\n", "{execution:?}");
    let contacts = execution.contacts;
    assert!(contacts.left_out > 0 && contacts.list.len() <= 500);
    assert_eq!(requests(&contacts.list).last().map(|(_, _, canary)| *canary), Some(true));
    assert!(sandbox.execute(&shell("true")).unwrap().exit.is_success());
}

#[test]
fn sockets_of_the_world_are_not_charged_to_tested_code() {
    let mut world = world();
    for last in 1..=100 {
        world.hosts.push(host(&[], &format!("10.0.0.{last}")));
    }
    let limits = Limits { memory_bytes: 40 << 20, ..limits(10) };
    let mut sandbox = Sandbox::start(&spec_of(world)).unwrap();
    let execution = sandbox.execute(&shell("sleep 0.3").limits(limits)).unwrap();
    assert!(execution.exit.is_success(), "{execution:?}");
}

#[test]
fn files_cover_what_is_mounted() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("trust.pem"), "of the host").unwrap();
    let mut spec = spec();
    spec.mounts.push(assay_sandbox::Mount::new(folder.path(), "/opt/prepared"));
    spec.files.push(SystemFile::new("/opt/prepared/trust.pem", "covered, "));
    spec.files.push(SystemFile::new("/etc/ssl/own.pem", "new"));
    let mut sandbox = Sandbox::start(&spec).unwrap();
    let script = "cat /opt/prepared/trust.pem /etc/ssl/own.pem; ls -A / | grep staged; \
                  echo x > /opt/prepared/trust.pem || rm /etc/ssl/own.pem || echo; true";
    let execution = sandbox.execute(&shell(script)).unwrap();
    assert_eq!(execution.stdout.text(), "covered, new\n", "{execution:?}");
    spec.files = vec![SystemFile::new(PathBuf::from("relative"), "")];
    assert!(Sandbox::start(&spec).is_err());
}
