//! The world of a case as its sandbox has it, and why its HTTPS hosts are trusted.
//!
//! A certificate authority is created in each process and known nowhere else. Clients of the five
//! languages look for trusted certificates at fixed places, so all of them find it without
//! configuration: OpenSSL and Go at [`BUNDLE`], the JVM at [`JAVA_STORE`]. Those with a bundle of
//! their own are told by the environment or find it covered.

mod authority;
mod java_store;

use std::path::{Path, PathBuf};

use assay_core::contact::{Contact, ContactEvent};
use assay_core::infra_error::InfraClass;
use assay_core::world::{Body, Host, PathRule, Route, Scheme, World};
use assay_core::{Case, InfraError};
use assay_harness::shared;
use assay_sandbox::{Command, Sandbox, Spec, SystemFile};
use serde::Serialize;
use tracing::{debug, warn};

use super::tools::PYTHON;
use super::{command, infra};
use crate::tested_case::TestedCase;
use authority::Authority;

const FETCH: &str = shared::FETCH.1;

/// The certificates that OpenSSL and Go trust.
const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
const BUNDLE_FOLDER: &str = "/etc/ssl/certs";
const OTHER_BUNDLE: &str = "/etc/ssl/cert.pem";

/// The certificates that the JVM trusts: Debian's and Adoptium's look here.
const JAVA_STORE: &str = "/etc/ssl/certs/java/cacerts";

/// What names the bundle to OpenSSL, Go, curl, Python's requests, and Node.js.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("SSL_CERT_FILE", BUNDLE),
    ("SSL_CERT_DIR", BUNDLE_FOLDER),
    ("REQUESTS_CA_BUNDLE", BUNDLE),
    ("CURL_CA_BUNDLE", BUNDLE),
    ("NODE_EXTRA_CA_CERTS", BUNDLE),
];

/// The sandbox of a case: with its world, if it has one. It does not start if there is
/// a host that speaks HTTPS and no certificate could be made for it.
pub(super) fn spec(case: &TestedCase<'_>) -> Spec {
    let Some(world) = &case.world else {
        return Spec::default();
    };
    let authority = Authority::of_this_process();
    let hosts = world.hosts.iter().map(|host| to_sandbox(host, authority)).collect();
    Spec {
        files: authority.map(trust).unwrap_or_default(),
        world: Some(assay_sandbox::World { ipv6: world.ipv6, names: names(world), hosts }),
        ..Spec::default()
    }
}

/// The places where programs find whom to trust; there is nothing else in them.
fn trust(authority: &Authority) -> Vec<SystemFile> {
    let pem = authority.pem();
    vec![
        SystemFile::new(BUNDLE, pem.clone()),
        SystemFile::new(OTHER_BUNDLE, pem),
        SystemFile::new(JAVA_STORE, java_store::holding(authority.der())),
    ]
}

/// What a URL answered from within a sandbox.
#[derive(Debug, Serialize)]
pub struct Fetch {
    pub url: String,
    pub answer: String,
    pub contacts: Vec<Contact>,
}

/// Fetches a URL from within a sandbox of a case.
pub fn fetch(case: &Case, url: &str) -> Result<Fetch, InfraError> {
    let Some(case) = &TestedCase::of(case) else {
        let message = format!("nothing is run of {}", case.id);
        return Err(InfraError::new(InfraClass::Case, message));
    };
    let mut sandbox = Sandbox::start(&super::spec(case)).map_err(|error| infra(&error))?;
    let command = command(case, PYTHON).args(["-I", "-c", FETCH, url]);
    let execution = sandbox.execute(&command).map_err(|error| infra(&error))?;
    Ok(Fetch {
        url: url.to_owned(),
        answer: format!("{}{}", execution.stdout.text(), execution.stderr.text()),
        contacts: execution.contacts.list.into_iter().map(contact).collect(),
    })
}

/// The command with the settings that tell programs whom to trust, if the case has a world.
pub(super) fn introduce(case: &TestedCase<'_>, command: Command) -> Command {
    let variables = if case.world.is_some() { &ENVIRONMENT[..] } else { &[] };
    variables.iter().fold(command, |command, (name, value)| command.env(*name, *value))
}

