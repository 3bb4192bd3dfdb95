//! Cases in the form in which they travel: who reads a job has it from somewhere else.

use std::collections::BTreeMap;

use assay_core::Case;
use assay_fuzz::target;

const WORDS: [&str; 16] = [
    "assay.case/1",
    "\"functional/runner\"",
    "\"judges\"",
    "\"c-program\"",
    "\"world/ipv6\"",
    "\"true\"",
    "\"solutions/secure/kind\"",
    "\"state/files/a/mode\"",
    "\"0644\"",
    "../",
    "\"world/hosts/0/names\"",
    "\\u0001\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000x",
    "\"limits/wall\"",
    "18446744073709551616",
    "\"prompts/gen/en-US\"",
    "\"truth/vulnerable\"",
];

/// The entries, if the text is an object of texts.
fn entries(text: &str) -> Option<BTreeMap<String, Vec<u8>>> {
    let texts: BTreeMap<String, String> = serde_json::from_str(text).ok()?;
    Some(texts.into_iter().map(|(name, text)| (name, text.into_bytes())).collect())
}

#[test]
fn a_case_that_is_read_has_every_entry_that_there_was_and_no_other() {
    for seed in
        [include_str!("../seeds/case-form/code"), include_str!("../seeds/case-form/recognise")]
    {
        let entries = entries(seed).expect("texts");
        Case::from_entries(String::new(), &entries).expect("a case");
    }
    target!("case-form").words(&WORDS).check_text(|text| {
        let Some(entries) = entries(text) else { return };
        if let Ok(case) = Case::from_entries(String::new(), &entries) {
            assert_eq!(case.entries(), entries);
        }
    });
}
