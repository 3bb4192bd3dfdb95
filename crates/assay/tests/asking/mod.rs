//! One question to a model behind a scripted server, and what became of it.

use assay::subject::pace::Paces;
use assay::subject::{Message, ModelSubject, Reply, SubjectConfig};
use assay_core::answer::Answer;
use assay_core::infra_error::InfraError;

use super::scripted_server::{Server, Step};

pub(crate) const PROVIDERS: [&str; 4] = ["openai", "openai-responses", "anthropic", "gemini"];

/// Does something with each protocol, all at once: a question that is asked again waits
/// before.
pub(crate) fn with_each_provider(act: impl Fn(&'static str) + Sync) {
    std::thread::scope(|scope| {
        for provider in PROVIDERS {
            let act = &act;
            scope.spawn(move || act(provider));
        }
    });
}

/// Asks, with these keys in the subject's table.
pub(crate) fn ask(provider: &str, address: &str, rest: &str) -> Result<Reply, InfraError> {
    let table =
        format!("provider = '{provider}'\nmodel = 'm'\nbase-url = '{address}/v1'\n{rest}\n");
    let config: SubjectConfig = toml::from_str(&table).expect("the table is whole");
    let (provider, config) = config.model().expect("a model");
    let no_key = |_: &str| None;
    let subject = ModelSubject::new(provider, config, &no_key, &mut Paces::default());
    let subject = subject.expect("it loads");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(subject.ask(&[Message::user("write it")], None))
}

/// What a question becomes that may be asked as often as there are steps, and how often it
/// was.
pub(crate) fn play(
    provider: &str,
    stream: bool,
    script: Vec<Step>,
) -> (Result<Reply, InfraError>, usize) {
    let retries = script.len() - 1;
    let server = Server::start(script);
    let rest = format!("stream = {stream}\nretries = {retries}\nidle-seconds = 5");
    let found = ask(provider, &server.address, &rest);
    (found, server.requests().len())
}

pub(crate) fn text(reply: &Reply) -> &str {
    match &reply.answer {
        Answer::Text(text) => text,
        answer => panic!("a model answers with text, not {answer:?}"),
    }
}

/// In a word what a question became.
pub(crate) fn outcome(result: &Result<Reply, InfraError>) -> String {
    match result {
        Ok(reply) => match reply.finish.as_str() {
            "complete" => "answer".to_owned(),
            finish => format!("answer, {finish}"),
        },
        Err(error) => error.class.to_string(),
    }
}
