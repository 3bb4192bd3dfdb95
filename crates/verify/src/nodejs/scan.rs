//! What an artifact's text reaches for that few answers have a use for: the test
//! framework, the runner, the process's memory. It fires only on what none of the
//! case's own files do. Names that are put together while the artifact runs are for
//! the traps in the runner.

use std::collections::BTreeSet;

use assay_core::javascript::{Token, tokens};
use assay_core::{Artifact, Finding};

use crate::tested_case::TestedCase;

/// Modules of Node.js that reach past the tests.
const DANGEROUS: [&str; 12] = [
    "cluster",
    "inspector",
    "inspector/promises",
    "module",
    "repl",
    "test",
    "test/reporters",
    "trace_events",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
];

/// Packages that test, and beginnings of names of such.
const FRAMEWORKS: [&str; 12] = [
    "jest",
    "mocha",
    "expect",
    "chai",
    "sinon",
    "vitest",
    "ava",
    "tap",
    "proxyquire",
    "rewire",
    "testdouble",
    "mock-fs",
];
const FRAMEWORK_SCOPES: [&str; 5] = ["@jest/", "@babel/", "@sinonjs/", "jest-", "babel-"];

/// What no honest answer has a use for. All else that is found here is a note.
const OFFENCES: [&str; 5] = [
    "names $$jest-matchers-object",
    "names JEST_STATE_SYMBOL",
    "names /proc/self/mem",
    "uses process.binding",
    "uses process._linkedBinding",
];

/// Parts of texts that name the runner or the process's memory.
const TEXTS: [&str; 6] = [
    "$$jest-matchers-object",
    "JEST_STATE_SYMBOL",
    "JEST_WORKER_ID",
    "/opt/node/",
    "/proc/self/mem",
    "/proc/self/maps",
];

/// Properties, by the names they have wherever they are.
const PROPERTIES: [&str; 6] = [
    "_getActiveHandles",
    "_getActiveRequests",
    "dlopen",
    "prepareStackTrace",
    "JEST_WORKER_ID",
    "callee",
];

/// What an artifact's text reaches for.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// What has no honest purpose.
    pub(super) findings: Vec<Finding>,
    /// What is only unusual.
    pub(super) notes: Vec<Finding>,
}

/// An artifact is noted for so many unusual things at most.
const MAX_NOTES: usize = 200;

/// What the artifact's text does that none of the case's files do.
pub(super) fn reach(case: &TestedCase<'_>, artifact: &Artifact) -> Reach {
    let mut found = Vec::new();
    for (path, text) in &artifact.files {
        for (what, line) in reaches(text) {
            found.push((what, format!("{path}:{line}")));
        }
    }
    let mut reach = Reach::default();
    if found.is_empty() {
        return reach;
    }
    let known: BTreeSet<String> =
        trusted(case).flat_map(|text| reaches(&text)).map(|(what, _)| what).collect();
    for (what, place) in found {
        if known.contains(&what) {
            continue;
        }
        let is_offence = OFFENCES.contains(&what.as_str());
        let list = if is_offence { &mut reach.findings } else { &mut reach.notes };
        if is_offence || list.len() < MAX_NOTES {
            list.push(Finding::build(what, Some(place)));
        }
    }
    reach
}

/// Which modules that reach past the tests the case's own files load.
pub(super) fn allowed(case: &TestedCase<'_>) -> Vec<String> {
    let loads = trusted(case).flat_map(|text| reaches(&text));
    let modules: BTreeSet<String> =
        loads.filter_map(|(what, _)| what.strip_prefix("loads ").map(str::to_owned)).collect();
    modules.into_iter().collect()
}

/// The texts of the template and of the solutions.
fn trusted(case: &TestedCase<'_>) -> impl Iterator<Item = String> {
    let solutions = case.solutions.iter().map(|solution| &solution.files);
    let files = std::iter::once(&case.template).chain(solutions).flatten();
    files
        .filter(|(path, _)| matches!(path.extension(), Some("js" | "cjs" | "mjs")))
        .map(|(_, content)| String::from_utf8_lossy(content).into_owned())
}

/// What a source reaches for, each once, with the line.
fn reaches(source: &str) -> Vec<(String, usize)> {
    let tokens = tokens(source);
    let functions = functions(&tokens);
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for place in 0..tokens.len() {
        let Some(what) = reach_at(&tokens, &functions, place) else {
            continue;
        };
        if seen.insert(what.clone()) {
            found.push((what, tokens[place].line));
        }
    }
    found
}

