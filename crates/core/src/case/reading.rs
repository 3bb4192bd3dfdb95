//! Reads a case back from the form in which it is digested and sent.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::time::Duration;

use super::Case;
use super::form::{self, ANALYSER, FORM, JUDGES};
use crate::decider::Decider;
use crate::files::{FileSet, SafePath};
use crate::judge::Rubric;
use crate::label::{Label, LabelledProgram};
use crate::locale::Locale;
use crate::mutant::Mutants;
use crate::phase::Phase;
use crate::prompts::Prompts;
use crate::scenario::Scenario;
use crate::state::{Folder, Program, State, StateFile};
use crate::suite::{Runner, Suite};
use crate::task::{CaseLimits, CodeTask, Solution, SolutionKind, Task};
use crate::world::{Body, Host, Name, PathRule, Route, World};

/// Entries that do not make a case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the entry {entry:?} of a case {fault}")]
pub struct CaseFormError {
    entry: String,
    fault: String,
}

type Read<T> = Result<T, CaseFormError>;

pub(super) fn case(title: String, entries: &BTreeMap<String, Vec<u8>>) -> Read<Case> {
    let entries = Entries(entries);
    let form = entries.text("form")?;
    if form != FORM {
        return Err(fault("form", format!("is {form:?}; this version reads {FORM:?}")));
    }
    let is_code = entries.has("functional/runner");
    let case = Case {
        id: entries.text("id")?.to_owned(),
        title,
        variant_of: None,
        language: entries.value("language")?,
        cwe: entries.list("cwe")?,
        severity: entries.value("severity")?,
        scenarios: entries.list("scenarios")?,
        prompts: entries.prompts()?,
        task: match is_code {
            true => Task::Code(Box::new(entries.code()?)),
            false => Task::Recognise(LabelledProgram {
                files: entries.files("program")?,
                truth: Label {
                    vulnerable: entries.value("truth/vulnerable")?,
                    cwe: entries.list("truth/cwe")?,
                    ..Label::default()
                },
                origin: entries.optional("origin")?,
            }),
        },
    };
    // What is not read would be lost without a word.
    let again = form::of(&case).0;
    match entries.0.keys().find(|name| again.get(*name) != entries.0.get(*name)) {
        Some(name) => Err(fault(name, "is not one that this version reads".to_owned())),
        None => Ok(case),
    }
}

fn fault(entry: &str, fault: String) -> CaseFormError {
    CaseFormError { entry: entry.to_owned(), fault }
}

/// Contents by their names.
#[derive(Clone, Copy)]
struct Entries<'a>(&'a BTreeMap<String, Vec<u8>>);

impl<'a> Entries<'a> {
    fn has(self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn bytes(self, name: &str) -> Read<&'a [u8]> {
        let content = self.0.get(name).map(Vec::as_slice);
        content.ok_or_else(|| fault(name, "is missing".to_owned()))
    }

