//! Answers that are composed of known files: reading them gives these files.

use std::collections::BTreeMap;

use assay_core::SafePath;
use assay_core::answer::{Answer, Finish};
use assay_core::reading::{Reading, Said, ThinkingTags};
use assay_fuzz::hold;
use assay_fuzz::proptest::collection::vec;
use assay_fuzz::proptest::prelude::any;
use assay_fuzz::proptest::sample::{Index, select};
use assay_fuzz::proptest::strategy::Strategy;

/// Lines of code with signs in them that mean something to a reader of answers.
const LINES: [&str; 24] = [
    "int a = b < c && d > e;",
    "    indented = 1",
    "\treturn 0;",
    "",
    "   ",
    "// café 漢字",
    "# a comment",
    "s = \"&lt;&amp;\"",
    "row = row[cells[0]] > 1",
    "#include \"ring.h\"",
    "OPEN = \"<think>\"",
    "CLOSE = \"</think>\"",
    "html = \"<b>bold</b>\"",
    "tags = ['<code2>', '<paths>']",
    "say(`quoted`)",
    "~",
    "if x: pass  # `<result>`",
    "a = '&#60;'",
    "b = \"\\\\\"",
    "<!-- no comment -->",
    "]] >",
    "}",
    "- a list",
    "path = 'src/other.py'",
];

/// Prose that may stand around an answer.
const PROSE: [&str; 6] = [
    "",
    "Here is the module.\n\n",
    "I changed `pack`: it checks a < b & c > d now.\n",
    "<think>\nThey want a file.\n</think>\n",
    "1. Parse\n2. Check\n\n",
    "Vérifié — 完成。\n",
];

/// A file's text that begins and ends with a line that is not blank.
fn content() -> impl Strategy<Value = String> {
    vec(select(&LINES[..]), 0..8).prop_map(|lines| {
        let mut text = "first = 1\n".to_owned();
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        text.push_str("last = 2\n");
        text
    })
}

type Files = Vec<(&'static str, String)>;

fn files() -> impl Strategy<Value = Files> {
    let one = content().prop_map(|text| vec![("src/pack/pack.py", text)]);
    let two = (content(), content())
        .prop_map(|(one, other)| vec![("src/ring.c", one), ("src/ring.h", other)]);
    (any::<bool>(), one, two).prop_map(|(has_one, one, two)| if has_one { one } else { two })
}

fn prose() -> impl Strategy<Value = (&'static str, &'static str)> {
    // Thinking comes first, if at all.
    (select(&PROSE[..]), select(&PROSE[..3]))
}

/// The asked form.
fn block(files: &Files) -> String {
    let items = files.iter().map(|(path, text)| {
        format!("<code>\n<path>{path}</path>\n<content><![CDATA[\n{text}]]></content>\n</code>\n")
    });
    format!("<result>\n{}</result>\n", items.collect::<String>())
}

/// The same files in fences, each after a line with its name.
fn fenced(files: &Files) -> String {
    let fences = files.iter().map(|(path, text)| format!("`{path}`\n\n````\n{text}````\n\n"));
    fences.collect()
}

fn read(
    text: &str,
    reading: Reading,
    files: &Files,
    finish: Finish,
) -> Option<BTreeMap<String, String>> {
    let allowed: Vec<SafePath> =
        files.iter().map(|(path, _)| SafePath::new(path).expect("safe")).collect();
    let answer = Answer::Text(text.to_owned());
    let thinking = ThinkingTags::default().places(&answer, finish);
    let said = Said { answer: &answer, finish, thought: false, thinking: &thinking };
    let read = said.read(reading, &allowed).ok()?;
    Some(read.artifact.files.into_iter().map(|(path, text)| (path.to_string(), text)).collect())
}

fn expected(files: &Files) -> BTreeMap<String, String> {
    files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect()
}

#[test]
fn the_files_of_the_asked_form_are_those_that_were_written() {
    hold("asked form", &(files(), prose(), any::<bool>()), |(files, (before, after), crlf)| {
        let mut text = format!("{before}{}{after}", block(&files));
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        let found = read(&text, Reading::Lenient, &files, Finish::Complete);
        assert_eq!(found, Some(expected(&files)), "lenient: {text}");
        // To the letter, tags in code are tags.
        if !text.contains("`<result>`") {
            let found = read(&text, Reading::Strict, &files, Finish::Complete);
            assert_eq!(found, Some(expected(&files)), "strict: {text}");
        }
    });
}

#[test]
fn the_files_of_named_fences_are_those_that_were_written() {
    hold("named fences", &(files(), prose()), |(files, (before, after))| {
        let text = format!("{before}{}{after}", fenced(&files));
        let found = read(&text, Reading::Lenient, &files, Finish::Complete);
        assert_eq!(found, Some(expected(&files)), "{text}");
    });
}

#[test]
fn what_was_cut_off_holds_whole_files_or_none() {
    let values = (files(), prose(), any::<bool>(), any::<Index>());
    hold("cut off", &values, |(files, (before, after), in_fences, cut)| {
        let body = if in_fences { fenced(&files) } else { block(&files) };
        let text = format!("{before}{body}{after}");
        let mut end = cut.index(text.len() + 1);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = &text[..end];
        let whole = expected(&files);
        let found = read(text, Reading::Lenient, &files, Finish::Truncated);
        for (path, content) in found.unwrap_or_default() {
            assert_eq!(Some(&content), whole.get(&path), "{path} of {text}");
        }
    });
}
