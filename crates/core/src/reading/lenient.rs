//! The reading of a person: one unambiguous way to find every file.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::block::{Block, Blocks, Item};
use super::entity::unescaped_where_possible;
use super::fence::{Fence, fences};
use super::place::{could_be, named_in, place};
use super::thinking::spoken;
use super::{Fault, Form, Found, PathMatch, Taken, ThinkingTags, strict, without_margin_lines};
use crate::answer::Finish;
use crate::artifact::not_expected;
use crate::files::SafePath;

/// What a fenced block is tagged with that can hold a file of each ending.
const LANGUAGES: [(&[&str], &[&str]); 6] = [
    (&["py"], &["python", "py", "python3"]),
    (&["rb"], &["ruby", "rb"]),
    (&["c", "h", "cc", "cpp", "hpp"], &["c", "h", "cpp", "c++", "cc", "objc"]),
    (&["java"], &["java"]),
    (&["go"], &["go", "golang"]),
    (
        &["js", "mjs", "cjs", "ts"],
        &["javascript", "js", "node", "nodejs", "mjs", "cjs", "jsx", "typescript", "ts"],
    ),
];

/// What a fenced block is tagged with that holds none.
const OTHER_LANGUAGES: [&str; 29] = [
    "bash",
    "sh",
    "shell",
    "zsh",
    "console",
    "terminal",
    "powershell",
    "cmd",
    "bat",
    "json",
    "yaml",
    "yml",
    "toml",
    "ini",
    "xml",
    "html",
    "css",
    "sql",
    "diff",
    "patch",
    "csv",
    "markdown",
    "md",
    "makefile",
    "make",
    "dockerfile",
    "http",
    "output",
    "log",
];

/// Reads a text. One that was cut off at a limit holds no file that ends with it.
pub(super) fn read(answer: &str, allowed: &[SafePath], is_cut_off: bool) -> Result<Taken, Fault> {
    let text = answer.strip_prefix('\u{feff}').unwrap_or(answer);
    let mut blocks = Blocks::of(text);
    let unescaped = (blocks.blocks.is_empty() && is_escaped(text)).then(|| spoken_unescaped(text));
    let text = match &unescaped {
        Some(text) => {
            blocks = Blocks::of(text);
            text
        }
        None => text,
    };
    let mut taken = match of_blocks(&blocks.blocks, allowed, is_cut_off) {
        Err(Fault::NoForm) => of_fences(&fences(text), allowed, is_cut_off),
        Err(Fault::EmptyFiles) => {
            of_fences(&fences(text), allowed, is_cut_off).map_err(|_| Fault::EmptyFiles)
        }
        other => other,
    }?;
    mark_as_asked(&mut taken, answer, allowed);
    Ok(taken)
}

/// The text with its entities resolved, and without thinking whose tags had some.
fn spoken_unescaped(text: &str) -> String {
    let text = unescaped_where_possible(text);
    let found = ThinkingTags::default().find_in(&text, Finish::Complete).into_iter();
    let thinking: Vec<Range<usize>> = found.map(|thinking| thinking.at).collect();
    spoken(&text, &thinking).into_owned()
}

/// Whether the tags themselves are written with entities.
pub(super) fn is_escaped(text: &str) -> bool {
    ["&lt;result&gt;", "&lt;code&gt;", "&#60;result&#62;", "&LT;RESULT&GT;", "&lt;RESULT&gt;"]
        .iter()
        .any(|tag| text.contains(tag))
}

/// Says of files that the strict reading finds too that they are as asked for.
fn mark_as_asked(taken: &mut Taken, text: &str, allowed: &[SafePath]) {
    let is_of_block = |found: &Found| found.form == Form::MendedBlock;
    if !taken.files.values().any(|(_, found)| is_of_block(found)) {
        return;
    }
    let Ok(strict) = strict::read(text, allowed) else { return };
    for (path, (content, found)) in &mut taken.files {
        let is_same = strict.files.get(path).is_some_and(|(other, _)| other == content);
        if is_same && is_of_block(found) {
            found.form = Form::ResultBlock;
        }
    }
}

