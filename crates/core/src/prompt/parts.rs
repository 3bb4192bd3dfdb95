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

pub(super) fn fenced(text: &mut String, tag: &str, content: &str) {
    let longest = content.lines().map(|line| line.chars().take_while(|c| *c == '`').count()).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
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
