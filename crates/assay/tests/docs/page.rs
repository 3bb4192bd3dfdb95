//! A page of the documentation: the blocks on it, and the commands in them.

use std::fs;
use std::path::Path;

use crate::door::repository;

/// A block of a page between fences.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// From 1: where its text begins.
    pub(crate) line: usize,
    pub(crate) language: String,
    /// The path in backticks with which the line before it begins or ends.
    pub(crate) file: Option<String>,
    pub(crate) text: String,
}

/// A command of a block, and what it prints, as the page shows it.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    pub(crate) line: usize,
    /// With continued lines joined.
    pub(crate) text: String,
    /// `None` where the page shows no output at all.
    pub(crate) output: Option<String>,
}

/// The names of all pages, from the root of the repository.
pub(crate) fn all() -> Vec<String> {
    let docs = fs::read_dir(repository().join("docs")).expect("a folder");
    let names =
        docs.map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"));
    let mut pages: Vec<String> =
        names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")).collect();
    pages.extend(["README.md".to_owned(), "CONTRIBUTING.md".to_owned()]);
    pages.sort();
    assert!(pages.len() > 30, "{pages:?}");
    pages
}

/// The blocks of a page, in order.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let text =
        fs::read_to_string(repository().join(page)).unwrap_or_else(|e| panic!("{page}: {e}"));
    let lines: Vec<&str> = text.lines().collect();
    let mut blocks = Vec::new();
    let mut place = 0;
    while place < lines.len() {
        // A block of a list is indented with it.
        let indent = lines[place].len() - lines[place].trim_start().len();
        let dedented = |line: &str| line.get(indent..).unwrap_or_default().to_owned();
        let Some(language) = lines[place].trim_start().strip_prefix("```") else {
            place += 1;
            continue;
        };
        let length = lines[place + 1..].iter().position(|line| line.trim() == "```");
        let end = place + 1 + length.unwrap_or_else(|| panic!("{page}:{}: no end", place + 1));
        let before = lines[..place].iter().rfind(|line| !line.is_empty());
        let text = lines[place + 1..end].iter().map(|line| dedented(line) + "\n").collect();
        blocks.push(Block {
            line: place + 2,
            language: language.trim().to_owned(),
            file: before.and_then(|line| named_file(line)),
            text,
        });
        place = end + 1;
    }
    blocks
}

/// The first path in backticks of a line that announces a file.
fn named_file(line: &str) -> Option<String> {
    if !line.ends_with([':', '.']) {
        return None;
    }
    let path = line.split('`').nth(1)?;
    let is_path = path.contains('.') && !path.contains(' ') && Path::new(path).is_relative();
    is_path.then(|| path.to_owned())
}

/// The commands of a block of a shell; none of another one.
pub(crate) fn commands(block: &Block) -> Vec<Command> {
    let prompted = match block.language.as_str() {
        "console" => true,
        "sh" => false,
        _ => return Vec::new(),
    };
    let mut commands: Vec<Command> = Vec::new();
    let mut lines = block.text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let begun = match prompted {
            // `assay world` prints such a line.
            true => line.strip_prefix("$ ").filter(|it| !it.starts_with("fetch ")),
            false => Some(line).filter(|line| !line.is_empty() && !line.starts_with('#')),
        };
        let Some(begun) = begun else {
            if let Some(command) = commands.last_mut() {
                let output = command.output.get_or_insert_default();
                output.push_str(line);
                output.push('\n');
            }
            continue;
        };
        let mut text = begun.to_owned();
        while let Some(start) = text.strip_suffix('\\') {
            let (_, next) = lines.next().expect("a continued line");
            text = format!("{start}{}", next.trim_start());
        }
        if let Some((_, mark)) = text.clone().split_once("<<'") {
            let mark = mark.trim_end_matches('\'').to_owned();
            for (_, line) in lines.by_ref() {
                text.push('\n');
                text.push_str(line);
                if line == mark {
                    break;
                }
            }
        }
        commands.push(Command { line: block.line + index, text, output: None });
    }
    commands
}

/// The words of a command as a shell reads them, without variables; each `|`, `&&`, `;`, `&` and
/// `>` a word of its own.
pub(crate) fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = command.lines().next().unwrap_or_default().chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                word.extend(letters.by_ref().take_while(|it| *it != letter));
            }
            ' ' => words.extend(word.take()),
            '#' if word.is_none() => break,
            '|' | '&' | ';' | '>' => {
                words.extend(word.take());
                if letter == '&' && letters.peek() == Some(&'&') {
                    letters.next();
                }
                words.push(letter.to_string());
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words
}

/// The command lines of `assay` in a command, each from the name on.
pub(crate) fn of_assay(command: &str) -> Vec<Vec<String>> {
    let words = words(command);
    let simple = words.split(|word| ["|", "&", ";", ">"].contains(&word.as_str()));
    let without_settings = simple.map(|words| {
        let is_setting = |word: &&String| {
            word.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            })
        };
        words.iter().skip_while(is_setting).cloned().collect::<Vec<_>>()
    });
    without_settings.filter(|words| words.first().is_some_and(|it| it == "assay")).collect()
}

#[test]
fn commands_are_found_with_what_they_print() {
    let text = "$ assay a \\\n    b   # why\nout\n\nmore\n$ X=1 assay c | gzip > d\n".to_owned();
    let block = Block { line: 7, language: "console".to_owned(), file: None, text };
    let found = commands(&block);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0].text, "assay a b   # why");
    assert_eq!(found[0].output.as_deref(), Some("out\n\nmore\n"));
    assert_eq!((found[1].line, found[1].output.as_deref()), (12, None));
    assert_eq!(of_assay(&found[0].text), [["assay", "a", "b"]]);
    assert_eq!(of_assay(&found[1].text), [["assay", "c"]]);
    assert_eq!(words("a 'b c' \"d<e\" f'g'"), ["a", "b c", "d<e", "fg"]);
}
