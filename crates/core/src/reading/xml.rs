//! A reader of XML for one block that has no document type: well-formed by the letter, or
//! an error, as the reader of SecCodeBench-V2's program has it.
//!
//! It takes one pass over the text and keeps no tree, so no text makes it slow.

use std::collections::{HashMap, HashSet};

/// A `<code>` child of the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CodeElement {
    /// The text of its first `<path>`, up to a first element in that.
    pub(super) path: Option<String>,
    /// The same of its first `<content>`.
    pub(super) content: Option<String>,
}

/// The `<code>` children of a block's root, or what is wrong with the block.
pub(super) fn code_elements(block: &str) -> Result<Vec<CodeElement>, String> {
    let mut reader = Reader {
        rest: block,
        open: Vec::new(),
        prefixes: HashMap::from([("xml".to_owned(), 1)]),
        items: Vec::new(),
        taking: None,
    };
    reader.document().map_err(|fault| {
        let offset = block.len() - reader.rest.len();
        let line = block[..offset].bytes().filter(|byte| *byte == b'\n').count() + 1;
        format!("{fault} (line {line} of the block)")
    })?;
    Ok(reader.items)
}

struct Reader<'a> {
    rest: &'a str,
    open: Vec<Element<'a>>,
    /// How many open elements declare each prefix of names.
    prefixes: HashMap<String, usize>,
    items: Vec<CodeElement>,
    /// The text that is wanted of the open element.
    taking: Option<Wanted>,
}

struct Element<'a> {
    name: &'a str,
    /// Whether names without a prefix are in a namespace here.
    in_namespace: bool,
    declares: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Path,
    Content,
}

type Fault = &'static str;

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<(), Fault> {
        loop {
            if self.rest.is_empty() {
                return Err("an element is not closed");
            }
            if self.rest.starts_with('<') {
                self.markup()?;
            } else {
                self.characters()?;
            }
            if self.open.is_empty() {
                break;
            }
        }
        match self.rest.trim_start().is_empty() {
            true => Ok(()),
            false => Err("something stands behind the end of the block"),
        }
    }

    fn markup(&mut self) -> Result<(), Fault> {
        if let Some(rest) = self.rest.strip_prefix("<![CDATA[") {
            let (text, rest) = rest.split_once("]]>").ok_or("a CDATA section is not closed")?;
            valid_characters(text)?;
            self.take_text(&with_plain_line_ends(text));
            self.rest = rest;
            return Ok(());
        }
        if let Some(rest) = self.rest.strip_prefix("<!--") {
            let (text, rest) = rest.split_once("--").ok_or("a comment is not closed")?;
            valid_characters(text)?;
            self.rest = rest.strip_prefix('>').ok_or("a comment holds two hyphens")?;
            return Ok(());
        }
        if let Some(rest) = self.rest.strip_prefix("<?") {
            let (text, rest) = rest.split_once("?>").ok_or("an instruction is not closed")?;
            valid_characters(text)?;
            let target = name_at(text).ok_or("an instruction has no name")?;
            let after = &text[target.len()..];
            let is_apart = after.is_empty() || after.starts_with(is_space);
            if !is_apart || target.eq_ignore_ascii_case("xml") || target.contains(':') {
                return Err("an instruction is malformed");
            }
            self.rest = rest;
            return Ok(());
        }
        if let Some(rest) = self.rest.strip_prefix("</") {
            return self.end_tag(rest);
        }
        self.start_tag()
    }

    fn end_tag(&mut self, rest: &'a str) -> Result<(), Fault> {
        let name = name_at(rest).ok_or("a tag has no name")?;
        let element = self.open.pop().ok_or("a tag closes nothing")?;
        if element.name != name {
            self.open.push(element);
            return Err("a tag closes another element than the one that is open");
        }
        let rest = rest[name.len()..].trim_start_matches(is_space);
        self.rest = rest.strip_prefix('>').ok_or("a tag is not closed")?;
        self.close(&element);
        Ok(())
    }

    fn close(&mut self, element: &Element<'_>) {
        for prefix in &element.declares {
            if let Some(count) = self.prefixes.get_mut(prefix) {
                *count -= 1;
            }
        }
        self.taking = None;
    }

    fn start_tag(&mut self) -> Result<(), Fault> {
        let rest = &self.rest[1..];
        let name = name_at(rest).ok_or("a \"<\" begins no tag")?;
        let mut rest = &rest[name.len()..];
        let mut attributes: Vec<(&str, &str)> = Vec::new();
        let is_empty = loop {
            let after = rest.trim_start_matches(is_space);
            if let Some(after) = after.strip_prefix('>') {
                rest = after;
                break false;
            }
            if let Some(after) = after.strip_prefix("/>") {
                rest = after;
                break true;
            }
            if after.len() == rest.len() {
                return Err("a tag is malformed");
            }
            let (attribute, after) = attribute_at(after)?;
            attributes.push(attribute);
            rest = after;
        };
        let element = self.element(name, &attributes)?;
        self.rest = rest;
        self.begin(&element);
        match is_empty {
            true => self.close(&element),
            false => self.open.push(element),
        }
        Ok(())
    }

    /// Resolves the names of an element and its attributes.
    fn element(
        &mut self,
        name: &'a str,
        attributes: &[(&str, &str)],
    ) -> Result<Element<'a>, Fault> {
        let mut in_namespace = self.open.last().is_some_and(|parent| parent.in_namespace);
        let mut declares = Vec::new();
        let mut names = HashSet::new();
        for (name, value) in attributes {
            if !names.insert(*name) {
                return Err("an attribute is given twice");
            }
            if *name == "xmlns" {
                in_namespace = !value.is_empty();
            } else if let Some(prefix) = name.strip_prefix("xmlns:") {
                if value.is_empty() || prefix == "xmlns" || prefix.contains(':') {
                    return Err("a prefix is declared as nothing");
                }
                declares.push(prefix.to_owned());
                *self.prefixes.entry(prefix.to_owned()).or_default() += 1;
            }
        }
        let all = attributes.iter().map(|(name, _)| *name).chain([name]);
        for name in all.filter(|name| !name.starts_with("xmlns:")) {
            match name.split_once(':') {
                Some((prefix, local)) => {
                    let is_declared = self.prefixes.get(prefix).is_some_and(|count| *count > 0);
                    if !is_declared || local.is_empty() || local.contains(':') {
                        return Err("a prefix of a name is not declared");
                    }
                }
                None => continue,
            }
        }
        Ok(Element { name, in_namespace, declares })
    }

    /// Sees whether an element at this place is one of those that are looked for.
    fn begin(&mut self, element: &Element<'_>) {
        // Only what stands before the first element in it is an element's text.
        self.taking = None;
        let name = if element.in_namespace { "" } else { element.name };
        match (self.open.len(), name) {
            (1, "code") => self.items.push(CodeElement::default()),
            (2, "path" | "content") if self.is_in_code() => {
                let Some(item) = self.items.last_mut() else { return };
                let (wanted, text) = match name {
                    "path" => (Wanted::Path, &mut item.path),
                    _ => (Wanted::Content, &mut item.content),
                };
                if text.is_none() {
                    *text = Some(String::new());
                    self.taking = Some(wanted);
                }
            }
            _ => {}
        }
    }

    fn is_in_code(&self) -> bool {
        self.open.get(1).is_some_and(|parent| parent.name == "code" && !parent.in_namespace)
    }

    fn characters(&mut self) -> Result<(), Fault> {
        let end = self.rest.find('<').unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        valid_characters(text)?;
        if text.contains("]]>") {
            return Err("\"]]>\" stands outside of a CDATA section");
        }
        let text = resolved(text)?;
        self.take_text(&text);
        self.rest = rest;
        Ok(())
    }

    fn take_text(&mut self, more: &str) {
        let Some(item) = self.items.last_mut() else { return };
        let text = match self.taking {
            Some(Wanted::Path) => &mut item.path,
            Some(Wanted::Content) => &mut item.content,
            None => return,
        };
        if let Some(text) = text {
            text.push_str(more);
        }
    }
}

