//! Colours, where they are wanted and where somebody can see them.

use std::io::{self, IsTerminal as _};
use std::sync::atomic::{AtomicU8, Ordering};

use assay_core::Verdict;
use clap::ValueEnum;

/// When output has colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColourChoice {
    /// On a terminal, unless NO_COLOR is set or TERM is dumb
    #[default]
    Auto,
    Always,
    Never,
}

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Bad,
    Doubtful,
    /// Of less weight than what stands around it.
    Faint,
    Strong,
}

impl Tone {
    /// What a terminal is told for it.
    fn code(self) -> Option<&'static str> {
        match self {
            Tone::Plain => None,
            Tone::Good => Some("32"),
            Tone::Bad => Some("31"),
            Tone::Doubtful => Some("33"),
            Tone::Faint => Some("2"),
            Tone::Strong => Some("1"),
        }
    }

    /// The text in this tone, which must be clean already.
    pub(super) fn paint(self, text: &str, is_coloured: bool) -> String {
        match self.code().filter(|_| is_coloured && !text.is_empty()) {
            Some(code) => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            None => text.to_owned(),
        }
    }

    /// What a verdict means for who wants secure code.
    pub fn of_verdict(verdict: Verdict) -> Tone {
        match verdict {
            verdict if verdict.is_success() => Tone::Good,
            Verdict::Tampered | Verdict::Insecure => Tone::Bad,
            _ => Tone::Doubtful,
        }
    }
}

/// What was chosen, as the place of a [`ColourChoice`].
static CHOSEN: AtomicU8 = AtomicU8::new(ColourChoice::Auto as u8);

/// Decides for the whole program.
pub fn choose(choice: ColourChoice) {
    CHOSEN.store(choice as u8, Ordering::Relaxed);
}

/// Whether what is written to standard output has colours.
pub(super) fn on_output() -> bool {
    is_wanted(|| io::stdout().is_terminal())
}

/// Whether what is written to standard error has.
pub(super) fn on_errors() -> bool {
    is_wanted(|| io::stderr().is_terminal())
}

fn is_wanted(is_terminal: impl Fn() -> bool) -> bool {
    let chosen = CHOSEN.load(Ordering::Relaxed);
    if chosen != ColourChoice::Auto as u8 {
        return chosen == ColourChoice::Always as u8;
    }
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    !refused && !is_dumb && is_terminal()
}
