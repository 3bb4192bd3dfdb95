//! The tags that models write their thinking between, and where these stand in a text.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What thinking is opened and closed with: pairs of tags. Letter case does not matter,
/// and a tag like `<think>` may have attributes. Where what opens it is empty, the prompt
/// holds that, so that every answer begins as thinking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<[String; 2]>", into = "Vec<[String; 2]>")]
pub struct ThinkingTags(Arc<[[String; 2]]>);

/// The tags of models that are known, and of their chat templates.
const KNOWN: [[&str; 2]; 14] = [
    ["<think>", "</think>"],
    ["<thinking>", "</thinking>"],
    ["<thought>", "</thought>"],
    ["<thoughts>", "</thoughts>"],
    ["<reasoning>", "</reasoning>"],
    ["<reflection>", "</reflection>"],
    ["<scratchpad>", "</scratchpad>"],
    ["[THINK]", "[/THINK]"],
    ["<seed:think>", "</seed:think>"],
    ["<longcat_think>", "</longcat_think>"],
    ["◁think▷", "◁/think▷"],
    ["<|START_THINKING|>", "<|END_THINKING|>"],
    ["<|begin_of_thought|>", "<|end_of_thought|>"],
    ["<|channel|>analysis<|message|>", "<|channel|>final<|message|>"],
];

/// The most pairs, and the most bytes of a tag.
const MOST_PAIRS: usize = 32;
const LONGEST: usize = 100;

/// The longest text between a tag's name and its end.
const LONGEST_ATTRIBUTES: usize = 512;

impl Default for ThinkingTags {
    fn default() -> ThinkingTags {
        ThinkingTags(KNOWN.iter().map(|pair| pair.map(str::to_owned)).collect())
    }
}

impl TryFrom<Vec<[String; 2]>> for ThinkingTags {
    type Error = String;

    fn try_from(pairs: Vec<[String; 2]>) -> Result<ThinkingTags, String> {
        if pairs.len() > MOST_PAIRS {
            let count = pairs.len();
            return Err(format!("{count} pairs of tags; give {MOST_PAIRS} at most"));
        }
        for [open, close] in &pairs {
            if close.is_empty() {
                return Err(format!("the tag that closes {open:?} is empty"));
            }
            if let Some(tag) = [open, close].into_iter().find(|tag| tag.trim() != *tag) {
                return Err(format!("the tag {tag:?} has blanks around it"));
            }
            if let Some(tag) = [open, close].into_iter().find(|tag| tag.len() > LONGEST) {
                return Err(format!("the tag {tag:?} is longer than {LONGEST} bytes"));
            }
            if open.eq_ignore_ascii_case(close) {
                return Err(format!(
                    "the tag {open:?} opens and closes thinking; give two that differ"
                ));
            }
        }
        Ok(ThinkingTags(pairs.into()))
    }
}

impl From<ThinkingTags> for Vec<[String; 2]> {
    fn from(tags: ThinkingTags) -> Vec<[String; 2]> {
        tags.0.to_vec()
    }
}

/// A tag in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Which pair it is of.
    pub(super) pair: usize,
    pub(super) closes: bool,
    pub(super) at: Range<usize>,
}

impl ThinkingTags {
    /// Every tag in a text, in order.
    pub(super) fn in_text(&self, text: &str) -> Vec<Found> {
        let (first, second) = (self.bytes_at(0), self.bytes_at(1));
        let bytes = text.as_bytes();
        let is_of =
            |known: &[bool; 256], byte: Option<&u8>| byte.is_none_or(|it| known[usize::from(*it)]);
        // A text of nothing but `<` is as fast to look through as any other.
        let may_begin =
            |at: usize| is_of(&first, bytes.get(at)) && is_of(&second, bytes.get(at + 1));
        let mut found = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            match may_begin(at).then(|| self.at(bytes, at)).flatten() {
                Some(tag) => {
                    at = tag.at.end;
                    found.push(tag);
                }
                None => at += 1,
            }
        }
        found
    }

    /// Which bytes stand at a place of a tag; any byte, where a tag is shorter.
    fn bytes_at(&self, place: usize) -> [bool; 256] {
        let mut bytes = [false; 256];
        for tag in self.written() {
            let Some(byte) = tag.as_bytes().get(place) else { return [true; 256] };
            bytes[usize::from(byte.to_ascii_lowercase())] = true;
            bytes[usize::from(byte.to_ascii_uppercase())] = true;
        }
        bytes
    }

    /// The tags that can stand in a text.
    fn written(&self) -> impl Iterator<Item = &String> {
        self.0.iter().flatten().filter(|tag| !tag.is_empty())
    }

    /// Whether every answer begins as thinking, as the prompt ends with what opens it.
    pub(super) fn are_opened_by_the_prompt(&self) -> bool {
        self.0.iter().any(|[open, _]| open.is_empty())
    }

    /// The longest tag that begins at a place.
    fn at(&self, bytes: &[u8], at: usize) -> Option<Found> {
        let mut found: Option<Found> = None;
        for (pair, tags) in self.0.iter().enumerate() {
            for (tag, closes) in tags.iter().zip([false, true]) {
                if tag.is_empty() {
                    continue;
                }
                let Some(end) = end_of(tag.as_bytes(), bytes, at) else { continue };
                if found.as_ref().is_none_or(|found| found.at.end < end) {
                    found = Some(Found { pair, closes, at: at..end });
                }
            }
        }
        found
    }
}

/// Where a tag ends that begins at a place, if it does.
fn end_of(tag: &[u8], bytes: &[u8], at: usize) -> Option<usize> {
    let starts_with =
        |part: &[u8]| bytes[at..].get(..part.len()).is_some_and(|it| it.eq_ignore_ascii_case(part));
    if starts_with(tag) {
        return Some(at + tag.len());
    }
    let name = tag.strip_suffix(b">").filter(|name| has_attributes(name) && starts_with(name))?;
    let start = at + name.len();
    let is_apart = bytes.get(start).is_some_and(u8::is_ascii_whitespace);
    let after = bytes[start..].iter().take(LONGEST_ATTRIBUTES);
    let end = after.clone().position(|byte| matches!(byte, b'<' | b'>'))?;
    let is_tag = is_apart && bytes[start + end] == b'>' && bytes[start + end - 1] != b'/';
    is_tag.then_some(start + end + 1)
}

/// Whether a tag without its `>` is `<` and a name, as an element of XML has.
fn has_attributes(tag: &[u8]) -> bool {
    let name = tag.strip_prefix(b"<").map(|rest| rest.strip_prefix(b"/").unwrap_or(rest));
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b":_-".contains(byte);
    name.is_some_and(|name| !name.is_empty() && name.iter().all(is_of_name))
}