/// The files of the last block that holds one; of earlier blocks only those that no later
/// one has.
fn of_blocks(blocks: &[Block], allowed: &[SafePath], is_cut_off: bool) -> Result<Taken, Fault> {
    if blocks.is_empty() {
        return Err(Fault::NoForm);
    }
    let has_content = |block: &Block| block.items.iter().any(|item| item.content.is_some());
    let has_result = blocks.iter().any(|block| block.in_result && has_content(block));
    let blocks: Vec<&Block> =
        blocks.iter().filter(|block| block.in_result == has_result && has_content(block)).collect();
    let form = if has_result { Form::MendedBlock } else { Form::CodeItem };
    let mut taken = Taken::default();
    let mut others = Vec::new();
    let (mut has_content, mut ends_within) = (false, false);
    // What is whole counts before what the text ends within.
    for wants_whole in [true, false] {
        if !taken.files.is_empty() {
            break;
        }
        for block in blocks.iter().rev() {
            let items: Vec<&Item> = block
                .items
                .iter()
                .filter(|item| item.content.is_some() && item.is_cut_off != wants_whole)
                .collect();
            has_content |= !items.is_empty();
            if !wants_whole && is_cut_off {
                ends_within |= !items.is_empty();
                continue;
            }
            let placed = place_items(&items, allowed);
            for refused in placed.refused {
                if !others.contains(&refused) && others.len() < MOST_REFUSED {
                    others.push(refused);
                }
            }
            let is_first = taken.files.is_empty();
            for (path, (content, path_match)) in placed.files {
                let found = Found { form, path: path_match };
                taken.files.entry(path).or_insert_with(|| (content.to_owned(), found));
            }
            if is_first && !taken.files.is_empty() {
                taken.refused.clone_from(&others);
            }
            if taken.files.len() == allowed.len() {
                break;
            }
        }
    }
    match (taken.files.is_empty(), has_content) {
        (false, _) => Ok(taken),
        (true, _) if ends_within && others.is_empty() => Err(Fault::CutOff),
        (true, true) => Err(Fault::NoExpectedPath(others)),
        (true, false) => Err(Fault::EmptyFiles),
    }
}

/// The most files that are listed as left out.
const MOST_REFUSED: usize = 100;

#[derive(Default)]
struct Placed<'a> {
    files: BTreeMap<SafePath, (&'a str, PathMatch)>,
    refused: Vec<String>,
}

fn place_items<'a>(items: &[&'a Item], allowed: &[SafePath]) -> Placed<'a> {
    let mut placed = Placed::default();
    let mut unplaced: Vec<(&Item, &str)> = Vec::new();
    for item in items {
        let Some(content) = item.content.as_deref() else { continue };
        let written = item.path.as_deref().unwrap_or_default();
        match place(written, allowed) {
            Some((path, path_match)) => {
                placed.files.insert(path, (content, path_match));
            }
            None => unplaced.push((item, content)),
        }
    }
    if let ([only], true) = (allowed, placed.files.is_empty()) {
        let could_be = |item: &Item| could_be(item.path.as_deref().unwrap_or_default(), only);
        let mut candidates = unplaced.iter().filter(|(item, _)| could_be(item));
        if let (Some((_, content)), None) = (candidates.next(), candidates.next()) {
            placed.files.insert(only.clone(), (content, PathMatch::Only));
            unplaced.retain(|(item, _)| !could_be(item));
        }
    }
    for (item, _) in unplaced.iter().take(MOST_REFUSED) {
        placed.refused.push(match &item.path {
            Some(path) => not_expected(path),
            None => "a file of the answer has no path".to_owned(),
        });
    }
    placed
}

/// A fenced block with content, and the file that it says it is.
struct Candidate<'a> {
    fence: &'a Fence,
    content: String,
    named: Option<(SafePath, Found)>,
}

fn of_fences(all: &[Fence], allowed: &[SafePath], is_cut_off: bool) -> Result<Taken, Fault> {
    let mut candidates = Vec::new();
    for fence in all {
        if let Some(content) = without_margin_lines(&fence.content) {
            let named = name_of(fence, &content, allowed);
            candidates.push(Candidate { fence, content, named });
        }
    }
    let before = candidates.len();
    if is_cut_off || candidates.iter().any(|it| it.named.is_some() && !it.fence.is_cut_off) {
        candidates.retain(|candidate| !candidate.fence.is_cut_off);
    }
    let mut taken = Taken::default();
    for Candidate { content, named, .. } in &candidates {
        if let Some((path, found)) = named {
            taken.files.insert(path.clone(), (content.clone(), *found));
        }
    }
    if !taken.files.is_empty() {
        return Ok(taken);
    }
    if let [only] = allowed {
        let content = sole(&candidates, only)?;
        if let Some(content) = content {
            let found = Found { form: Form::SoleFence, path: PathMatch::Only };
            taken.files.insert(only.clone(), (content, found));
            return Ok(taken);
        }
    } else if candidates.iter().any(|it| allowed.iter().any(|file| level(it.fence, file) > 0)) {
        return Err(Fault::Unnamed);
    }
    match before > candidates.len() && is_cut_off {
        true => Err(Fault::CutOff),
        false => Err(Fault::NoForm),
    }
}

