//! Text whose characters are written as XML's or HTML's entities: those of code. Crates
//! resolve all 2,231 of HTML, which would change more of what a model wrote, or XML's five.

use super::xml::numbered;

/// The text with its entities resolved, if it is text of XML: neither a `<` nor an `&`
/// stands for itself. Otherwise it is source code that nobody escaped.
pub(super) fn unescaped(text: &str) -> Option<String> {
    if text.contains('<') || !text.contains('&') {
        return None;
    }
    let mut parts = text.split('&');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (c, rest) = entity_at(part)?;
        whole.push(c);
        whole.push_str(rest);
    }
    Some(whole)
}

/// The same of a text that has other things beside entities, which stay.
pub(super) fn unescaped_where_possible(text: &str) -> String {
    let mut parts = text.split('&');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match entity_at(part) {
            Some((c, rest)) => {
                whole.push(c);
                whole.push_str(rest);
            }
            None => {
                whole.push('&');
                whole.push_str(part);
            }
        }
    }
    whole
}

/// The character of the entity that a text begins with, given without its `&`, and what
/// follows.
fn entity_at(text: &str) -> Option<(char, &str)> {
    const LONGEST: usize = 12;
    let end = text.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let (name, rest) = (&text[..end], &text[end + 1..]);
    let c = match name {
        "lt" | "LT" => '<',
        "gt" | "GT" => '>',
        "amp" | "AMP" => '&',
        "quot" | "QUOT" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "Tab" => '\t',
        "NewLine" => '\n',
        "lbrace" | "lcub" => '{',
        "rbrace" | "rcub" => '}',
        _ => numbered(&name.replacen("#X", "#x", 1))?,
    };
    Some((c, rest))
}
