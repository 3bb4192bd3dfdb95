//! Properties of text that is shown: nothing in it acts or hides, in a terminal or a page.

use assay_fuzz::{Target, target};
use maud::Render as _;
use serde_json::{Value, json};

use super::{Visible, is_hidden, json as shown_json, short};

const WORDS: [&str; 22] = [
    "\u{1b}[31m",
    "\u{1b}]0;x\u{7}",
    "\u{9b}2J",
    "\0",
    "\r",
    "\n",
    "\t",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{feff}",
    "\u{e0041}",
    "<script>",
    "</span>",
    "&lt;",
    "\"",
    "'",
    "⟨ESC⟩",
    "漢",
    "👩‍💻",
    "\u{7f}",
    "\u{2028}",
];

fn target() -> Target {
    target!("shown-text").words(&WORDS)
}

#[test]
fn no_character_of_a_shown_text_acts_or_hides() {
    let holds = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let line = Visible::line(&text).to_string();
        assert!(!line.chars().any(is_hidden), "{line:?}");
        assert_eq!(Visible::line(&line).to_string(), line);
        let block = Visible::block(&text).to_string();
        assert!(!block.chars().any(|c| is_hidden(c) && !"\n\t".contains(c)), "{block:?}");
        assert_eq!(block.matches('\n').count(), text.matches('\n').count());
        assert!(line.len() <= 13 * text.len());
        assert!(short(&text, 20).chars().count() <= 20);
    };
    target().check(holds);
    target().check_long(holds);
}

#[test]
fn no_markup_of_a_shown_text_is_markup_of_the_page() {
    target().check_text(|text| {
        let html = Visible::block(text).render().into_string();
        let hidden = text.chars().filter(|c| is_hidden(*c) && !"\n\t".contains(*c)).count();
        assert_eq!(html.matches('<').count(), 2 * hidden, "{html}");
        assert_eq!(html.matches("<span class=\"hidden-character\" title=\"U+").count(), hidden);
        assert_eq!(html.matches('"').count(), 4 * hidden, "{html}");
        assert!(!html.chars().any(|c| is_hidden(c) && !"\n\t".contains(c)));
    });
}

#[test]
fn shown_json_is_the_value_and_nothing_in_it_acts() {
    target().check_text(|text| {
        let value = json!({ text: [text, 1] });
        let shown = shown_json(&value);
        assert!(!shown.chars().any(|c| is_hidden(c) && c != '\n'), "{shown:?}");
        assert_eq!(serde_json::from_str::<Value>(&shown).expect("JSON"), value);
    });
}
