//! What a user says of an agent, made whole and checked before anything is asked.

use std::path::Path;

use anyhow::{Context as _, bail};
use assay_core::meant::did_you_mean;

use super::adapter::{self, Adapter, Own, names};
use crate::subject::{AgentConfig, ModelConfig, Provider, SubjectConfig};

/// The adapter of an agent: a known one, or that of the user's own programs.
pub(super) fn adapter_of(agent: &str) -> Option<&'static dyn Adapter> {
    match adapter::named(agent) {
        None if own_program(agent).is_some() => Some(&Own),
        known => known,
    }
}

/// The program or folder of the user's own that it names, if it names no known agent.
pub(crate) fn own_program(agent: &str) -> Option<&Path> {
    adapter::named(agent).is_none().then_some(Path::new(agent)).filter(|path| path.exists())
}

/// The model that `--agent-model` names: `PROVIDER:MODEL`, or a model of the protocol that the
/// agent usually speaks.
pub(crate) fn model_of(agent: &str, text: &str) -> anyhow::Result<SubjectConfig> {
    let named = text.split_once(':').and_then(|(provider, model)| {
        let provider = Provider::ALL.into_iter().find(|it| it.as_str() == provider)?;
        Some((provider, model))
    });
    let (provider, model) = match named {
        Some(named) => named,
        None => {
            let adapter = adapter_of(agent).with_context(|| unknown(agent))?;
            let usual = adapter.protocols().first().context("it speaks no protocol")?;
            (*usual, text)
        }
    };
    if model.trim().is_empty() {
        bail!("--agent-model {text:?} names no model; write PROVIDER:MODEL or MODEL");
    }
    Ok(SubjectConfig::of_model(provider, ModelConfig::new(model)))
}

/// Makes paths absolute, so that a run is resumed from any folder, and refuses an agent that could
/// never work.
pub(crate) fn settle(config: &mut AgentConfig) -> anyhow::Result<()> {
    check(config)?;
    if let Some(path) = own_program(&config.agent) {
        let path = std::path::absolute(path).context("failed to find the agent")?;
        // It is called by its own name, and not by where it lies.
        let own = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        config.name = Some(AgentConfig { agent: own, ..config.clone() }.name());
        config.agent = path.display().to_string();
    }
    if let Some(instructions) = &mut config.instructions {
        *instructions = std::path::absolute(&*instructions)
            .context("failed to find the agent's instructions")?;
    }
    Ok(())
}

fn check(config: &AgentConfig) -> anyhow::Result<()> {
    let name = config.name();
    let adapter = adapter_of(&config.agent).with_context(|| unknown(&config.agent))?;
    if let Some(SubjectConfig::Agent(_)) = config.model.as_deref() {
        bail!("the agent {name} has an agent for its model; give it a model, such as openai:MODEL");
    }
    let Some((provider, _)) = config.model.as_ref().and_then(|model| model.model()) else {
        bail!(
            "the agent {name} has no model; name it with --agent-model PROVIDER:MODEL, or as model = {{ provider = …, model = … }} in assay.toml"
        );
    };
    if !adapter.protocols().contains(&provider) {
        let spoken: Vec<&str> = adapter.protocols().iter().map(|it| it.as_str()).collect();
        bail!(
            "the agent {name} cannot ask a model by the protocol {}; it speaks {}",
            provider.as_str(),
            spoken.join(" and ")
        );
    }
    if let (Some(version), Some(_)) = (&config.version, own_program(&config.agent)) {
        bail!(
            "the agent {name} has version {version:?}, but is a program of your own, of which there is the one that lies there; leave version out"
        );
    }
    if config.max_cost.is_some_and(|cost| assay_core::Cost::from_units(cost).is_none()) {
        bail!("the agent {name} has max-cost {:?}, which is no amount", config.max_cost);
    }
    if let Some(instructions) = &config.instructions
        && !instructions.is_file()
    {
        bail!("the agent {name} has instructions in {}, which is no file", instructions.display());
    }
    Ok(())
}

fn unknown(agent: &str) -> String {
    format!(
        "{agent:?} is no agent{}; there are {}, and the path of a program or folder of your own",
        did_you_mean(agent, names()),
        names().join(", ")
    )
}