/// The content of the only block that can be the file; `None` if none can.
fn sole(candidates: &[Candidate<'_>], file: &SafePath) -> Result<Option<String>, Fault> {
    let best = candidates.iter().map(|it| level(it.fence, file)).max().unwrap_or_default();
    if best == 0 {
        return Ok(None);
    }
    let at_best: Vec<&Candidate<'_>> =
        candidates.iter().filter(|it| level(it.fence, file) == best).collect();
    let mut contents: BTreeSet<&str> = at_best.iter().map(|it| it.content.as_str()).collect();
    if contents.len() > 1 {
        let own = at_best.iter().filter(|it| !names_another(it, file));
        contents = own.map(|it| it.content.as_str()).collect();
    }
    match contents.len() {
        1 => Ok(contents.first().map(|content| (*content).to_owned())),
        _ => Err(Fault::Several(at_best.len())),
    }
}

/// How well the tag of a block fits a file: 2 if it is the file's language, 0 if it is
/// another, 1 if it says nothing.
fn level(fence: &Fence, file: &SafePath) -> u8 {
    let apart = |c: char| c.is_whitespace() || ":,{}=".contains(c);
    let word = fence.info.split(apart).find(|word| !word.is_empty()).unwrap_or_default();
    let word = word.trim_start_matches('.').to_lowercase();
    let ending = file.extension().unwrap_or_default().to_lowercase();
    let word = word.as_str();
    let is_language = |(_, words): &&(&[&str], &[&str])| words.contains(&word);
    match LANGUAGES.iter().find(is_language) {
        Some((endings, _)) if endings.contains(&ending.as_str()) => 2,
        Some(_) => 0,
        None if OTHER_LANGUAGES.contains(&word) => 0,
        None => 1,
    }
}

/// The file that a block says it is, in its opening line, in the line before it, or in a
/// comment that begins it.
fn name_of(fence: &Fence, content: &str, allowed: &[SafePath]) -> Option<(SafePath, Found)> {
    let found = |form, (file, path)| Some((file, Found { form, path }));
    if let Some(named) = named_in(&fence.info, allowed) {
        return found(Form::FenceInfo, named);
    }
    // With one file, a sentence that mentions it may be about its use.
    let is_title = allowed.len() > 1 || fence.heading.split_whitespace().count() <= MOST_WORDS;
    if let Some(named) = named_in(&fence.heading, allowed).filter(|_| is_title) {
        return found(Form::FenceHeading, named);
    }
    let named = named_in(comment(content)?, allowed)?;
    found(Form::FenceComment, named)
}

/// The most words of a line that is the title of a block.
const MOST_WORDS: usize = 4;

/// The comment that a text begins with.
fn comment(content: &str) -> Option<&str> {
    const MARKS: [&str; 8] = ["//", "#", "/*", "--", "<!--", ";", "\"\"\"", "'''"];
    let line = content.lines().find(|line| !line.trim().is_empty())?.trim();
    // A directive of C is no comment, though it names a file.
    let is_directive = line.starts_with("#include") || line.starts_with("#define");
    (!is_directive && MARKS.iter().any(|mark| line.starts_with(mark))).then_some(line)
}

/// Whether a block says that it is a file of the same kind that nobody asked for.
fn names_another(candidate: &Candidate<'_>, file: &SafePath) -> bool {
    let Some(ending) = file.extension() else { return false };
    let ending = format!(".{ending}");
    let lines = [
        Some(candidate.fence.info.as_str()),
        Some(candidate.fence.heading.as_str()),
        comment(&candidate.content),
    ];
    lines.into_iter().flatten().flat_map(str::split_whitespace).any(|word| {
        let word = word.trim_matches(|c: char| "`*:\"'(),#".contains(c));
        word.ends_with(&ending) && word.len() > ending.len()
    })
}
