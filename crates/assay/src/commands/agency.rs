//! [`Agency`]: where the agents of a run are hired, and where they work.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use assay_core::execution::Ending;
use assay_core::infra_error::InfraClass;
use assay_core::{FileSet, InfraError, SafePath};
use assay_verify::agent::{Agents, InstalledAgent, UnknownAgent};
use assay_verify::workspace::{HOME, Patch, Stop};
use assay_verify::{AgentCommand, AgentLimits, AgentRun, Changes, Workspace, WorkspacePlan};
use assay_verify::{LocalVerifier, Validator};
use tokio::runtime::Runtime;

use crate::agent::{AgentCall, Cause, OpenWorkspace, Staff, Stopper, Work, Workplace};
use crate::agent::{WorkspaceOrder, own_program};
use crate::gateway::Gateway;
use crate::subject::pace::Paces;
use crate::subject::{AgentConfig, Environment, SubjectError, Worker};
use crate::timeline::{PATCH_GAP, PATCH_REST};

/// Hires agents. What they work with is set up with the first.
#[derive(Debug)]
pub(super) struct Agency<'a> {
    verifier: &'a LocalVerifier,
    /// Where they are installed.
    cache: PathBuf,
    office: Option<(Runtime, Staff)>,
}

impl Agency<'_> {
    pub(super) fn new(verifier: &LocalVerifier, cache: PathBuf) -> Agency<'_> {
        Agency { verifier, cache, office: None }
    }

    pub(super) fn hire(
        &mut self,
        config: &AgentConfig,
        environment: Environment<'_>,
        paces: &mut Paces,
    ) -> Result<Box<dyn Worker>, SubjectError> {
        let failed = |message: String| SubjectError::Agent { name: config.name(), message };
        let office = match self.office.take() {
            Some(office) => office,
            None => self.open().map_err(|error| failed(format!("{error:#}")))?,
        };
        let (_, staff) = self.office.insert(office);
        staff
            .workplace
            .check(&config.agent, config.version.as_deref())
            .map_err(|error| failed(error.message))?;
        Ok(Box::new(staff.hire(config, environment, paces)?))
    }

    fn open(&self) -> anyhow::Result<(Runtime, Staff)> {
        let runtime = super::runtime()?;
        let gateway = Arc::new(runtime.block_on(Gateway::start())?);
        let validator = Arc::clone(&self.verifier.validator);
        let workplace = Arc::new(Workshop { validator, agents: Agents::new(self.cache.clone()) });
        let at_once = self.verifier.limits.jobs;
        Ok((runtime, Staff { gateway, workplace, at_once }))
    }
}

/// Workspaces in sandboxes of this machine.
#[derive(Debug)]
struct Workshop {
    validator: Arc<Validator>,
    agents: Agents,
}

/// A workspace, and what the agent's command lines begin with.
struct LocalWorkspace {
    workspace: Workspace,
    command: Vec<String>,
    wall: Duration,
    stop: Stop,
}

impl Workshop {
    /// How an agent is started.
    fn installed(&self, agent: &str, version: Option<&str>) -> Result<InstalledAgent, InfraError> {
        if let Some(path) = own_program(agent) {
            return InstalledAgent::own(path).map_err(fault);
        }
        let named = version.map(|version| format!("{agent}@{version}"));
        let agent = named
            .as_deref()
            .unwrap_or(agent)
            .parse()
            .map_err(|error: UnknownAgent| fault(error.to_string()))?;
        self.agents.installed(&agent)
    }
}

/// A patch with what it does not show.
fn whole(patch: Patch) -> String {
    let Patch { mut text, left_out, gap, .. } = patch;
    if let Some(gap) = gap {
        return format!("{PATCH_GAP}{gap})\n");
    }
    if left_out > 0 {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{PATCH_REST}{left_out} more changed files)\n");
    }
    text
}

fn fault(message: String) -> InfraError {
    InfraError::new(InfraClass::Agent, message)
}

impl Workplace for Workshop {
    fn home(&self) -> &'static str {
        HOME
    }

    fn check(&self, agent: &str, version: Option<&str>) -> Result<(), InfraError> {
        self.installed(agent, version).map(drop)
    }

    fn open(&self, order: &WorkspaceOrder<'_>) -> Result<Box<dyn OpenWorkspace>, InfraError> {
        let InstalledAgent { mounts, command, path, .. } =
            self.installed(order.agent, order.version)?;
        let mut home = FileSet::new();
        for (path, content) in order.home {
            let path = SafePath::new(path).map_err(|error| fault(error.to_string()))?;
            home.insert(path, content.clone().into_bytes());
        }
        let workspace = self.validator.workspace(&WorkspacePlan {
            files: order.files.clone(),
            home,
            mounts,
            path,
            host_port: Some(order.port),
            ..WorkspacePlan::new(order.case)
        })?;
        let (wall, stop) = (order.wall, Stop::new());
        Ok(Box::new(LocalWorkspace { workspace, command, wall, stop }))
    }
}

impl OpenWorkspace for LocalWorkspace {
    fn take_listener(&mut self) -> Option<TcpListener> {
        self.workspace.take_listener()
    }

    fn stopper(&self) -> Stopper {
        let stop = self.stop.clone();
        Arc::new(move || stop.stop())
    }

    fn work(&mut self, call: &AgentCall) -> Result<Work, InfraError> {
        let words: Vec<String> = self.command.iter().chain(&call.arguments).cloned().collect();
        let limits = AgentLimits { wall: self.wall, cpu: self.wall, ..AgentLimits::default() };
        let command = AgentCommand {
            environment: call.environment.clone(),
            stdin: call.input.clone(),
            ..AgentCommand::new(&words, limits)
        };
        let run = self.workspace.run_until(&command, &self.stop)?;
        let AgentRun { ending, stdout, stderr, changes, .. } = run;
        let Changes { artifact, refused, patch, .. } = changes;
        let gap = patch.gap.as_ref().map(|gap| format!("its other changes are not known: {gap}"));
        Ok(Work {
            how: ending.to_string(),
            stdout,
            stderr,
            artifact,
            patch: whole(patch),
            not_taken: refused.into_iter().chain(gap).collect(),
            cause: match ending {
                Ending::WallTimeout | Ending::CpuTimeout => Cause::Time,
                Ending::Stopped => Cause::Stopped,
                _ => Cause::Itself,
            },
        })
    }
}
