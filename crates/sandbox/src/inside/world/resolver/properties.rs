//! Properties of the name server: whatever a message is, its reply is a whole one to the
//! question that was asked.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use assay_fuzz::proptest::collection::vec;
use assay_fuzz::proptest::prelude::any;
use assay_fuzz::proptest::sample::select;
use assay_fuzz::{Target, hold, target};

use super::{HEADER_BYTES, MESSAGE_BYTES, Resolver, TYPE_A, TYPE_AAAA, parse};
use crate::inside::world::record::Record;

const WORDS: [&[u8]; 12] = [
    b"\x03api\x07example\x00",
    b"\x03API",
    b"\x07example",
    b"\x0bapi.example\x00",
    b"\x00",
    b"\x00\x01\x00\x01",
    b"\x00\x1c\x00\x01",
    b"\xc0\x0c",
    b"\x3fxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00",
    b"\x00\xff\x00\x03",
    b"\xff\xfe",
];

fn target() -> Target {
    target!("dns-question").words(&WORDS)
}

fn resolver() -> Resolver {
    let addresses: Vec<IpAddr> =
        vec![Ipv4Addr::new(198, 51, 100, 7).into(), Ipv6Addr::LOCALHOST.into()];
    let names = [
        ("api.example".to_owned(), vec![addresses.clone(), vec![Ipv4Addr::LOCALHOST.into()]]),
        ("a".to_owned(), vec![addresses]),
        ("empty.example".to_owned(), Vec::new()),
    ];
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    Resolver { socket, names: HashMap::from(names), asked: HashMap::new() }
}

fn number(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]))
}

/// Holds that a reply is whole, and is of the question in a message.
fn is_reply(reply: &[u8], message: &[u8], section: usize) {
    assert_eq!(reply[..2], message[..2], "another question's number");
    assert_eq!(reply[2] & 0x80, 0x80, "no reply");
    assert!(matches!(reply[3] & 0x0f, 0 | 3), "a code of another kind");
    assert_eq!((number(reply, 4), number(reply, 8), number(reply, 10)), (1, 0, 0));
    let end = HEADER_BYTES + section;
    assert_eq!(reply[HEADER_BYTES..end], message[HEADER_BYTES..end], "another question");
    let kind = number(reply, end - 4);
    let mut rest = &reply[end..];
    for _ in 0..number(reply, 6) {
        assert_eq!(rest[..2], [0xc0, 0x0c], "the name of the question");
        assert_eq!((number(rest, 2), number(rest, 4)), (kind, 1));
        let length = number(rest, 10);
        assert_eq!(length, if kind == usize::from(TYPE_A) { 4 } else { 16 });
        rest = &rest[12 + length..];
    }
    assert!(rest.is_empty(), "{rest:?} is behind the last answer");
}

#[test]
fn a_reply_is_whole_and_of_the_question_that_was_asked() {
    let mut resolver = resolver();
    let resolver = std::cell::RefCell::new(&mut resolver);
    let holds = |message: &[u8]| {
        let message = &message[..message.len().min(MESSAGE_BYTES)];
        let Some(question) = parse(message) else { return };
        let labels = question.name.split('.').filter(|label| !label.is_empty());
        let written: usize = labels.map(|label| label.len() + 1).sum();
        assert!(written < 256 * 3, "{} bytes", question.name.len());
        assert!(question.section.len() <= 255 + 4, "{} bytes", question.section.len());
        assert_eq!(question.name, question.name.to_ascii_lowercase());
        let client = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        let record = Record::default();
        let mut resolver = resolver.borrow_mut();
        let reply = resolver.answer(&question, client, &record);
        is_reply(&reply, message, question.section.len());
        let is_known = resolver.names.contains_key(&question.name);
        // An empty list of answers is that of a name which is not there.
        assert!(is_known || reply[3] & 0x0f == 3, "{}", question.name);
        assert_eq!(record.take().list.len(), 1, "a look-up is a contact");
        assert_eq!(resolver.answer(&question, client, &record), reply, "asked again");
    };
    target().check(holds);
    target().check_long(holds);
}

#[test]
fn a_name_is_read_as_its_labels() {
    let label = vec(select(&b"abzAZ09-_.\\\xc3\xa9"[..]), 1..64);
    let values = (vec(label, 0..6), select(vec![TYPE_A, TYPE_AAAA, 255]), any::<u16>());
    hold("labels", &values, |(labels, kind, id)| {
        let mut message = id.to_be_bytes().to_vec();
        message.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        for label in &labels {
            message.push(u8::try_from(label.len()).expect("short"));
            message.extend(label);
        }
        message.push(0);
        let name_bytes = message.len() - HEADER_BYTES;
        message.extend([kind.to_be_bytes(), [0, 1]].concat());
        let Some(question) = parse(&message) else {
            assert!(name_bytes > 255, "{labels:?} is a name");
            return;
        };
        assert!(name_bytes <= 255, "{labels:?} is longer than a name");
        assert_eq!((question.id, question.kind, question.class), (id, kind, 1));
        // A dot within a label is none between two.
        let dots = question.name.replace("\\\\", "").replace("\\.", "").matches('.').count();
        assert_eq!(dots, labels.len().saturating_sub(1), "{}", question.name);
    });
}
