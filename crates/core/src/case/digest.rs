//! What identifies the content of a case: a SHA-256 over a byte form that is written out
//! here, name by name, so that nothing but the content changes it. docs/case-digests.md
//! describes the form; a change of it needs another [`FORM`].

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use super::{Case, SolutionKind};
use crate::files::{FileSet, digest_of};
use crate::prompt::Prompts;
use crate::state::State;
use crate::suite::{Runner, Suite};
use crate::world::{Body, Host, PathRule, Route, Scheme, World};

/// The name of the form, which is a part of what is digested.
const FORM: &str = "assay.case/1";

/// The digest of everything that a verdict on a case depends on.
pub(super) fn of(case: &Case) -> String {
    let mut entries = Entries::default();
    entries.text("form", FORM);
    entries.text("id", &case.id);
    entries.text("language", case.language);
    entries.list("cwe", &case.cwe);
    entries.text("severity", case.severity);
    entries.list("scenarios", &case.scenarios);
    entries.option("interface", case.interface.as_ref());
    entries.list("artifact-paths", &case.artifact_paths);
    entries.list("modules", &case.modules);
    entries.list("attack-marks", &case.attack_marks);
    entries.duration("limits/build", case.limits.build);
    entries.duration("limits/suite", case.limits.suite);
    entries.duration("limits/wall", case.limits.wall);
    entries.text("limits/memory", case.limits.memory);
    entries.prompts(&case.prompts);
    entries.files("template", &case.template);
    entries.suite("functional", &case.functional);
    entries.suite("security", &case.security);
    for solution in &case.solutions {
        let kind = match solution.kind {
            SolutionKind::Secure => "secure",
            SolutionKind::Vulnerable => "vulnerable",
        };
        let name = format!("solutions/{}", solution.name);
        entries.text(&format!("{name}/kind"), kind);
        entries.files(&format!("{name}/files"), &solution.files);
    }
    entries.state(&case.state);
    if let Some(world) = &case.world {
        entries.world(world);
    }
    entries.digest()
}

/// Contents by their names.
#[derive(Default)]
struct Entries(BTreeMap<String, Vec<u8>>);

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

    fn suite(&mut self, phase: &str, suite: &Suite) {
        let runner = match &suite.runner {
            Runner::AssayC => "assay-c",
            Runner::CProgram => "c-program",
            Runner::GoTest { imports: false } => "go-test",
            Runner::GoTest { imports: true } => "go-test-with-imports",
            Runner::JUnit => "junit",
            Runner::Pytest => "pytest",
            Runner::Jest => "jest",
            Runner::Mocha => "mocha",
            Runner::Judges(rubric) => {
                for (locale, text) in rubric.texts() {
                    self.text(&format!("{phase}/rubric/{locale}"), text);
                }
                "judges"
            }
        };
        self.text(&format!("{phase}/runner"), runner);
        self.files(&format!("{phase}/files"), &suite.files);
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

    fn digest(&self) -> String {
        digest_of(self.0.iter().map(|(name, content)| (name.as_str(), content.as_slice())))
    }
}

fn octal(mode: u32) -> String {
    format!("{mode:04o}")
}
