//! The `<result>` blocks that prompts show: those of corpora, which are written with care; and files as
//! an answer gives them in one. Answers are read by [`crate::reading`].

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::files::SafePath;

/// One `code` item: the path as written, and the file's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeItem {
    pub path: String,
    pub content: String,
}

const OPEN_CDATA: &str = "<![CDATA[";
const CLOSE_CDATA: &str = "]]>";

/// The items of every well-formed `<result>` block, in order.
pub fn result_blocks(text: &str) -> Vec<Vec<CodeItem>> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("<result>") {
        let mut cursor = Cursor { rest: &rest[start..] };
        match cursor.result_block() {
            Some(items) => {
                blocks.push(items);
                rest = cursor.rest;
            }
            None => rest = &rest[start + "<result>".len()..],
        }
    }
    blocks
}

/// These files in a block, as prompts ask for them.
pub fn result_block(files: &BTreeMap<SafePath, String>) -> String {
    let mut text = "<result>\n".to_owned();
    for (path, content) in files {
        // A section of CDATA cannot hold its own end.
        let content = content.replace(CLOSE_CDATA, "]]]]><![CDATA[>");
        let end = if content.ends_with('\n') { "" } else { "\n" };
        let _ = write!(
            text,
            "<code>\n<path>{path}</path>\n<content><![CDATA[\n{content}{end}]]></content>\n</code>\n"
        );
    }
    text + "</result>\n"
}

/// What is left to read of the text.
struct Cursor<'a> {
    rest: &'a str,
}

impl Cursor<'_> {
    fn result_block(&mut self) -> Option<Vec<CodeItem>> {
        self.expect("<result>")?;
        let mut items = Vec::new();
        while self.expect("</result>").is_none() {
            items.push(self.code_item()?);
        }
        (!items.is_empty()).then_some(items)
    }

    fn code_item(&mut self) -> Option<CodeItem> {
        self.expect("<code>")?;
        self.expect("<path>")?;
        let path = unwrap_cdata(self.until("</path>")?).trim().to_owned();
        self.expect("<content>")?;
        let content = self.content()?;
        self.expect("</code>")?;
        Some(CodeItem { path, content })
    }

    fn content(&mut self) -> Option<String> {
        let after_space = self.rest.trim_start();
        let Some(body) = after_space.strip_prefix(OPEN_CDATA) else {
            return Some(plain_text(self.until("</content>")?));
        };
        // Source text may hold `]]>` itself, so only an end that is followed by
        // the closing tag ends the section.
        let mut searched = 0;
        loop {
            let end = searched + body[searched..].find(CLOSE_CDATA)?;
            let after = body[end + CLOSE_CDATA.len()..].trim_start();
            if let Some(rest) = after.strip_prefix("</content>") {
                self.rest = rest;
                let section = body[..end].replace("]]]]><![CDATA[>", CLOSE_CDATA);
                return Some(without_margin_lines(&section));
            }
            searched = end + CLOSE_CDATA.len();
        }
    }

    /// Consumes `token` after white space, if it is next.
    fn expect(&mut self, token: &str) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(token)?;
        Some(())
    }

    fn until(&mut self, token: &str) -> Option<&str> {
        let (text, rest) = self.rest.split_once(token)?;
        self.rest = rest;
        Some(text)
    }
}

fn unwrap_cdata(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix(OPEN_CDATA).and_then(|inner| inner.strip_suffix(CLOSE_CDATA)).unwrap_or(text)
}

/// Content outside CDATA. Entities are decoded only where the text is valid XML
/// text; with a bare `<` it is source code that the model forgot to wrap.
fn plain_text(text: &str) -> String {
    let text = without_margin_lines(text);
    if text.contains('<') {
        return text;
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

/// Without the blank lines that surround the text for the tags' sake.
fn without_margin_lines(text: &str) -> String {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            break;
        }
        start += line.len();
    }
    let body = text[start..].trim_end();
    if body.is_empty() { String::new() } else { format!("{body}\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Option<&[(&str, &str)]>) {
        let found = result_blocks(text).pop();
        let found: Option<Vec<(&str, &str)>> = found.as_ref().map(|items| {
            items.iter().map(|item| (item.path.as_str(), item.content.as_str())).collect()
        });
        assert_eq!(found.as_deref(), expect, "{text:?}");
    }

    #[test]
    fn files_in_a_block_are_read_as_they_were() {
        let path = |text: &str| SafePath::new(text).expect("a safe path");
        let files: BTreeMap<SafePath, String> = [
            (path("a.py"), "x = a[b[0]]>1\nprint(x)\n".to_owned()),
            (path("src/b.c"), "int b;".to_owned()),
        ]
        .into();
        let text = result_block(&files);
        check(&text, Some(&[("a.py", "x = a[b[0]]>1\nprint(x)\n"), ("src/b.c", "int b;\n")]));
    }

    fn block(path: &str, content: &str) -> String {
        format!(
            "<result>\n <code>\n <path>\n{path}\n</path>\n<content>\n<![CDATA[\n{content}\n]]>\n</content>\n</code>\n</result>"
        )
    }

    #[test]
    fn last_well_formed_block_counts() {
        check("no code here", None);
        check("", None);
        check(&block("src/a.c", "int a;"), Some(&[("src/a.c", "int a;\n")]));
        let two = format!("First {} then {} bye", block("a", "1"), block("b", "2"));
        check(&two, Some(&[("b", "2\n")]));
        let prose = format!("I answer in `<result>` tags: {}", block("a", "1"));
        check(&prose, Some(&[("a", "1\n")]));
        let broken_tail = format!("{} <result><code><path>b</path>", block("a", "1"));
        check(&broken_tail, Some(&[("a", "1\n")]));
        check("<result></result>", None);
    }

    #[test]
    fn several_files_and_tight_markup_are_read() {
        check(
            "<result><code><path>a</path><content><![CDATA[x]]></content></code><code><path>b</path><content><![CDATA[y]]></content></code></result>",
            Some(&[("a", "x\n"), ("b", "y\n")]),
        );
    }

    #[test]
    fn content_may_hold_markup_of_its_own() {
        check(&block("a", "if (a[b[0]]>1) {}"), Some(&[("a", "if (a[b[0]]>1) {}\n")]));
        check(&block("a", "s = \"</result>\""), Some(&[("a", "s = \"</result>\"\n")]));
        check(&block("a", "x]]]]><![CDATA[>y"), Some(&[("a", "x]]>y\n")]));
    }

    #[test]
    fn content_without_cdata_is_read() {
        check(
            "<result><code><path>a</path><content>#include <a.h>\n</content></code></result>",
            Some(&[("a", "#include <a.h>\n")]),
        );
        check(
            "<result><code><path>a</path><content>a &lt; b &amp;&amp; c</content></code></result>",
            Some(&[("a", "a < b && c\n")]),
        );
    }

    #[test]
    fn indentation_of_the_first_line_is_kept() {
        check(&block("a", "    indented"), Some(&[("a", "    indented\n")]));
    }
}
