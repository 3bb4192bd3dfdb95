//! [`Batch`]: programs that one start of an analyser looks at, where their files lie in the
//! sandbox, and what has been said of each.

use std::collections::BTreeMap;

use assay_core::infra_error::InfraClass;
use assay_core::{Alert, InfraError, SafePath};
use assay_sandbox::File;

use super::program::{CPP, CPP_HEADERS, Program};

/// The folder of all programs, in the working directory of every command.
pub(super) const FOLDER: &str = "in";

/// No more alerts are kept of one program.
const MAX_ALERTS: usize = 1_000;

/// A longer message is cut off.
const MAX_MESSAGE: usize = 1_000;

/// So many reasons for a gap are told.
const MAX_GAPS: usize = 3;

/// How files are laid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Under drawn names, as UTF-8: for an analyser that looks at one file at a time. No
    /// name that a program chose keeps a file from being looked at.
    Flat,
    /// Under the program's own names, for one that follows includes and packages.
    Tree,
}

/// Programs that are looked at together.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    pub(super) programs: &'a [Program<'a>],
    /// Each file by its place, with its program and its path there.
    placed: BTreeMap<String, Placed<'a>>,
    drafts: Vec<Draft>,
}

#[derive(Debug)]
struct Placed<'a> {
    program: usize,
    path: &'a SafePath,
    content: Vec<u8>,
    /// Whether it is a file of the program, and not of what the program is compiled with.
    is_own: bool,
}

/// What has been said of a program so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) alerts: Vec<Alert>,
    gaps: Vec<String>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(programs: &'a [Program<'a>], layout: Layout) -> Batch<'a> {
        let mut placed = BTreeMap::new();
        for (number, program) in programs.iter().enumerate() {
            for (place, (path, content)) in program.sources().enumerate() {
                let (name, content) = match layout {
                    Layout::Flat => (flat_name(place, path), utf_8(content)),
                    Layout::Tree => (path.to_string(), content.to_vec()),
                };
                let place = format!("{}/{name}", folder(number));
                placed.insert(place, Placed { program: number, path, content, is_own: true });
            }
            // Who looks at each file by itself has no use for the others.
            for (path, content) in program.beside().filter(|_| layout == Layout::Tree) {
                let (place, content) = (format!("{}/{path}", folder(number)), content.to_vec());
                placed.insert(place, Placed { program: number, path, content, is_own: false });
            }
        }
        Batch { programs, placed, drafts: vec![Draft::default(); programs.len()] }
    }

    pub(super) fn files(&self) -> Vec<File> {
        let files = self.placed.iter();
        files.map(|(place, placed)| File::new(place.clone(), placed.content.clone())).collect()
    }

    /// The places of the programs' files with one of these endings, of one program or of all.
    pub(super) fn places(&self, program: Option<usize>, endings: &[&str]) -> Vec<String> {
        let own = self.placed.iter().filter(|(_, placed)| placed.is_own);
        named(own, program, endings)
    }

    /// The same with the files that they are compiled with.
    pub(super) fn all_places(&self, program: usize, endings: &[&str]) -> Vec<String> {
        named(self.placed.iter(), Some(program), endings)
    }

    /// Takes an alert whose file is named by its place. One in a file that the program is only
    /// compiled with is none of the program's.
    pub(super) fn alert(&mut self, mut alert: Alert) -> Result<(), InfraError> {
        let placed = self.placed(&alert.file)?;
        if !placed.is_own {
            return Ok(());
        }
        let (program, path) = (placed.program, placed.path.to_string());
        alert.file = path;
        self.alert_of(program, alert);
        Ok(())
    }

    /// Takes an alert of a program, whose file is named by its path in it.
    pub(super) fn alert_of(&mut self, program: usize, mut alert: Alert) {
        let draft = &mut self.drafts[program];
        if draft.alerts.len() < MAX_ALERTS {
            alert.message = beginning(alert.message.trim());
            alert.cwe.sort_unstable();
            alert.cwe.dedup();
            draft.alerts.push(alert);
        }
    }

    /// Notes that the file at a place was not looked at, or not all of it.
    pub(super) fn gap(
        &mut self,
        place: &str,
        line: Option<u64>,
        why: &str,
    ) -> Result<(), InfraError> {
        let placed = self.placed(place)?;
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        let (program, text) = (placed.program, format!("{}{line}: {}", placed.path, why.trim()));
        self.gap_of(program, &text);
        Ok(())
    }

    /// Notes that not all of a program was looked at.
    pub(super) fn gap_of(&mut self, program: usize, why: &str) {
        self.drafts[program].gaps.push(beginning(why));
    }

    fn placed(&self, place: &str) -> Result<&Placed<'a>, InfraError> {
        let short = place.strip_prefix("file://").unwrap_or(place);
        let short = short.strip_prefix("/work/").unwrap_or(short);
        let short = short.strip_prefix("./").unwrap_or(short);
        self.placed.get(short).ok_or_else(|| {
            let place: String = place.chars().take(200).collect();
            misunderstood(&format!("it speaks of the file {place:?}, which it was not given"))
        })
    }

    /// Whether a file lies at this place.
    pub(super) fn has(&self, place: &str) -> bool {
        self.placed(place).is_ok()
    }

    /// The path in its program of what lies at a place.
    pub(super) fn path(&self, place: &str) -> Result<String, InfraError> {
        Ok(self.placed(place)?.path.to_string())
    }

    pub(super) fn drafts(self) -> Vec<Draft> {
        self.drafts
    }
}

impl Draft {
    /// Why not all was looked at, if it was not.
    pub(super) fn gap(&self) -> Option<String> {
        let more = self.gaps.len().saturating_sub(MAX_GAPS);
        let told = self.gaps.iter().take(MAX_GAPS).cloned().collect::<Vec<_>>().join("; ");
        match more {
            _ if self.gaps.is_empty() => None,
            0 => Some(told),
            more => Some(format!("{told}; and {more} more")),
        }
    }
}

/// The folder of a program.
pub(super) fn folder(program: usize) -> String {
    format!("{FOLDER}/{program}")
}

/// Those of files with one of these endings, of one program or of all.
fn named<'b>(
    placed: impl Iterator<Item = (&'b String, &'b Placed<'b>)>,
    program: Option<usize>,
    endings: &[&str],
) -> Vec<String> {
    let is_wanted = |(place, placed): &(&String, &Placed<'_>)| {
        let ending = place.rsplit_once('.').map_or("", |(_, ending)| ending);
        endings.contains(&ending) && program.is_none_or(|program| program == placed.program)
    };
    placed.filter(is_wanted).map(|(place, _)| place.clone()).collect()
}

/// Each language has one ending then, and C++ has two, which all analysers know.
fn flat_name(number: usize, path: &SafePath) -> String {
    let ending = match path.extension().unwrap_or_default() {
        "cjs" | "mjs" | "jsx" => "js",
        other if CPP.contains(&other) => "cpp",
        other if CPP_HEADERS.contains(&other) => "hpp",
        other => other,
    };
    format!("{number}.{ending}")
}

fn utf_8(content: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(content).into_owned().into_bytes()
}

fn beginning(text: &str) -> String {
    text.chars().take(MAX_MESSAGE).collect()
}

/// That what an analyser wrote cannot be understood.
pub(super) fn misunderstood(what: &str) -> InfraError {
    InfraError::new(InfraClass::Analyser, format!("what it wrote cannot be understood: {what}"))
}
