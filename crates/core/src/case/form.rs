//! The form in which a case is digested, and in which it travels: contents by names,
//! written out here, so that nothing but the content of a case changes it.
//! docs/case-digests.md describes the form; a change of it needs another [`FORM`].
//! [`super::reading`] is the way back.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use super::Case;
use crate::decider::Decider;
use crate::files::{FileSet, digest_of};
use crate::label::LabelledProgram;
use crate::phase::Phase;
use crate::prompts::Prompts;
use crate::state::State;
use crate::task::{CodeTask, Task};
use crate::world::{Body, Host, PathRule, Route, Scheme, World};

/// The name of the form, which is a part of what is digested.
pub(super) const FORM: &str = "assay.case/1";

/// What stands for the runner of a suite where judges or an analyser decide.
pub(super) const JUDGES: &str = "judges";
pub(super) const ANALYSER: &str = "analyser";

/// Everything that a verdict on a case depends on.
pub(super) fn of(case: &Case) -> Entries {
    let mut entries = Entries::default();
    entries.text("form", FORM);
    entries.text("id", &case.id);
    entries.text("language", case.language);
    entries.list("cwe", &case.cwe);
    entries.text("severity", case.severity);
    entries.list("scenarios", &case.scenarios);
    entries.prompts(&case.prompts);
    match &case.task {
        Task::Code(task) => entries.code(task),
        Task::Recognise(program) => entries.program(program),
    }
    entries
}

/// Contents by their names.
#[derive(Debug, Default)]
pub(super) struct Entries(pub(super) BTreeMap<String, Vec<u8>>);

impl Entries {
    fn bytes(&mut self, name: &str, content: &[u8]) {
        self.0.insert(name.to_owned(), content.to_vec());
    }

    fn text(&mut self, name: &str, value: impl Display) {
        self.bytes(name, value.to_string().as_bytes());
    }

