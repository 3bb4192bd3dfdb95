//! How servers say that a conversation is longer than a model can read, or than the
//! server takes. No protocol has one word for it, so it is known by codes and by words.

/// Codes that say nothing else.
const CODES: [&str; 10] = [
    "context_length_exceeded",           // OpenAI, Azure, OpenRouter, Groq
    "context_window_exceeded",           // gateways
    "model_context_window_exceeded",     // gateways, after Anthropic's stop reason
    "exceed_context_size_error",         // llama-server
    "string_above_max_length",           // OpenAI
    "tokens_limit_reached",              // Azure, GitHub Models
    "request_too_large",                 // Anthropic
    "ContextWindowExceededError",        // LiteLLM
    "prompt_too_long",                   // gateways
    "InvalidParameter.InputTokensLimit", // gateways of Alibaba
];

/// Words, all of a list together, in small letters. What they must not be taken for is a
/// parameter that is refused, so each names what is too long.
const WORDS: [&[&str]; 33] = [
    &["maximum context length"], // OpenAI, vLLM, SGLang, DeepSeek, OpenRouter, Mistral
    &["context length", "longer than"], // SGLang
    &["context length", "exceed"], // Ollama, SGLang
    &["context window", "exceed"], // OpenAI, MiniMax
    &["context size", "exceed"], // llama-server
    &["context limit", "exceed"], // Anthropic
    &["context", "overflow"],    // LM Studio
    &["context length of only"], // LM Studio
    &["context window", "too small"], // gateways
    &["context window", "too long"], // gateways
    &["context_length_exceeded"], // gateways that pass an error on as a text
    &["exceed_context_size_error"],
    &["prompt is too long"], // Anthropic, Fireworks
    &["prompt too long"],    // Ollama
    &["input is too long"],  // Bedrock
    &["input too long"],     // gateways
    &["too many input tokens"],
    &["too many tokens", "prompt"],              // Cohere
    &["maximum prompt length"],                  // xAI
    &["maximum model length"],                   // vLLM
    &["model input length limit"],               // MLC
    &["input token count", "exceed"],            // Gemini
    &["input length", "exceed"],                 // Ollama, SGLang, LMDeploy, Volcengine
    &["prompt length", "exceed"],                // TensorRT-LLM
    &["prompt exceeds max length"],              // Zhipu
    &["prompt length", "greater than"],          // TabbyAPI
    &["prompt contains", "too large for model"], // Mistral
    &["range of input length should be"],        // DashScope
    &["exceeded model token limit"],             // Moonshot
    &["`inputs`", "max_new_tokens"],             // text-generation-inference, Together
    &["`inputs` must have less than"],           // text-generation-inference
    &["reduce the length of"],                   // OpenAI, vLLM, Groq
    &["payload size exceeds"],                   // Gemini
];

/// Words of a limit on what one account may send in a time. A model that is reached by
/// another key reads the same conversation.
const RATES: [&str; 8] = [
    "per minute",
    "per min",
    "per day",
    "per second",
    "rate limit",
    "rate_limit",
    "(tpm)",
    "(rpm)",
];

/// What a refusal without such a word may be of: nginx and others that stand before
/// servers only have this one.
const TOO_LARGE: u16 = 413;

/// Statuses with which no server says it.
const OTHERS: [u16; 8] = [401, 402, 403, 404, 405, 408, 410, 429];

/// Whether an error says so: its status, its codes, and all of its words.
pub(super) fn is_said(status: u16, codes: &[&str], text: &str) -> bool {
    let text = text.to_lowercase();
    if OTHERS.contains(&status) || is_rate(codes, &text) {
        return false;
    }
    status == TOO_LARGE
        || codes.iter().any(|code| CODES.contains(code))
        || WORDS.iter().any(|words| words.iter().all(|word| text.contains(word)))
}

fn is_rate(codes: &[&str], text: &str) -> bool {
    let is_rate = |text: &str| RATES.iter().any(|rate| text.contains(rate));
    codes.iter().any(|code| is_rate(&code.to_lowercase())) || is_rate(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_is_understood() {
        for (status, text) in [
            (
                400,
                "This model's maximum context length is 4096 tokens. However, your request has 5210 input tokens. Please reduce the length of the input messages.",
            ),
            (
                400,
                "'max_tokens' or 'max_completion_tokens' is too large: 4000. This model's maximum context length is 4096 tokens and your request has 500 input tokens (4000 > 4096 - 500).",
            ),
            (
                400,
                "The decoder prompt (length 5210) is longer than the maximum model length of 4096.",
            ),
            (
                400,
                "Your input exceeds the context window of this model. Please adjust your input and try again.",
            ),
            (400, "the request exceeds the available context size, try increasing it"),
            (500, "Context size has been exceeded."),
            (
                400,
                "The input (5210 tokens) is longer than the model's context length (4096 tokens).",
            ),
            (
                400,
                "Requested token count exceeds the model's maximum context length of 4096 tokens.",
            ),
            (400, "the input length exceeds the context length"),
            (500, "prompt too long; exceeded max context length by 12 tokens"),
            (
                400,
                "Trying to keep the first 5210 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.",
            ),
            (400, "prompt is too long: 200251 tokens > 199999 maximum"),
            (
                400,
                "input length and `max_tokens` exceed context limit: 190000 + 21333 > 200000, decrease input length or `max_tokens` and try again",
            ),
            (400, "Input is too long for requested model."),
            (413, "Request exceeds the maximum size"),
            (
                400,
                "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            ),
            (400, "Request payload size exceeds the limit: 20971520 bytes."),
            (
                400,
                "This endpoint's maximum context length is 32768 tokens. However, you requested about 40000 tokens.",
            ),
            (
                400,
                "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
            ),
            (
                400,
                "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
            ),
            (
                422,
                "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000 `inputs` tokens and 512 `max_new_tokens`",
            ),
            (422, "Input validation error: `inputs` must have less than 1024 tokens. Given: 1500"),
            (
                400,
                "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000.",
            ),
            (
                400,
                "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]",
            ),
            (
                400,
                "Invalid request: Your request exceeded model token limit: 8192 (requested: 9000)",
            ),
            (400, "invalid params, context window exceeds limit (2013)"),
            (413, "<html><head><title>413 Request Entity Too Large</title></head></html>"),
            (400, "Prompt exceeds max length"),
        ] {
            assert!(is_said(status, &[], text), "{status} {text}");
        }
        for code in CODES {
            assert!(is_said(400, &[code], ""), "{code}");
        }
    }

    #[test]
    fn what_is_refused_for_another_reason_is_not_too_long() {
        for (status, codes, text) in [
            (400, vec!["invalid_request_error"], "max_tokens must be at least 1"),
            (400, vec![], "Unknown parameter: 'context_length'"),
            (400, vec![], "unsupported value: 'temperature' does not support 0.2 with this model"),
            (400, vec![], "The context of this request is not allowed"),
            (429, vec![], "maximum context length"),
            (401, vec![], "Your input exceeds the context window of this model"),
            (
                413,
                vec!["rate_limit_exceeded"],
                "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 8300, please reduce your message size and try again.",
            ),
            (
                413,
                vec![],
                "Request too large on tokens per minute (TPM): Limit 6000, Requested 8300. Please reduce the length of the messages.",
            ),
        ] {
            assert!(!is_said(status, &codes, text), "{status} {text}");
        }
    }
}
