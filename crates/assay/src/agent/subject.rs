//! [`AgentSubject`]: an agent with its model, as a subject of a run.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use assay_core::answer::{Answer, Finish};
use assay_core::benchmark::Asks;
use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::log::{Log, last_words};
use assay_core::task::SolutionKind;
use assay_core::{Case, FileSet, SafePath, Served};
use tokio::sync::watch;
use tracing::debug;

use super::adapter::{Adapter, AgentTask};
use super::setup::adapter_of;
use super::verdict::{Ending, fault};
use super::workplace::{Cause, Stopper, Work, Workplace, WorkspaceOrder};
use crate::gateway::{Conversation, Gateway, Naming, Session, SessionConfig, SessionLimits};
use crate::subject::pace::Paces;
use crate::subject::{AgentConfig, Environment, Price, Question, Reply, Role};
use crate::subject::{SubjectError, Upstream, WorkLimits, Worker, Working};
use crate::timeline::{AgentWork, CONVERSATION_LOG, END_LOG, PATCH_LOG, WORK_LOG};

/// An agent with its model.
#[derive(Debug)]
pub(crate) struct AgentSubject {
    name: String,
    config: AgentConfig,
    adapter: &'static dyn Adapter,
    /// What the user tells the agent beside its tasks.
    instructions: Option<Vec<u8>>,
    upstream: Arc<Upstream>,
    staff: Staff,
    /// Whether all work is to end at once.
    is_stopped: watch::Sender<bool>,
}

/// What all agents of a run work with.
#[derive(Debug, Clone)]
pub(crate) struct Staff {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) workplace: Arc<dyn Workplace>,
    /// How many agents work at once if the user does not say.
    pub(crate) at_once: usize,
}

/// How long an agent may go on that can ask nothing more: most end by themselves, and say why.
const GRACE: Duration = Duration::from_secs(5);

/// Where the gateway is inside a workspace.
const PORT: u16 = 8377;

impl Staff {
    /// An agent that works here.
    pub(crate) fn hire(
        &self,
        config: &AgentConfig,
        environment: Environment<'_>,
        paces: &mut Paces,
    ) -> Result<AgentSubject, SubjectError> {
        let name = config.name();
        let failed = |message: String| SubjectError::Agent { name: name.clone(), message };
        let adapter = adapter_of(&config.agent).ok_or_else(|| failed("is not known".to_owned()))?;
        let model = config.model.as_ref().and_then(|model| model.model());
        let (provider, model) = model.ok_or_else(|| failed("has no model".to_owned()))?;
        let upstream = Upstream::new(provider, model, environment, paces)
            .map_err(|source| failed(source.to_string()))?;
        let read = |path: &std::path::PathBuf| {
            std::fs::read(path).map_err(|error| {
                failed(format!("failed to read its instructions {}: {error}", path.display()))
            })
        };
        let instructions = config.instructions.as_ref().map(read).transpose()?;
        let (config, staff) = (config.clone(), self.clone());
        let (upstream, is_stopped) = (Arc::new(upstream), watch::Sender::new(false));
        Ok(AgentSubject { name, config, adapter, instructions, upstream, staff, is_stopped })
    }
}

impl AgentSubject {
    async fn work_on(&self, question: &Question<'_>) -> Result<Reply, InfraError> {
        let session = self.staff.gateway.open(SessionConfig {
            upstream: Arc::clone(&self.upstream),
            naming: Naming::Fixed,
            limits: self.session_limits(),
            account: question.account.cloned(),
        });
        let session =
            session.map_err(|error| InfraError::new(InfraClass::Agent, error.to_string()))?;
        let worked = self.in_workspace(question, &session).await;
        let conversation = session.close().await;
        let (call, work) = worked?;
        let said = self.adapter.last_words(&work.stdout);
        let printed = if work.stderr.trim().is_empty() { &work.stdout } else { &work.stderr };
        let last_words = said.unwrap_or_else(|| last_words(printed));
        let ending = Ending { how: work.how.clone(), last_words };
        debug!(agent = self.name, how = work.how, requests = conversation.requests, "agent ended");
        if let Some(error) = fault(&conversation, &ending) {
            return Err(error);
        }
        let logs = logs(&call, &work, &conversation);
        let files = work.artifact.into_iter();
        let files = files.map(|(path, text)| (path.to_string(), text)).collect();
        Ok(Reply {
            answer: Answer::Files(files),
            thinking: None,
            finish: Finish::Complete,
            usage: conversation.usage,
            served: served(&conversation),
            logs,
        })
    }

