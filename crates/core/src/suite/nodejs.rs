//! Finds the tests of Jest and Mocha suites, and which of the two a project uses.
//!
//! A test is named by its describe blocks and itself, joined by ` > `. Where the
//! source computes a part of a name, `${}` stands for it; the runner reports such
//! a test as `written name[computed name]`. A second test of the same name is
//! `name (2)`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{ExpectedTest, Runner};
use crate::files::{FileSet, SafePath};
use crate::javascript::{Kind as Is, Token, tokens};

/// The framework among a project's dependencies, if there is one.
pub(crate) fn runner(template: &FileSet) -> Option<Runner> {
    let description = SafePath::new("package.json").ok().and_then(|path| template.get(&path));
    let description: serde_json::Value = description
        .and_then(|text| serde_json::from_slice(text).ok())
        .unwrap_or(serde_json::Value::Null);
    let needs = |name| {
        ["dependencies", "devDependencies"].iter().any(|kind| !description[*kind][name].is_null())
    };
    match (needs("jest"), needs("mocha")) {
        (true, _) => Some(Runner::Jest),
        (false, true) => Some(Runner::Mocha),
        (false, false) => None,
    }
}

/// Whether a file of a suite holds tests: `*.test.js`, `*.spec.js` and their like.
pub fn is_test_file(path: &SafePath) -> bool {
    let is_script = matches!(path.extension(), Some("js" | "cjs" | "mjs"));
    let mut parts = path.file_name().rsplit('.').skip(1);
    is_script && matches!(parts.next(), Some("test" | "spec"))
}

/// The files of a suite that hold tests.
pub fn test_files(files: &FileSet) -> impl Iterator<Item = &SafePath> {
    files.keys().filter(|path| is_test_file(path))
}

/// The tests of these sources.
pub(super) fn tests(files: &FileSet) -> Vec<ExpectedTest> {
    let mut found = Vec::new();
    for path in test_files(files) {
        let text = files.get(path).map(|text| String::from_utf8_lossy(text).into_owned());
        let tokens = tokens(&text.unwrap_or_default());
        let mut in_file = Vec::new();
        Block::default().collect(&tokens, &mut in_file);
        let focused = in_file.iter().any(|test| test.focused);
        found.extend(in_file.into_iter().map(|test| ExpectedTest {
            name: test.name,
            may_skip: test.may_skip || (focused && !test.focused),
        }));
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for test in &mut found {
        match seen.entry(test.name.clone()) {
            Entry::Vacant(first) => _ = first.insert(1),
            Entry::Occupied(mut times) => {
                *times.get_mut() += 1;
                test.name = format!("{} ({})", test.name, times.get());
            }
        }
    }
    found
}

/// A test as its source writes it.
struct Written {
    name: String,
    may_skip: bool,
    focused: bool,
}

/// A describe block, or the file.
#[derive(Default)]
struct Block {
    path: Vec<String>,
    skipped: bool,
    focused: bool,
}

/// What `describe`, `it` and their variants define.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Block,
    Test,
}

impl Block {
    /// The tests that the code of this block defines.
    fn collect(&self, code: &[Token], found: &mut Vec<Written>) {
        let mut place = 0;
        while place < code.len() {
            let is_property = place > 0 && code[place - 1].is_mark('.');
            let definition = Definition::at(&code[place..]).filter(|_| !is_property);
            let Some(definition) = definition else {
                place += 1;
                continue;
            };
            let mut path = self.path.clone();
            path.push(definition.title.clone());
            let skipped = self.skipped || definition.skipped;
            let focused = self.focused || definition.focused;
            let body = &code[place + definition.body.start..place + definition.body.end];
            match definition.kind {
                Kind::Block => Block { path, skipped, focused }.collect(body, found),
                Kind::Test => {
                    let may_skip = skipped || body.windows(4).any(skips_itself);
                    found.push(Written { name: path.join(" > "), may_skip, focused });
                }
            }
            place += definition.body.end;
        }
    }
}