/// An attribute, and what follows it.
fn attribute_at(text: &str) -> Result<((&str, &str), &str), Fault> {
    let malformed = "an attribute is malformed";
    let name = name_at(text).ok_or(malformed)?;
    let rest = text[name.len()..].trim_start_matches(is_space);
    let rest = rest.strip_prefix('=').ok_or(malformed)?.trim_start_matches(is_space);
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or(malformed)?;
    let (value, rest) = rest[1..].split_once(quote).ok_or(malformed)?;
    if value.contains('<') {
        return Err("an attribute holds \"<\"");
    }
    valid_characters(value)?;
    resolved(value)?;
    Ok(((name, value), rest))
}

/// The name that a text begins with.
fn name_at(text: &str) -> Option<&str> {
    let starts = |c: char| c.is_alphabetic() || matches!(c, '_' | ':');
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.' | '\u{b7}');
    let end = text.find(|c| !goes_on(c)).unwrap_or(text.len());
    text.starts_with(starts).then(|| &text[..end])
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn valid_characters(text: &str) -> Result<(), Fault> {
    let is_valid = |c: char| match c {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        other => other >= ' ',
    };
    match text.chars().all(is_valid) {
        true => Ok(()),
        false => Err("it holds a control character"),
    }
}

fn with_plain_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The text with its references resolved.
fn resolved(text: &str) -> Result<String, Fault> {
    let text = with_plain_line_ends(text);
    let mut parts = text.split('&');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').ok_or("an \"&\" begins no reference")?;
        let c = match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            _ => numbered(name).ok_or("an \"&\" begins no reference that is known")?,
        };
        whole.push(c);
        whole.push_str(rest);
    }
    Ok(whole)
}

/// The character of a numeric reference, given between `&` and `;`.
pub(super) fn numbered(name: &str) -> Option<char> {
    let digits = name.strip_prefix('#')?;
    let number = match digits.strip_prefix('x') {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            u32::from_str_radix(digits, 16).ok()?
        }
        None if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
        _ => return None,
    };
    let c = char::from_u32(number)?;
    valid_characters(c.encode_utf8(&mut [0; 4])).ok()?;
    Some(c)
}