    /// Has the agent work in a fresh workspace, where it can reach the session and nothing else.
    async fn in_workspace(
        &self,
        question: &Question<'_>,
        session: &Session,
    ) -> Result<(String, Work), InfraError> {
        let prompt = prompt(question);
        let gateway = format!("http://127.0.0.1:{PORT}");
        let workplace = Arc::clone(&self.staff.workplace);
        let call = self.adapter.call(&AgentTask {
            prompt: &prompt,
            protocol: self.upstream.provider(),
            model: self.upstream.model(),
            gateway: &gateway,
            token: session.token(),
            home: workplace.home(),
            paths: question.case.artifact_paths(),
            more: &self.config.arguments,
        });
        let files = self.files(question);
        let order = (question.case.clone(), files, self.config.clone(), call.files.clone());
        let open = move || {
            let (case, files, config, home) = &order;
            workplace.open(&WorkspaceOrder {
                case,
                agent: &config.agent,
                version: config.version.as_deref(),
                files,
                home,
                port: PORT,
                wall: config.wall(),
            })
        };
        let mut opened = blocking(open).await?;
        let listener = opened.take_listener().ok_or_else(|| {
            InfraError::new(InfraClass::Sandbox, "the workspace has no way to the gateway")
        })?;
        session.serve_at(listener).map_err(|error| {
            InfraError::new(InfraClass::Sandbox, format!("failed to serve the workspace: {error}"))
        })?;
        let told = told(&call.program, &call.arguments, &prompt);
        let stopper = opened.stopper();
        let working = blocking(move || opened.work(&call));
        Ok((told, self.until_it_ends(working, session, stopper).await?))
    }

    /// Waits for the end of an agent, and ends it if it goes on although it can ask nothing more,
    /// or nobody waits for it any more.
    async fn until_it_ends(
        &self,
        working: impl Future<Output = Result<Work, InfraError>>,
        session: &Session,
        stopper: Stopper,
    ) -> Result<Work, InfraError> {
        // Whoever gives the question up does not go on with this.
        let stop = StopWithThis(stopper);
        let mut is_stopped = self.is_stopped.subscribe();
        let mut working = std::pin::pin!(working);
        let may_go_on = async {
            session.ended().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            worked = &mut working => return worked,
            () = may_go_on => {}
            _ = is_stopped.wait_for(|is_stopped| *is_stopped) => {}
        }
        drop(stop);
        working.await
    }

    fn session_limits(&self) -> SessionLimits {
        SessionLimits {
            requests: Some(self.config.requests()),
            tokens: self.config.max_total_tokens.map(std::num::NonZeroU64::get),
            cost: self.config.max_cost.and_then(assay_core::Cost::from_units),
            wall_time: Some(self.config.wall()),
        }
    }

    /// What lies in the workspace beside the scaffold: the code to be mended, or, in a repair,
    /// what was written before; and the user's instructions.
    fn files(&self, question: &Question<'_>) -> FileSet {
        let mut files = given(question.case, question);
        if let Some(text) = &self.instructions
            && let Ok(path) = SafePath::new(self.adapter.instructions())
        {
            files.insert(path, text.clone());
        }
        files
    }
}

impl Worker for AgentSubject {
    fn name(&self) -> &str {
        &self.name
    }

    fn warning(&self) -> Option<String> {
        self.upstream.warning()
    }

    fn room(&self) -> usize {
        // Agents ask only now and then, so more of them may work than questions have room.
        match self.config.concurrency {
            Some(most) => usize::try_from(most.get()).unwrap_or(usize::MAX),
            None => self.staff.at_once.min(self.upstream.room().max(1)),
        }
    }

