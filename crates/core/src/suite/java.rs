//! Finds the tests of JUnit suites, of JUnit 4 and 5, and the classes to run.

use std::collections::{BTreeMap, BTreeSet};

use super::{ExpectedTest, source_texts};
use crate::files::FileSet;

/// The annotations that make a method a test.
const TEST: [&str; 5] =
    ["Test", "ParameterizedTest", "RepeatedTest", "TestFactory", "TestTemplate"];

/// What in a method's body may skip its test.
const SKIPS: [&str; 9] = [
    "abort",
    "assumeFalse",
    "assumeNoException",
    "assumeNotNull",
    "assumeThat",
    "assumeTrue",
    "assumingThat",
    "AssumptionViolatedException",
    "TestAbortedException",
];

/// The tests of JUnit sources, as `Class.method`: annotated methods of classes
/// that are not abstract, those inherited from other classes of the suite, and
/// those of classes within that are `@Nested`.
pub(super) fn tests(files: &FileSet) -> Vec<ExpectedTest> {
    let types = types(files);
    types.values().filter(|it| it.outer.is_none()).flat_map(|it| tests_of(it, &types)).collect()
}

/// The names of tests that are there again: in a class of the same name, in whatever package, or with
/// other parameters.
pub(super) fn replaced(files: &FileSet) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let types = source_texts(files, "java").flat_map(|(_, text)| Reader::new(&text).read());
    let names = types.flat_map(|it| {
        let class = it.name;
        it.methods.into_iter().map(move |method| format!("{class}.{}", method.name))
    });
    names.filter(|name| !seen.insert(name.clone())).collect()
}

/// The classes of JUnit sources that hold tests, by the names that a virtual
/// machine knows them by.
pub fn test_classes(files: &FileSet) -> Vec<String> {
    let types = types(files);
    types
        .values()
        .filter(|it| it.outer.is_none() && !tests_of(it, &types).is_empty())
        .map(|it| match it.package.as_str() {
            "" => it.name.clone(),
            package => format!("{package}.{}", it.name),
        })
        .collect()
}

/// A class as its source declares it.
#[derive(Debug, Clone, Default)]
struct Type {
    package: String,
    /// Without the package: `Outer.Inner`.
    name: String,
    outer: Option<String>,
    parent: Option<String>,
    is_abstract: bool,
    annotations: Vec<String>,
    methods: Vec<Method>,
    /// Whether code outside of its tests may skip them, such as a set-up.
    may_skip: bool,
}

#[derive(Debug, Clone)]
struct Method {
    name: String,
    may_skip: bool,
}

/// The types of all sources, by their names without the package.
fn types(files: &FileSet) -> BTreeMap<String, Type> {
    let mut types = BTreeMap::new();
    for (_, text) in source_texts(files, "java") {
        for it in Reader::new(&text).read() {
            types.insert(it.name.clone(), it);
        }
    }
    types
}

fn tests_of(it: &Type, types: &BTreeMap<String, Type>) -> Vec<ExpectedTest> {
    if it.is_abstract {
        return Vec::new();
    }
    let mut methods: Vec<Method> = Vec::new();
    let mut may_skip = false;
    let mut class = Some(it);
    let mut seen = Vec::new();
    while let Some(current) = class {
        seen.push(&current.name);
        may_skip |= current.may_skip || current.annotations.iter().any(|name| is_condition(name));
        for method in &current.methods {
            if !methods.iter().any(|known| known.name == method.name) {
                methods.push(method.clone());
            }
        }
        let parent = current.parent.as_ref().and_then(|parent| types.get(parent));
        class = parent.filter(|parent| !seen.contains(&&parent.name));
    }
    let mut tests: Vec<ExpectedTest> = methods
        .into_iter()
        .map(|method| ExpectedTest {
            name: format!("{}.{}", it.name, method.name),
            may_skip: may_skip || method.may_skip,
        })
        .collect();
    let nested = types.values().filter(|inner| {
        inner.outer.as_ref() == Some(&it.name) && inner.annotations.iter().any(|a| a == "Nested")
    });
    for inner in nested {
        tests.extend(tests_of(inner, types));
    }
    tests
}

