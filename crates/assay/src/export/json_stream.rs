//! [`JsonStream`]: a JSON document written member by member, so that its long lists
//! need not be in memory.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use crate::printable::is_hidden;

/// A document that is being written. Objects and lists are closed in the order in
/// which they were opened.
#[derive(Debug)]
pub(super) struct JsonStream<W> {
    out: W,
    /// What closes each open object or list, and whether something is in it.
    open: Vec<(u8, bool)>,
}

impl<W: Write> JsonStream<W> {
    pub(super) fn new(out: W) -> JsonStream<W> {
        JsonStream { out, open: Vec::new() }
    }

    /// Opens an object, as the document or as an item of a list.
    pub(super) fn open_object(&mut self) -> io::Result<()> {
        self.separate()?;
        self.out.write_all(b"{")?;
        self.open.push((b'}', false));
        Ok(())
    }

    pub(super) fn member(&mut self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.name(name)?;
        write_value(&mut self.out, value)
    }

    /// Opens a list, as a member of an object.
    pub(super) fn open_list(&mut self, name: &str) -> io::Result<()> {
        self.name(name)?;
        self.out.write_all(b"[")?;
        self.open.push((b']', false));
        Ok(())
    }

    /// Writes an item of a list, on a line of its own.
    pub(super) fn item(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.separate()?;
        self.out.write_all(b"\n")?;
        write_value(&mut self.out, value)
    }

    /// Closes what was opened last.
    pub(super) fn close(&mut self) -> io::Result<()> {
        if let Some((end, _)) = self.open.pop() {
            self.out.write_all(&[end])?;
        }
        if self.open.is_empty() {
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn name(&mut self, name: &str) -> io::Result<()> {
        self.separate()?;
        write_value(&mut self.out, &name)?;
        self.out.write_all(b":")
    }

    fn separate(&mut self) -> io::Result<()> {
        if let Some((_, has_some)) = self.open.last_mut()
            && std::mem::replace(has_some, true)
        {
            self.out.write_all(b",")?;
        }
        Ok(())
    }
}

/// Writes a value as compact JSON that is safe to show in a terminal: characters that
/// JSON lets stand although they act or hide are escaped, which changes no value.
pub(super) fn write_value(out: impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(out, Escaping);
    value.serialize(&mut serializer).map_err(io::Error::from)
}

struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut start = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| is_hidden(*c)) {
            out.write_all(&fragment.as_bytes()[start..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            start = at + c.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[start..])
    }
}
