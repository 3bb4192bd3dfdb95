//! [`Blind`]: a suite's classes under names drawn anew for each run, so that code that is
//! tested cannot tell by them which suite runs.
//!
//! Beside the classes of the suite lie as many others, of the same size, as the other
//! suite has. What a case names in texts, what both suites have, and data that is
//! serialized keep their names: those say nothing, or tests need them.

use std::collections::{BTreeMap, BTreeSet};

use assay_core::InfraError;
use assay_core::suite::{Suite, test_classes};

use super::Classes;
use super::class_file::{ClassFile, stand_in};
use super::decoys::missing;
use super::inspect::TestClass;
use super::names::{Names, java_hash};
use super::rewrite::{Renames, lines, rewrite};
use super::trace::Trace;
use crate::entropy::random_bytes;

/// Methods that the platform calls by their names, and the `main` of a program.
const KNOWN_METHODS: [&str; 12] = [
    "clone",
    "equals",
    "finalize",
    "hashCode",
    "main",
    "readExternal",
    "readObject",
    "readResolve",
    "suite",
    "toString",
    "writeObject",
    "writeReplace",
];

/// Parts of JUnit that find methods by names in annotations.
const FINDS_METHODS: [&str; 3] = [
    "org/junit/jupiter/params/provider/MethodSource",
    "org/junit/jupiter/api/condition/EnabledIf",
    "org/junit/jupiter/api/condition/DisabledIf",
];

/// Parts of JUnit by which tests are run in the order of their names.
const ORDERS: [&str; 2] = ["org/junit/FixMethodOrder", "org/junit/jupiter/api/TestMethodOrder"];

/// Sizes of classes are rounded up to a multiple of this.
const BLOCK: usize = 2048;

/// A suite as it is run.
#[derive(Debug)]
pub(super) struct Blind {
    /// All that lies in the folder of the tests' classes.
    pub(super) classes: Classes,
    /// The classes to run: `com.example.Name`.
    pub(super) run: Vec<String>,
    /// Classes of the suite that hold tests, and the others of the suite, as the virtual
    /// machine names them.
    pub(super) tests: Vec<String>,
    pub(super) parts: Vec<String>,
    /// Classes whose files nobody has a reason to read once those to run are loaded.
    pub(super) watched: Vec<String>,
    /// What the other suite makes and this one does not.
    pub(super) decoys: BTreeSet<Trace>,
    pub(super) names: Names,
}

impl Blind {
    /// Draws names for a suite's compiled classes; `all` are those of both suites.
    pub(super) fn draw(
        suite: &Suite,
        compiled: &Classes,
        all: &BTreeMap<String, TestClass>,
    ) -> Result<Blind, InfraError> {
        let mut draw = Draw::new()?;
        let read: BTreeMap<String, ClassFile> = compiled
            .iter()
            .filter_map(|(_, bytes)| ClassFile::read(bytes))
            .map(|class| (class.name.clone(), class))
            .collect();
        let keeps = |name: &str| all.get(name).is_some_and(|class| class.is_kept);
        let mut names = Names::default();
        let mut renames = Renames::default();
        for name in read.keys().filter(|name| !keeps(name)) {
            let package = name.rsplit_once('/').map_or("", |(package, _)| package);
            let word = draw.class();
            renames.classes.insert(name.clone(), join(package, &word));
            let known = name.rsplit('/').next().unwrap_or_default();
            names.words.insert(word, known.to_owned());
        }
        rename_methods(&read, &mut renames, &mut names, &mut draw);
        rename_sources(compiled, &read, &mut renames, &mut names, &mut draw);
        let size = all.values().map(|class| class.size).max().unwrap_or_default();
        let size = (size + size / 4 + 512).next_multiple_of(BLOCK);
        let mut classes = Classes::new();
        for (path, bytes) in compiled {
            let old = path.strip_suffix(".class").unwrap_or(path);
            let new = renames.classes.get(old).map_or(old, String::as_str);
            let bytes = rewrite(bytes, &renames, size).unwrap_or_else(|| bytes.clone());
            classes.push((format!("{new}.class"), bytes));
        }
        let new = |name: &str| renames.classes.get(name).cloned().unwrap_or(name.to_owned());
        let run: Vec<String> =
            test_classes(&suite.files).iter().map(|name| new(&name.replace('.', "/"))).collect();
        let mut watched = run.clone();
        for (name, class) in all.iter().filter(|(name, _)| !read.contains_key(*name)) {
            let package = name.rsplit_once('/').map_or("", |(package, _)| package);
            let name = if class.is_kept { name.clone() } else { join(package, &draw.class()) };
            classes.push((format!("{name}.class"), stand_in(&name, size)));
            watched.push(name);
        }
        let parts = read.keys().map(|name| new(name)).filter(|name| !run.contains(name)).collect();
        let tests = run.clone();
        let run = run.into_iter().map(|name| name.replace('/', ".")).collect();
        let decoys = missing(all, read.values());
        Ok(Blind { classes, run, tests, parts, watched, decoys, names })
    }
}

