//! Properties of reading JSON that others wrote: what is JSON is read as it is, and what
//! is mended becomes JSON.

use assay_fuzz::{Target, target};
use serde_json::Value;

use super::{parse, parse_bytes, parse_row};

const WORDS: [&str; 28] = [
    "\\ud83d",
    "\\ude00",
    "\\u00",
    "\\u",
    "\\\"",
    "\\\\",
    "\\",
    "\"",
    "NaN",
    "-Infinity",
    "inf",
    "1e999",
    "-1.5e3",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "null",
    "true",
    "\n",
    "\t",
    "\u{1}",
    "\u{7f}",
    "\u{feff}",
    "é",
    "\u{1f600}",
];

fn target() -> Target {
    target!("json-text").words(&WORDS)
}

#[test]
fn json_is_read_as_it_is_and_what_is_read_is_json() {
    let holds = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let read = parse::<Value>(&text);
        if let Ok(strict) = serde_json::from_str::<Value>(&text) {
            assert_eq!(read.as_ref().ok(), Some(&strict));
        }
        if let Ok(value) = &read {
            let again: Value = serde_json::from_str(&value.to_string()).expect("JSON");
            // A number may lose its last digit, as it may have more of them than are kept.
            assert_eq!(again.to_string().len(), value.to_string().len());
            let row = parse_row::<Value>(&text).expect("a row of one");
            assert_eq!(row.as_slice(), std::slice::from_ref(value));
        }
        if !text.starts_with('\u{feff}') {
            assert_eq!(parse_bytes::<Value>(bytes).ok(), read.ok());
        }
    };
    target().check(holds);
    target().check_long(holds);
}
