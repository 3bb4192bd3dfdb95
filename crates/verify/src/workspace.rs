//! [`Workspace`]: a copy of a case's project in a sandbox, in which an agent works with the
//! tools of the case's language. It holds no test and no solution, and knows no network but
//! what the caller listens at. Commands run one after another in the same files.

mod changes;
mod command;
mod patch;
#[cfg(test)]
mod properties;

use std::collections::BTreeMap;
use std::net::TcpListener;

use assay_core::infra_error::InfraClass;
use assay_core::{Case, CodeTask, FileSet, InfraError};
pub use assay_sandbox::Stop;
use assay_sandbox::{Command, Execution, File, Mount, Sandbox, SandboxError, Spec, State};
use tracing::debug;

pub use crate::desk::HOME;
use crate::desk::{Desk, PROJECT};
use crate::tools::{MISSING, version};
use crate::{infra, state};
use changes::Before;
pub use changes::Changes;
pub use command::{AgentCommand, AgentLimits, AgentRun};
pub use patch::Patch;

const GIT: &str = "/usr/bin/git";

/// The programs of a home folder, before all others.
const OWN_PROGRAMS: &str = "/work/home/.local/bin";

/// The usual places of programs.
const PROGRAMS: &str = "/usr/local/bin:/usr/bin:/bin";

/// The environment of every command; it holds nothing of the host's. What tools print is
/// read by a program, and there is nobody to answer a question.
const ENVIRONMENT: [(&str, &str); 12] = [
    ("HOME", HOME),
    ("TMPDIR", "/tmp"),
    ("USER", "developer"),
    ("LOGNAME", "developer"),
    ("SHELL", "/bin/bash"),
    ("TERM", "dumb"),
    ("LANG", "C.UTF-8"),
    ("TZ", "UTC"),
    ("PAGER", "cat"),
    ("GIT_PAGER", "cat"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("NO_COLOR", "1"),
];

/// Who the one commit is by, and when: the same always, so that it says nothing.
const COMMIT: [(&str, &str); 2] =
    [("GIT_AUTHOR_DATE", "2000-01-01T00:00:00Z"), ("GIT_COMMITTER_DATE", "2000-01-01T00:00:00Z")];

/// Git's settings of the home folder.
const GIT_SETTINGS: &str = "[user]\n\tname = Developer\n\temail = developer@localhost\n\
    [init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n";

/// What a workspace is made of.
#[derive(Debug)]
pub struct WorkspacePlan<'a> {
    pub case: &'a Case,
    /// Files laid over the scaffold and committed with it: the vulnerable code that is to be
    /// fixed, as the prompt shows it, and instructions such as `AGENTS.md`.
    pub files: FileSet,
    /// Files of the home folder, by their paths in it: an agent's settings.
    pub home: FileSet,
    /// What the agent is installed in, read-only.
    pub mounts: Vec<Mount>,
    /// Folders of programs for the `PATH`, after those of the case's language.
    pub path: Vec<String>,
    /// The port of 127.0.0.1 at which the caller listens inside: see [`Workspace::take_listener`].
    pub host_port: Option<u16>,
    /// How many bytes project and home hold together; they lie in memory.
    pub bytes: u64,
    /// The same of `/tmp`.
    pub tmp_bytes: u64,
}