/// Whether an annotation of a test or of its class may skip it.
fn is_condition(annotation: &str) -> bool {
    ["Disabled", "Enabled"].iter().any(|start| annotation.starts_with(start))
        || ["Ignore", "IfProfileValue"].contains(&annotation)
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Sign(char),
}

/// What a pair of braces encloses.
enum Scope {
    Type(Type),
    /// The body of a test of the type around it.
    Test,
    Other,
}

/// Reads the types of one source.
struct Reader<'a> {
    tokens: Vec<Token<'a>>,
    place: usize,
    package: String,
    scopes: Vec<Scope>,
    done: Vec<Type>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Reader<'a> {
        Reader {
            tokens: tokens(text),
            place: 0,
            package: String::new(),
            scopes: Vec::new(),
            done: Vec::new(),
        }
    }

    fn read(mut self) -> Vec<Type> {
        // What stands before a declaration: annotations and modifiers.
        let mut annotations: Vec<String> = Vec::new();
        let mut is_abstract = false;
        let mut opens_test = false;
        while let Some(token) = self.next() {
            match token {
                Token::Sign('@') if self.peek() != Some(&Token::Word("interface")) => {
                    annotations.push(self.qualified_name());
                    if self.peek() == Some(&Token::Sign('(')) {
                        self.skip_parentheses();
                    }
                }
                Token::Word("package") if self.scopes.is_empty() => {
                    self.package = self.dotted_name();
                }
                Token::Word("abstract") => is_abstract = true,
                Token::Word(kind @ ("class" | "interface" | "enum" | "record"))
                    if self.begins_type(kind) =>
                {
                    let annotations = std::mem::take(&mut annotations);
                    self.begin_type(annotations, is_abstract || kind == "interface");
                    is_abstract = false;
                }
                Token::Word(name) if self.peek() == Some(&Token::Sign('(')) => {
                    opens_test |= self.method(name, &annotations);
                    self.skip(name);
                    if self.is_in_type() {
                        self.next();
                        self.skip_rest_of_parentheses();
                    }
                }
                Token::Word(name) => self.skip(name),
                Token::Sign('{') => {
                    let scope = if opens_test { Scope::Test } else { Scope::Other };
                    self.scopes.push(scope);
                    opens_test = false;
                    annotations.clear();
                }
                Token::Sign('}') => {
                    self.end_scope();
                    annotations.clear();
                    is_abstract = false;
                }
                Token::Sign(';') => {
                    opens_test = false;
                    annotations.clear();
                    is_abstract = false;
                }
                Token::Sign(_) => {}
            }
        }
        while !self.scopes.is_empty() {
            self.end_scope();
        }
        self.done
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.tokens.get(self.place).cloned();
        self.place += 1;
        token
    }

    fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.place)
    }

    fn is_in_type(&self) -> bool {
        matches!(self.scopes.last(), Some(Scope::Type(_)))
    }

    /// Whether the keyword just read declares a type: not `A.class`, and not a
    /// variable that is called `record`.
    fn begins_type(&self, kind: &str) -> bool {
        let after_dot = self.place >= 2 && self.tokens[self.place - 2] == Token::Sign('.');
        let named = matches!(self.peek(), Some(Token::Word(_)));
        let sign = self.tokens.get(self.place + 1);
        let is_record = matches!(sign, Some(Token::Sign('(' | '<')));
        !after_dot && named && (kind != "record" || is_record)
    }

    /// Reads a type's declaration up to and with its opening brace.
    fn begin_type(&mut self, annotations: Vec<String>, is_abstract: bool) {
        let Some(Token::Word(name)) = self.next() else { return };
        let outer = self.scopes.iter().rev().find_map(|scope| match scope {
            Scope::Type(it) => Some(it.name.clone()),
            _ => None,
        });
        let mut parent = None;
        while let Some(token) = self.next() {
            match token {
                Token::Word("extends") if parent.is_none() => parent = Some(self.qualified_name()),
                Token::Sign('{') => break,
                _ => {}
            }
        }
        let name = match &outer {
            Some(outer) => format!("{outer}.{name}"),
            None => name.to_owned(),
        };
        let package = self.package.clone();
        self.scopes.push(Scope::Type(Type {
            package,
            name,
            outer,
            parent,
            is_abstract,
            annotations,
            ..Type::default()
        }));
    }

    fn end_scope(&mut self) {
        if let Some(Scope::Type(it)) = self.scopes.pop() {
            self.done.push(it);
        }
    }

    /// Takes up a method of a type's body, and says whether it is a test.
    fn method(&mut self, name: &str, annotations: &[String]) -> bool {
        let Some(Scope::Type(it)) = self.scopes.last_mut() else { return false };
        let is_junit_3 = it.parent.as_deref() == Some("TestCase") && name.starts_with("test");
        let is_test = annotations.iter().any(|annotation| TEST.contains(&annotation.as_str()));
        if !is_test && !is_junit_3 {
            return false;
        }
        let may_skip = annotations.iter().any(|annotation| is_condition(annotation));
        it.methods.push(Method { name: name.to_owned(), may_skip });
        true
    }

    /// Notes a word that may skip the test whose body it is in, or all tests of
    /// the type.
    fn skip(&mut self, word: &str) {
        if !SKIPS.contains(&word) {
            return;
        }
        let in_test = self.scopes.iter().any(|scope| matches!(scope, Scope::Test));
        let innermost = self.scopes.iter_mut().rev().find_map(|scope| match scope {
            Scope::Type(it) => Some(it),
            _ => None,
        });
        let Some(it) = innermost else { return };
        match it.methods.last_mut() {
            Some(method) if in_test => method.may_skip = true,
            _ => it.may_skip = true,
        }
    }

    /// The last part of a name with dots: annotations and parents are told apart
    /// by it.
    fn qualified_name(&mut self) -> String {
        let name = self.dotted_name();
        name.rsplit('.').next().unwrap_or_default().to_owned()
    }

    fn dotted_name(&mut self) -> String {
        let mut name = String::new();
        while let Some(Token::Word(word)) = self.peek().cloned() {
            name.push_str(word);
            self.place += 1;
            let goes_on = matches!(self.tokens.get(self.place + 1), Some(Token::Word(_)));
            if self.peek() != Some(&Token::Sign('.')) || !goes_on {
                break;
            }
            name.push('.');
            self.place += 1;
        }
        name
    }

    fn skip_parentheses(&mut self) {
        self.next();
        self.skip_rest_of_parentheses();
    }

    fn skip_rest_of_parentheses(&mut self) {
        let mut depth = 1;
        while depth > 0 {
            match self.next() {
                Some(Token::Sign('(')) => depth += 1,
                Some(Token::Sign(')')) => depth -= 1,
                Some(_) => {}
                None => return,
            }
        }
    }
}

