//! The response cache: answers of models, kept beyond the run that paid for them.
//!
//! One SQLite file, which several processes may use at once. An answer is kept under
//! a digest of everything that decided it, so neither questions nor settings can be
//! read from it. The cache is a convenience: whatever is wrong with it, runs go on.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use assay_core::answer::{Answer, Finish};
use assay_core::{Served, TokenUsage};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::question::{Message, Reply};

/// Marks the file as ours: `assr` in ASCII.
const APPLICATION: i32 = 0x6173_7372;

/// The version of the layout, and of the parts of a key.
const FORMAT: i32 = 1;

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS response (
    key BLOB PRIMARY KEY,
    kept_at TEXT NOT NULL,
    deflated BLOB NOT NULL
) WITHOUT ROWID;";

/// How long another process may keep the file for itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers of models by what was asked.
#[derive(Debug)]
pub struct Responses {
    /// `None` after a fault.
    connection: Mutex<Option<Connection>>,
    fault: Mutex<Option<ResponsesFault>>,
}

/// Everything that decides an answer.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Who is asked, with all parameters.
    pub identity: &'a Value,
    pub messages: &'a [Message],
    /// The schema that the answer must have, if one is asked for.
    pub schema: Option<&'a Value>,
    /// Tells apart answers that are wanted of the same question: the round of a
    /// subject's attempt, or the number of a judge's sample.
    pub round: u32,
}

/// What an answer is kept under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ResponseKey([u8; 32]);

impl From<&Asked<'_>> for ResponseKey {
    fn from(asked: &Asked<'_>) -> ResponseKey {
        let message =
            |message: &Message| json!({ "role": message.role.as_str(), "text": message.text });
        let asked = json!({
            "format": FORMAT,
            "identity": asked.identity,
            "messages": asked.messages.iter().map(message).collect::<Vec<_>>(),
            "schema": asked.schema,
            "round": asked.round,
        });
        let mut text = String::new();
        canonical(&asked, &mut text);
        ResponseKey(Sha256::digest(text.as_bytes()).into())
    }
}

/// Writes a value with the members of objects in order of their names, however the
/// map that holds them orders them.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_unstable();
            text.push('{');
            for name in names {
                let _ = write!(text, "{}:", Value::from(name.as_str()));
                canonical(&members[name], text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        plain => {
            let _ = write!(text, "{plain}");
        }
    }
}

/// Why the cache is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResponsesFault {
    #[error("{0} is not a response cache of assay; name another file with --responses")]
    Foreign(String),
    #[error(
        "{path} is a response cache of another version of assay (format {found}, not {FORMAT}); name another file with --responses, or delete it"
    )]
    Format { path: String, found: i32 },
    #[error("failed to use the response cache {path}: {message}; delete it if it is damaged")]
    Unusable { path: String, message: String },
}

/// A reply as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    answer: Answer,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thinking: Option<String>,
    finish: Finish,
    usage: TokenUsage,
    #[serde(default)]
    served: Served,
}

/// What a cache holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponsesSize {
    pub answers: u64,
    pub bytes: u64,
}