/// Whether these tokens are `this.skip(`.
fn skips_itself(code: &[Token]) -> bool {
    code[0].name() == Some("this")
        && code[1].is_mark('.')
        && code[2].name() == Some("skip")
        && code[3].is_mark('(')
}

/// A call that defines a block or a test.
struct Definition {
    kind: Kind,
    title: String,
    skipped: bool,
    focused: bool,
    /// Its arguments, as places among the tokens.
    body: std::ops::Range<usize>,
}

impl Definition {
    /// The definition that these tokens begin with.
    fn at(code: &[Token]) -> Option<Definition> {
        let name = code.first()?.name()?;
        let base = name.strip_prefix(['x', 'f']).unwrap_or(name);
        let kind = match (name, base) {
            (_, "describe" | "context") => Kind::Block,
            (_, "it" | "test" | "specify") => Kind::Test,
            _ => return None,
        };
        let mut skipped = name != base && name.starts_with('x');
        let mut focused = name != base && name.starts_with('f');
        let mut place = 1;
        while code.get(place).is_some_and(|token| token.is_mark('.')) {
            let variant = code.get(place + 1)?.name()?;
            place += 2;
            match variant {
                "skip" | "todo" => skipped = true,
                "only" => focused = true,
                "concurrent" | "failing" | "sequential" => {}
                // The table is called, or is a template literal.
                "each" => place += table(&code[place..])?,
                _ => return None,
            }
        }
        if !code.get(place)?.is_mark('(') {
            return None;
        }
        let end = place + closing(&code[place..])?;
        let title = title(&code[place + 1..end])?;
        Some(Definition { kind, title, skipped, focused, body: place + 1..end })
    }
}

/// How many tokens the table is that these begin with.
fn table(code: &[Token]) -> Option<usize> {
    let first = code.first()?;
    if first.is_mark('(') {
        return Some(closing(code)? + 1);
    }
    first.text()?;
    let mut length = 1;
    while code.get(length).is_some_and(|token| token.kind == Is::SubstitutionStart) {
        // What is computed, and the text after it.
        length += closing(&code[length..])? + 2;
    }
    Some(length)
}

/// Where the bracket closes that these tokens begin with.
fn closing(code: &[Token]) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, token) in code.iter().enumerate() {
        if token.opens() {
            depth += 1;
        } else if token.closes() {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(place);
            }
        }
    }
    None
}

/// The first argument as a name, `${}` for what is computed; `None` without one.
fn title(arguments: &[Token]) -> Option<String> {
    let first = split(arguments, ',').into_iter().next().filter(|first| !first.is_empty())?;
    let mut title = String::new();
    for term in split(first, '+') {
        if !push_text(&mut title, term) {
            push_gap(&mut title);
        }
    }
    Some(title)
}

