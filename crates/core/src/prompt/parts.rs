//! The parts that messages to subjects are made of.

use std::fmt::Write as _;

use super::words::Words;
use crate::files::SafePath;

pub(super) fn section(text: &mut String, title: &str) {
    text.truncate(text.trim_end().len());
    let _ = write!(text, "\n\n## {title}\n\n");
}

pub(super) fn file(text: &mut String, path: &SafePath, content: &str) {
    let _ = write!(text, "`{path}`:\n\n");
    let tag = match path.extension() {
        Some("h") => "c",
        Some("py") => "python",
        Some("rb") => "ruby",
        other => other.unwrap_or_default(),
    };
    fenced(text, tag, content);
    text.push('\n');
}

/// Adds a text in a fence that is longer than any in it.
pub fn fenced(text: &mut String, tag: &str, content: &str) {
    // A fence may be indented, by three spaces at most (CommonMark 0.31, section 4.5).
    let marks = |line: &str| line.trim_start().chars().take_while(|c| *c == '`').count();
    let fence = "`".repeat(content.lines().map(marks).max().unwrap_or(0).max(2) + 1);
    let _ = write!(text, "{fence}{tag}\n{}\n{fence}\n", content.trim_matches('\n'));
}

/// The form that an answer is to have.
pub(super) fn form(text: &mut String, paths: &[SafePath], words: &Words) {
    let named: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
    text.push_str(&words.form.replace("{paths}", &named.join(", ")));
    text.push_str("\n\n```xml\n<result>\n");
    for path in paths {
        let _ = write!(
            text,
            "<code>\n<path>{path}</path>\n<content><![CDATA[\n...\n]]></content>\n</code>\n"
        );
    }
    text.push_str("</result>\n```\n");
}

#[cfg(test)]
mod tests {
    use super::fenced;

    #[test]
    fn no_line_of_a_content_ends_its_fence() {
        for content in ["```", "  ```", "a\n````\nb", "none"] {
            let mut text = String::new();
            fenced(&mut text, "c", content);
            let (opening, rest) = text.split_once("c\n").expect("an opening");
            let ends = |line: &&str| {
                line.trim().len() >= opening.len() && line.trim().chars().all(|c| c == '`')
            };
            assert_eq!(rest.lines().position(|line| ends(&line)), Some(content.lines().count()));
        }
    }
}
