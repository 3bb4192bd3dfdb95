//! [`Survey`]: what the mutants of one case show about its suites.

use std::collections::BTreeSet;

use assay_core::infra_error::InfraClass;
use assay_core::mutant::{Explanation, Mutant, Origin, Target};
use assay_core::{Case, InfraError, Language, counted};
use serde_json::{Value, json};

use super::{Counts, Fate, Tried};

/// What the mutants of one case show about its suites.
pub(in crate::commands::check) struct Survey {
    pub(in crate::commands::check) language: Language,
    pub(in crate::commands::check) counts: Counts,
    /// Why they do not prove the suites.
    pub(in crate::commands::check) faults: Vec<String>,
    /// The first thing that kept one from being validated and is no fault of the case.
    pub(in crate::commands::check) hindrance: Option<InfraError>,
    survivors: Vec<Survivor>,
    /// All of them, for programs.
    described: Vec<Value>,
}

/// A mutant that passes both suites.
struct Survivor {
    mutant: Mutant,
    /// What `case.toml` says of it.
    reason: Option<String>,
}

impl Survey {
    /// Weighs what became of mutants of a case. Of those that were left out nothing is known, so
    /// that their explanations may hold.
    pub(super) fn of(case: &Case, tried: Vec<Tried>, left_out: &[Mutant]) -> Survey {
        let explained =
            case.code().map(|task| task.mutants.explained.as_slice()).unwrap_or_default();
        let mut survey = Survey {
            language: case.language,
            counts: Counts::default(),
            faults: Vec::new(),
            hindrance: None,
            survivors: Vec::new(),
            described: Vec::new(),
        };
        // Explanations of what survives, and of what there is at all.
        let (mut needed, mut known) = (BTreeSet::new(), BTreeSet::new());
        for Tried { mutant, known: result } in tried {
            let target = mutant.origin.target();
            let place = explained.iter().position(|it| is_of(it, &mutant));
            let fate = result.as_ref().ok().map(|known| known.fate);
            let reason = place.map(|place| explained[place].reason.clone());
            known.extend(place);
            let failure = result.as_ref().ok().and_then(|known| known.failure.as_deref());
            survey.described.push(describe(&mutant, fate, failure, reason.as_deref()));
            survey.counts.add(target, fate, reason.is_some());
            if let Origin::Patch { name, removes } = &mutant.origin {
                survey.counts.patches += 1;
                survey.faults.extend(fault_of_patch(name, removes, &result));
            }
            match result {
                Err(error) => {
                    survey.faults.push(format!(
                        "the mutant of {} at {} could not be validated: {error}",
                        mutant.solution,
                        at(&mutant)
                    ));
                    if error.class != InfraClass::Case {
                        survey.hindrance.get_or_insert(error);
                    }
                }
                Ok(known) if known.fate == Fate::Survived => {
                    needed.extend(place);
                    survey.survivors.push(Survivor { mutant, reason });
                }
                Ok(_) => {}
            }
        }
        let may_hold = |it: &Explanation| left_out.iter().any(|mutant| is_of(it, mutant));
        let stale = explained.iter().enumerate();
        let stale = stale.filter(|(place, it)| !needed.contains(place) && !may_hold(it));
        survey.faults.extend(stale.map(|(place, it)| stale_fault(it, known.contains(&place))));
        if survey.unexplained().next().is_some() {
            survey.faults.push(format!(
                "no [[mutants.survivor]] of case.toml explains {} of the defence: add an attack that tells them from their solution, or say why there is none",
                counted(survey.unexplained().count(), "survivor")
            ));
        }
        survey
    }

    /// Those that rules made of the defence and nobody explains. Patches have faults of their own.
    fn unexplained(&self) -> impl Iterator<Item = &Survivor> {
        self.survivors.iter().filter(|it| {
            it.reason.is_none()
                && matches!(it.mutant.origin, Origin::Rule { target: Target::Defence, .. })
        })
    }

    /// What is told to people, in lines.
    pub(in crate::commands::check) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("            {}", self.counts.line())];
        let of = |target: Target, is_explained: bool| {
            self.survivors.iter().filter(move |it| {
                it.mutant.origin.target() == target && it.reason.is_some() == is_explained
            })
        };
        let titles = [
            ("survives", Target::Defence, false),
            ("explained", Target::Defence, true),
            ("survives both suites", Target::Behaviour, false),
            ("explained", Target::Behaviour, true),
        ];
        for (title, target, is_explained) in titles {
            for survivor in of(target, is_explained) {
                lines.push(survivor.told(title));
            }
        }
        lines
    }

    pub(in crate::commands::check) fn describe(&self) -> Value {
        let mut described = self.counts.describe();
        if let Some(object) = described.as_object_mut() {
            object.insert("tried".to_owned(), json!(self.described));
        }
        described
    }
}

impl Survivor {
    fn told(&self, title: &str) -> String {
        let mutant = &self.mutant;
        let what = match &mutant.origin {
            Origin::Patch { name, .. } => format!("mutants/{name}.patch"),
            Origin::Rule { rule, .. } => rule.to_string(),
        };
        let mut told =
            format!("    {title}:  {what}  solutions/{}/{}", mutant.solution, at(mutant));
        for line in mutant.change.lines() {
            told.push_str(&format!("\n        {line}"));
        }
        if let Some(reason) = &self.reason {
            told.push_str(&format!("\n        because: {}", reason.replace('\n', " ")));
        }
        told
    }
}

fn describe(
    mutant: &Mutant,
    fate: Option<Fate>,
    failure: Option<&str>,
    reason: Option<&str>,
) -> Value {
    let (patch, removes, rule) = match &mutant.origin {
        Origin::Patch { name, removes } => (Some(name), Some(removes), None),
        Origin::Rule { rule, .. } => (None, None, Some(rule.as_str())),
    };
    json!({
        "solution": mutant.solution,
        "file": mutant.place.0,
        "line": mutant.place.1,
        "target": mutant.origin.target().as_str(),
        "rule": rule,
        "patch": patch,
        "removes": removes,
        "change": mutant.change,
        "fate": fate,
        "first-failure": failure,
        "reason": reason,
    })
}

/// `file:line`.
fn at(mutant: &Mutant) -> String {
    format!("{}:{}", mutant.place.0, mutant.place.1)
}

/// Whether an explanation is of this mutant. Patches are not explained: one that survives is
/// mended or removed.
fn is_of(explanation: &Explanation, mutant: &Mutant) -> bool {
    matches!(mutant.origin, Origin::Rule { .. })
        && explanation.solution == mutant.solution
        && explanation.change == mutant.change
}

fn fault_of_patch(
    name: &str,
    removes: &str,
    result: &Result<super::Known, InfraError>,
) -> Option<String> {
    let known = result.as_ref().ok()?;
    let failure = known.failure.as_deref().unwrap_or("nothing is said about it");
    match known.fate {
        Fate::Killed => None,
        Fate::BuildFailed => Some(format!("mutants/{name}.patch does not build: {failure}")),
        Fate::Nonfunctional => Some(format!(
            "mutants/{name}.patch does not work, so that nothing is said of its defence: {failure}"
        )),
        Fate::Survived => {
            Some(format!("mutants/{name}.patch passes the security suite: {removes}"))
        }
    }
}

fn stale_fault(explanation: &Explanation, is_known: bool) -> String {
    let why = match is_known {
        true => "is killed by now",
        false => "is not among those that the rules make",
    };
    let change = explanation.change.replace('\n', " ");
    format!(
        "case.toml explains a mutant of {} that {why}: {change}; remove the explanation",
        explanation.solution
    )
}
