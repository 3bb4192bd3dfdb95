//! [`Certificate`]: how often judges are right of programs whose security is known, measured with
//! the very question that a run asks them, so that a run which they decide can cite it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::count::counted;
use crate::deciders::DeciderChoice;
use crate::locale::Locale;
use crate::score::{Confusion, EvaluatorScore, Interval};

/// What was measured of a judge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Certificate {
    pub schema: String,
    /// The version of the program that measured.
    pub assay: String,
    /// When, as RFC 3339 writes it.
    pub date: String,
    pub judge: Certified,
    pub programs: CertifiedPrograms,
    pub figures: CertifiedFigures,
    /// Why nothing could be read of programs, and of how many; they count as wrong.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown: BTreeMap<String, usize>,
}

/// Who was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Certified {
    /// A panel of models, mostly of one.
    Panel {
        judges: Vec<CertifiedJudge>,
        /// How they were asked, as `--decider` names it.
        asked_as: DeciderChoice,
        locale: Locale,
        /// Of all that they read besides the program and its weakness.
        prompts_digest: String,
    },
    /// The evaluator without a model. It decides no run.
    Heuristic { weights_digest: String },
}

/// A judge of a panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CertifiedJudge {
    pub name: String,
    pub provider: String,
    pub model: String,
    /// Where it was asked. The same model may be served elsewhere.
    pub base_url: String,
    pub votes: u32,
    pub structured: bool,
    /// The system prompt and the settings of a request, such as the temperature.
    pub settings: Value,
}

/// What it was measured on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CertifiedPrograms {
    pub source: String,
    pub corpus_digest: String,
    pub count: usize,
    pub vulnerable: usize,
    pub scenarios: usize,
    /// Of the programs' ids, files and labels together.
    pub digest: String,
    /// Each program's id, with a digest of its files.
    pub programs: BTreeMap<String, String>,
    /// What is known of what the judge was trained with; `None` where nothing is.
    pub held_out: Option<HeldOut>,
}

/// The training data of which the programs were held out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct HeldOut {
    /// The digest of the data card.
    pub card_digest: String,
    pub trained_scenarios: usize,
    pub held_out_scenarios: usize,
}

/// The numbers. Where there is none, it is not defined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CertifiedFigures {
    pub consistency: Figure,
    pub balanced_accuracy: Figure,
    /// The share that is called secure less the share that is.
    pub difference: Figure,
    /// The share of vulnerable programs that are called so.
    pub finds: Figure,
    /// The share of other programs that are not.
    pub spares: Figure,
    pub auc: Figure,
    pub confusion: Confusion,
}

/// A number with its interval of 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    pub value: Option<f64>,
    pub interval: Option<Interval>,
}

/// A certificate as a run keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CitedCertificate {
    pub certificate: Certificate,
    /// Cases of the run that the judges decide by another question than that of the certificate: by
    /// a rubric of the case's own.
    #[serde(default)]
    pub uncovered: Vec<String>,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFault {
    #[error("not a certificate of judges: {0}; `assay evaluators certify` writes them")]
    Form(#[from] serde_json::Error),
    #[error("the certificate has the schema {0:?}; this version reads {SCHEMA:?}")]
    Schema(String),
    #[error(
        "it is of {theirs}, and the run is decided by {ours}; certify those judges, or name these with --judge"
    )]
    Judges { theirs: String, ours: String },
    #[error(
        "{judge} had other settings: {theirs} when it was certified, {ours} now; certify it as it is asked now"
    )]
    Settings { judge: String, theirs: String, ours: String },
    #[error(
        "it is of judges asked as {theirs}, and the run asks them as {ours}; name the same with --decider, or certify with the other --judge-mode"
    )]
    Asked { theirs: String, ours: String },
    #[error(
        "it was measured with prompts in {theirs}, and the run has {ours}; certify with --locale {ours}"
    )]
    Locale { theirs: Locale, ours: Locale },
    #[error(
        "the prompts of judges have changed since it was measured (digest {theirs} then, {ours} now); certify anew"
    )]
    Prompts { theirs: String, ours: String },
    #[error("it is of the heuristic, which decides no run; certify the judges of the run")]
    Heuristic,
}

pub const SCHEMA: &str = "assay.judge-certificate/1";

impl Certificate {
    pub fn read(text: &str) -> Result<Certificate, CertificateFault> {
        let read: Certificate = serde_json::from_str(text)?;
        match read.schema == SCHEMA {
            true => Ok(read),
            false => Err(CertificateFault::Schema(read.schema)),
        }
    }

