//! A scratch folder in which commands of a page are carried out, and whether they print what the
//! page shows.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::door::{Door, Ended};

/// Where commands are carried out.
pub(crate) struct Shell {
    pub(crate) door: Door,
}

impl Shell {
    /// In a folder with the corpus of the repository.
    pub(crate) fn beside_the_corpus() -> Shell {
        Shell::in_folder(Door::open())
    }

    /// In an empty folder.
    pub(crate) fn alone() -> Shell {
        let door = Door::open();
        fs::remove_file(door.path("corpus")).expect("only the link goes");
        Shell::in_folder(door)
    }

    fn in_folder(door: Door) -> Shell {
        // Out of the way of what commands list.
        let programs = door.path(".programs");
        fs::create_dir(&programs).expect("it is made");
        symlink(env!("CARGO_BIN_EXE_assay"), programs.join("assay")).expect("a link");
        Shell { door }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.door.path(name)
    }

    /// Carries a command out, with what it says to people on either stream in one text.
    pub(crate) fn run(&self, command: &str) -> Ended {
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.path(".programs").display());
        let mut bash = self.door.program("bash");
        bash.arg("-c").arg(format!("set -o pipefail; exec 2>&1\n{command}"));
        bash.env("PATH", path).env("OPENAI_API_KEY", "placeholder");
        let mut ended = Ended::of(bash.output().expect("bash starts"));
        // What is said in between of slow work is on no page.
        let lines = ended.stdout.lines().filter(|line| !line.ends_with(" left)"));
        ended.stdout = lines.map(|line| format!("{line}\n")).collect();
        ended
    }
}

/// Whether what was printed is what a page shows. There, `…` stands for any text within a line, and
/// alone for any lines; how long something took, and how wide columns are, is no matter.
pub(crate) fn is_shown(shown: &str, printed: &str) -> bool {
    let lines = |text: &str| text.trim_end().lines().map(timeless).collect::<Vec<_>>();
    lines_match(&lines(shown), &lines(printed))
}

fn lines_match(shown: &[String], printed: &[String]) -> bool {
    match shown {
        [] => printed.is_empty(),
        [any, rest @ ..] if any.trim() == "…" => {
            (0..=printed.len()).any(|skipped| lines_match(rest, &printed[skipped..]))
        }
        [line, rest @ ..] => match printed {
            [first, others @ ..] => line_matches(line, first) && lines_match(rest, others),
            [] => false,
        },
    }
}

fn line_matches(shown: &str, printed: &str) -> bool {
    let parts: Vec<&str> = shown.split('…').collect();
    let (first, last) = (parts[0], parts[parts.len() - 1]);
    if parts.len() == 1 {
        return shown.trim_end() == printed.trim_end();
    }
    let Some(mut rest) = printed.strip_prefix(first) else { return false };
    for part in &parts[1..parts.len() - 1] {
        match rest.find(part) {
            Some(place) => rest = &rest[place + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The line with a mark in place of each span of time and each rate, and with one blank between
/// words.
fn timeless(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(from.len());
        let (number, after) = from.split_at(end);
        let is_word = text.chars().chain(before.chars()).last().is_some_and(char::is_alphanumeric);
        let unit = ["ms", " ms", "s", "m", " a minute"].into_iter().find(|unit| {
            let follows = after.strip_prefix(*unit).map(|more| more.chars().next());
            follows.is_some_and(|next| next.is_none_or(|c| !c.is_alphanumeric()))
        });
        text.push_str(before);
        match unit.filter(|_| !is_word) {
            Some(unit) => {
                text.push_str("#time");
                rest = &after[unit.len()..];
            }
            None => {
                text.push_str(number);
                rest = after;
            }
        }
    }
    text.push_str(rest);
    // As in `1m 12s`.
    let text = text.replace("#time #time", "#time");
    // Columns are as wide as what is in them.
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_a_page_shows_is_compared_with_what_was_printed() {
    let check = |shown: &str, printed: &str, expect: bool| {
        assert_eq!(is_shown(shown, printed), expect, "{shown}\n---\n{printed}");
    };
    check("a\nb\n", "a\nb", true);
    check("a\n…\nd\n", "a\nb\nc\nd\n", true);
    check("a\n…\n", "a\n", true);
    check("a\n…\nd\n", "a\nb\n", false);
    check("x … z", "x y z", true);
    check("x … z", "x y", false);
    check("12 of 12 done  (181 a minute, in 3s)", "12 of 12 done  (90 a minute, in 14s)", true);
    check("12 of 12 done  (181 a minute, in 3s)", "12 of 13 done  (90 a minute, in 14s)", false);
    check("build  (251 ms)", "build  (3 ms)", true);
    check("done in 14s", "done in 1m 12s", true);
    check("   82 ms  x", "  101 ms  x", true);
    check("v1 a2s", "v2 a2s", false);
}