    fn text(self, name: &str) -> Read<&'a str> {
        std::str::from_utf8(self.bytes(name)?).map_err(|_| fault(name, "is not UTF-8".to_owned()))
    }

    fn value<T: FromStr<Err: ToString>>(self, name: &str) -> Read<T> {
        parse(name, self.text(name)?)
    }

    fn optional<T: FromStr<Err: ToString>>(self, name: &str) -> Read<Option<T>> {
        self.has(name).then(|| self.value(name)).transpose()
    }

    fn list<T: FromStr<Err: ToString>>(self, name: &str) -> Read<Vec<T>> {
        let mut rest = self.bytes(name)?;
        let mut items = Vec::new();
        while !rest.is_empty() {
            let item = rest.split_first_chunk::<8>().and_then(|(length, after)| {
                let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
                rest = after.get(length..)?;
                std::str::from_utf8(&after[..length]).ok()
            });
            let item = item.ok_or_else(|| fault(name, "is not a list".to_owned()))?;
            items.push(parse(name, item)?);
        }
        Ok(items)
    }

    fn milliseconds(self, name: &str) -> Read<Duration> {
        self.value(name).map(Duration::from_millis)
    }

    fn mode(self, name: &str) -> Read<u32> {
        let text = self.text(name)?;
        u32::from_str_radix(text, 8).map_err(|error| fault(name, error.to_string()))
    }

    /// The entries below a name, by what follows it.
    fn below(self, name: &str) -> impl Iterator<Item = (&'a str, &'a [u8])> + use<'a> {
        let prefix = format!("{name}/");
        let found = self.0.range(prefix.clone()..);
        let here = found.map_while(move |(name, content)| {
            Some((name.strip_prefix(&prefix)?, content.as_slice()))
        });
        here.collect::<Vec<_>>().into_iter()
    }

    /// The next parts of the names below a name, each once, in the order of their bytes.
    fn parts(self, name: &str) -> BTreeSet<&'a str> {
        self.below(name).filter_map(|(rest, _)| rest.split('/').next()).collect()
    }

    fn files(self, name: &str) -> Read<FileSet> {
        let file = |(path, content): (&str, &[u8])| {
            let safe = SafePath::new(path).map_err(|error| fault(name, error.to_string()))?;
            Ok((safe, content.to_vec()))
        };
        self.below(name).map(file).collect()
    }

    fn texts(self, name: &str) -> Read<BTreeMap<Locale, String>> {
        let text = |locale: &str| {
            let name = format!("{name}/{locale}");
            Ok((parse(&name, locale)?, self.text(&name)?.to_owned()))
        };
        self.parts(name).into_iter().map(text).collect()
    }

    fn prompts(self) -> Read<Prompts> {
        let kinds = self.parts("prompts");
        if kinds.iter().all(|kind| ["brief", "hint"].contains(kind)) {
            let (briefs, hints) = (self.texts("prompts/brief")?, self.texts("prompts/hint")?);
            return Ok(Prompts::Composed { briefs, hints });
        }
        let mut texts = BTreeMap::new();
        for kind in kinds {
            let name = format!("prompts/{kind}");
            let scenario: Scenario = parse(&name, kind)?;
            let of_kind = self.texts(&name)?.into_iter();
            texts.extend(of_kind.map(|(locale, text)| ((scenario, locale), text)));
        }
        Ok(Prompts::Verbatim(texts))
    }

    fn code(self) -> Read<CodeTask> {
        Ok(CodeTask {
            interface: self.optional("interface")?,
            artifact_paths: self.list("artifact-paths")?,
            template: self.files("template")?,
            modules: self.list("modules")?,
            functional: self.decider(Phase::Functional, Phase::Functional.as_str())?,
            security: self.security()?,
            beside: self.beside()?,
            solutions: self.solutions()?,
            limits: CaseLimits {
                build: self.milliseconds("limits/build")?,
                suite: self.milliseconds("limits/suite")?,
                wall: self.milliseconds("limits/wall")?,
                memory: self.value("limits/memory")?,
            },
            state: self.state()?,
            attack_marks: self.list("attack-marks")?,
            world: self.has("world/ipv6").then(|| self.world()).transpose()?,
            mutants: Mutants::default(),
        })
    }

    /// Who decides the security phase, if the task has one. Judges of the functional phase
    /// decide it too, so that what they leave open is always theirs.
    fn security(self) -> Read<Option<Decider>> {
        let is_judged = || matches!(self.text("functional/runner"), Ok(JUDGES));
        let has_phase = self.has("security/runner") || is_judged();
        has_phase.then(|| self.decider(Phase::Security, Phase::Security.as_str())).transpose()
    }

    /// Who else is asked whether it is secure.
    fn beside(self) -> Read<Vec<Decider>> {
        self.numbered("beside").map(|at| self.decider(Phase::Security, &at)).collect()
    }

    /// Who is to answer the question of a phase, from the entries at a name.
    fn decider(self, phase: Phase, at: &str) -> Read<Decider> {
        let name = format!("{at}/runner");
        match self.text(&name)? {
            JUDGES => {
                let rubric = Rubric::new(self.texts(&format!("{at}/rubric"))?);
                let rubric =
                    rubric.ok_or_else(|| fault(&name, "has no rubric in English".to_owned()))?;
                Ok(Decider::Panel(rubric.asked(self.optional(&format!("{at}/mode"))?)))
            }
            ANALYSER => Ok(Decider::Analyser(self.text(&format!("{at}/analyser"))?.to_owned())),
            runner => {
                let known = Runner::ALL.into_iter().find(|it| it.as_str() == runner);
                let runner = known.ok_or_else(|| {
                    fault(&name, format!("is {runner:?}, which this version does not know"))
                })?;
                let files = self.files(&format!("{at}/files"))?;
                Ok(Decider::Suite(Suite::of(phase, runner, files)))
            }
        }
    }

    fn solutions(self) -> Read<Vec<Solution>> {
        let solution = |name: &str| {
            let at = format!("solutions/{name}");
            let kind = format!("{at}/kind");
            let word = self.text(&kind)?;
            let known = SolutionKind::ALL.into_iter().find(|it| it.as_str() == word);
            let kind = known.ok_or_else(|| fault(&kind, format!("is {word:?}")))?;
            Ok(Solution { name: name.to_owned(), kind, files: self.files(&format!("{at}/files"))? })
        };
        self.parts("solutions").into_iter().map(solution).collect()
    }

    fn state(self) -> Read<State> {
        let mut state = State::default();
        for (path, _) in self.below("state/folders") {
            let Some(path) = path.strip_suffix("/mode") else { continue };
            let (path, mode) =
                (format!("/{path}"), self.mode(&format!("state/folders/{path}/mode"))?);
            state.folders.push(Folder { path, mode });
        }
        for (path, _) in self.below("state/files") {
            let Some(path) = path.strip_suffix("/mode") else { continue };
            let at = format!("state/files/{path}");
            let content = self.bytes(&format!("{at}/content"))?.to_vec();
            let mode = self.mode(&format!("{at}/mode"))?;
            state.files.push(StateFile { path: format!("/{path}"), mode, content });
        }
        for (name, content) in self.below("state/programs") {
            let (name, content) = (name.to_owned(), content.to_vec());
            state.programs.push(Program { name, content });
        }
        state.commands = self.below("state/commands").map(|(name, _)| name.to_owned()).collect();
        for (name, _) in self.below("state/environment") {
            let value = self.text(&format!("state/environment/{name}"))?.to_owned();
            state.environment.push((name.to_owned(), value));
        }
        Ok(state)
    }

    /// The parts below a name that count from 0.
    fn numbered(self, name: &str) -> impl Iterator<Item = String> + use<'a> {
        let count = self.parts(name).len();
        let name = name.to_owned();
        (0..count).map(move |place| format!("{name}/{place}"))
    }

    fn world(self) -> Read<World> {
        let name = |name: &str| {
            let answers = self.numbered(&format!("world/names/{name}"));
            let answers = answers.map(|at| self.list::<IpAddr>(&at)).collect::<Read<_>>()?;
            Ok(Name { name: name.to_owned(), answers })
        };
        Ok(World {
            ipv6: self.value("world/ipv6")?,
            names: self.parts("world/names").into_iter().map(name).collect::<Read<_>>()?,
            hosts: self.numbered("world/hosts").map(|at| self.host(&at)).collect::<Read<_>>()?,
        })
    }

    fn host(self, at: &str) -> Read<Host> {
        let routes = self.numbered(&format!("{at}/routes"));
        Ok(Host {
            names: self.list(&format!("{at}/names"))?,
            addresses: self.list(&format!("{at}/addresses"))?,
            canary: self.value(&format!("{at}/canary"))?,
            http: self.list(&format!("{at}/http"))?,
            https: self.list(&format!("{at}/https"))?,
            routes: routes.map(|at| self.route(&at)).collect::<Read<_>>()?,
        })
    }

    fn route(self, at: &str) -> Read<Route> {
        let prefix = format!("{at}/prefix");
        let path = match self.has(&prefix) {
            true => PathRule::Prefix(self.text(&prefix)?.to_owned()),
            false => PathRule::Exact(self.text(&format!("{at}/path"))?.to_owned()),
        };
        let headers: Vec<String> = self.list(&format!("{at}/headers"))?;
        let pairs = headers.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
        Ok(Route {
            path,
            scheme: self.optional(&format!("{at}/scheme"))?,
            status: self.value(&format!("{at}/status"))?,
            headers: pairs.collect(),
            body: self.body(&format!("{at}/body"))?,
        })
    }

    fn body(self, at: &str) -> Read<Body> {
        let [content, redirect, canaries, requested] =
            ["content", "redirect-to-query", "canary-contacts", "was-requested"]
                .map(|kind| format!("{at}/{kind}"));
        if self.has(&content) {
            Ok(Body::Content(self.bytes(&content)?.to_vec()))
        } else if self.has(&redirect) {
            let is_given = !self.text(&redirect)?.is_empty();
            let scheme = is_given.then(|| self.value(&redirect)).transpose()?;
            Ok(Body::RedirectToQuery { scheme })
        } else if self.has(&requested) {
            Ok(Body::WasRequested { prefix: self.text(&requested)?.to_owned() })
        } else {
            self.bytes(&canaries)?;
            Ok(Body::CanaryContacts)
        }
    }
}

fn parse<T: FromStr<Err: ToString>>(entry: &str, text: &str) -> Read<T> {
    text.parse()
        .map_err(|error: T::Err| fault(entry, format!("is {text:?}: {}", error.to_string())))
}