impl Responses {
    /// Opens the cache, and creates it if there is none.
    pub fn open(path: &Path) -> Result<Responses, ResponsesFault> {
        let unusable = |message: String| ResponsesFault::Unusable {
            path: path.display().to_string(),
            message,
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| unusable(error.to_string()))?;
        }
        let connection = Connection::open(path).map_err(|error| unusable(error.to_string()))?;
        let state = prepare(&connection).map_err(|error| unusable(error.to_string()))?;
        match state {
            State::Ours => {
                Ok(Responses { connection: Mutex::new(Some(connection)), fault: Mutex::new(None) })
            }
            State::Foreign => Err(ResponsesFault::Foreign(path.display().to_string())),
            State::OtherFormat(found) => {
                Err(ResponsesFault::Format { path: path.display().to_string(), found })
            }
        }
    }

    /// What a cache holds, without making one.
    pub fn size(path: &Path) -> Result<ResponsesSize, ResponsesFault> {
        let beside = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            fs::metadata(Path::new(&name)).map_or(0, |file| file.len())
        };
        let bytes = ["", "-wal", "-shm"].map(beside).iter().sum();
        if !path.exists() {
            return Ok(ResponsesSize { answers: 0, bytes });
        }
        let responses = Responses::open(path)?;
        let answers = responses.with(|connection| {
            connection.query_row("SELECT count(*) FROM response", [], |row| row.get(0))
        });
        match (answers, responses.fault()) {
            (Some(answers), _) => Ok(ResponsesSize { answers, bytes }),
            (None, Some(fault)) => Err(fault),
            (None, None) => Ok(ResponsesSize { answers: 0, bytes }),
        }
    }

    /// The reply that was kept, with its tokens and cost of then.
    pub fn recall(&self, key: &ResponseKey) -> Option<Reply> {
        let deflated: Vec<u8> = self.with(|connection| {
            connection
                .prepare_cached("SELECT deflated FROM response WHERE key = ?1")?
                .query_row([key.0.as_slice()], |row| row.get(0))
                .optional()
        })??;
        let mut text = String::new();
        let read = DeflateDecoder::new(deflated.as_slice()).read_to_string(&mut text);
        let kept = read
            .map_err(|error| error.to_string())
            .and_then(|_| serde_json::from_str::<Kept>(&text).map_err(|error| error.to_string()));
        match kept {
            Ok(Kept { answer, thinking, finish, usage, served }) => {
                let usage = TokenUsage { requests: 0, from_cache: true, ..usage };
                Some(Reply { answer, thinking, finish, usage, served, logs: Vec::new() })
            }
            Err(message) => {
                self.fail(&format!("an answer in it cannot be read: {message}"));
                None
            }
        }
    }

    /// Whether there is a reply.
    pub fn holds(&self, key: &ResponseKey) -> bool {
        let found = self.with(|connection| {
            connection
                .prepare_cached("SELECT 1 FROM response WHERE key = ?1")?
                .exists([key.0.as_slice()])
        });
        found == Some(true)
    }

    /// Keeps a reply, at once. A refusal and what a filter kept back are not kept: the
    /// next run should see whether they repeat themselves.
    pub fn keep(&self, key: &ResponseKey, reply: &Reply) {
        if matches!(reply.finish, Finish::Refused | Finish::Filtered) {
            return;
        }
        let kept = Kept {
            answer: reply.answer.clone(),
            thinking: reply.thinking.clone(),
            finish: reply.finish,
            usage: reply.usage,
            served: reply.served.clone(),
        };
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        let deflated =
            serde_json::to_string(&kept).map_err(|error| error.to_string()).and_then(|text| {
                let written = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
                written.map_err(|error| error.to_string())
            });
        let deflated = match deflated {
            Ok(deflated) => deflated,
            Err(message) => return self.fail(&message),
        };
        let now = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
        // Another process may have kept an answer meanwhile; the first one stays.
        self.with(|connection| {
            connection
                .prepare_cached("INSERT OR IGNORE INTO response VALUES (?1, ?2, ?3)")?
                .execute(params![key.0.as_slice(), now, deflated])
        });
    }

    /// What went wrong with the cache since it was opened, once. Nothing is taken from
    /// it and kept in it from then on.
    pub fn fault(&self) -> Option<ResponsesFault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn with<T>(&self, act: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Option<T> {
        let result = {
            let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
            act(connection.as_ref()?)
        };
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.fail(&error.to_string());
                None
            }
        }
    }

    fn fail(&self, message: &str) {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(connection) = connection else { return };
        let path = connection.path().unwrap_or_default().to_owned();
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(ResponsesFault::Unusable { path, message: message.to_owned() });
    }
}

/// Whose a file is.
enum State {
    Ours,
    Foreign,
    OtherFormat(i32),
}

/// Makes the table in a new file, and looks whose an old one is.
fn prepare(connection: &Connection) -> rusqlite::Result<State> {
    connection.busy_timeout(PATIENCE)?;
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 && number("application_id")? != APPLICATION {
        return Ok(State::Foreign);
    }
    let format = number("user_version")?;
    if tables > 0 && format != FORMAT {
        return Ok(State::OtherFormat(format));
    }
    log_ahead(connection)?;
    connection.pragma_update(None, "synchronous", "normal")?;
    if tables == 0 {
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION};
             PRAGMA user_version = {FORMAT}; {SCHEMA} COMMIT;"
        ))?;
    }
    Ok(State::Ours)
}

