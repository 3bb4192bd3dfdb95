//! What a report shows, packed or not.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::read::DeflateDecoder;
use serde_json::Value;

/// What a report shows, by where it shows it: each of its files, and each attempt of those
/// that are packed, read as the report's script reads them.
pub(crate) fn shown_in(report: &Path) -> Vec<(String, String)> {
    let mut shown = Vec::new();
    let mut folders = vec![report.to_owned()];
    while let Some(path) = folders.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("readable");
            folders.extend(entries.map(|entry| entry.expect("readable").path()));
            continue;
        }
        let name = path.display().to_string();
        let text = fs::read_to_string(&path).expect("UTF-8");
        if !path.parent().is_some_and(|folder| folder.ends_with("attempts")) {
            shown.push((name, text));
            continue;
        }
        for (key, attempt) in unpacked(&text) {
            let content = attempt["content"].as_str().expect("markup").to_owned();
            shown.push((format!("{name}#{key}"), content));
        }
    }
    shown
}

fn unpacked(script: &str) -> serde_json::Map<String, Value> {
    let arguments = script.strip_prefix("report.receive(").expect("a call");
    let arguments = arguments.strip_suffix(");\n").expect("nothing else");
    let (_, packed): (String, String) =
        serde_json::from_str(&format!("[{arguments}]")).expect("two texts");
    let deflated = BASE64_STANDARD.decode(packed).expect("base64");
    let mut text = String::new();
    DeflateDecoder::new(deflated.as_slice()).read_to_string(&mut text).expect("deflated");
    serde_json::from_str(&text).expect("JSON")
}