/// What the token here reaches for, with what is around it.
fn reach_at(tokens: &[Token], functions: &BTreeSet<&str>, place: usize) -> Option<String> {
    let token = &tokens[place];
    let before = |distance: usize| place.checked_sub(distance).map(|place| &tokens[place]);
    let is_before = |distance, mark| before(distance).is_some_and(|token| token.is_mark(mark));
    let name_before = |distance| before(distance).and_then(Token::name);
    if let Some(text) = token.text() {
        let loads = matches!(name_before(1), Some("from" | "import"))
            || (is_before(1, '(') && matches!(name_before(2), Some("require" | "import")));
        if loads {
            return module(text);
        }
        if let Some(part) = TEXTS.into_iter().find(|part| text.contains(part)) {
            return Some(format!("names {part}"));
        }
        let is_key = is_before(1, '[');
        let of_process = is_binding(text) && name_before(2) == Some("process");
        return match (is_key, of_process) {
            (true, true) => Some(format!("uses process.{text}")),
            (true, false) => PROPERTIES.contains(&text).then(|| format!("uses {text}")),
            (false, _) => None,
        };
    }
    let name = token.name()?;
    if !is_before(1, '.') {
        return taken(tokens, functions, place).then(|| format!("uses the caller of {name}"));
    }
    match name {
        _ if PROPERTIES.contains(&name) => Some(format!("uses {name}")),
        _ if is_binding(name) && name_before(2) == Some("process") => {
            Some(format!("uses process.{name}"))
        }
        "caller" | "arguments" => {
            let function = name_before(2)?;
            functions.contains(function).then(|| format!("uses the caller of {function}"))
        }
        _ => None,
    }
}

/// Whether the function of this name has its caller taken out of it: `{ caller } = f`.
fn taken(tokens: &[Token], functions: &BTreeSet<&str>, place: usize) -> bool {
    let Some(rest) = place.checked_sub(4).map(|from| &tokens[from..=place]) else {
        return false;
    };
    rest[0].is_mark('{')
        && rest[1].name() == Some("caller")
        && rest[2].is_mark('}')
        && rest[3].is_mark('=')
        && rest[4].name().is_some_and(|name| functions.contains(name))
}

fn is_binding(name: &str) -> bool {
    matches!(name, "binding" | "_linkedBinding")
}

/// The names of the functions that a source declares.
fn functions(tokens: &[Token]) -> BTreeSet<&str> {
    let pairs = tokens.windows(2).filter(|pair| pair[0].name() == Some("function"));
    pairs.filter_map(|pair| pair[1].name()).collect()
}

/// What loading this module is, if anything.
fn module(name: &str) -> Option<String> {
    let bare = name.strip_prefix("node:").unwrap_or(name);
    let package = bare.split('/').next().unwrap_or(bare);
    let is_framework = FRAMEWORKS.contains(&package)
        || FRAMEWORK_SCOPES.iter().any(|scope| bare.starts_with(scope));
    (DANGEROUS.contains(&bare) || is_framework).then(|| format!("loads {bare}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_grows_with_the_length_of_a_source() {
        // Looked for anew at every place, the function would take minutes.
        let source = "f.caller;".repeat(200_000);
        assert_eq!(reaches(&source), []);
        let declared = format!("{source} function f() {{}}");
        assert_eq!(reaches(&declared), [("uses the caller of f".to_owned(), 1)]);
    }

    /// What a source reaches for.
    fn check(source: &str, expected: &[&str]) {
        let found: Vec<String> = reaches(source).into_iter().map(|(what, _)| what).collect();
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn what_reaches_past_the_tests_is_found_and_what_talks_of_it_is_not() {
        check("const { Session } = require('node:inspector');", &["loads inspector"]);
        check("import v8 from 'v8'; await import('vm');", &["loads v8", "loads vm"]);
        check("require('@jest/globals').jest", &["loads @jest/globals"]);
        check("process.binding('fs'); process['dlopen']", &["uses process.binding", "uses dlopen"]);
        check("'/proc/self/m\\x65m'", &["names /proc/self/mem"]);
        check("Symbol.for(`$$jest-matchers-object`)", &["names $$jest-matchers-object"]);
        check("function f() { const { caller } = f; }", &["uses the caller of f"]);
        check("function f() { return f.caller; }", &["uses the caller of f"]);
        check("// require('v8')\n/* process.binding */ const binding = row.caller;", &[]);
        check("throw new Error('the module is loaded by require'); x.binding = 1;", &[]);
        check("if (a) /'/.test(b); require('fs'); process.binding('c')", &["uses process.binding"]);
        check(
            "'/proc/self/m\\145m'; // a\u{2028}require('v8')",
            &["names /proc/self/mem", "loads v8"],
        );
        check("`${process.binding(`a`)}`", &["uses process.binding"]);
        check("const test = /'/.test(a) ? require('fs') : require('path');", &[]);
    }
}