/// The bundle in the place of the one that Python's certifi brings, if a prepared
/// environment has it; inside, the environment is seen at `seen_at`.
pub(super) fn certifi(
    case: &TestedCase<'_>,
    environment: &Path,
    seen_at: &str,
) -> Option<SystemFile> {
    case.world.as_ref()?;
    let authority = Authority::of_this_process()?;
    let versions = std::fs::read_dir(environment.join("lib"))
        .inspect_err(|error| debug!(environment = %environment.display(), %error, "no certifi is looked for"))
        .ok()?;
    let bundle = versions.flatten().find_map(|version| {
        let bundle =
            Path::new("lib").join(version.file_name()).join("site-packages/certifi/cacert.pem");
        environment.join(&bundle).is_file().then_some(bundle)
    })?;
    Some(SystemFile::new(PathBuf::from(seen_at).join(bundle), authority.pem()))
}

fn names(world: &World) -> Vec<assay_sandbox::Name> {
    let name = |name: &assay_core::world::Name| assay_sandbox::Name {
        name: name.name.clone(),
        answers: name.answers.clone(),
    };
    world.names.iter().map(name).collect()
}

fn to_sandbox(host: &Host, authority: Option<&Authority>) -> assay_sandbox::Host {
    let port = |scheme| move |number: &u16| assay_sandbox::Port { number: *number, scheme };
    let http = host.http.iter().map(port(assay_sandbox::Scheme::Http));
    let https = host.https.iter().map(port(assay_sandbox::Scheme::Https));
    let authority = authority.filter(|_| !host.https.is_empty());
    let certify = |authority: &Authority| {
        let identity = authority.certify(&host.names, &host.addresses);
        identity
            .inspect_err(|error| {
                let names = host.names.join(", ");
                warn!("no certificate can be made for the simulated host {names}: {error}; its sandbox does not start");
            })
            .ok()
    };
    assay_sandbox::Host {
        names: host.names.clone(),
        addresses: host.addresses.clone(),
        canary: host.canary,
        ports: http.chain(https).collect(),
        routes: host.routes.iter().map(route).collect(),
        identity: authority.and_then(certify),
    }
}

fn route(route: &Route) -> assay_sandbox::Route {
    let scheme = |scheme: Scheme| match scheme {
        Scheme::Http => assay_sandbox::Scheme::Http,
        Scheme::Https => assay_sandbox::Scheme::Https,
    };
    assay_sandbox::Route {
        path: match &route.path {
            PathRule::Exact(path) => assay_sandbox::PathRule::Exact(path.clone()),
            PathRule::Prefix(prefix) => assay_sandbox::PathRule::Prefix(prefix.clone()),
        },
        scheme: route.scheme.map(scheme),
        answer: assay_sandbox::Answer {
            status: route.status,
            headers: route.headers.clone(),
            body: match &route.body {
                Body::Content(content) => assay_sandbox::Body::Bytes(content.clone()),
                Body::RedirectToQuery { scheme } => assay_sandbox::Body::RedirectToQuery {
                    scheme: scheme.map(|scheme| scheme.as_str().to_owned()),
                },
                Body::CanaryContacts => assay_sandbox::Body::CanaryContacts,
                Body::WasRequested { prefix } => {
                    assay_sandbox::Body::WasRequested { prefix: prefix.clone() }
                }
            },
        },
    }
}

/// A contact as it is kept as evidence.
pub(super) fn contact(contact: assay_sandbox::Contact) -> Contact {
    let scheme = |scheme| match scheme {
        assay_sandbox::Scheme::Http => Scheme::Http,
        assay_sandbox::Scheme::Https => Scheme::Https,
    };
    let event = match contact.event {
        assay_sandbox::ContactEvent::LookUp { name, kind, answers } => {
            ContactEvent::LookUp { name, kind, answers }
        }
        assay_sandbox::ContactEvent::Connection { address, scheme: how, server_name, failure } => {
            ContactEvent::Connection {
                address: address.ip(),
                port: address.port(),
                scheme: scheme(how),
                server_name,
                failure,
            }
        }
        assay_sandbox::ContactEvent::Request {
            address,
            scheme: how,
            server_name,
            host,
            method,
            target,
            status,
        } => ContactEvent::Request {
            address: address.ip(),
            port: address.port(),
            scheme: scheme(how),
            server_name,
            host,
            method,
            target,
            status,
        },
    };
    Contact {
        at_ms: u64::try_from(contact.at.as_millis()).unwrap_or(u64::MAX),
        source_port: contact.source_port,
        canary: contact.canary,
        event,
    }
}
