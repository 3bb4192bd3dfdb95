//! Names that servers give their models.

use assay_core::served::{Kinship, kinship};
use assay_fuzz::proptest::sample::select;
use assay_fuzz::target;

const WORDS: [&str; 15] = [
    "gpt-4o",
    "-2024-08-06",
    ":latest",
    "@",
    "/",
    "models/",
    "openai/",
    "preview",
    "-",
    ".",
    "\u{130}",
    " ",
    ":free",
    "-latest",
    "4",
];

#[test]
fn kinship_is_mutual_and_every_name_is_its_own() {
    target!("model-name").words(&WORDS).check_with(&select(&WORDS[..]), |bytes, other| {
        let name = String::from_utf8_lossy(bytes);
        assert_eq!(kinship(&name, &name), Kinship::Same);
        for asked in [other, "gpt-4o", "openai/gpt-4o"] {
            assert_eq!(kinship(&name, asked), kinship(asked, &name), "{name:?} and {asked:?}");
        }
    });
}
