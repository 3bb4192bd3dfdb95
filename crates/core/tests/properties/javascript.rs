//! JavaScript's tokens, with which tests are found and artifacts are looked at.

use assay_core::javascript::{Kind, Token, tokens};
use assay_fuzz::target;

const WORDS: [&str; 24] = [
    "/", "/*", "*/", "//", "`", "${", "}", "{", "(", ")", "\"", "'", "\\", "\n", "\r\n",
    "\u{2028}", "return", "=>", "++", "#!", "0x1_0n", "\\u{61}", "#a", "é",
];

/// Nothing of what is read is more than the source, and lines only go on.
#[test]
fn tokens_of_javascript_are_in_the_source_and_in_order() {
    let length = |token: &Token| match &token.kind {
        Kind::Name(text) | Kind::Text(text) => text.len(),
        Kind::Number | Kind::Pattern | Kind::SubstitutionStart | Kind::SubstitutionEnd => 0,
        Kind::Mark(mark) => mark.len_utf8(),
    };
    let holds = |bytes: &[u8]| {
        let source = String::from_utf8_lossy(bytes).into_owned();
        let tokens = tokens(&source);
        assert!(tokens.iter().map(length).sum::<usize>() <= source.len());
        assert!(tokens.is_sorted_by_key(|token| token.line));
        let lines = source.split('\n').count();
        assert!(tokens.iter().all(|token| (1..=lines).contains(&token.line)));
    };
    let target = target!("javascript").words(&WORDS);
    target.check(holds);
    target.check_long(holds);
}
