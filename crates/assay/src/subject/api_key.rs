//! The secret of a provider, which leaves the program in one header only.

#[cfg(test)]
mod properties;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use assay_core::Served;
use assay_core::answer::Answer;
use assay_core::text_file;
use reqwest::Url;
use reqwest::header::HeaderValue;

use super::question::Reply;

/// A secret. It has no `Display`, and its `Debug` says nothing of it.
pub(super) struct ApiKey {
    /// The forms of the secret that are looked for in texts; none of a key that any text
    /// may hold.
    forms: Vec<String>,
    bearer: HeaderValue,
    plain: HeaderValue,
}

/// A key of at least this many characters is recognised in other text by its length alone.
const LONG: usize = 32;

/// The fewest letters and digits in a row, both among them, that do so in a shorter key.
const LONG_RUN: usize = 16;

/// A key with fewer different characters is not looked for in other text.
const DIFFERENT: usize = 8;

/// The text that replaces the secret.
const REPLACEMENT: &str = "[API key]";

/// Why there is no key although one is needed.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    // The text is not shown: it may be a key that stands in the wrong place.
    #[error(
        "api-key-env is not the name of an environment variable; put the key into a variable and its name here"
    )]
    Variable,
    #[error(
        "the environment variable {variable} is not set; set it to the API key of {base_url}, put the key into a file and name that with api-key-file, or set base-url to another server"
    )]
    Missing { variable: String, base_url: &'static str },
    #[error("{place} contains no text that can be sent as an API key")]
    Unsendable { place: String },
    #[error("failed to read the API key from {}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
}

impl ApiKey {
    /// The key that a file holds.
    pub(super) fn read(path: &Path) -> Result<ApiKey, ApiKeyError> {
        let text = text_file::read(path)
            .map_err(|source| ApiKeyError::File { path: path.to_owned(), source })?;
        let place = || path.display().to_string();
        ApiKey::new(&text).ok_or_else(|| ApiKeyError::Unsendable { place: place() })
    }

    /// `None` if the text is blank or cannot be sent in a header.
    pub(super) fn new(text: &str) -> Option<ApiKey> {
        let secret = text.trim();
        if secret.is_empty() {
            return None;
        }
        let mut bearer = HeaderValue::from_str(&format!("Bearer {secret}")).ok()?;
        bearer.set_sensitive(true);
        let mut plain = HeaderValue::from_str(secret).ok()?;
        plain.set_sensitive(true);
        let forms = if is_unmistakable(secret) { forms(secret) } else { Vec::new() };
        Some(ApiKey { forms, bearer, plain })
    }

    /// The value of an `Authorization` header.
    pub(super) fn bearer(&self) -> HeaderValue {
        self.bearer.clone()
    }

    /// The value of a header that is for keys alone.
    pub(super) fn plain(&self) -> HeaderValue {
        self.plain.clone()
    }

    /// The text of an error without the secret: a provider may echo the request into
    /// it. Scrub before shortening, or half of the secret may stay. What may be a word
    /// stays, for an error that lacks letters says nothing.
    pub(super) fn scrub(&self, text: &str) -> String {
        let texts = self.forms.iter();
        texts.fold(text.to_owned(), |text, form| text.replace(form, REPLACEMENT))
    }

    /// The forms of the secret that are looked for.
    pub(super) fn forms(&self) -> &[String] {
        &self.forms
    }

    /// Whether an answer holds the API key, as that of a server may which echoes what it
    /// was sent. An answer is evidence, so it is kept as it is or not at all.
    pub(super) fn is_in_reply(&self, reply: &Reply) -> bool {
        let text = match &reply.answer {
            Answer::Text(text) => Some(text),
            Answer::Files(_) => None,
        };
        let Served { model, fingerprint, .. } = &reply.served;
        let said = text.into_iter().chain(&reply.thinking).chain(model).chain(fingerprint);
        said.into_iter().any(|text| self.is_in(text))
    }

    /// Whether a text holds the secret and could not hold it by chance.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.forms.iter().any(|form| text.contains(form))
    }
}

