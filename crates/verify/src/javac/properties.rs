//! Properties of reading what a compiler answers, which holds words of hostile sources.

use std::time::Duration;

use assay_core::execution::Ending;
use assay_fuzz::target;

use super::Answer;

/// An answer as the server writes it.
fn written(answer: &Answer) -> Vec<u8> {
    let compiled = &answer.compiled;
    let status = match compiled.ending {
        Ending::Exited(status) => u8::try_from(status).expect("a status"),
        _ => panic!("{:?}", compiled.ending),
    };
    let mut bytes = vec![status, u8::from(answer.is_last)];
    bytes.extend((compiled.usage.cpu_ms * 1_000_000).to_be_bytes());
    bytes.extend(compiled.usage.peak_memory_bytes.to_be_bytes());
    super::put(&mut bytes, compiled.diagnostics.as_bytes());
    super::put_length(&mut bytes, compiled.classes.len());
    for (path, content) in &compiled.classes {
        super::put(&mut bytes, path.as_bytes());
        super::put(&mut bytes, content);
    }
    bytes
}

#[test]
fn an_answer_is_read_whole_or_not_at_all() {
    let words: [&[u8]; 7] = [
        b"\x00\x00\x00\x00",
        b"\x00\x00\x00\x01",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x03abc",
        b"A.class",
        b"\x00",
        b"\x01",
    ];
    target!("javac-answer").words(&words).check(|bytes| {
        let Some(answer) = Answer::parse(bytes, Duration::ZERO) else { return };
        let again = Answer::parse(&written(&answer), Duration::ZERO).expect("an answer");
        assert_eq!(again.is_last, answer.is_last);
        assert_eq!(again.compiled.diagnostics, answer.compiled.diagnostics);
        assert_eq!(again.compiled.classes, answer.compiled.classes);
        let size: usize = answer.compiled.classes.iter().map(|(_, content)| content.len()).sum();
        assert!(size <= bytes.len());
        for end in 0..bytes.len() {
            assert!(Answer::parse(&bytes[..end], Duration::ZERO).is_none(), "{end}");
        }
    });
}
