//! [`Tokens`]: who may ask for what.
//!
//! Only digests of tokens are kept. A token that is presented is digested and looked up by its
//! digest, which takes as long for one that is nearly right as for any other.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::admission::Caller;

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Have artifacts validated, and read verdicts of validations of its own.
    Validate,
    /// Read evidence and logs of validations of its own, which tell what the tests are.
    Read,
    /// Read the metrics.
    Metrics,
    /// Everything, of all callers, and add, replace and remove cases.
    Admin,
}

impl Scope {
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Validate => "validate",
            Scope::Read => "read",
            Scope::Metrics => "metrics",
            Scope::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The callers, by the digests of their tokens.
#[derive(Debug)]
pub struct Tokens {
    callers: HashMap<[u8; 32], Arc<Caller>>,
    /// Who asks where no tokens are needed.
    anybody: Option<Arc<Caller>>,
}

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    #[error("{0}")]
    Form(String),
    #[error("it names no token; write one as [[token]] with name, token or sha256, and scopes")]
    None,
    #[error("two tokens are named {0:?}; give one of them another name")]
    Name(String),
    #[error("the tokens named {0:?} and {1:?} are the same; give each caller a token of its own")]
    Same(String, String),
    #[error(
        "the token named {0:?} has {1}; give it `token`, at least {LEAST_CHARACTERS} printable characters without blanks, or `sha256`, the digest of one in 64 hexadecimal digits"
    )]
    Token(String, &'static str),
    #[error("the token named {0:?} has no scope; there are validate, read, metrics and admin")]
    Scopes(String),
    #[error(
        "the name {0:?} of a token is to be 1 to 64 letters, digits, `-`, `_` or `.`: it stands in logs"
    )]
    Unnamed(String),
    #[error("the token named {0:?} has a rate that is not above 0")]
    Rate(String),
}

/// The fewest characters of a token.
const LEAST_CHARACTERS: usize = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    token: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    name: String,
    token: Option<String>,
    sha256: Option<String>,
    scopes: BTreeSet<Scope>,
    requests_per_second: Option<f64>,
    concurrent: Option<usize>,
}

impl Tokens {
    /// Reads tokens as TOML, see docs/verifier.md. No message repeats a token.
    pub fn parse(text: &str) -> Result<Tokens, TokensError> {
        let file: File = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
            // What toml shows of the text may be a token.
            TokensError::Form(format!("line {line}: it is not as docs/verifier.md describes it"))
        })?;
        if file.token.is_empty() {
            return Err(TokensError::None);
        }
        let mut callers: HashMap<[u8; 32], Arc<Caller>> = HashMap::new();
        for entry in file.token {
            let name = entry.name.clone();
            let is_fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            if name.is_empty() || name.len() > 64 || !name.chars().all(is_fine) {
                return Err(TokensError::Unnamed(name));
            }
            if entry.scopes.is_empty() {
                return Err(TokensError::Scopes(name));
            }
            if entry.requests_per_second.is_some_and(|rate| !rate.is_finite() || rate <= 0.0) {
                return Err(TokensError::Rate(name));
            }
            if callers.values().any(|other| other.name == name) {
                return Err(TokensError::Name(name));
            }
            let digest = entry.digest()?;
            let Entry { scopes, requests_per_second, concurrent, .. } = entry;
            let caller = Caller::new(&name, scopes, requests_per_second, concurrent);
            if let Some(other) = callers.insert(digest, Arc::new(caller)) {
                return Err(TokensError::Same(other.name.clone(), name));
            }
        }
        Ok(Tokens { callers, anybody: None })
    }

    /// Nobody needs a token, and nobody may change cases.
    pub fn not_needed() -> Tokens {
        let scopes = BTreeSet::from([Scope::Validate, Scope::Read, Scope::Metrics]);
        let anybody = Caller::new("anybody", scopes, None, None);
        Tokens { callers: HashMap::new(), anybody: Some(Arc::new(anybody)) }
    }

    /// Who asks where no tokens are needed.
    pub(super) fn anybody(&self) -> Option<&Arc<Caller>> {
        self.anybody.as_ref()
    }

    /// Whose token it is.
    pub(super) fn caller(&self, token: &str) -> Option<&Arc<Caller>> {
        self.callers.get(&digest(token))
    }
}

impl Entry {
    fn digest(&self) -> Result<[u8; 32], TokensError> {
        let wrong = |what| TokensError::Token(self.name.clone(), what);
        match (&self.token, &self.sha256) {
            (Some(token), None) => {
                let is_fine =
                    token.len() >= LEAST_CHARACTERS && token.chars().all(|c| c.is_ascii_graphic());
                if is_fine { Ok(digest(token)) } else { Err(wrong("a token of another form")) }
            }
            (None, Some(hex)) => from_hex(hex).ok_or_else(|| wrong("a digest of another form")),
            (None, None) => Err(wrong("neither")),
            (Some(_), Some(_)) => Err(wrong("both")),
        }
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok().filter(|_| !pair.starts_with('+'))?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "0123456789abcdef0123";

    fn parse(text: &str) -> Result<Tokens, TokensError> {
        Tokens::parse(text)
    }

    #[test]
    fn a_caller_is_found_by_its_token_or_the_digest_of_it() {
        let hex: String =
            digest("another-token-of-length").iter().map(|b| format!("{b:02x}")).collect();
        let tokens = parse(&format!(
            "[[token]]\nname = \"a\"\ntoken = \"{LONG}\"\nscopes = [\"validate\"]\n\
             [[token]]\nname = \"b\"\nsha256 = \"{hex}\"\nscopes = [\"admin\"]\nconcurrent = 3\n"
        ))
        .expect("tokens");
        assert_eq!(tokens.caller(LONG).map(|it| it.name.as_str()), Some("a"));
        assert_eq!(tokens.caller("another-token-of-length").map(|it| it.name.as_str()), Some("b"));
        assert!(tokens.caller("0123456789abcdef012").is_none());
        assert!(tokens.caller("").is_none() && tokens.anybody().is_none());
    }

    #[test]
    fn what_is_wrong_is_told_without_the_token() {
        let check = |text: &str, expect: &str| {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.contains(expect), "{error}");
            assert!(!error.contains(LONG), "{error}");
        };
        check("", "names no token");
        check(&format!("[[token]]\nname = \"a\"\ntoken = \"{LONG}\n"), "line 3");
        check("[[token]]\nname = \"a\"\nscopes = [\"validate\"]\n", "neither");
        check("[[token]]\nname = \"a\"\ntoken = \"short\"\nscopes = [\"read\"]\n", "another form");
        check("[[token]]\nname = \"a\"\nsha256 = \"short\"\nscopes = [\"read\"]\n", "a digest of");
        check(&format!("[[token]]\nname = \"a\"\ntoken = \"{LONG}\"\nscopes = []\n"), "no scope");
        check(
            &format!("[[token]]\nname = \"a b\"\ntoken = \"{LONG}\"\nscopes = [\"read\"]\n"),
            "letters",
        );
        check(
            &format!(
                "[[token]]\nname = \"a\"\ntoken = \"{LONG}\"\nscopes = [\"read\"]\nrequests-per-second = 0.0\n"
            ),
            "above 0",
        );
        let one = format!("[[token]]\nname = \"a\"\ntoken = \"{LONG}\"\nscopes = [\"read\"]\n");
        check(&format!("{one}{one}"), "named \"a\"");
        check(&format!("{one}{}", one.replace("\"a\"", "\"b\"")), "are the same");
    }
}