/// Lets readers and a writer work at once. While another process does the same for
/// the first time, SQLite says that it is busy at once, without waiting.
fn log_ahead(connection: &Connection) -> rusqlite::Result<()> {
    const PAUSE: Duration = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    loop {
        match connection.pragma_update(None, "journal_mode", "wal") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && waited < PATIENCE =>
            {
                std::thread::sleep(PAUSE);
                waited += PAUSE;
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(text: &str, finish: Finish) -> Reply {
        let usage = TokenUsage { requests: 3, ..TokenUsage::default() };
        Reply { finish, usage, ..Answer::Text(text.to_owned()).into() }
    }

    fn key(identity: &Value, text: &str, round: u32) -> ResponseKey {
        let messages = [Message::user(text)];
        (&Asked { identity, messages: &messages, schema: None, round }).into()
    }

    #[test]
    fn everything_that_decides_an_answer_is_in_its_key() {
        let identity = json!({ "model": "m", "sampling": { "temperature": 0.5, "seed": 1 } });
        let same: Value =
            serde_json::from_str(r#"{"sampling":{"seed":1,"temperature":0.5},"model":"m"}"#)
                .expect("JSON");
        let first = key(&identity, "write", 1);
        assert_eq!(first, key(&same, "write", 1));
        let other = json!({ "model": "m", "sampling": { "temperature": 0.6, "seed": 1 } });
        for changed in [key(&other, "write", 1), key(&same, "mend", 1), key(&same, "write", 2)] {
            assert_ne!(first, changed);
        }
        let messages = [Message::user("write")];
        let schema = json!({ "type": "object" });
        let asked =
            Asked { identity: &identity, messages: &messages, schema: Some(&schema), round: 1 };
        assert_ne!(first, (&asked).into());
    }

    #[test]
    fn answers_and_truncations_are_kept_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/responses.sqlite");
        let identity = json!("m");
        let check = |number: u32, finish: Finish, expect: bool| {
            let responses = Responses::open(&path).expect("it opens");
            let key = key(&identity, "write", number);
            assert!(!responses.holds(&key) && responses.recall(&key).is_none());
            responses.keep(&key, &reply("code", finish));
            // As another process sees it.
            let other = Responses::open(&path).expect("it opens");
            assert_eq!(other.holds(&key), expect, "{finish:?}");
            let found = other.recall(&key);
            assert_eq!(found.is_some(), expect, "{finish:?}");
            if let Some(found) = found {
                assert_eq!(found.answer, Answer::Text("code".to_owned()));
                assert_eq!(found.finish, finish);
                assert!(found.usage.from_cache && found.usage.requests == 0);
            }
            assert_eq!((responses.fault(), other.fault()), (None, None));
        };
        check(1, Finish::Complete, true);
        check(2, Finish::Truncated, true);
        check(3, Finish::Refused, false);
        check(4, Finish::Filtered, false);
        let size = Responses::size(&path).expect("it is ours");
        assert_eq!(size.answers, 2);
        assert!(size.bytes > 0);
    }

    #[test]
    fn what_is_no_cache_of_ours_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = folder.path().join("text");
        fs::write(&text, "not a database, and longer than the header of one ".repeat(50))
            .expect("written");
        let foreign = folder.path().join("foreign");
        let connection = Connection::open(&foreign).expect("made");
        connection.execute_batch("CREATE TABLE mine (it TEXT)").expect("made");
        for path in [&text, &foreign] {
            let before = fs::read(path).expect("readable");
            let fault = Responses::open(path).expect_err("not ours");
            assert!(fault.to_string().contains(path.to_str().expect("UTF-8")), "{fault}");
            assert_eq!(fs::read(path).expect("readable"), before);
        }
        assert_eq!(Responses::size(&folder.path().join("none")).expect("none").answers, 0);
    }

    #[test]
    fn damage_that_shows_later_turns_the_cache_off_and_is_told_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("responses.sqlite");
        let responses = Responses::open(&path).expect("it opens");
        let key = key(&json!("m"), "write", 1);
        responses.keep(&key, &reply("code", Finish::Complete));
        let connection = Connection::open(&path).expect("it opens");
        connection.execute("UPDATE response SET deflated = x'ffff'", []).expect("damaged");
        assert_eq!(responses.recall(&key), None);
        assert!(responses.fault().is_some());
        responses.keep(&key, &reply("code", Finish::Complete));
        assert!(!responses.holds(&key));
        assert_eq!(responses.fault(), None);
    }

    #[test]
    fn many_open_a_new_cache_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("responses.sqlite");
        std::thread::scope(|scope| {
            for number in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    let responses = Responses::open(path).expect("it opens");
                    for round in 0..20 {
                        let key = key(&json!("m"), "write", number * 100 + round);
                        responses.keep(&key, &reply("code", Finish::Complete));
                    }
                    assert_eq!(responses.fault(), None);
                });
            }
        });
        assert_eq!(Responses::size(&path).expect("ours").answers, 160);
    }
}