    fn refusal(&self) -> Option<&InfraError> {
        self.upstream.refusal()
    }

    fn price(&self) -> Option<Price> {
        self.upstream.price()
    }

    fn limits(&self) -> WorkLimits {
        let SessionLimits { tokens, cost, .. } = self.session_limits();
        WorkLimits { requests: self.config.requests(), tokens, cost }
    }

    fn stop(&self) {
        self.is_stopped.send_replace(true);
    }

    fn work<'a>(&'a self, question: &'a Question<'a>) -> Working<'a> {
        Box::pin(self.work_on(question))
    }
}

/// Ends an agent when it goes.
struct StopWithThis(Stopper);

impl Drop for StopWithThis {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Runs what waits on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, InfraError> + Send + 'static,
) -> Result<T, InfraError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        let message = format!("an agent's workspace failed: {error}; this is a bug");
        Err(InfraError::new(InfraClass::Sandbox, message))
    })
}

/// The code that a question is about, where it goes: what was written before, or what is to be
/// mended.
fn given(case: &Case, question: &Question<'_>) -> FileSet {
    if let Some(written) = question.written {
        let files = written.files.iter();
        return files.map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect();
    }
    if question.scenario.asks() != Asks::Mend {
        return FileSet::new();
    }
    let vulnerable = case.solutions(SolutionKind::Vulnerable).next();
    vulnerable.map(|solution| solution.files.clone()).unwrap_or_default()
}

/// The task and, in a repair, what failed: the agent begins anew each time.
fn prompt(question: &Question<'_>) -> String {
    let asked = question.messages.iter().filter(|message| message.role == Role::User);
    let asked: Vec<&str> = asked.map(|message| message.text.trim()).collect();
    match (asked.first(), asked.last()) {
        (Some(first), Some(last)) if asked.len() > 1 => format!("{first}\n\n{last}\n"),
        (Some(first), _) => format!("{first}\n"),
        _ => String::new(),
    }
}

/// The command line without the task.
fn told(program: &str, arguments: &[String], prompt: &str) -> String {
    let mut line = program.to_owned();
    for argument in arguments {
        let argument = if argument == prompt { "TASK" } else { argument };
        let _ = write!(line, " {argument}");
    }
    line
}

/// What is kept of an agent's work beside its artifact.
fn logs(call: &str, work: &Work, conversation: &Conversation) -> Vec<Log> {
    let mut end = format!("{call}\n{}\n", work.how);
    if let Some(limit) = conversation.limit() {
        let _ = writeln!(end, "ended by the limit on {limit}");
    }
    match work.cause {
        Cause::Itself => {}
        Cause::Time => end.push_str("its time was over\n"),
        Cause::Stopped => end.push_str("it went on after that, and was stopped\n"),
    }
    for refused in &work.not_taken {
        let _ = writeln!(end, "not taken: {refused}");
    }
    let _ = writeln!(end, "{} requests", conversation.requests);
    let conversation = serde_json::to_string_pretty(conversation).unwrap_or_default();
    let patch = Some(work.patch.as_str()).filter(|patch| !patch.trim().is_empty());
    let numbers = AgentWork::read(&end, Some(&conversation), patch);
    let numbers = serde_json::to_string(&numbers).unwrap_or_default();
    let all = [
        (END_LOG, end.as_str()),
        ("agent.stdout", work.stdout.as_str()),
        ("agent.stderr", work.stderr.as_str()),
        (PATCH_LOG, work.patch.as_str()),
        (CONVERSATION_LOG, conversation.as_str()),
        (WORK_LOG, numbers.as_str()),
    ];
    let kept = all.into_iter().filter(|(_, text)| !text.trim().is_empty());
    kept.map(|(name, text)| Log { name: name.to_owned(), text: text.to_owned() }).collect()
}

/// Which model answered, by its last answer.
fn served(conversation: &Conversation) -> Served {
    let served = conversation.exchanges.iter().rev().find_map(|exchange| match &exchange.outcome {
        crate::gateway::Outcome::Answered { served, .. } => Some(served.clone()),
        _ => None,
    });
    served.unwrap_or_default()
}
