//! A gateway, and what is to be said to it in each protocol.

use std::sync::Arc;

use assay::gateway::{Conversation, Gateway, Naming, Session, SessionConfig, SessionLimits};
use assay::subject::pace::Paces;
use assay::subject::{SubjectConfig, Upstream};
use serde_json::json;
use tokio::runtime::Runtime;

use super::agent::{Heard, ask};

pub(crate) const PROVIDERS: [&str; 4] = ["openai", "openai-responses", "anthropic", "gemini"];

/// What nothing else contains.
pub(crate) const KEY: &str = "sk-planted-7d1fe0c5b2a94436";
pub(crate) const MODEL: &str = "model-under-test";

/// A gateway that runs beside the test.
pub(crate) struct Setting {
    pub(crate) runtime: Runtime,
    pub(crate) gateway: Gateway,
}

impl Setting {
    pub(crate) fn new() -> Setting {
        let runtime = Runtime::new().expect("a runtime");
        let gateway = runtime.block_on(Gateway::start()).expect("a free port");
        Setting { runtime, gateway }
    }

    /// A session for a model at this server, with these keys in the subject's table.
    pub(crate) fn open(&self, provider: &str, server: &str, rest: &str) -> Session {
        self.open_with(&upstream(provider, server, rest), SessionLimits::default())
    }

    pub(crate) fn open_with(&self, upstream: &Arc<Upstream>, limits: SessionLimits) -> Session {
        let upstream = Arc::clone(upstream);
        let naming = Naming::Fixed;
        let config = SessionConfig { upstream, naming, limits, account: None };
        self.gateway.open(config).expect("a session")
    }

    /// Asks a question in the session's protocol.
    pub(crate) fn ask(&self, session: &Session, provider: &str, stream: bool) -> Heard {
        self.say(session, &line(provider, stream), &body(provider, stream))
    }

    pub(crate) fn say(&self, session: &Session, line: &str, body: &str) -> Heard {
        ask(self.gateway.address(), line, session.token(), body)
    }

    pub(crate) fn close(&self, session: Session) -> Conversation {
        self.runtime.block_on(session.close())
    }
}

/// A model at this server.
pub(crate) fn upstream(provider: &str, server: &str, rest: &str) -> Arc<Upstream> {
    let table = format!(
        "provider = '{provider}'\nmodel = '{MODEL}'\nbase-url = '{server}/v1'\napi-key-env = 'KEY'\n{rest}\n"
    );
    let config: SubjectConfig = toml::from_str(&table).expect("the table is whole");
    let (provider, config) = config.model().expect("a model");
    let environment = |name: &str| (name == "KEY").then(|| KEY.to_owned());
    let upstream = Upstream::new(provider, config, &environment, &mut Paces::default());
    Arc::new(upstream.expect("it loads"))
}

/// The method and address of a question.
pub(crate) fn line(provider: &str, stream: bool) -> String {
    let path = match (provider, stream) {
        ("openai", _) => "/v1/chat/completions",
        ("openai-responses", _) => "/v1/responses",
        ("anthropic", _) => "/v1/messages",
        (_, false) => "/v1beta/models/small:generateContent",
        (_, true) => "/v1beta/models/small:streamGenerateContent?alt=sse",
    };
    format!("POST {path}")
}

/// The body of a question, with blanks and numbers that no reader would write again so.
pub(crate) fn body(provider: &str, stream: bool) -> String {
    let stream = if stream { r#", "stream" : true"# } else { "" };
    let tool = match provider {
        "openai" => json!({ "type": "function", "function": { "name": "bash" } }),
        "openai-responses" => json!({ "type": "function", "name": "bash" }),
        "anthropic" => json!({ "name": "bash", "input_schema": { "type": "object" } }),
        _ => json!({ "functionDeclarations": [{ "name": "bash" }] }),
    };
    match provider {
        "gemini" => format!(
            r#"{{ "contents": [{{ "role":"user","parts":[{{"text":"write it"}}] }}], "tools": [{tool}], "x":1.00 }}"#
        ),
        "openai-responses" => format!(
            r#"{{ "model" : "small" , "input":[{{"role":"user","content":"write it"}}], "tools": [{tool}], "x":1.00{stream} }}"#
        ),
        _ => format!(
            r#"{{ "model" : "small" , "messages":[{{"role":"user","content":"write it"}}], "tools": [{tool}], "x":1.00{stream} }}"#
        ),
    }
}
