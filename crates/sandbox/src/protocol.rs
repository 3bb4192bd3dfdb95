//! What host and init say to each other: length-prefixed postcard over a socket.

#[cfg(test)]
mod properties;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Command, Execution, File, SandboxError, Spec, TreeEntry};

/// No message is longer, whatever its prefix says.
const MAX_MESSAGE_BYTES: u32 = 1 << 30;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request<'a> {
    /// The first message, read by the launcher; all others are read by init.
    Start(Cow<'a, Spec>),
    Write(Cow<'a, [File]>),
    Execute(Cow<'a, Command>),
    /// The last message: once it is answered, the socket is the service's.
    Serve(Cow<'a, Command>),
    /// Ends the command that is executed. It is not answered; where none is executed any more,
    /// it does nothing.
    Stop,
    Read {
        path: Cow<'a, str>,
        max_bytes: u64,
    },
    Tree {
        path: Cow<'a, str>,
    },
}

impl Request<'_> {
    /// What was asked for, for error messages.
    pub(crate) fn describe(&self) -> String {
        match self {
            Request::Start(_) => "start".to_owned(),
            Request::Write(_) => "write files".to_owned(),
            Request::Execute(command) => format!("execute {}", command.program),
            Request::Serve(command) => format!("serve {}", command.program),
            Request::Stop => "stop".to_owned(),
            Request::Read { path, .. } => format!("read {path}"),
            Request::Tree { path } => format!("list {path}"),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    Done,
    Executed(Execution),
    Content(Option<Bytes>),
    Tree(BTreeMap<String, TreeEntry>),
    Failed(SandboxError),
    /// No reply yet: the command gets so much more time, as the machine had none for it.
    Longer(Duration),
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Bytes(#[serde(with = "crate::bytes")] pub(crate) Vec<u8>);

pub(crate) fn send<M: Serialize>(mut socket: impl Write, message: &M) -> io::Result<()> {
    let mut frame = postcard::to_extend(message, vec![0; 4]).map_err(invalid)?;
    let length = u32::try_from(frame.len() - 4).map_err(invalid)?;
    if length > MAX_MESSAGE_BYTES {
        return Err(invalid("message too long"));
    }
    frame[..4].copy_from_slice(&length.to_le_bytes());
    socket.write_all(&frame)
}

/// Receives one message. The end of the stream is `UnexpectedEof`.
pub(crate) fn receive<M: DeserializeOwned>(mut socket: impl Read) -> io::Result<M> {
    let mut length = [0; 4];
    socket.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > MAX_MESSAGE_BYTES {
        return Err(invalid("message too long"));
    }
    let mut frame = Vec::new();
    let read = socket.take(u64::from(length)).read_to_end(&mut frame)?;
    if read != length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    postcard::from_bytes(&frame).map_err(invalid)
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
