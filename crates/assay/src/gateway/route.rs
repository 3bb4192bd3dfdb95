//! What a request is for, by its method and its address.

use crate::subject::{Call, Form, Provider};

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route<'a> {
    /// The protocol that has this address; `None` if several have, or none has.
    pub(super) protocol: Option<Provider>,
    pub(super) wanted: Wanted<'a>,
    /// The token, where it is in the address.
    pub(super) key: Option<&'a str>,
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted<'a> {
    Call {
        call: Call,
        /// Where the protocol has it in the address.
        model: Option<&'a str>,
        /// What belongs into the query of what is passed on.
        query: Option<&'static str>,
    },
    Models,
    Model(&'a str),
    /// There is such an address, but not for this method.
    OtherMethod,
    /// Nothing that there is.
    Nothing,
}

impl<'a> Route<'a> {
    pub(super) fn of(method: &str, path: &'a str, query: &'a str) -> Route<'a> {
        let parameter = |wanted: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| value)
        };
        let key = parameter("key");
        let (protocol, wanted) = match path {
            "/v1/messages" => {
                let query = (parameter("beta") == Some("true")).then_some("beta=true");
                let call = Call::Answer(Form::Whole);
                (Some(Provider::Anthropic), Wanted::Call { call, model: None, query })
            }
            "/v1/messages/count_tokens" => {
                let query = (parameter("beta") == Some("true")).then_some("beta=true");
                let call = Call::Count;
                (Some(Provider::Anthropic), Wanted::Call { call, model: None, query })
            }
            "/v1/chat/completions" => (Some(Provider::OpenAi), answer()),
            "/v1/responses" => (Some(Provider::OpenAiResponses), answer()),
            "/v1/models" => (None, Wanted::Models),
            "/v1beta/models" => (Some(Provider::Gemini), Wanted::Models),
            _ => {
                let is_events = parameter("alt") == Some("sse");
                let of_gemini = || of_gemini(path.strip_prefix("/v1beta/models/")?, is_events);
                let of_model = || path.strip_prefix("/v1/models/").map(Wanted::Model);
                match of_gemini() {
                    Some(wanted) => (Some(Provider::Gemini), wanted),
                    None => (resembled(path), of_model().unwrap_or(Wanted::Nothing)),
                }
            }
        };
        let is_right = match wanted {
            Wanted::Call { .. } => method == "POST",
            Wanted::Models | Wanted::Model(_) => method == "GET",
            Wanted::OtherMethod | Wanted::Nothing => true,
        };
        let wanted = if is_right { wanted } else { Wanted::OtherMethod };
        Route { protocol, wanted, key }
    }
}

fn answer() -> Wanted<'static> {
    Wanted::Call { call: Call::Answer(Form::Whole), model: None, query: None }
}

/// What follows the folder of Gemini's models.
fn of_gemini(rest: &str, is_events: bool) -> Option<Wanted<'_>> {
    // A name that needs an escape is none; one with dots alone would be another address.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(is_plain) && !name.chars().all(|c| c == '.')
    };
    let Some((model, action)) = rest.rsplit_once(':') else {
        return is_name(rest).then_some(Wanted::Model(rest));
    };
    let call = match action {
        "generateContent" => Call::Answer(Form::Whole),
        "streamGenerateContent" if is_events => Call::Answer(Form::Events),
        "streamGenerateContent" => Call::Answer(Form::List),
        "countTokens" => Call::Count,
        _ => return None,
    };
    is_name(model).then_some(Wanted::Call { call, model: Some(model), query: None })
}

/// The protocol that an address seems to be meant for, so that its error can be understood.
fn resembled(path: &str) -> Option<Provider> {
    let starts = [
        ("/v1beta/", Provider::Gemini),
        ("/v1/messages", Provider::Anthropic),
        ("/v1/chat", Provider::OpenAi),
        ("/v1/responses", Provider::OpenAiResponses),
    ];
    starts.into_iter().find(|(start, _)| path.starts_with(start)).map(|(_, protocol)| protocol)
}

/// What can be asked of a model that speaks this protocol, for who asks something else.
pub(super) fn addresses(protocol: Provider) -> &'static str {
    match protocol {
        Provider::OpenAi => "POST /v1/chat/completions and GET /v1/models",
        Provider::OpenAiResponses => "POST /v1/responses and GET /v1/models",
        Provider::Anthropic => {
            "POST /v1/messages, POST /v1/messages/count_tokens and GET /v1/models"
        }
        Provider::Gemini => {
            "POST /v1beta/models/MODEL:generateContent, :streamGenerateContent and :countTokens, and GET /v1beta/models"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_leads_to_one_thing_and_all_others_lead_nowhere() {
        let check = |line: &str, protocol: Option<Provider>, wanted: Wanted<'_>| {
            let (method, target) = line.split_once(' ').expect("a method");
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let route = Route::of(method, path, query);
            assert_eq!((route.protocol, route.wanted), (protocol, wanted), "{line}");
        };
        let call = |call: Call, model, query| Wanted::Call { call, model, query };
        let whole = Call::Answer(Form::Whole);
        let (anthropic, gemini) = (Some(Provider::Anthropic), Some(Provider::Gemini));
        check("POST /v1/messages", anthropic, call(whole, None, None));
        let beta = Some("beta=true");
        check("POST /v1/messages?beta=true&x=y", anthropic, call(whole, None, beta));
        check("POST /v1/messages/count_tokens", anthropic, call(Call::Count, None, None));
        check("POST /v1/chat/completions", Some(Provider::OpenAi), call(whole, None, None));
        check("POST /v1/responses", Some(Provider::OpenAiResponses), call(whole, None, None));
        check("GET /v1/models", None, Wanted::Models);
        check("GET /v1/models/a/b", None, Wanted::Model("a/b"));
        check("GET /v1beta/models", gemini, Wanted::Models);
        check("GET /v1beta/models/m", gemini, Wanted::Model("m"));
        let to = |action: &str| format!("POST /v1beta/models/m-1.5:{action}");
        let name = Some("m-1.5");
        check(&to("generateContent"), gemini, call(whole, name, None));
        let list = Call::Answer(Form::List);
        check(&to("streamGenerateContent"), gemini, call(list, name, None));
        let events = Call::Answer(Form::Events);
        check(&to("streamGenerateContent?alt=sse"), gemini, call(events, name, None));
        check(&to("countTokens"), gemini, call(Call::Count, name, None));
        for line in [
            "POST /v1beta/models/m:batchGenerateContent",
            "POST /v1beta/models/..:generateContent",
            "POST /v1beta/models/a/b:generateContent",
            "POST /v1beta/models/%2e%2e:generateContent",
            "POST /v1beta/files",
        ] {
            check(line, gemini, Wanted::Nothing);
        }
        check("GET /v1/messages", anthropic, Wanted::OtherMethod);
        check("POST /v1/messages/batches", anthropic, Wanted::Nothing);
        check("GET /v1/responses", Some(Provider::OpenAiResponses), Wanted::OtherMethod);
        check("GET /v1/responses/resp_1", Some(Provider::OpenAiResponses), Wanted::Nothing);
        for line in ["GET /", "POST /v1/files", "POST /v1/embeddings", "POST //v1/messages"] {
            check(line, None, Wanted::Nothing);
        }
        let key = Route::of("POST", "/v1beta/models/m:generateContent", "alt=sse&key=t").key;
        assert_eq!(key, Some("t"));
    }
}
