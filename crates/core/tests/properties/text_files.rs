//! Text files in any encoding.

use assay_core::text_file::decode;
use assay_fuzz::target;

#[test]
fn a_text_is_the_same_in_every_encoding_and_what_is_none_is_refused() {
    let words: [&[u8]; 7] =
        [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\xd8", b"\r\n", "é".as_bytes(), b"\xc3"];
    target!("text-file").words(&words).check(|bytes| {
        if let Ok(text) = decode(bytes.to_vec()) {
            // No character of UTF-16 is longer than half as long again in UTF-8.
            assert!(text.len() <= bytes.len() / 2 * 3 + bytes.len() % 2);
        }
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches(['\u{feff}', '\u{fffe}']);
        let units = |number: fn(u16) -> [u8; 2]| {
            let units = [0xfeff].into_iter().chain(text.encode_utf16());
            units.flat_map(number).collect::<Vec<u8>>()
        };
        for encoded in [
            text.into(),
            format!("\u{feff}{text}").into(),
            units(u16::to_le_bytes),
            units(u16::to_be_bytes),
        ] {
            assert_eq!(decode(encoded).expect("a text"), text);
        }
    });
}
