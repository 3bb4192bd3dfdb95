//! [`Resolver`]: a name server (RFC 1035) that knows the names of the world and no other.

#[cfg(test)]
mod properties;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use super::record::{Record, cut};
use crate::{ContactEvent, World};

/// Where it listens; `/etc/resolv.conf` says so.
pub(crate) const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 53);
const PORT: u16 = 53;

/// No question is longer.
const MESSAGE_BYTES: usize = 512;

/// So many questions are answered before others get their turn.
const AT_ONCE: usize = 64;

const HEADER_BYTES: usize = 12;

/// No name is longer, with the length before each label and the end.
const NAME_BYTES: usize = 255;

const TYPE_A: u16 = 1;
const TYPE_AAAA: u16 = 28;
const CLASS_IN: u16 = 1;
const NO_ERROR: u8 = 0;
const NO_SUCH_NAME: u8 = 3;

#[derive(Debug)]
pub(super) struct Resolver {
    pub(super) socket: UdpSocket,
    names: HashMap<String, Vec<Vec<IpAddr>>>,
    /// How often each name was looked up, by type, and by whom last.
    asked: HashMap<(String, u16), Asked>,
}

#[derive(Debug)]
struct Asked {
    turn: usize,
    /// A client that repeats its question, because the answer came late, gets the same.
    last: (SocketAddr, u16),
}

/// A question as it came.
struct Question<'a> {
    id: u16,
    name: String,
    kind: u16,
    class: u16,
    /// Name, type and class as they came, for the answer repeats them.
    section: &'a [u8],
}

impl Resolver {
    pub(super) fn bind(world: &World) -> std::io::Result<Resolver> {
        let socket = UdpSocket::bind((ADDRESS, PORT))?;
        socket.set_nonblocking(true)?;
        let names = world.names.iter().map(|name| (name.name.clone(), name.answers.clone()));
        Ok(Resolver { socket, names: names.collect(), asked: HashMap::new() })
    }

    /// The names change from their first answers on for each command.
    pub(super) fn begin_anew(&mut self) {
        self.asked.clear();
    }

    /// Answers what has come.
    pub(super) fn answer_some(&mut self, record: &Record) {
        let mut message = [0; MESSAGE_BYTES];
        for _ in 0..AT_ONCE {
            let Ok((length, client)) = self.socket.recv_from(&mut message) else {
                return;
            };
            if let Some(question) = parse(&message[..length]) {
                let reply = self.answer(&question, client, record);
                let _ = self.socket.send_to(&reply, client);
            }
        }
    }

    fn answer(&mut self, question: &Question<'_>, client: SocketAddr, record: &Record) -> Vec<u8> {
        let addresses = self.look_up(question, client);
        let kind = match question.kind {
            TYPE_A => "A".to_owned(),
            TYPE_AAAA => "AAAA".to_owned(),
            other => other.to_string(),
        };
        let event =
            ContactEvent::LookUp { name: cut(&question.name), kind, answers: addresses.clone() };
        record.add(client.port(), false, event);

        let code = if addresses.is_some() { NO_ERROR } else { NO_SUCH_NAME };
        let addresses = addresses.unwrap_or_default();
        let mut reply = question.id.to_be_bytes().to_vec();
        // A reply with authority, to a question that wanted recursion, which is available.
        reply.extend([0x85, 0x80 | code]);
        let count = u16::try_from(addresses.len()).unwrap_or(0);
        for number in [1, count, 0, 0] {
            reply.extend(number.to_be_bytes());
        }
        reply.extend(question.section);
        for address in addresses {
            let octets = match address {
                IpAddr::V4(address) => address.octets().to_vec(),
                IpAddr::V6(address) => address.octets().to_vec(),
            };
            // The name is that of the question, at its place in the message.
            reply.extend([0xc0, 0x0c]);
            reply.extend(question.kind.to_be_bytes());
            reply.extend(CLASS_IN.to_be_bytes());
            // Nobody may keep it.
            reply.extend(0_u32.to_be_bytes());
            reply.extend(u16::try_from(octets.len()).unwrap_or(0).to_be_bytes());
            reply.extend(octets);
        }
        reply
    }

    /// The addresses of the type that was asked for; `None` if there is no such name.
    fn look_up(&mut self, question: &Question<'_>, client: SocketAddr) -> Option<Vec<IpAddr>> {
        let answers = self.names.get(&question.name)?;
        if question.class != CLASS_IN || !matches!(question.kind, TYPE_A | TYPE_AAAA) {
            return Some(Vec::new());
        }
        let asker = (client, question.id);
        let asked = self
            .asked
            .entry((question.name.clone(), question.kind))
            .and_modify(|asked| {
                if asked.last != asker {
                    asked.turn += 1;
                    asked.last = asker;
                }
            })
            .or_insert(Asked { turn: 0, last: asker });
        let answer = answers.get(asked.turn).or(answers.last())?;
        let wanted = |address: &&IpAddr| address.is_ipv4() == (question.kind == TYPE_A);
        Some(answer.iter().filter(wanted).copied().collect())
    }
}

/// The only question of a message; `None` if it is not one.
fn parse(message: &[u8]) -> Option<Question<'_>> {
    let number = |at: usize| Some(u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]));
    let is_standard_query = message.get(2)? & 0xf8 == 0;
    if !is_standard_query || number(4)? != 1 {
        return None;
    }
    let mut name = String::new();
    let mut at = HEADER_BYTES;
    loop {
        let length = usize::from(*message.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        // Longer ones would be pointers, which a question has no use for.
        let label = (length < 64).then(|| message.get(at..at + length)).flatten()?;
        at += length;
        if !name.is_empty() {
            name.push('.');
        }
        // A dot in a label is none between two (RFC 4343, section 2.1).
        for c in String::from_utf8_lossy(label).to_ascii_lowercase().chars() {
            if matches!(c, '.' | '\\') {
                name.push('\\');
            }
            name.push(c);
        }
    }
    if at - HEADER_BYTES > NAME_BYTES {
        return None;
    }
    let section = message.get(HEADER_BYTES..at + 4)?;
    Some(Question { id: number(0)?, name, kind: number(at)?, class: number(at + 2)?, section })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(name: &str, kind: u16) -> Vec<u8> {
        let mut message = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            message.push(u8::try_from(label.len()).expect("short"));
            message.extend(label.bytes());
        }
        message.push(0);
        message.extend(kind.to_be_bytes());
        message.extend([0, 1]);
        message
    }

    #[test]
    fn a_question_is_read_and_rubbish_is_not() {
        let message = question("Api.Example", TYPE_AAAA);
        let read = parse(&message).expect("a question");
        assert_eq!((read.id, read.name.as_str(), read.kind), (7, "api.example", TYPE_AAAA));
        for length in 0..message.len() {
            assert!(parse(&message[..length]).is_none(), "{length}");
        }
        let mut pointer = message;
        pointer[HEADER_BYTES] = 0xc0;
        assert!(parse(&pointer).is_none());
        let long = ["x"; 127].join(".");
        assert!(parse(&question(&long, TYPE_A)).is_some());
        assert!(parse(&question(&format!("{long}.x"), TYPE_A)).is_none(), "longer than a name");
    }

    #[test]
    fn a_dot_within_a_label_makes_no_name_of_the_world() {
        let mut message = question("api-example", TYPE_A);
        message[HEADER_BYTES + 4] = b'.';
        assert_eq!(parse(&message).expect("a question").name, "api\\.example");
    }
}