impl<'a> WorkspacePlan<'a> {
    /// The scaffold of a case and nothing else.
    pub fn new(case: &'a Case) -> WorkspacePlan<'a> {
        WorkspacePlan {
            case,
            files: FileSet::new(),
            home: FileSet::new(),
            mounts: Vec::new(),
            path: Vec::new(),
            host_port: None,
            bytes: 1 << 30,
            tmp_bytes: 512 << 20,
        }
    }
}

/// A project in which an agent works. Dropping it ends everything in it.
#[derive(Debug)]
pub struct Workspace {
    sandbox: Sandbox,
    environment: Vec<(String, String)>,
    before: Before,
}

impl Workspace {
    /// Lays out the project and commits it. The case is prepared.
    pub(super) fn open(
        plan: &WorkspacePlan<'_>,
        task: &CodeTask,
        desk: &Desk,
    ) -> Result<Workspace, InfraError> {
        check_git()?;
        // The rest of the state is there for attacks to show by.
        let state = State { programs: state::programs(&task.state), ..State::default() };
        let spec = Spec {
            mounts: desk.mounts.iter().chain(&plan.mounts).cloned().collect(),
            state,
            workspace_bytes: plan.bytes,
            tmp_bytes: plan.tmp_bytes,
            allow_ptrace: desk.traces,
            host_port: plan.host_port,
            ..Spec::default()
        };
        let mut project: FileSet = task.template.clone();
        project.extend(plan.files.iter().map(|(path, content)| (path.clone(), content.clone())));
        let mut files: Vec<File> = below(PROJECT, &project).collect();
        files.extend(below(HOME, &plan.home));
        files.extend(
            desk.home
                .iter()
                .map(|file| File { path: format!("{HOME}/{}", file.path), ..file.clone() }),
        );
        files.push(File::new(format!("{HOME}/.gitconfig"), GIT_SETTINGS));
        let mut sandbox = Sandbox::start(&spec).map_err(|error| infra(&error))?;
        sandbox.write(&files).map_err(|error| infra(&error))?;
        let environment = environment(task, desk, &plan.path);
        let artifact_paths = task.artifact_paths.clone();
        let before = Before { project, artifact_paths, ignored: desk.ignored };
        let mut workspace = Workspace { sandbox, environment, before };
        workspace.commit(desk.ignored)?;
        if let Some(begin) = &desk.begin {
            workspace.ready(begin)?;
        }
        Ok(workspace)
    }

    /// What the caller hears of who connects to [`WorkspacePlan::host_port`] inside; `None`
    /// without one, or once it was taken. Who connects may be hostile.
    pub fn take_listener(&mut self) -> Option<TcpListener> {
        self.sandbox.take_listener()
    }

    /// Runs a command in the project, ends whatever it leaves running, and says what the
    /// project has become since it was laid out. An error is one of the host alone: what an
    /// agent does to its workspace shows in the run.
    pub fn run(&mut self, command: &AgentCommand) -> Result<AgentRun, InfraError> {
        self.run_until(command, &Stop::new())
    }

    /// The same, unless another thread ends it first: then it ends with [`Ending::Stopped`], and
    /// what it has written until then is said.
    ///
    /// [`Ending::Stopped`]: assay_core::execution::Ending::Stopped
    pub fn run_until(
        &mut self,
        command: &AgentCommand,
        stop: &Stop,
    ) -> Result<AgentRun, InfraError> {
        let execution = match self.sandbox.execute_until(&self.command(command), stop) {
            // Whoever worked here has removed the project, say.
            Err(error) if error.is_provocable() => {
                debug!(%error, "the command of an agent cannot be started");
                AgentRun::not_started(&error)
            }
            executed => AgentRun::of(&executed.map_err(|error| infra(&error))?),
        };
        let changes = self.before.changes(&mut self.sandbox)?;
        Ok(AgentRun { changes, ..execution })
    }

    /// A file of the home folder, such as a session's record; `None` if there is none, or
    /// none that can be read, or a larger one.
    pub fn home_file(&mut self, path: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, InfraError> {
        provoked(self.sandbox.read(&format!("{HOME}/{path}"), max_bytes), None)
    }

    /// The paths of all files below a folder of the home folder, relative to it.
    pub fn home_files(&mut self, folder: &str) -> Result<Vec<String>, InfraError> {
        let tree = provoked(self.sandbox.tree(&format!("{HOME}/{folder}")), BTreeMap::new())?;
        let is_file = |entry: &assay_sandbox::TreeEntry| {
            matches!(entry, assay_sandbox::TreeEntry::File { .. })
        };
        Ok(tree.into_iter().filter(|(_, entry)| is_file(entry)).map(|(path, _)| path).collect())
    }

    fn command(&self, command: &AgentCommand) -> Command {
        let AgentCommand { program, args, environment, stdin, limits } = command;
        let mut variables: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, value) in self.environment.iter().chain(environment) {
            variables.insert(name, value);
        }
        let variables = variables.into_iter();
        let start = Command::new(program).args(args).directory(PROJECT).stdin(stdin.clone());
        variables
            .fold(start, |command, (name, value)| command.env(name, value))
            .limits(limits.clone().into())
    }

