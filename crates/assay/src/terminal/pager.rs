//! Long texts on a terminal, a screen at a time.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

use super::{clean, say, size};

/// What shows a text where PAGER names nothing: it ends by itself if the text fits, keeps
/// colours, and leaves the text on the screen.
const PAGER: &str = "command -v less >/dev/null || exit 127; exec less -FRX";

/// How a shell says that there is no such program.
const NOT_FOUND: i32 = 127;

/// Shows a text through the pager that PAGER names, if it is longer than the terminal that it is
/// shown on; otherwise writes it. An empty PAGER, or `cat`, means none.
pub fn page(text: &str) -> anyhow::Result<()> {
    let text = clean(text);
    let rows = size().map_or(usize::MAX, |(_, rows)| rows);
    let pager = std::env::var("PAGER").unwrap_or_else(|_| PAGER.to_owned());
    let is_wanted = io::stdout().is_terminal() && text.lines().count() >= rows;
    if !is_wanted || pager.trim().is_empty() || pager.trim() == "cat" {
        return say(&text);
    }
    match through(&pager, &text) {
        Ok(true) => Ok(()),
        // There is no such program.
        Ok(false) | Err(_) => say(&text),
    }
}

/// Hands a text to a pager, and waits until it is left; whether there was one.
#[expect(clippy::disallowed_methods, reason = "it shows a text, and touches no artifact")]
fn through(pager: &str, text: &str) -> io::Result<bool> {
    let mut child = Command::new("sh").args(["-c", pager]).stdin(Stdio::piped()).spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // Who leaves the pager early wants no more of the text.
        let _ = input.write_all(text.as_bytes());
    }
    Ok(child.wait()?.code() != Some(NOT_FOUND))
}