/// The words and signs of a source, without comments and literals of text.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.find("*/").map_or(rest.len(), |end| end + 4)
        } else if rest.starts_with("\"\"\"") {
            literal_length(rest, "\"\"\"")
        } else if first == '"' {
            literal_length(rest, "\"")
        } else if first == '\'' {
            literal_length(rest, "'")
        } else if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            tokens.push(Token::Word(&rest[..length]));
            length
        } else {
            if !first.is_whitespace() {
                tokens.push(Token::Sign(first));
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// How long a literal is that begins with `quote` and ends with it.
fn literal_length(text: &str, quote: &str) -> usize {
    let mut place = quote.len();
    while let Some(rest) = text.get(place..) {
        let mut characters = rest.chars();
        match characters.next() {
            None => break,
            _ if rest.starts_with(quote) => return place + quote.len(),
            Some('\\') => place += 1 + characters.next().map_or(0, char::len_utf8),
            Some(c) => place += c.len_utf8(),
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::SafePath;

    #[test]
    fn tests_that_cannot_be_told_apart_are_found() {
        let class = |package: &str, test: &str| {
            format!("package {package};\nclass ATest {{\n    @Test void {test} {{ }}\n}}\n")
        };
        let again = |first: &str, second: &str| {
            let path = |text: &str| SafePath::new(text).expect("safe");
            let files: FileSet = [
                (path("a/ATest.java"), first.as_bytes().to_vec()),
                (path("b/ATest.java"), second.as_bytes().to_vec()),
            ]
            .into();
            replaced(&files)
        };
        assert_eq!(again(&class("a", "one()"), &class("b", "one()")), ["ATest.one"]);
        assert_eq!(again(&class("a", "one()"), &class("b", "two()")), [""; 0]);
        let overloaded = class("a", "one() { }\n    @Test void one(TestInfo it)");
        assert_eq!(again(&overloaded, "class B { }"), ["ATest.one"]);
    }

    fn check(sources: &[&str], expected: &[&str], classes: &[&str]) {
        let path = |place| SafePath::new(&format!("tests/T{place}.java")).expect("safe");
        let files: FileSet = sources
            .iter()
            .enumerate()
            .map(|(place, text)| (path(place), text.as_bytes().to_vec()))
            .collect();
        let mark = |test: ExpectedTest| test.name + if test.may_skip { "?" } else { "" };
        let found: Vec<String> = tests(&files).into_iter().map(mark).collect();
        assert_eq!(found, expected, "{sources:?}");
        assert_eq!(test_classes(&files), classes, "{sources:?}");
    }

    #[test]
    fn tests_are_the_annotated_methods_of_classes() {
        check(
            &[
                "package a.b;\nimport org.junit.Test;\n/* @Test void no() {} */\npublic class OneTest {\n  String s = \"@Test void no() { }}\"; char c = '\"';\n  @Test public void one() { new Object() { @Override public void x() {} }; }\n  // @Test void no() {}\n  @Test(expected = java.io.IOException.class) public void two() throws Exception {}\n  @org.junit.jupiter.api.Test @Timeout(3) void three() { Object o = A.class; helper(1); }\n  @Before public void setUp() {}\n  void helper(int record) { record = 1; }\n}\n",
            ],
            &["OneTest.one", "OneTest.two", "OneTest.three"],
            &["a.b.OneTest"],
        );
        check(
            &[
                "class T { @ParameterizedTest @ValueSource(strings = {\"a\", \"}\"}) void p(String s) {}\n @RepeatedTest(3) void r() {} String t = \"\"\"\n \" @Test void no() {\n\"\"\"; }",
            ],
            &["T.p", "T.r"],
            &["T"],
        );
        check(
            &["class OldTest extends TestCase { public void testA() {} void b() {} }"],
            &["OldTest.testA"],
            &["OldTest"],
        );
        check(&["class Helper { static int port() { return 1; } }"], &[], &[]);
    }

    #[test]
    fn tests_are_inherited_and_nested() {
        check(
            &[
                "abstract class Base { @Test void base() {} @Test void over() {} }",
                "class T extends Base { @Test void over() {} @Nested class In { @Test void in() {} } static class Other { @Test void no() {} } }",
            ],
            &["T.over", "T.base", "T.In.in"],
            &["T"],
        );
    }

    #[test]
    fn a_test_may_skip_only_where_its_source_says_so() {
        check(
            &[
                "class T { @Test void a() { Assume.assumeTrue(x); } @Test void b() {} @Disabled(\"no\") @Test void c() {} }",
            ],
            &["T.a?", "T.b", "T.c?"],
            &["T"],
        );
        check(
            &["class T { @Before void setUp() { assumeTrue(x); } @Test void a() {} }"],
            &["T.a?"],
            &["T"],
        );
        check(&["@Ignore class T { @Test void a() {} }"], &["T.a?"], &["T"]);
    }
}
