//! [`Patch`]: changes as a unified diff, of bounded size whatever was changed.

use std::fmt::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use similar::TextDiff;

/// Only files that are no larger are shown; others are named.
pub(super) const MAX_SHOWN_BYTES: u64 = 256 << 10;

/// The text is no longer, but for the last file in it.
const MAX_PATCH_BYTES: usize = 1 << 20;

/// How long the difference of one file is looked for before a coarser one will do.
const PATIENCE: Duration = Duration::from_millis(500);

/// Lines around a change.
const CONTEXT: usize = 3;

/// Changes as a unified diff.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Patch {
    /// In the form of git. Files that are no text, too large or none at all have a line that
    /// names them.
    pub text: String,
    /// How many files changed.
    pub files: u64,
    /// Of these, those that the text has no room for.
    pub left_out: u64,
    /// Why nothing is known of what changed.
    pub gap: Option<String>,
}

/// What became of a path.
#[derive(Clone, Copy)]
pub(super) enum Drawn<'a> {
    /// A file that was and is no more, is new, or has another content.
    Text {
        old: Option<&'a [u8]>,
        new: Option<&'a [u8]>,
    },
    /// A file too large to be shown.
    Bytes {
        bytes: u64,
    },
    Link {
        target: &'a str,
    },
    Odd(&'static str),
}

impl Patch {
    pub(super) fn draw(&mut self, path: &str, drawn: Drawn<'_>) {
        self.files += 1;
        if self.text.len() >= MAX_PATCH_BYTES {
            self.left_out += 1;
            return;
        }
        let path = shown(path);
        let text = &mut self.text;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "diff --git a/{path} b/{path}");
        let _ = match drawn {
            Drawn::Text { old, new } => {
                draw_text(text, &path, old, new);
                Ok(())
            }
            Drawn::Bytes { bytes } => writeln!(text, "File b/{path} has {bytes} bytes"),
            Drawn::Link { target } => {
                writeln!(text, "File b/{path} is a link to {}", shown(target))
            }
            Drawn::Odd(what) => writeln!(text, "File b/{path} {what}"),
        };
    }
}

fn draw_text(text: &mut String, path: &str, old: Option<&[u8]>, new: Option<&[u8]>) {
    let side = |letter: char, content: Option<&[u8]>| match content {
        Some(_) => format!("{letter}/{path}"),
        None => "/dev/null".to_owned(),
    };
    let (from, to) = (side('a', old), side('b', new));
    let kind = match (old, new) {
        (None, _) => "new file\n",
        (_, None) => "deleted file\n",
        _ => "",
    };
    text.push_str(kind);
    let plain = |content: Option<&[u8]>| {
        let text = String::from_utf8(content.unwrap_or_default().to_vec()).ok()?;
        (!text.contains('\0')).then_some(text)
    };
    let (Some(old_text), Some(new_text)) = (plain(old), plain(new)) else {
        let bytes = new.unwrap_or_default().len();
        let _ = writeln!(text, "Binary files {from} and {to} differ, {bytes} bytes");
        return;
    };
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(&old_text, &new_text);
    let _ = write!(text, "{}", diff.unified_diff().context_radius(CONTEXT).header(&from, &to));
}

/// A name in one line, without control characters.
fn shown(name: &str) -> String {
    let shown = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    name.chars().map(shown).collect()
}
