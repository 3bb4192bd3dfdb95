//! The secret of a provider, which leaves the program in one header only.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use reqwest::header::HeaderValue;

use super::model_config::{Environment, ModelConfig};
use super::provider::Provider;

/// A secret. It has no `Display`, and its `Debug` says nothing of it.
pub(super) struct ApiKey {
    secret: String,
    bearer: HeaderValue,
    plain: HeaderValue,
}

/// What stands in a text where the secret stood.
const REPLACEMENT: &str = "[API key]";

/// Why there is no key where one is wanted.
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
    #[error("{place} holds no text that can be sent as an API key")]
    Unsendable { place: String },
    #[error("failed to read the API key from {}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
}

impl ApiKey {
    /// Finds the key in the file that the configuration names, in the variable, or in
    /// the file that `<VARIABLE>_FILE` names. Only the provider's own server needs one.
    pub(super) fn find(
        provider: Provider,
        config: &ModelConfig,
        environment: Environment<'_>,
    ) -> Result<Option<ApiKey>, ApiKeyError> {
        let variable = config.api_key_env(provider);
        if !is_name(variable) {
            return Err(ApiKeyError::Variable);
        }
        let set = |name: &str| environment(name).filter(|text| !text.trim().is_empty());
        if let Some(path) = &config.api_key_file {
            return ApiKey::read(path).map(Some);
        }
        if let Some(text) = set(variable) {
            let place = || format!("the environment variable {variable}");
            let key = ApiKey::new(&text);
            return key.map(Some).ok_or_else(|| ApiKeyError::Unsendable { place: place() });
        }
        if let Some(path) = set(&format!("{variable}_FILE")) {
            return ApiKey::read(Path::new(path.trim())).map(Some);
        }
        match config.is_for_the_server_of(provider) {
            true => Err(ApiKeyError::Missing {
                variable: variable.to_owned(),
                base_url: provider.default_base_url(),
            }),
            false => Ok(None),
        }
    }

    fn read(path: &Path) -> Result<ApiKey, ApiKeyError> {
        let text = fs::read_to_string(path)
            .map_err(|source| ApiKeyError::File { path: path.to_owned(), source })?;
        let place = || path.display().to_string();
        ApiKey::new(&text).ok_or_else(|| ApiKeyError::Unsendable { place: place() })
    }

    /// `None` if the text is blank or cannot be sent in a header.
    fn new(text: &str) -> Option<ApiKey> {
        let secret = text.trim();
        if secret.is_empty() {
            return None;
        }
        let mut bearer = HeaderValue::from_str(&format!("Bearer {secret}")).ok()?;
        bearer.set_sensitive(true);
        let mut plain = HeaderValue::from_str(secret).ok()?;
        plain.set_sensitive(true);
        Some(ApiKey { secret: secret.to_owned(), bearer, plain })
    }

    /// The value of an `Authorization` header.
    pub(super) fn bearer(&self) -> HeaderValue {
        self.bearer.clone()
    }

    /// The value of a header that is for keys alone.
    pub(super) fn plain(&self) -> HeaderValue {
        self.plain.clone()
    }

    /// The text without the secret, also where JSON escapes parts of it: a
    /// provider may echo the request into its error. Scrub before shortening,
    /// or half of the secret may stay.
    pub(super) fn scrub(&self, text: &str) -> String {
        let escaped = self.secret.replace('\\', "\\\\").replace('"', "\\\"");
        text.replace(&escaped, REPLACEMENT).replace(&self.secret, REPLACEMENT)
    }
}

fn is_name(text: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !text.is_empty() && text.chars().all(is_name) && !text.starts_with(|c: char| c.is_ascii_digit())
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REPLACEMENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_the_secret() {
        let key = ApiKey::new(" sk-a\"b\\c \n").expect("a header can hold it");
        assert!(!format!("{key:?} {:?} {:?}", key.bearer(), key.plain()).contains("sk-a"));
        assert_eq!(key.scrub("sent sk-a\"b\\c!"), "sent [API key]!");
        assert_eq!(key.scrub(r#"{"sent":"sk-a\"b\\c"}"#), r#"{"sent":"[API key]"}"#);
    }

    #[test]
    fn what_no_header_can_hold_is_no_key() {
        assert!(ApiKey::new(" \n").is_none());
        assert!(ApiKey::new("two\nlines").is_none());
    }
}
