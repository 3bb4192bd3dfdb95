//! Answers that a server lost: it counts what its model said, and sends nothing of it. They
//! are no silence of the model, and what is a silence is none of them. In every protocol.

mod asking;
#[expect(dead_code, reason = "these tests say all in dialects")]
mod scripted_server;

use asking::{outcome, play, text, with_each_provider};
use scripted_server::dialect::{self, Deed};
use scripted_server::{Step, answer};
use serde_json::{Value, json};

/// A deed with other counts of output, and of reasoning in it.
fn counted(provider: &str, stream: bool, deed: Deed, output: u64, reasoning: u64) -> Step {
    let said = if provider == "gemini" { output - reasoning } else { output };
    let changes = [
        ("\"completion_tokens\":20", format!("\"completion_tokens\":{said}")),
        ("\"output_tokens\":20", format!("\"output_tokens\":{said}")),
        ("\"candidatesTokenCount\":15", format!("\"candidatesTokenCount\":{said}")),
        ("\"total_tokens\":90", format!("\"total_tokens\":{}", 70 + output)),
        ("\"totalTokenCount\":90", format!("\"totalTokenCount\":{}", 70 + output)),
        ("\"reasoning_tokens\":5", format!("\"reasoning_tokens\":{reasoning}")),
        ("\"thinking_tokens\":5", format!("\"thinking_tokens\":{reasoning}")),
        ("\"thoughtsTokenCount\":5", format!("\"thoughtsTokenCount\":{reasoning}")),
    ];
    let change = |text: &str| {
        changes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    match dialect::step(provider, stream, deed) {
        Step::Answer { status, headers, body } => {
            Step::Answer { status, headers, body: change(&body) }
        }
        Step::Events { events, end } => {
            Step::Events { events: events.iter().map(|event| change(event)).collect(), end }
        }
        other => other,
    }
}

#[test]
fn tokens_that_are_nowhere_are_an_answer_that_the_server_lost() {
    with_each_provider(|provider| {
        for stream in [false, true] {
            let check = |deed, output, reasoning, expect: &str| {
                let step = counted(provider, stream, deed, output, reasoning);
                let place = format!("{provider}, stream {stream}, {deed:?}, {output}, {reasoning}");
                let (found, _) = play(provider, stream, vec![step.clone()]);
                assert_eq!(outcome(&found), expect, "{place}: {found:?}");
                if let Err(error) = found {
                    assert!(error.message.contains(&output.to_string()), "{place}: {error}");
                    let whole = dialect::step(provider, stream, Deed::Answer);
                    let (found, requests) = play(provider, stream, vec![step, whole]);
                    let reply = found.expect("the second is whole");
                    assert_eq!((text(&reply), requests), ("hello", 2), "{place}");
                }
            };
            check(Deed::Silence, 412, 0, "malformed response");
            check(Deed::Silence, 20, 0, "malformed response");
            check(Deed::Silence, 412, 12, "malformed response");
            // The model thought, and is not shown doing so, or it ended at once.
            check(Deed::Silence, 412, 400, "answer");
            check(Deed::Silence, 2, 0, "answer");
            check(Deed::Silence, 0, 0, "answer");
            check(Deed::Think, 412, 0, "answer");
            check(Deed::Answer, 412, 0, "answer");
            let refused = if provider == "gemini" { "answer, filtered" } else { "answer, refused" };
            check(Deed::Refuse, 412, 0, refused);
        }
    });
}

#[test]
fn a_tool_call_is_no_answer_that_was_lost() {
    for (provider, call) in [
        (
            "openai",
            json!({ "choices": [{ "finish_reason": "tool_calls", "message": {
            "content": null, "tool_calls": [{ "id": "c" }],
        } }], "usage": { "prompt_tokens": 70, "completion_tokens": 412 } }),
        ),
        (
            "openai-responses",
            json!({ "status": "completed", "output": [{
            "type": "function_call", "name": "f", "arguments": "{}",
        }], "usage": { "input_tokens": 70, "output_tokens": 412 } }),
        ),
        (
            "anthropic",
            json!({ "stop_reason": "tool_use", "content": [{
            "type": "tool_use", "name": "f", "input": {},
        }], "usage": { "input_tokens": 70, "output_tokens": 412 } }),
        ),
        (
            "gemini",
            json!({ "candidates": [{ "finishReason": "MALFORMED_FUNCTION_CALL" }],
            "usageMetadata": { "promptTokenCount": 70, "candidatesTokenCount": 412 } }),
        ),
    ] {
        let (found, _) = play(provider, false, vec![answer(200, &call.to_string())]);
        assert_eq!(outcome(&found), "answer, tool-call", "{provider}: {found:?}");
    }
}

#[test]
fn thinking_that_is_hidden_is_no_answer_that_was_lost() {
    for (provider, place, hidden) in [
        (
            "openai",
            "/choices/0/message",
            json!({ "content": "", "reasoning_details": [{
            "type": "reasoning.encrypted", "data": "x",
        }] }),
        ),
        (
            "openai-responses",
            "/output",
            json!([{
                "type": "reasoning", "summary": [], "encrypted_content": "x",
            }]),
        ),
        ("anthropic", "/content", json!([{ "type": "redacted_thinking", "data": "x" }])),
        (
            "anthropic",
            "/content",
            json!([{
                "type": "thinking", "thinking": "", "signature": "x",
            }]),
        ),
        (
            "gemini",
            "/candidates/0",
            json!({ "finishReason": "STOP", "content": {
            "parts": [{ "text": "", "thoughtSignature": "x" }],
        } }),
        ),
    ] {
        let step = counted(provider, false, Deed::Answer, 412, 0);
        let Step::Answer { status, headers, body } = step else { panic!("a whole answer") };
        let mut body: Value = serde_json::from_str(&body).expect("JSON");
        *body.pointer_mut(place).expect("what was said") = hidden.clone();
        let step = Step::Answer { status, headers, body: body.to_string() };
        let (found, _) = play(provider, false, vec![step]);
        assert_eq!(outcome(&found), "answer", "{provider}, {hidden}: {found:?}");
    }
}
