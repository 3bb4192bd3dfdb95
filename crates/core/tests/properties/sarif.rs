//! Files in SARIF, which any tool may have written.

use assay_core::sarif;
use assay_fuzz::target;

#[test]
fn what_is_read_of_sarif_is_in_it_and_bounded() {
    let words = [
        "\"results\":[",
        "\"ruleId\":",
        "\"ruleIndex\":18446744073709551615",
        "\"startLine\":",
        "file://",
        "%",
        "%2e%2E/",
        "CWE-",
        "cwe-079",
        "{}",
        "[[",
        "\u{fffd}",
        "漢",
    ];
    let target = target!("sarif").words(&words);
    let holds = |bytes: &[u8]| {
        let Ok(runs) = sarif::read(bytes) else { return };
        let text = String::from_utf8_lossy(bytes);
        for run in &runs {
            for alert in &run.alerts {
                assert!(alert.rule.len() <= 1_024 && alert.message.len() <= 1_000);
                assert!(alert.cwe.len() <= 16 && alert.line != Some(0));
                for cwe in &alert.cwe {
                    assert!(text.contains(&cwe.0.to_string()), "{cwe} is not in the text");
                }
            }
        }
        let marked = [b"\xef\xbb\xbf", bytes].concat();
        assert!(bytes.starts_with(b"\xef\xbb\xbf") || sarif::read(&marked) == Ok(runs));
    };
    target.check(holds);
    target.check_long(holds);
}
