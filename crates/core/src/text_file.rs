//! Reading the text files that a user gives: settings, cases, recorded answers and results. Editors
//! and shells on Windows begin them with a byte order mark, end their lines with CRLF, or write
//! them in UTF-16. All of these are read as the same text.

use std::fs;
use std::io;
use std::path::Path;

const UTF_8: &[u8] = b"\xef\xbb\xbf";
const UTF_16_LITTLE: &[u8] = b"\xff\xfe";
const UTF_16_BIG: &[u8] = b"\xfe\xff";

/// How many bytes a byte order mark has at most.
pub const LONGEST_MARK: usize = UTF_8.len();

/// The encodings that a text may be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16Little,
    Utf16Big,
}

impl Encoding {
    /// The encoding of a text that begins so, and the length of its byte order mark.
    pub fn of(start: &[u8]) -> (Encoding, usize) {
        let marks = [
            (UTF_8, Encoding::Utf8),
            (UTF_16_LITTLE, Encoding::Utf16Little),
            (UTF_16_BIG, Encoding::Utf16Big),
        ];
        let found = marks.iter().find(|(mark, _)| start.starts_with(mark));
        found.map_or((Encoding::Utf8, 0), |(mark, encoding)| (*encoding, mark.len()))
    }
}

/// The text of a file; line ends are as they are.
pub fn read(path: &Path) -> io::Result<String> {
    decode(fs::read(path)?)
}

/// The text of a file whose kind of line ends does not matter.
pub fn read_lines(path: &Path) -> io::Result<String> {
    let text = read(path)?;
    Ok(if text.contains("\r\n") { text.replace("\r\n", "\n") } else { text })
}

/// The text that some bytes are.
pub fn decode(bytes: Vec<u8>) -> io::Result<String> {
    let (encoding, mark) = Encoding::of(&bytes);
    let number: fn([u8; 2]) -> u16 = match encoding {
        Encoding::Utf8 => return of_utf_8(bytes, mark),
        Encoding::Utf16Little => u16::from_le_bytes,
        Encoding::Utf16Big => u16::from_be_bytes,
    };
    let (pairs, rest) = bytes[mark..].as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| number(*pair)).collect();
    match String::from_utf16(&units) {
        Ok(text) if rest.is_empty() => Ok(text),
        _ => Err(no_text("it begins as UTF-16 and is none; save it as UTF-8".to_owned())),
    }
}

fn of_utf_8(mut bytes: Vec<u8>, mark: usize) -> io::Result<String> {
    bytes.drain(..mark);
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        no_text(format!("line {line} is not UTF-8; save it as UTF-8"))
    })
}

fn no_text(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_same_in_every_encoding() {
        let utf_16 = |mark: u16, number: fn(u16) -> [u8; 2]| {
            let units = [mark].into_iter().chain("é = 1\r\n".encode_utf16());
            decode(units.flat_map(number).collect())
        };
        for read in [
            decode("é = 1\r\n".into()),
            decode("\u{feff}é = 1\r\n".into()),
            utf_16(0xfeff, u16::to_le_bytes),
            utf_16(0xfeff, u16::to_be_bytes),
        ] {
            assert_eq!(read.expect("text"), "é = 1\r\n");
        }
        assert_eq!(decode(Vec::new()).expect("text"), "");
    }

    #[test]
    fn what_is_no_text_says_where_and_what_to_do() {
        let check = |bytes: &[u8], words: &str| {
            let error = decode(bytes.to_vec()).expect_err(words).to_string();
            assert!(error.contains(words) && error.contains("save it as UTF-8"), "{error}");
        };
        check(b"a\nb\xff", "line 2");
        check(b"\xff\xfea", "UTF-16");
        check(b"\xff\xfe\x00\xd8", "UTF-16");
    }
}
