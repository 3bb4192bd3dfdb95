//! [`Counts`]: how many mutants came to which end.

use std::ops::AddAssign;

use assay_core::mutant::Target;
use assay_core::{Language, counted};
use serde_json::{Value, json};

use super::Fate;
use crate::terminal::table;

/// How many mutants of one target came to which end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::commands::check) struct Ends {
    build_failed: usize,
    nonfunctional: usize,
    killed: usize,
    explained: usize,
    survived: usize,
    errored: usize,
}

/// The ends of mutants of the defence and of behaviour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::commands::check) struct Counts {
    pub(super) patches: usize,
    defence: Ends,
    behaviour: Ends,
}

impl Ends {
    fn all(self) -> usize {
        self.build_failed
            + self.nonfunctional
            + self.killed
            + self.explained
            + self.survived
            + self.errored
    }

    fn describe(self, rate: Option<f64>) -> Value {
        json!({
            "mutants": self.all(),
            "build-failed": self.build_failed,
            "nonfunctional": self.nonfunctional,
            "killed": self.killed,
            "explained": self.explained,
            "survived": self.survived,
            "errored": self.errored,
            "rate": rate,
        })
    }
}

impl Counts {
    /// Counts one mutant; one without a fate could not be tried.
    pub(super) fn add(&mut self, target: Target, fate: Option<Fate>, is_explained: bool) {
        let ends = match target {
            Target::Defence => &mut self.defence,
            Target::Behaviour => &mut self.behaviour,
        };
        let count = match fate {
            None => &mut ends.errored,
            Some(Fate::BuildFailed) => &mut ends.build_failed,
            Some(Fate::Nonfunctional) => &mut ends.nonfunctional,
            Some(Fate::Killed) => &mut ends.killed,
            Some(Fate::Survived) if is_explained => &mut ends.explained,
            Some(Fate::Survived) => &mut ends.survived,
        };
        *count += 1;
    }

    /// Of the mutants of the defence that work and are not explained, the share that the security
    /// suite fails; `None` without any.
    pub(super) fn security_rate(self) -> Option<f64> {
        share(self.defence.killed, self.defence.survived)
    }

    /// Of the mutants of behaviour that build, that neither are explained nor fail the security
    /// suite, the share that the functional suite fails; `None` without any.
    pub(super) fn functional_rate(self) -> Option<f64> {
        share(self.behaviour.nonfunctional, self.behaviour.survived)
    }

    pub(super) fn describe(self) -> Value {
        json!({
            "patches": self.patches,
            "defence": self.defence.describe(self.security_rate()),
            "behaviour": self.behaviour.describe(self.functional_rate()),
        })
    }

    /// One line about a case, for people.
    pub(super) fn line(self) -> String {
        let (defence, behaviour) = (self.defence, self.behaviour);
        let mut line = format!(
            "{} of the defence ({} from patches): {} killed, {} explained, {} survived, {} not functional, {} not built",
            counted(defence.all(), "mutant"),
            self.patches,
            defence.killed,
            defence.explained,
            defence.survived,
            defence.nonfunctional,
            defence.build_failed,
        );
        if behaviour.all() > 0 {
            line.push_str(&format!(
                "\n            {} of behaviour: {} not functional, {} killed, {} explained, {} survived, {} not built",
                behaviour.all(),
                behaviour.nonfunctional,
                behaviour.killed,
                behaviour.explained,
                behaviour.survived,
                behaviour.build_failed,
            ));
        }
        line
    }
}

fn share(part: usize, rest: usize) -> Option<f64> {
    let all = part + rest;
    (all > 0).then(|| part as f64 / all as f64)
}

impl AddAssign for Ends {
    fn add_assign(&mut self, other: Ends) {
        self.build_failed += other.build_failed;
        self.nonfunctional += other.nonfunctional;
        self.killed += other.killed;
        self.explained += other.explained;
        self.survived += other.survived;
        self.errored += other.errored;
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.patches += other.patches;
        self.defence += other.defence;
        self.behaviour += other.behaviour;
    }
}

/// The sums of each language that has any.
fn by_language(counts: &[(Language, Counts)]) -> Vec<(Language, usize, Counts)> {
    let sums = Language::ALL.into_iter().filter_map(|language| {
        let own: Vec<Counts> =
            counts.iter().filter(|(it, _)| *it == language).map(|(_, counts)| *counts).collect();
        let mut sum = Counts::default();
        own.iter().for_each(|counts| sum += *counts);
        (!own.is_empty()).then_some((language, own.len(), sum))
    });
    sums.collect()
}

/// The sums for programs.
pub(in crate::commands::check) fn describe(counts: &[(Language, Counts)]) -> Value {
    let languages = by_language(counts).into_iter().map(|(language, cases, sum)| {
        let mut described = json!({"language": language, "cases": cases});
        if let (Some(object), Value::Object(sums)) = (described.as_object_mut(), sum.describe()) {
            object.extend(sums);
        }
        described
    });
    languages.collect()
}

/// A row for each language, and one for all of them if there are several.
pub(in crate::commands::check) fn summary(counts: &[(Language, Counts)]) -> String {
    let sums = by_language(counts);
    let mut rows: Vec<Vec<String>> =
        sums.iter().map(|(language, cases, sum)| row(language.title(), *cases, *sum)).collect();
    if sums.len() > 1 {
        let mut all = Counts::default();
        sums.iter().for_each(|(_, _, sum)| all += *sum);
        rows.push(row("all", counts.len(), all));
    }
    let titles = [
        "language",
        "cases>",
        "mutants>",
        "patches>",
        "no build>",
        "killed>",
        "explained>",
        "survived>",
        "security>",
        "fail tests>",
        "pass all>",
        "functional>",
    ];
    table(&titles, &rows)
}

fn row(title: &str, cases: usize, sum: Counts) -> Vec<String> {
    let percent = |rate: Option<f64>| match rate {
        // Rounded down, so that no rate looks like all where it is not.
        Some(rate) => format!("{:.1} %", (rate * 1000.0).floor() / 10.0),
        None => "-".to_owned(),
    };
    let number = |number: usize| number.to_string();
    vec![
        title.to_owned(),
        number(cases),
        number(sum.defence.all() + sum.behaviour.all()),
        number(sum.patches),
        number(sum.defence.build_failed + sum.behaviour.build_failed),
        number(sum.defence.killed),
        number(sum.defence.explained),
        number(sum.defence.survived),
        percent(sum.security_rate()),
        number(sum.behaviour.nonfunctional),
        number(sum.behaviour.survived),
        percent(sum.functional_rate()),
    ]
}
