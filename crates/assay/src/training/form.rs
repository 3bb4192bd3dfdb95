//! [`Form`]: the forms of training data that tools read, and what LLaMA-Factory is told of them.

use serde_json::{Map, Value, json};

use super::example::{Example, Kind, Said};
use super::split::Side;

/// How a question and its answer are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// `instruction`, `input` and `output`
    #[default]
    Alpaca,
    /// `conversations` of `from` and `value`
    Sharegpt,
    /// `messages` of `role` and `content`, as chat templates take them
    Messages,
}

impl Form {
    /// One line of a file, with where it is from.
    pub(super) fn line(self, example: &Example) -> Value {
        let mut line = match &example.said {
            Said::Answer(answer) => self.told(&example.question, answer),
            Said::Pair { chosen, rejected } => self.paired(&example.question, chosen, rejected),
            Said::Scored { answer, reward, is_functional, verdict } => {
                let mut line = self.told(&example.question, answer);
                line.insert("reward".to_owned(), json!(reward));
                line.insert("functional".to_owned(), json!(is_functional));
                line.insert("verdict".to_owned(), json!(verdict));
                line
            }
        };
        let origin = &example.origin;
        line.insert("id".to_owned(), json!(origin.id));
        line.insert("scenario".to_owned(), json!(origin.scenario));
        line.insert("language".to_owned(), json!(origin.language.as_str()));
        line.insert("cwe".to_owned(), json!(origin.cwe));
        line.insert("source".to_owned(), json!(origin.source.to_string()));
        line.insert("decided_by".to_owned(), json!(origin.decided_by));
        Value::Object(line)
    }

    fn told(self, question: &str, answer: &str) -> Map<String, Value> {
        object(match self {
            Form::Alpaca => json!({"instruction": question, "input": "", "output": answer}),
            Form::Sharegpt => json!({"conversations": [
                {"from": "human", "value": question}, {"from": "gpt", "value": answer},
            ]}),
            Form::Messages => json!({"messages": [
                {"role": "user", "content": question}, {"role": "assistant", "content": answer},
            ]}),
        })
    }

    fn paired(self, question: &str, chosen: &str, rejected: &str) -> Map<String, Value> {
        let said = |text: &str| match self {
            Form::Alpaca => json!(text),
            Form::Sharegpt => json!({"from": "gpt", "value": text}),
            Form::Messages => json!({"role": "assistant", "content": text}),
        };
        let mut line = object(match self {
            Form::Alpaca => json!({"instruction": question, "input": ""}),
            Form::Sharegpt => json!({"conversations": [{"from": "human", "value": question}]}),
            Form::Messages => json!({"messages": [{"role": "user", "content": question}]}),
        });
        line.insert("chosen".to_owned(), said(chosen));
        line.insert("rejected".to_owned(), said(rejected));
        line
    }

    /// What LLaMA-Factory's `dataset_info.json` says of a file.
    pub(super) fn info(self, kind: Kind, file: &str) -> Value {
        let is_ranking = kind == Kind::Preference;
        let mut columns = object(match self {
            Form::Alpaca => json!({"prompt": "instruction", "query": "input"}),
            Form::Sharegpt => json!({"messages": "conversations"}),
            Form::Messages => json!({"messages": "messages"}),
        });
        match (is_ranking, self) {
            (true, _) => {
                columns.insert("chosen".to_owned(), json!("chosen"));
                columns.insert("rejected".to_owned(), json!("rejected"));
            }
            (false, Form::Alpaca) => {
                columns.insert("response".to_owned(), json!("output"));
            }
            (false, _) => {}
        }
        let mut info = object(json!({"file_name": file, "columns": columns}));
        if is_ranking {
            info.insert("ranking".to_owned(), json!(true));
        }
        if self != Form::Alpaca {
            info.insert("formatting".to_owned(), json!("sharegpt"));
        }
        if self == Form::Messages {
            let tags = json!({"role_tag": "role", "content_tag": "content", "user_tag": "user",
                "assistant_tag": "assistant", "system_tag": "system"});
            info.insert("tags".to_owned(), tags);
        }
        Value::Object(info)
    }

    /// The name of a set in `dataset_info.json`.
    pub(super) fn name(kind: Kind, side: Side) -> String {
        format!("assay_{}_{}", kind.as_str(), side.as_str().replace('-', "_"))
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