fn join(package: &str, name: &str) -> String {
    if package.is_empty() { name.to_owned() } else { format!("{package}/{name}") }
}

/// Whether a class's methods are its own business: it has tests, and extends and
/// implements nothing from elsewhere that could call them by their names.
fn is_open(class: &ClassFile, all: &BTreeMap<String, ClassFile>) -> bool {
    let mut current = Some(class);
    let mut has_tests = false;
    for _depth in 0..16 {
        let Some(class) = current else { return false };
        has_tests |= class.classes.iter().any(|name| name.starts_with("org/junit/"));
        if !class.interfaces.is_empty() {
            return false;
        }
        if class.superclass == "java/lang/Object" {
            return has_tests;
        }
        current = all.get(&class.superclass);
    }
    false
}

/// Gives methods of test classes other names, in an order in which JUnit runs them as it
/// would have: by the hash of their names, or by the names.
fn rename_methods(
    read: &BTreeMap<String, ClassFile>,
    renames: &mut Renames,
    names: &mut Names,
    draw: &mut Draw,
) {
    let mentions = |names: &[&str]| {
        read.values().any(|it| it.classes.iter().any(|name| names.contains(&name.as_str())))
    };
    if mentions(&FINDS_METHODS) {
        return;
    }
    let open: Vec<&ClassFile> = read.values().filter(|class| is_open(class, read)).collect();
    let is_named = |method: &str| {
        read.values().flat_map(|class| &class.strings).any(|text| {
            text == method
                || ["#", "@", "."].iter().any(|it| text.contains(&format!("{it}{method}")))
        })
    };
    let declared: BTreeSet<&str> =
        open.iter().flat_map(|it| &it.methods).map(|it| &*it.name).collect();
    let is_fixed = |name: &str| {
        name.starts_with(['<', '$']) || KNOWN_METHODS.contains(&name) || is_named(name)
    };
    let words = if mentions(&ORDERS) {
        draw.in_order(&declared, is_fixed, |name| name.to_owned())
    } else {
        draw.in_order(&declared, is_fixed, java_hash)
    };
    for (name, word) in words {
        names.words.insert(word.clone(), name.to_owned());
        renames.methods.insert(name.to_owned(), word);
    }
    renames.own_methods = open.iter().map(|class| class.name.clone()).collect();
}

/// Gives source files of renamed classes other names, and their lines other numbers.
fn rename_sources(
    compiled: &Classes,
    read: &BTreeMap<String, ClassFile>,
    renames: &mut Renames,
    names: &mut Names,
    draw: &mut Draw,
) {
    let mut sources: BTreeMap<String, BTreeSet<u16>> = BTreeMap::new();
    for (path, bytes) in compiled {
        let name = path.strip_suffix(".class").unwrap_or(path);
        if let Some((source, lines)) = lines(bytes)
            && renames.classes.contains_key(name)
        {
            sources.entry(source).or_default().extend(lines);
        }
    }
    for (source, lines) in sources {
        // It is called as its class is.
        let stem = source.strip_suffix(".java").unwrap_or(&source);
        let class = read.keys().find(|name| name.rsplit('/').next() == Some(stem));
        let new = class.and_then(|name| renames.classes.get(name));
        let word = match new.and_then(|new| new.rsplit('/').next()) {
            Some(word) => word.to_owned(),
            None => draw.class(),
        };
        names.words.entry(word.clone()).or_insert_with(|| stem.to_owned());
        renames.sources.insert(source.clone(), format!("{word}.java"));
        let mut new = BTreeMap::new();
        let mut back = BTreeMap::new();
        for line in lines {
            let mut number = draw.line();
            while back.contains_key(&number) {
                number = draw.line();
            }
            new.insert(line, number);
            back.insert(number, line);
        }
        names.lines.insert(word, back);
        renames.lines.insert(source, new);
    }
}

