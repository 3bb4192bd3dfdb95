//! The secret of a provider, which leaves the program in one header only.

use std::fmt;

use reqwest::header::HeaderValue;

/// A secret. It has no `Display`, and its `Debug` says nothing of it.
pub(super) struct ApiKey {
    secret: String,
    bearer: HeaderValue,
}

/// What stands in a text where the secret stood.
const REPLACEMENT: &str = "[API key]";

impl ApiKey {
    /// `None` if the text is blank or cannot be sent in a header.
    pub(super) fn new(text: &str) -> Option<ApiKey> {
        let secret = text.trim();
        if secret.is_empty() {
            return None;
        }
        let mut bearer = HeaderValue::from_str(&format!("Bearer {secret}")).ok()?;
        bearer.set_sensitive(true);
        Some(ApiKey { secret: secret.to_owned(), bearer })
    }

    /// The value of the `Authorization` header.
    pub(super) fn bearer(&self) -> HeaderValue {
        self.bearer.clone()
    }

    /// The text without the secret, also where JSON escapes parts of it: a
    /// provider may echo the request into its error. Scrub before shortening,
    /// or half of the secret may stay.
    pub(super) fn scrub(&self, text: &str) -> String {
        let escaped = self.secret.replace('\\', "\\\\").replace('"', "\\\"");
        text.replace(&escaped, REPLACEMENT).replace(&self.secret, REPLACEMENT)
    }
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
        assert!(!format!("{key:?} {:?}", key.bearer()).contains("sk-a"));
        assert_eq!(key.scrub("sent sk-a\"b\\c!"), "sent [API key]!");
        assert_eq!(key.scrub(r#"{"sent":"sk-a\"b\\c"}"#), r#"{"sent":"[API key]"}"#);
    }

    #[test]
    fn what_no_header_can_hold_is_no_key() {
        assert!(ApiKey::new(" \n").is_none());
        assert!(ApiKey::new("two\nlines").is_none());
    }
}
