//! What else than Assay itself may ask of a model: the calls of each protocol, and where
//! each goes.

use reqwest::Url;

use super::{Provider, gemini};

/// What a request wants of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Answer(Form),
    /// How many tokens a question has.
    Count,
}

/// The form in which an answer is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Whole,
    Events,
    /// A list of pieces: Gemini's streams, where no events are asked for.
    List,
}

impl Call {
    pub fn is_answer(self) -> bool {
        matches!(self, Call::Answer(_))
    }

    /// Whether the answer comes piece by piece.
    pub fn streams(self) -> bool {
        matches!(self, Call::Answer(Form::Events | Form::List))
    }
}

impl Provider {
    /// Where a call goes, below the base of the protocol.
    pub(in crate::subject) fn address(self, base: &Url, model: &str, call: Call) -> Url {
        match (self, call) {
            (_, Call::Answer(Form::Whole)) => self.endpoint(base, model, false),
            (_, Call::Answer(Form::Events)) => self.endpoint(base, model, true),
            (Provider::Gemini, Call::Answer(Form::List)) => {
                below(base, gemini::segments_of(model, "streamGenerateContent"))
            }
            (Provider::Gemini, Call::Count) => {
                below(base, gemini::segments_of(model, "countTokens"))
            }
            (_, Call::Answer(Form::List)) => self.endpoint(base, model, true),
            (_, Call::Count) => {
                let mut url = self.endpoint(base, model, false);
                if let Ok(mut path) = url.path_segments_mut() {
                    path.push("count_tokens");
                }
                url
            }
        }
    }
}

fn below(base: &Url, segments: Vec<String>) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_has_its_address() {
        let check = |provider: Provider, call: Call, expect: &str| {
            let base = Url::parse("http://h:1/v1?tenant=a").expect("an address");
            let found = provider.address(&base, "m", call);
            assert_eq!(found.as_str(), format!("http://h:1/v1/{expect}"), "{provider} {call:?}");
        };
        let (whole, events, list) = (Form::Whole, Form::Events, Form::List);
        check(Provider::OpenAi, Call::Answer(whole), "chat/completions?tenant=a");
        check(Provider::OpenAiResponses, Call::Answer(events), "responses?tenant=a");
        check(Provider::Anthropic, Call::Answer(events), "messages?tenant=a");
        check(Provider::Anthropic, Call::Count, "messages/count_tokens?tenant=a");
        check(Provider::Gemini, Call::Answer(whole), "models/m:generateContent?tenant=a");
        check(Provider::Gemini, Call::Count, "models/m:countTokens?tenant=a");
        let streaming = "models/m:streamGenerateContent?tenant=a";
        check(Provider::Gemini, Call::Answer(list), streaming);
        check(Provider::Gemini, Call::Answer(events), &format!("{streaming}&alt=sse"));
    }
}