/// What is drawn: SplitMix64, from a seed of the operating system.
struct Draw {
    state: u64,
    drawn: BTreeSet<String>,
}

impl Draw {
    /// How often a word is drawn for a place between two others, at most.
    const ATTEMPTS: usize = 100_000;
    const LETTERS: usize = 10;

    fn new() -> Result<Draw, InfraError> {
        Ok(Draw { state: u64::from_ne_bytes(random_bytes()?), drawn: BTreeSet::new() })
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number that no source has as a line's.
    fn line(&mut self) -> u16 {
        10_000 + u16::try_from(self.next() % 50_000).unwrap_or_default()
    }

    fn word(&mut self) -> String {
        loop {
            let mut bits = self.next();
            let mut word = String::with_capacity(Draw::LETTERS);
            for _ in 0..Draw::LETTERS {
                word.push(char::from(b'a' + u8::try_from(bits % 26).unwrap_or_default()));
                bits /= 26;
            }
            if self.drawn.insert(word.clone()) {
                return word;
            }
        }
    }

    /// A word with a capital letter at its beginning.
    fn class(&mut self) -> String {
        let word = self.word();
        word[..1].to_uppercase() + &word[1..]
    }

    /// Words for names that have the order of these, among those that stay as they are.
    fn in_order<'a, K: Ord>(
        &mut self,
        names: &BTreeSet<&'a str>,
        is_fixed: impl Fn(&str) -> bool,
        key: impl Fn(&str) -> K,
    ) -> Vec<(&'a str, String)> {
        let mut sorted: Vec<&str> = names.iter().copied().collect();
        sorted.sort_by_key(|name| (key(name), *name));
        let mut words = Vec::new();
        let mut low: Option<K> = None;
        let mut rest = sorted.as_slice();
        while !rest.is_empty() {
            let length = rest.iter().position(|name| is_fixed(name)).unwrap_or(rest.len());
            let (run, after) = rest.split_at(length);
            let high = after.first().map(|name| key(name));
            let is_between = |word: &K| {
                low.as_ref().is_none_or(|low| word > low)
                    && high.as_ref().is_none_or(|high| word < high)
            };
            let mut drawn = Vec::new();
            for _ in 0..Draw::ATTEMPTS {
                if drawn.len() == run.len() {
                    break;
                }
                let word = self.word();
                if is_between(&key(&word)) {
                    drawn.push(word);
                } else {
                    self.drawn.remove(&word);
                }
            }
            drawn.sort_by_key(|word| key(word));
            if drawn.len() == run.len() {
                words.extend(run.iter().copied().zip(drawn));
            }
            low = high;
            rest = after.get(1..).unwrap_or_default();
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<K: Ord + std::fmt::Debug>(key: impl Fn(&str) -> K) {
        let names = BTreeSet::from(["refusesA", "allows", "main", "setUp", "zips", "lambda$a$0"]);
        let mut draw = Draw { state: 7, drawn: BTreeSet::new() };
        let words = draw.in_order(&names, |name| name == "main", &key);
        assert_eq!(words.len(), names.len() - 1);
        let new = |name: &str| {
            let word = words.iter().find(|(old, _)| *old == name);
            word.map_or(name.to_owned(), |(_, word)| word.clone())
        };
        let mut old: Vec<&str> = names.iter().copied().collect();
        old.sort_by_key(|name| key(name));
        let keys: Vec<K> = old.iter().map(|name| key(&new(name))).collect();
        assert!(keys.is_sorted(), "{keys:?}");
    }

    #[test]
    fn drawn_names_keep_the_order_of_hashes_and_of_letters() {
        check(java_hash);
        check(|name| name.to_owned());
    }
}
