//! The protocols that models are asked in.

mod anthropic;
mod body;
mod call;
mod ending;
mod gemini;
mod lost;
mod openai;
mod openai_responses;
mod protocol;
mod request;
mod served;
mod spoken;

pub use call::{Call, Form};

/// A protocol, named after the provider that defined it. Other servers speak it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Chat completions, which most servers speak.
    OpenAi,
    OpenAiResponses,
    /// Messages.
    Anthropic,
    Gemini,
}

impl Provider {
    pub const ALL: [Provider; 4] =
        [Provider::OpenAi, Provider::OpenAiResponses, Provider::Anthropic, Provider::Gemini];

    /// The name in `assay.toml` and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Provider::OpenAi => "openai",
            Provider::OpenAiResponses => "openai-responses",
            Provider::Anthropic => "anthropic",
            Provider::Gemini => "gemini",
        }
    }

    /// The server that the protocol is from.
    pub fn default_base_url(self) -> &'static str {
        match self {
            Provider::OpenAi | Provider::OpenAiResponses => "https://api.openai.com/v1",
            Provider::Anthropic => "https://api.anthropic.com/v1",
            Provider::Gemini => "https://generativelanguage.googleapis.com/v1beta",
        }
    }

    pub fn default_api_key_env(self) -> &'static str {
        match self {
            Provider::OpenAi | Provider::OpenAiResponses => "OPENAI_API_KEY",
            Provider::Anthropic => "ANTHROPIC_API_KEY",
            Provider::Gemini => "GEMINI_API_KEY",
        }
    }
}

impl std::fmt::Display for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
