//! Properties of taking a key out of what a server said.

use assay_fuzz::target;

use super::ApiKey;

#[test]
fn a_text_that_was_scrubbed_has_no_key() {
    let words = [
        "sk-Ab9_/+\"\\xYz01234567",
        "sk-Ab9_/+\\\"\\\\xYz01234567",
        "sk-Ab9_%2F%2B%22%5CxYz01234567",
        "sk-Ab9_/+",
        "\"\\xYz01234567",
        "Bearer ",
        "\\",
        "%",
        "é",
    ];
    let key = ApiKey::new(words[0]).expect("a key");
    target!("echoed-key").words(&words).check_text(|text| {
        let scrubbed = key.scrub(text);
        assert!(!key.is_in(&scrubbed), "{scrubbed}");
        assert!(key.is_in(text) || scrubbed == text);
    });
}