    fn option(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// Each item after its length.
    fn list(&mut self, name: &str, items: impl IntoIterator<Item = impl Display>) {
        let mut content = Vec::new();
        for item in items {
            let item = item.to_string();
            content.extend((item.len() as u64).to_le_bytes());
            content.extend(item.as_bytes());
        }
        self.bytes(name, &content);
    }

    fn duration(&mut self, name: &str, duration: Duration) {
        self.text(name, duration.as_millis());
    }

    fn code(&mut self, task: &CodeTask) {
        self.option("interface", task.interface.as_ref());
        self.list("artifact-paths", &task.artifact_paths);
        self.list("modules", &task.modules);
        self.list("attack-marks", &task.attack_marks);
        self.duration("limits/build", task.limits.build);
        self.duration("limits/suite", task.limits.suite);
        self.duration("limits/wall", task.limits.wall);
        self.text("limits/memory", task.limits.memory);
        self.files("template", &task.template);
        for phase in Phase::ALL {
            if let Some(decider) = task.decider(phase) {
                self.decider(phase.as_str(), decider);
            }
        }
        for (place, decider) in task.beside.iter().enumerate() {
            self.decider(&format!("beside/{place}"), decider);
        }
        for solution in &task.solutions {
            let name = format!("solutions/{}", solution.name);
            self.text(&format!("{name}/kind"), solution.kind.as_str());
            self.files(&format!("{name}/files"), &solution.files);
        }
        self.state(&task.state);
        if let Some(world) = &task.world {
            self.world(world);
        }
    }

    fn program(&mut self, program: &LabelledProgram) {
        self.option("origin", program.origin.as_ref());
        self.text("truth/vulnerable", program.truth.vulnerable);
        self.list("truth/cwe", &program.truth.cwe);
        self.files("program", &program.files);
    }

    fn files(&mut self, name: &str, files: &FileSet) {
        for (path, content) in files {
            self.bytes(&format!("{name}/{path}"), content);
        }
    }

    fn prompts(&mut self, prompts: &Prompts) {
        match prompts {
            Prompts::Composed { briefs, hints } => {
                for (part, texts) in [("brief", briefs), ("hint", hints)] {
                    for (locale, text) in texts {
                        self.text(&format!("prompts/{part}/{locale}"), text);
                    }
                }
            }
            Prompts::Verbatim(texts) => {
                for ((scenario, locale), text) in texts {
                    self.text(&format!("prompts/{scenario}/{locale}"), text);
                }
            }
        }
    }

    fn decider(&mut self, at: &str, decider: &Decider) {
        match decider {
            Decider::Suite(suite) => {
                self.text(&format!("{at}/runner"), suite.runner.as_str());
                self.files(&format!("{at}/files"), &suite.files);
            }
            Decider::Panel(rubric) => {
                self.text(&format!("{at}/runner"), JUDGES);
                self.option(&format!("{at}/mode"), rubric.mode());
                for (locale, text) in rubric.texts() {
                    self.text(&format!("{at}/rubric/{locale}"), text);
                }
            }
            Decider::Analyser(name) => {
                self.text(&format!("{at}/runner"), ANALYSER);
                self.text(&format!("{at}/analyser"), name);
            }
        }
    }

    fn state(&mut self, state: &State) {
        for folder in &state.folders {
            self.text(&format!("state/folders{}/mode", folder.path), octal(folder.mode));
        }
        for file in &state.files {
            self.text(&format!("state/files{}/mode", file.path), octal(file.mode));
            self.bytes(&format!("state/files{}/content", file.path), &file.content);
        }
        for program in &state.programs {
            self.bytes(&format!("state/programs/{}", program.name), &program.content);
        }
        for command in &state.commands {
            self.text(&format!("state/commands/{command}"), "");
        }
        for (name, value) in &state.environment {
            self.text(&format!("state/environment/{name}"), value);
        }
    }

    fn world(&mut self, world: &World) {
        self.text("world/ipv6", world.ipv6);
        for name in &world.names {
            for (place, answer) in name.answers.iter().enumerate() {
                self.list(&format!("world/names/{}/{place}", name.name), answer);
            }
        }
        for (place, host) in world.hosts.iter().enumerate() {
            self.host(&format!("world/hosts/{place}"), host);
        }
    }

    fn host(&mut self, at: &str, host: &Host) {
        self.list(&format!("{at}/names"), &host.names);
        self.list(&format!("{at}/addresses"), &host.addresses);
        self.text(&format!("{at}/canary"), host.canary);
        self.list(&format!("{at}/http"), &host.http);
        self.list(&format!("{at}/https"), &host.https);
        for (place, route) in host.routes.iter().enumerate() {
            self.route(&format!("{at}/routes/{place}"), route);
        }
    }

    fn route(&mut self, at: &str, route: &Route) {
        match &route.path {
            PathRule::Exact(path) => self.text(&format!("{at}/path"), path),
            PathRule::Prefix(prefix) => self.text(&format!("{at}/prefix"), prefix),
        }
        self.option(&format!("{at}/scheme"), route.scheme.map(Scheme::as_str));
        self.text(&format!("{at}/status"), route.status);
        let headers = route.headers.iter().flat_map(|(name, value)| [name, value]);
        self.list(&format!("{at}/headers"), headers);
        match &route.body {
            Body::Content(content) => self.bytes(&format!("{at}/body/content"), content),
            Body::RedirectToQuery { scheme } => {
                let scheme = scheme.map(Scheme::as_str).unwrap_or_default();
                self.text(&format!("{at}/body/redirect-to-query"), scheme);
            }
            Body::CanaryContacts => self.text(&format!("{at}/body/canary-contacts"), ""),
            Body::WasRequested { prefix } => {
                self.text(&format!("{at}/body/was-requested"), prefix);
            }
        }
    }

    pub(super) fn digest(&self) -> String {
        digest_of(self.0.iter().map(|(name, content)| (name.as_str(), content.as_slice())))
    }
}

fn octal(mode: u32) -> String {
    format!("{mode:04o}")
}
