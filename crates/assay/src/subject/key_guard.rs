//! [`KeyGuard`]: lets bytes pass as they come, and never the API key.
//!
//! A key may come in two pieces. So what may be the beginning of one waits for what follows;
//! all else passes at once.

use super::api_key::ApiKey;

/// What has come of a text in which the key may not be.
#[derive(Debug, Default)]
pub(super) struct KeyGuard {
    forms: Vec<Vec<u8>>,
    /// The beginning of a form, perhaps.
    held: Vec<u8>,
}

/// The key is in the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KeyFound;

impl KeyGuard {
    pub(super) fn new(key: Option<&ApiKey>) -> KeyGuard {
        let forms = key.map(ApiKey::forms).unwrap_or_default();
        KeyGuard {
            forms: forms.iter().map(|form| form.clone().into_bytes()).collect(),
            held: Vec::new(),
        }
    }

    /// Takes more of the text, and returns what may pass now.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, KeyFound> {
        let mut text = std::mem::take(&mut self.held);
        text.extend_from_slice(bytes);
        let mut waits = 0;
        for form in &self.forms {
            let Some((first, _)) = form.split_first() else { continue };
            for (at, _) in text.iter().enumerate().filter(|(_, byte)| *byte == first) {
                let rest = &text[at..];
                if rest.starts_with(form) {
                    return Err(KeyFound);
                }
                if form.starts_with(rest) {
                    waits = waits.max(rest.len());
                }
            }
        }
        self.held = text.split_off(text.len() - waits);
        Ok(text)
    }

    /// What waited, once nothing more comes.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-planted-7d1fe0c5b2a94436";

    /// What passes of a text that comes in pieces of this size, and whether all does.
    fn pass(text: &str, size: usize) -> (String, bool) {
        let key = ApiKey::new(KEY).expect("a key");
        let mut guard = KeyGuard::new(Some(&key));
        let mut passed = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            match guard.push(piece) {
                Ok(bytes) => passed.extend(bytes),
                Err(KeyFound) => return (String::from_utf8_lossy(&passed).into_owned(), false),
            }
        }
        passed.extend(guard.finish());
        (String::from_utf8_lossy(&passed).into_owned(), true)
    }

    #[test]
    fn a_key_does_not_pass_in_whatever_pieces_it_comes() {
        let text = format!("data: {{\"echo\":\"Bearer {KEY}\"}}\n\n");
        for size in 1..text.len() {
            let (passed, whole) = pass(&text, size);
            assert!(!whole && !passed.contains("sk-p") && text.starts_with(&passed), "{size}");
        }
    }

    #[test]
    fn what_has_no_key_passes_as_it_is_and_only_its_beginning_waits() {
        let text = "sksk-sk-planted-7d1fe0c5b2a9443 sk-planted-7d1fe0c5b2a94437 s";
        for size in 1..text.len() {
            assert_eq!(pass(text, size), (text.to_owned(), true), "{size}");
        }
        let key = ApiKey::new(KEY).expect("a key");
        let mut guard = KeyGuard::new(Some(&key));
        assert_eq!(guard.push(b"one two").expect("no key"), b"one two");
        assert_eq!(guard.push(b"three sk-pl").expect("no key"), b"three ");
        assert_eq!(guard.push(b"ain").expect("no key"), b"sk-plain");
        let mut open = KeyGuard::new(None);
        assert_eq!(open.push(b"sk-pl").expect("no key"), b"sk-pl");
    }
}
