//! [`Verification`]: who validates for a command, on this machine or in a fleet.

use std::collections::BTreeMap;

use anyhow::Context as _;
use assay_core::{Case, Language};
use assay_verify::{LocalVerifier, Verifier};

use super::preflight;
use crate::cli::{NatsArgs, VerifierArgs};
use crate::fleet::{Access, FleetVerifier, Scope};
use crate::report::quantity::counted;
use crate::terminal::complain;

/// Who validates for a command.
pub(super) enum Verification {
    Here(LocalVerifier),
    Fleet(Box<FleetVerifier>),
}

impl Verification {
    /// As the arguments say. A fleet is asked what it is, and must be there.
    pub(super) fn choose(args: &VerifierArgs, here: LocalVerifier) -> anyhow::Result<Verification> {
        let Some(address) = &args.verifier else { return Ok(Verification::Here(here)) };
        let fleet = FleetVerifier::connect(access(address, &args.nats)?, Scope::Each)?;
        Ok(Verification::Fleet(Box::new(fleet)))
    }

    /// Shares results with those of the same scope. It matters to a fleet alone.
    pub(super) fn with_scope(self, scope: Scope) -> Verification {
        match self {
            Verification::Here(local) => Verification::Here(local),
            Verification::Fleet(fleet) => Verification::Fleet(Box::new(fleet.with_scope(scope))),
        }
    }

    /// Whether other machines validate.
    pub(super) fn is_elsewhere(&self) -> bool {
        matches!(self, Verification::Fleet(_))
    }

    pub(super) fn verifier(&self) -> &dyn Verifier {
        match self {
            Verification::Here(local) => local,
            Verification::Fleet(fleet) => fleet.as_ref(),
        }
    }

    /// What must hold before anything is asked: here, that cases are prepared and a sandbox
    /// starts. A fleet's workers see to that themselves.
    pub(super) fn check(&self, cases: &[&Case]) -> anyhow::Result<()> {
        match self {
            Verification::Here(local) => preflight::validation(&local.validator, cases),
            Verification::Fleet(fleet) if fleet.workers() == 0 => {
                complain(
                    "warning: no worker of the fleet is there now; validations wait for one, and `assay worker --nats` starts it",
                );
                Ok(())
            }
            Verification::Fleet(_) => Ok(()),
        }
    }

    /// What is told of it before a run; nothing of this machine.
    pub(super) fn line(&self) -> Option<String> {
        match self {
            Verification::Here(_) => None,
            Verification::Fleet(fleet) => {
                let workers = counted(fleet.workers(), "worker");
                let jobs = counted(fleet.capacity(), "validation");
                Some(format!("verifier   a fleet of {workers}, for {jobs} at a time"))
            }
        }
    }

    /// What the tools of these languages say of their versions, where validations run.
    pub(super) fn versions(
        &self,
        languages: impl IntoIterator<Item = Language>,
    ) -> BTreeMap<String, String> {
        match self {
            Verification::Here(_) => assay_verify::versions(languages),
            Verification::Fleet(fleet) => fleet.versions().tools(languages),
        }
    }

    /// That a run which began with these tools can go on in the fleet.
    pub(super) fn check_tools(&self, tools: &BTreeMap<String, String>) -> anyhow::Result<()> {
        match self {
            Verification::Here(_) => Ok(()),
            Verification::Fleet(fleet) => fleet
                .versions()
                .check_tools(tools)
                .context("failed to continue the run in this fleet"),
        }
    }
}

/// The way to a NATS server.
pub(super) fn access(address: &str, args: &NatsArgs) -> anyhow::Result<Access> {
    let environment = &|name: &str| std::env::var(name).ok();
    let (credentials, authority) = (args.nats_credentials.as_deref(), args.nats_ca.as_deref());
    Ok(Access::new(address, credentials, authority, environment)?)
}