/// The secret as it is, and as texts inside JSON and addresses write it.
fn forms(secret: &str) -> Vec<String> {
    let in_json = secret.replace('\\', "\\\\").replace('"', "\\\"");
    let address = Url::parse_with_params("http://host/", [("", secret)]);
    let in_address = address.ok().and_then(|url| Some(url.query()?.strip_prefix('=')?.to_owned()));
    let mut forms = vec![in_json];
    forms.extend(in_address);
    forms.retain(|form| form != secret);
    forms.push(secret.to_owned());
    forms
}

/// Whether a text that contains this key can only contain it because somebody put the key there.
/// People set words such as `none` or `sk-no-key-required` for servers that want no key, and
/// ordinary answers and errors contain those words too.
fn is_unmistakable(secret: &str) -> bool {
    let is_mixed = |run: &&str| {
        run.len() >= LONG_RUN
            && run.contains(|c: char| c.is_ascii_digit())
            && run.contains(|c: char| c.is_ascii_alphabetic())
    };
    let mut runs = secret.split(|c: char| !c.is_ascii_alphanumeric());
    let is_long = secret.len() >= LONG || runs.any(|run| is_mixed(&run));
    let different: BTreeSet<u8> = secret.bytes().collect();
    // An alphabet, or digits in order: any program may hold those.
    let steps = secret.as_bytes().windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= 1);
    let counts = steps.count() * 10 >= secret.len().saturating_sub(1) * 9;
    is_long && different.len() >= DIFFERENT && !counts
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REPLACEMENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> ApiKey {
        ApiKey::new(text).expect("a header can hold it")
    }

    #[test]
    fn nothing_shows_the_secret() {
        let key = key(" sk-7d1fe0c5b2a94436\"b\\c/ \n");
        assert!(!format!("{key:?} {:?} {:?}", key.bearer(), key.plain()).contains("7d1f"));
        let check = |text: &str, expect: &str| {
            assert_eq!(key.scrub(text), expect);
            assert!(key.is_in(text), "{text}");
        };
        check("sent sk-7d1fe0c5b2a94436\"b\\c/!", "sent [API key]!");
        check(r#"{"sent":"sk-7d1fe0c5b2a94436\"b\\c/"}"#, r#"{"sent":"[API key]"}"#);
        check("/?key=sk-7d1fe0c5b2a94436%22b%5Cc%2F&", "/?key=[API key]&");
    }

    #[test]
    fn a_key_that_may_be_a_word_is_looked_for_nowhere() {
        for word in [
            "x",
            "none",
            "text",
            "EMPTY",
            "sk-no-key-required",
            "llama-3.1-8b-instruct",
            "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "0000000000000000000000000000000000000000",
            "abcdefghijklmnopqrstuvwxyz0123456789",
            "0123456789abcdef",
        ] {
            assert!(!key(word).is_in(word), "{word}");
            assert_eq!(key(word).scrub(word), word);
        }
    }

    #[test]
    fn a_key_as_providers_make_them_is_looked_for() {
        for made in [
            "sk-planted-7d1fe0c5b2a94436",
            "sk-test-0123456789abcdef",
            "sk-test-abcdefghijklmnopqrstuvwxyz012345",
            "sk-proj-Zr8Yw1nT5vQ0xLk3HbJ7Df2GsAc9Me4Up6Ri",
            "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
            "0d3f7c1a9b5e4d6f8a2c0b1e3d5f7a9c",
            "3f2b8c1e-7a4d-4e9b-8c6f-1d2e3f4a5b6c",
            "kQzXwVbNmLpOjUhGyTfRdEsWaQxCvBnMkLoPiUyT",
        ] {
            assert!(key(made).is_in(&format!("Bearer {made}.")), "{made}");
        }
    }

    #[test]
    fn what_no_header_can_hold_is_no_key() {
        assert!(ApiKey::new(" \n").is_none());
        assert!(ApiKey::new("two\nlines").is_none());
    }
}
