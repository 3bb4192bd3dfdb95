//! [`Deciders`]: who decides whether code is secure, and who else is asked, where a user says
//! that and does not leave it to the case.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::case::{Case, Language};
use crate::decider::Decider;
use crate::judge_mode::JudgeMode;
use crate::meant::did_you_mean;
use crate::task::{CodeTask, SolutionKind, Task};
use crate::weakness_rubric::{ExamplePair, weakness_rubric};

/// Someone who can say whether code is secure, as users name it: `tests`, `judges`,
/// `judges:direct`, `judges:analysis`, `judges:few-shot` or `analyser:NAME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeciderChoice {
    /// The case's own tests.
    Tests,
    /// A panel of judges: by the case's rubric or, without a mode, if it has none and with one
    /// always, about its weakness alone.
    Judges(Option<JudgeMode>),
    /// A static analyser, by its name.
    Analyser(String),
}

/// Who decides, and who is asked beside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Deciders {
    /// `None` for who the case says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decider: Option<DeciderChoice>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<DeciderChoice>,
}

/// Why a case cannot be decided as a user wishes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecidable {
    #[error("{0} has no tests that ask whether an artifact is secure")]
    NoTests(String),
    #[error("{case} names no weakness that {choice} could be asked about")]
    NoWeakness { case: String, choice: DeciderChoice },
    #[error(
        "the corpus has no pair of programs in {language}, one with the weakness of {case} and one without, to show as examples"
    )]
    NoExamples { case: String, language: Language },
    #[error(
        "judges decide whether an artifact of {0} works, so that nobody else can decide whether it is secure"
    )]
    JudgedAlone(String),
    #[error("the analyser {analyser} does not read {language}, in which {case} is")]
    Language { case: String, analyser: String, language: Language },
}

/// What of the cases that are to be decided so.
#[derive(Clone, Copy)]
pub struct DecidersContext<'a> {
    /// Whether a case is to be decided at all.
    pub is_wanted: &'a dyn Fn(&Case) -> bool,
    /// Whether an analyser reads a language.
    pub reads: &'a dyn Fn(&str, Language) -> bool,
}

impl fmt::Debug for DecidersContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecidersContext").finish_non_exhaustive()
    }
}

/// All cases that cannot be decided as a user wishes, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecidables(Vec<Undecidable>);

/// So many are named.
const NAMED: usize = 3;

impl fmt::Display for Undecidables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named: Vec<String> = self.0.iter().take(NAMED).map(ToString::to_string).collect();
        f.write_str(&named.join("; "))?;
        match self.0.len() - named.len() {
            0 => {}
            more => write!(f, "; and so on for {more} more")?,
        }
        f.write_str("; choose other cases with --case, --language or --cwe, or another --decider")
    }
}

impl std::error::Error for Undecidables {}

impl Deciders {
    /// Whether all is left to the cases.
    pub fn is_default(&self) -> bool {
        *self == Deciders::default()
    }

    /// Whether judges are asked beside who decides.
    pub fn beside_judges(&self) -> bool {
        self.beside.iter().any(|choice| matches!(choice, DeciderChoice::Judges(_)))
    }

    /// All that a user has named, who decides first.
    pub fn choices(&self) -> impl Iterator<Item = &DeciderChoice> {
        self.decider.iter().chain(&self.beside)
    }

    /// These cases as they are decided then. A case's own tests are asked beside where they
    /// do not decide, as they are the truth that others are held against. Who cannot say
    /// anything of a case is not asked beside; it is an error if it is to decide about one that
    /// is wanted.
    pub fn over(
        &self,
        cases: &[Case],
        context: DecidersContext<'_>,
    ) -> Result<Vec<Case>, Undecidables> {
        if self.is_default() {
            return Ok(cases.to_vec());
        }
        let known = KnownPrograms::of(cases);
        let desk = Desk { known: &known, reads: context.reads };
        let mut faults = Vec::new();
        let decided = cases.iter().map(|case| match (context.is_wanted)(case) {
            true => self.one(case, &desk).unwrap_or_else(|fault| {
                faults.push(fault);
                case.clone()
            }),
            false => case.clone(),
        });
        let decided = decided.collect();
        if faults.is_empty() { Ok(decided) } else { Err(Undecidables(faults)) }
    }

    fn one(&self, case: &Case, desk: &Desk<'_>) -> Result<Case, Undecidable> {
        let Some(task) = case.code().filter(|task| task.security.is_some()) else {
            return Ok(case.clone());
        };
        let mut task = task.clone();
        if let Some(choice) = &self.decider {
            let is_judges = matches!(choice, DeciderChoice::Judges(_));
            if task.functional.rubric().is_some() && !is_judges {
                return Err(Undecidable::JudgedAlone(case.id.clone()));
            }
            task.security = Some(desk.decider(choice, case)?);
        }
        for choice in &self.beside {
            if let Ok(decider) = desk.decider(choice, case) {
                ask_beside(&mut task, decider);
            }
        }
        if let Some(own @ Decider::Suite(_)) = case.code().and_then(|task| task.security.clone()) {
            ask_beside(&mut task, own);
        }
        Ok(Case { task: Task::Code(Box::new(task)), ..case.clone() })
    }
}