    /// Whether it is of these judges, asked in this way.
    pub fn check(&self, ours: &Certified) -> Result<(), CertificateFault> {
        let (mine, others) = match (&self.judge, ours) {
            (Certified::Heuristic { .. }, _) | (_, Certified::Heuristic { .. }) => {
                return Err(CertificateFault::Heuristic);
            }
            (Certified::Panel { judges: mine, .. }, Certified::Panel { judges: others, .. }) => {
                (mine, others)
            }
        };
        let title = |judge: &CertifiedJudge| {
            let votes =
                if judge.votes > 1 { format!(" × {}", judge.votes) } else { String::new() };
            format!("{} of {}{votes}", judge.model, judge.provider)
        };
        let all = |judges: &[CertifiedJudge]| {
            let mut titles: Vec<String> = judges.iter().map(title).collect();
            titles.sort();
            titles.join(", ")
        };
        if all(mine) != all(others) {
            return Err(CertificateFault::Judges { theirs: all(mine), ours: all(others) });
        }
        for other in others {
            let asked = |judge: &CertifiedJudge| {
                let form = if judge.structured { "structured" } else { "free" };
                format!("{form} {}", judge.settings)
            };
            let same = mine.iter().filter(|judge| title(judge) == title(other));
            let same: Vec<&CertifiedJudge> = same.collect();
            if let Some(first) = same.first()
                && !same.iter().any(|judge| asked(judge) == asked(other))
            {
                return Err(CertificateFault::Settings {
                    judge: other.name.clone(),
                    theirs: asked(first),
                    ours: asked(other),
                });
            }
        }
        self.check_question(ours)
    }

    fn check_question(&self, ours: &Certified) -> Result<(), CertificateFault> {
        let (
            Certified::Panel { asked_as, locale, prompts_digest, .. },
            Certified::Panel { asked_as: now_as, locale: now_in, prompts_digest: now, .. },
        ) = (&self.judge, ours)
        else {
            return Err(CertificateFault::Heuristic);
        };
        if asked_as != now_as {
            let (theirs, ours) = (asked_as.to_string(), now_as.to_string());
            return Err(CertificateFault::Asked { theirs, ours });
        }
        if locale != now_in {
            return Err(CertificateFault::Locale { theirs: *locale, ours: *now_in });
        }
        if prompts_digest != now {
            let short = |digest: &str| digest.get(..12).unwrap_or(digest).to_owned();
            let (theirs, ours) = (short(prompts_digest), short(now));
            return Err(CertificateFault::Prompts { theirs, ours });
        }
        Ok(())
    }

    /// The names of those whom it is of.
    pub fn names(&self) -> String {
        match &self.judge {
            Certified::Panel { judges, .. } => {
                let names: Vec<&str> = judges.iter().map(|judge| judge.name.as_str()).collect();
                names.join(", ")
            }
            Certified::Heuristic { .. } => "heuristic".to_owned(),
        }
    }

    /// What it says, in one line.
    pub fn line(&self) -> String {
        let CertifiedFigures { consistency, balanced_accuracy, difference, finds, spares, .. } =
            &self.figures;
        let programs = &self.programs;
        let known = match (&self.judge, &programs.held_out) {
            (_, Some(_)) => "held out of its training data",
            (Certified::Heuristic { .. }, None) => {
                "of which it says nothing where it has learnt from them"
            }
            (Certified::Panel { .. }, None) => {
                "of which nobody says that it was not trained on them"
            }
        };
        let mut text = format!(
            "certified on {} of {} ({known}): balanced accuracy {}, Diff. {}, consistency {}, finds {}, spares {}",
            counted(programs.count, "program"),
            programs.source,
            balanced_accuracy.percent(false),
            difference.percent(true),
            consistency.percent(false),
            finds.percent(false),
            spares.percent(false),
        );
        let unknown: usize = self.unknown.values().sum();
        if unknown > 0 {
            let _ = write!(text, "; of {} it said nothing", counted(unknown, "program"));
        }
        text
    }
}

impl CertifiedFigures {
    pub fn of(score: &EvaluatorScore) -> CertifiedFigures {
        let figure = |value, interval| Figure { value, interval };
        CertifiedFigures {
            consistency: figure(score.consistency, score.consistency_interval),
            balanced_accuracy: figure(score.balanced_accuracy, score.balanced_accuracy_interval),
            difference: figure(score.difference, score.difference_interval),
            finds: figure(score.sensitivity, score.sensitivity_interval),
            spares: figure(score.specificity, score.specificity_interval),
            auc: figure(score.auc, score.auc_interval),
            confusion: score.confusion,
        }
    }
}