/// The parts between marks that are within no bracket.
fn split(code: &[Token], mark: char) -> Vec<&[Token]> {
    let (mut parts, mut depth, mut begin) = (Vec::new(), 0_usize, 0);
    for (place, token) in code.iter().enumerate() {
        if token.opens() {
            depth += 1;
        } else if token.closes() {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && token.is_mark(mark) {
            parts.push(&code[begin..place]);
            begin = place + 1;
        }
    }
    parts.push(&code[begin..]);
    parts
}

/// Appends a string or a template; answers whether the term is one.
fn push_text(title: &mut String, term: &[Token]) -> bool {
    let Some(length) = term.first().and_then(Token::text).and_then(|_| table(term)) else {
        return false;
    };
    if length != term.len() {
        return false;
    }
    let mut depth = 0_usize;
    for token in term {
        match (&token.kind, depth) {
            (Is::Text(text), 0) => title.push_str(text),
            (Is::SubstitutionStart, 0) => title.push_str("${}"),
            _ => {}
        }
        depth += usize::from(token.opens());
        depth = depth.saturating_sub(usize::from(token.closes()));
    }
    true
}

fn push_gap(title: &mut String) {
    if !title.ends_with("${}") {
        title.push_str("${}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &str) -> Vec<(String, bool)> {
        let path = SafePath::new("tests/functional/a.test.js").expect("safe");
        let files = FileSet::from([(path, source.into())]);
        tests(&files).into_iter().map(|test| (test.name, test.may_skip)).collect()
    }

    fn check(source: &str, expected: &[(&str, bool)]) {
        let expected: Vec<(String, bool)> =
            expected.iter().map(|(name, skip)| ((*name).to_owned(), *skip)).collect();
        assert_eq!(names(source), expected, "{source}");
    }

    #[test]
    fn tests_are_named_by_their_blocks_and_themselves() {
        check(
            "describe('a', () => { beforeEach(() => {}); it(\"b\\'s\", () => {}); describe(`c`, function () { test('d', async () => { x.test('no'); }); }); });\ntest('e', done => done());",
            &[("a > b's", false), ("a > c > d", false), ("e", false)],
        );
    }

    #[test]
    fn what_is_in_comments_texts_and_patterns_is_no_test() {
        check(
            "// it('no')\n/* it('no') */ const s = \"it('no')\", t = `it('no') ${it ? `)` : 1}`, r = /it\\('no'[/)]/;\nit('yes', () => { a = b / c / d; });",
            &[("yes", false)],
        );
    }

    #[test]
    fn a_computed_part_of_a_name_is_a_gap() {
        check(
            "for (const p of all) it(`blocks ${p} so`, () => {});\nit('a ' + b(c, 'd') + ' e', f);\nit.each([['x', 1]])('row %s', f);\ndescribe.each`a|b\n${1}|${2}`('$a', () => { it(name, f); });",
            &[("blocks ${} so", false), ("a ${} e", false), ("row %s", false), ("$a > ${}", false)],
        );
    }

    #[test]
    fn a_name_is_put_together_of_whole_terms() {
        check("it('a' + (b + 'c' + d) + 'e', f);", &[("a${}e", false)]);
        check("it(`a${b + 'c'}${d}` + 'e'.f(), g);", &[("a${}${}", false)]);
        check(
            "it('a'.repeat(2), f); it(`b` + `c${ {d: `}`} }`, g);",
            &[("${}", false), ("bc${}", false)],
        );
        check("it(`a\r\nb`, f); it('\\ud83d\\ude00', f);", &[("a\nb", false), ("😀", false)]);
    }

    #[test]
    fn a_test_after_a_regular_expression_is_found() {
        check(
            "if (a) /'/.test(b); it('c', f); {} /`/.test(d); it('e', f);",
            &[("c", false), ("e", false)],
        );
    }

    #[test]
    fn a_test_may_skip_only_where_its_source_says_so() {
        check(
            "it.skip('a', f); xit('b', f); it.todo('c'); describe.skip('d', () => { it('e', f); }); it('f', function () { if (x) this.skip(); }); it('g', f);",
            &[("a", true), ("b", true), ("c", true), ("d > e", true), ("f", true), ("g", false)],
        );
        check("it.only('a', f); it('b', f);", &[("a", false), ("b", true)]);
    }

    #[test]
    fn equal_names_are_numbered() {
        check("it('a', f); it('a', f);", &[("a", false), ("a (2)", false)]);
    }

    #[test]
    fn the_runner_is_the_framework_of_the_dependencies() {
        let of = |text: &str| {
            let path = SafePath::new("package.json").expect("safe");
            runner(&FileSet::from([(path, text.into())]))
        };
        assert_eq!(of("{\"devDependencies\":{\"jest\":\"29\"}}"), Some(Runner::Jest));
        assert_eq!(of("{\"dependencies\":{\"mocha\":\"10\"}}"), Some(Runner::Mocha));
        assert_eq!(of("{}"), None);
        assert_eq!(of("{"), None);
    }
}