    /// Makes the project a repository with one commit.
    fn commit(&mut self, ignored: &[&str]) -> Result<(), InfraError> {
        let initial = ["init", "--quiet", "--template="];
        self.git(&initial)?;
        let exclude: String = ignored.iter().map(|name| format!("{name}\n")).collect();
        let exclude = File::new(format!("{PROJECT}/.git/info/exclude"), exclude);
        self.sandbox.write(&[exclude]).map_err(|error| infra(&error))?;
        // What the project's own settings ignore is still part of it.
        self.git(&["add", "--force", "--all", "--", "."])?;
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "Initial commit"])
    }

    fn git(&mut self, arguments: &[&str]) -> Result<(), InfraError> {
        let dates = COMMIT.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let words = [GIT].into_iter().chain(arguments.iter().copied()).map(str::to_owned);
        self.must(&words.collect::<Vec<_>>(), &dates)
    }

    fn ready(&mut self, words: &[String]) -> Result<(), InfraError> {
        self.must(words, &[])
    }

    /// Runs a command of ours, before anybody works here.
    fn must(
        &mut self,
        words: &[String],
        environment: &[(String, String)],
    ) -> Result<(), InfraError> {
        let command = AgentCommand {
            environment: environment.to_vec(),
            ..AgentCommand::new(words, AgentLimits::default())
        };
        let execution = self.sandbox.execute(&self.command(&command));
        let Execution { exit, stdout, stderr, .. } = execution.map_err(|error| infra(&error))?;
        if exit.is_success() {
            return Ok(());
        }
        let output = format!("{}{}", stdout.text(), stderr.text());
        let message = format!("{} ended with {exit} in a workspace: {output}", words.join(" "));
        Err(InfraError::new(InfraClass::Sandbox, message))
    }
}

/// The version of git, which every workspace needs; `None` where the host has none.
pub fn git_version() -> Option<String> {
    Some(version(&[GIT, "--version"])).filter(|version| version != MISSING)
}

/// An error where the host has no git.
fn check_git() -> Result<(), InfraError> {
    if git_version().is_some() {
        return Ok(());
    }
    let message = "agents work in a repository, and git is missing; run `apt-get install git`";
    Err(InfraError::new(InfraClass::Unprepared, message))
}

/// The environment of every command in a workspace of this case.
fn environment(task: &CodeTask, desk: &Desk, path: &[String]) -> Vec<(String, String)> {
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let places: Vec<&str> = [OWN_PROGRAMS]
        .into_iter()
        .chain(desk.path.iter().chain(path).map(String::as_str))
        .chain([PROGRAMS])
        .collect();
    // What the case declares comes first, as a home folder must be this one.
    let mut environment: Vec<(String, String)> = task.state.environment.clone();
    environment.extend(ENVIRONMENT.map(own));
    environment.push(("PATH".to_owned(), places.join(":")));
    environment.extend(desk.environment.iter().cloned());
    environment
}

/// These files as files of a folder of the sandbox.
fn below<'a>(folder: &'a str, files: &'a FileSet) -> impl Iterator<Item = File> + 'a {
    files.iter().map(move |(path, content)| File::new(format!("{folder}/{path}"), content.clone()))
}

/// What stands for a result that an agent can have kept from being one.
fn provoked<T>(result: Result<T, SandboxError>, instead: T) -> Result<T, InfraError> {
    match result {
        Err(error) if error.is_provocable() => {
            debug!(%error, "what an agent has left cannot be read");
            Ok(instead)
        }
        result => result.map_err(|error| infra(&error)),
    }
}