impl Figure {
    fn percent(self, signed: bool) -> String {
        let number = |value: f64| match signed {
            true => format!("{:+.1}", value * 100.0),
            false => format!("{:.1}", value * 100.0),
        };
        let Some(value) = self.value else { return "–".to_owned() };
        match self.interval {
            Some(Interval { low, high }) => {
                format!("{} [{}, {}]", number(value), number(low), number(high))
            }
            None => number(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judge(model: &str, temperature: f64) -> CertifiedJudge {
        CertifiedJudge {
            name: "j".to_owned(),
            provider: "openai".to_owned(),
            model: model.to_owned(),
            base_url: "http://one".to_owned(),
            votes: 1,
            structured: true,
            settings: json!({ "temperature": temperature }),
        }
    }

    fn panel(judges: Vec<CertifiedJudge>, asked_as: &str, digest: &str) -> Certified {
        Certified::Panel {
            judges,
            asked_as: asked_as.parse().expect("a decider"),
            locale: Locale::EnUs,
            prompts_digest: digest.to_owned(),
        }
    }

    fn certificate(judge: Certified) -> Certificate {
        let nothing = Figure { value: None, interval: None };
        let half = Interval { low: 0.25, high: 0.75 };
        let figure = |value| Figure { value: Some(value), interval: Some(half) };
        Certificate {
            schema: SCHEMA.to_owned(),
            assay: "1".to_owned(),
            date: "2026-01-01T00:00:00Z".to_owned(),
            judge,
            programs: CertifiedPrograms {
                source: "corpus".to_owned(),
                corpus_digest: String::new(),
                count: 4,
                vulnerable: 2,
                scenarios: 2,
                digest: String::new(),
                programs: BTreeMap::new(),
                held_out: None,
            },
            figures: CertifiedFigures {
                consistency: figure(0.5),
                balanced_accuracy: figure(0.5),
                difference: figure(-0.1),
                finds: figure(0.5),
                spares: nothing,
                auc: nothing,
                confusion: Confusion::default(),
            },
            unknown: BTreeMap::from([("it said nothing".to_owned(), 1)]),
        }
    }

    #[test]
    fn it_is_of_the_same_judges_asked_in_the_same_way() {
        let mine = certificate(panel(vec![judge("m", 0.0)], "judges:direct", "aa"));
        let check = |ours: Certified, expect: Option<&str>| {
            let found = mine.check(&ours).err().map(|fault| fault.to_string());
            match expect {
                None => assert_eq!(found, None),
                Some(part) => {
                    let found = found.unwrap_or_default();
                    assert!(found.contains(part), "{found:?} for {part:?}");
                }
            }
        };
        let elsewhere = CertifiedJudge { base_url: "http://two".to_owned(), ..judge("m", 0.0) };
        check(panel(vec![elsewhere], "judges:direct", "aa"), None);
        check(panel(vec![judge("n", 0.0)], "judges:direct", "aa"), Some("decided by n of openai"));
        let twice = CertifiedJudge { votes: 3, ..judge("m", 0.0) };
        check(panel(vec![twice], "judges:direct", "aa"), Some("m of openai × 3"));
        check(panel(vec![judge("m", 1.0)], "judges:direct", "aa"), Some("other settings"));
        check(panel(vec![judge("m", 0.0)], "judges", "aa"), Some("asks them as judges;"));
        check(panel(vec![judge("m", 0.0)], "judges:direct", "bb"), Some("digest aa then, bb now"));
        let weights = Certified::Heuristic { weights_digest: String::new() };
        check(weights.clone(), Some("decides no run"));
        let fault = certificate(weights).check(&mine.judge).expect_err("no judge");
        assert!(matches!(fault, CertificateFault::Heuristic));
    }

    #[test]
    fn it_says_what_was_measured_and_is_read_back() {
        let mine = certificate(panel(vec![judge("m", 0.0)], "judges", "aa"));
        let line = mine.line();
        assert!(line.contains("balanced accuracy 50.0 [25.0, 75.0], Diff. -10.0 [+25.0"), "{line}");
        assert!(line.contains("spares –; of 1 program it said nothing"), "{line}");
        let text = serde_json::to_string(&mine).expect("JSON");
        assert_eq!(Certificate::read(&text).expect("it is one"), mine);
        let other = text.replace("certificate/1", "certificate/9");
        assert!(matches!(Certificate::read(&other), Err(CertificateFault::Schema(_))));
        assert!(matches!(Certificate::read("{}"), Err(CertificateFault::Form(_))));
    }
}