/// Asks someone beside who is not asked yet.
fn ask_beside(task: &mut CodeTask, decider: Decider) {
    let name = decider.name();
    let is_asked = task.security.iter().chain(&task.beside).any(|other| other.name() == name);
    if !is_asked {
        task.beside.push(decider);
    }
}

/// What a choice is turned into a decider with.
struct Desk<'a> {
    known: &'a KnownPrograms<'a>,
    reads: &'a dyn Fn(&str, Language) -> bool,
}

impl Desk<'_> {
    fn decider(&self, choice: &DeciderChoice, case: &Case) -> Result<Decider, Undecidable> {
        let own = case.code().and_then(|task| task.security.as_ref());
        let id = || case.id.clone();
        match choice {
            DeciderChoice::Tests => match own {
                Some(tests @ Decider::Suite(_)) => Ok(tests.clone()),
                _ => Err(Undecidable::NoTests(id())),
            },
            DeciderChoice::Judges(None) if own.is_some_and(|it| it.rubric().is_some()) => {
                own.cloned().ok_or_else(|| Undecidable::NoTests(id()))
            }
            DeciderChoice::Judges(mode) => {
                if case.cwe.is_empty() {
                    return Err(Undecidable::NoWeakness { case: id(), choice: choice.clone() });
                }
                let examples = match mode {
                    Some(JudgeMode::FewShot) => {
                        Some(self.known.examples(case).ok_or_else(|| Undecidable::NoExamples {
                            case: id(),
                            language: case.language,
                        })?)
                    }
                    _ => None,
                };
                let rubric = weakness_rubric(&case.cwe, examples.as_ref());
                Ok(Decider::Panel(rubric.asked(*mode)))
            }
            DeciderChoice::Analyser(name) => match (self.reads)(name, case.language) {
                true => Ok(Decider::Analyser(name.clone())),
                false => Err(Undecidable::Language {
                    case: id(),
                    analyser: name.clone(),
                    language: case.language,
                }),
            },
        }
    }
}

/// The programs of a corpus whose security is known, by language and weaknesses.
struct KnownPrograms<'a>(BTreeMap<(Language, &'a [String], bool), &'a crate::FileSet>);

impl<'a> KnownPrograms<'a> {
    fn of(cases: &'a [Case]) -> KnownPrograms<'a> {
        let mut known = BTreeMap::new();
        for case in cases {
            if let Task::Recognise(program) = &case.task {
                let key = (case.language, case.cwe.as_slice(), program.truth.vulnerable);
                known.entry(key).or_insert(&program.files);
            }
        }
        KnownPrograms(known)
    }

    /// The case's own solutions or, if it does not have one of each kind, programs of the
    /// corpus about the same weaknesses.
    fn examples(&self, case: &Case) -> Option<ExamplePair> {
        let own = |kind| case.solutions(kind).next().map(|solution| &solution.files);
        if let (Some(vulnerable), Some(secure)) =
            (own(SolutionKind::Vulnerable), own(SolutionKind::Secure))
        {
            return Some(ExamplePair { vulnerable: vulnerable.clone(), secure: secure.clone() });
        }
        let known = |is_vulnerable| {
            let key = (case.language, case.cwe.as_slice(), is_vulnerable);
            self.0.get(&key).map(|files| (*files).clone())
        };
        Some(ExamplePair { vulnerable: known(true)?, secure: known(false)? })
    }
}

impl fmt::Display for DeciderChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeciderChoice::Tests => f.write_str("tests"),
            DeciderChoice::Judges(None) => f.write_str("judges"),
            DeciderChoice::Judges(Some(mode)) => write!(f, "judges:{mode}"),
            DeciderChoice::Analyser(name) => write!(f, "analyser:{name}"),
        }
    }
}

impl FromStr for DeciderChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<DeciderChoice, String> {
        match text.split_once(':') {
            None if text == "tests" => Ok(DeciderChoice::Tests),
            None if text == "judges" => Ok(DeciderChoice::Judges(None)),
            Some(("judges", mode)) => Ok(DeciderChoice::Judges(Some(mode.parse()?))),
            Some(("analyser", name)) if !name.is_empty() => {
                Ok(DeciderChoice::Analyser(name.to_owned()))
            }
            _ => {
                let known = ["tests", "judges", "analyser:NAME"];
                let meant = did_you_mean(text, known);
                Err(format!(
                    "{text:?} is nobody who can decide{meant}; there are tests, judges, judges:direct, judges:analysis, judges:few-shot and analyser:NAME"
                ))
            }
        }
    }
}

impl TryFrom<String> for DeciderChoice {
    type Error = String;

    fn try_from(text: String) -> Result<DeciderChoice, String> {
        text.parse()
    }
}

impl From<DeciderChoice> for String {
    fn from(choice: DeciderChoice) -> String {
        choice.to_string()
    }
}
