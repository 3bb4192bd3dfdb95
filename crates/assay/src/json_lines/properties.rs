//! Properties of reading files of JSON lines: gzipped or not, they are the same.

use std::io::Write as _;

use assay_fuzz::target;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::read;

/// The values of the lines of a file with their numbers, or what is wrong.
fn lines(content: &[u8]) -> Vec<Result<(usize, Value), String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lines");
    std::fs::write(&path, content).expect("written");
    // The path is another one each time.
    let place = path.display().to_string();
    let fault = |error: anyhow::Error| error.to_string().replace(&place, "FILE");
    match read::<Value>(&path) {
        Ok(lines) => lines.map(|line| line.map_err(fault)).collect(),
        Err(error) => vec![Err(fault(error))],
    }
}

#[test]
fn lines_are_the_same_when_they_are_gzipped() {
    let words: [&[u8]; 10] = [
        b"{\"a\":1}\n",
        b"\n",
        b"\r\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x1f\x8b",
        b"{",
        b"\"\\ud83d\"",
        b"\xff",
        b" ",
    ];
    target!("json-lines").words(&words).check(|bytes| {
        let found = lines(bytes);
        assert!(found.len() <= bytes.len());
        let numbers = found.iter().flatten().map(|(number, _)| *number);
        assert!(numbers.is_sorted());
        let is_gzip = bytes.starts_with(b"\x1f\x8b");
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(bytes).expect("written");
        if !is_gzip {
            assert_eq!(lines(&gzip.finish().expect("finished")), found);
        }
    });
}
