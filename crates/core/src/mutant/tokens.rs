//! Cuts a program into tokens, well enough to change one of them: words, numbers, literals and
//! signs, without comments. It is one tokeniser for six languages, with what tells them apart in
//! [`Lexis`]; a program that it cuts wrongly gives a mutant that does not build, which is counted
//! apart.

use crate::case::Language;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or a keyword.
    Word,
    Number,
    /// A string, a character, a template or a regular expression.
    Literal,
    Sign,
}

/// A piece of a program, with the byte at which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    pub(crate) start: usize,
}

impl Token<'_> {
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text && self.kind != Kind::Literal
    }

    pub(crate) fn is_any(&self, texts: &[&str]) -> bool {
        texts.iter().any(|text| self.is(text))
    }
}

/// Signs of more than one character, the longest first.
const SIGNS: &[&str] = &[
    "<<=", ">>=", "===", "!==", "**=", "...", "<=>", "&&=", "||=", "&&", "||", "==", "!=", "<=",
    ">=", "<<", ">>", "->", "=>", "::", ":=", "++", "--", "+=", "-=", "*=", "/=", "%=", "|=", "&=",
    "^=", "??", "?.", "=~", "!~", "<-", "**", "..", "&.",
];

/// What tells the languages apart.
struct Lexis {
    /// What a comment to the end of its line begins with.
    line_comment: &'static str,
    /// Whether comments lie between `/*` and `*/`.
    has_block_comments: bool,
    /// What encloses literals; a longer one comes first.
    quotes: &'static [&'static str],
    /// Whether `/` may begin a regular expression.
    has_patterns: bool,
    /// What else words are made of.
    word: &'static str,
}

impl Lexis {
    fn of(language: Language) -> Lexis {
        let braces = Lexis {
            line_comment: "//",
            has_block_comments: true,
            quotes: &["\"", "'"],
            has_patterns: false,
            word: "_",
        };
        match language {
            Language::C => braces,
            Language::Go => Lexis { quotes: &["\"", "'", "`"], ..braces },
            Language::Java => Lexis { quotes: &["\"\"\"", "\"", "'"], word: "_$", ..braces },
            Language::NodeJs => {
                Lexis { quotes: &["\"", "'", "`"], has_patterns: true, word: "_$#", ..braces }
            }
            Language::Python => Lexis {
                line_comment: "#",
                has_block_comments: false,
                quotes: &["\"\"\"", "'''", "\"", "'"],
                ..braces
            },
            Language::Ruby => Lexis {
                line_comment: "#",
                has_block_comments: false,
                quotes: &["\"", "'", "`"],
                has_patterns: true,
                word: "_@",
            },
        }
    }
}

/// The tokens of a program in their order. Directives of C's preprocessor are none.
pub(crate) fn tokens(language: Language, text: &str) -> Vec<Token<'_>> {
    let lexis = Lexis::of(language);
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        if let Some(length) = comment(language, &lexis, text, at) {
            at += length;
            continue;
        }
        let (kind, length) = token(language, &lexis, rest, tokens.last());
        tokens.push(Token { kind, text: &rest[..length], start: at });
        at += length;
    }
    tokens
}

/// How long the comment, or the directive, is that begins here.
fn comment(language: Language, lexis: &Lexis, text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    let begins_line = text[..at].trim_end_matches([' ', '\t']).ends_with('\n') || at == 0;
    if language == Language::C && rest.starts_with('#') && begins_line {
        let mut length = 0;
        for line in rest.split_inclusive('\n') {
            length += line.len();
            if !line.trim_end().ends_with('\\') {
                break;
            }
        }
        return Some(length);
    }
    if rest.starts_with(lexis.line_comment) {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if lexis.has_block_comments && rest.starts_with("/*") {
        return Some(rest[2..].find("*/").map_or(rest.len(), |end| end + 4));
    }
    None
}

fn token(
    language: Language,
    lexis: &Lexis,
    rest: &str,
    before: Option<&Token<'_>>,
) -> (Kind, usize) {
    let is_of_word = |c: char| c.is_alphanumeric() || lexis.word.contains(c);
    let word = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
    // The letters before a string of Python belong to it.
    let is_prefix = language == Language::Python
        && (1..=2).contains(&word)
        && rest[..word].chars().all(|c| "rRbBfFuU".contains(c))
        && rest[word..].starts_with(['"', '\'']);
    let skipped = if is_prefix { word } else { 0 };
    if word == 0 || is_prefix {
        let quote = lexis.quotes.iter().find(|quote| rest[skipped..].starts_with(**quote));
        if let Some(quote) = quote {
            return (Kind::Literal, skipped + literal(language, &rest[skipped..], quote));
        }
    }
    if word > 0 {
        let is_number = rest.starts_with(|c: char| c.is_ascii_digit());
        return (if is_number { Kind::Number } else { Kind::Word }, word);
    }
    if lexis.has_patterns
        && rest.starts_with('/')
        && let Some(length) = pattern(language, rest, before)
    {
        return (Kind::Literal, length);
    }
    let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
    let one = rest.chars().next().map_or(1, char::len_utf8);
    (Kind::Sign, sign.map_or(one, |sign| sign.len()))
}

/// How long a literal is that begins with this quote. One on a single line that has no end is its
/// quote alone.
fn literal(language: Language, rest: &str, quote: &str) -> usize {
    let spans_lines = quote.len() > 1 || quote == "`";
    // What code within it begins with.
    let code = match language {
        Language::Ruby if quote != "'" => Some("#{"),
        Language::NodeJs if quote == "`" => Some("${"),
        _ => None,
    };
    let mut at = quote.len();
    // How deep it is in code, where quotes may stand.
    let mut depth = 0_usize;
    while let Some(c) = rest[at..].chars().next() {
        let here = &rest[at..];
        if depth == 0 && here.starts_with(quote) {
            return at + quote.len();
        }
        if code.is_some_and(|code| here.starts_with(code)) {
            depth += 1;
            at += 2;
            continue;
        }
        match c {
            '\\' => at += 1 + here[1..].chars().next().map_or(0, char::len_utf8),
            '}' if depth > 0 => {
                depth -= 1;
                at += 1;
            }
            '\n' if !spans_lines => return quote.len(),
            _ => at += c.len_utf8(),
        }
    }
    quote.len()
}

/// How long the regular expression is that a `/` begins, if it can begin one here.
fn pattern(language: Language, rest: &str, before: Option<&Token<'_>>) -> Option<usize> {
    let can_begin = before.is_none_or(|before| match before.kind {
        Kind::Sign => !before.is_any(&[")", "]", "}"]),
        Kind::Word if before.is_any(&["return", "case", "when", "if", "unless", "and", "or"]) => {
            true
        }
        // `match /x/` of Ruby, where a division has a space on either side.
        Kind::Word => language == Language::Ruby && !rest[1..].starts_with([' ', '=']),
        Kind::Number | Kind::Literal => false,
    });
    if !can_begin {
        return None;
    }
    let mut in_class = false;
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class => {
                let flags = rest[at + 1..].find(|c: char| !c.is_ascii_alphabetic());
                return Some(at + 1 + flags.unwrap_or(rest.len() - at - 1));
            }
            '\n' => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: Language, text: &str, expect: &[&str]) {
        let found: Vec<&str> = tokens(language, text).iter().map(|token| token.text).collect();
        assert_eq!(found, expect, "{language} {text}");
        for token in tokens(language, text) {
            assert_eq!(&text[token.start..token.end()], token.text);
        }
    }

    #[test]
    fn programs_are_cut_into_tokens() {
        check(
            Language::C,
            "#define A(x) \\\n  (x)\nif (n >= sizeof(\"a\\\"b\")) /* no */ n--; // x",
            &["if", "(", "n", ">=", "sizeof", "(", "\"a\\\"b\"", ")", ")", "n", "--", ";"],
        );
        check(Language::Go, "x := `a\n\"b` <- '\\''", &["x", ":=", "`a\n\"b`", "<-", "'\\''"]);
        check(Language::Java, "\"\"\"\na \" b\"\"\" + $x", &["\"\"\"\na \" b\"\"\"", "+", "$x"]);
        check(
            Language::NodeJs,
            "a / b; x = /[/]\"/g.test(`${f(\"`\")}`)",
            &["a", "/", "b", ";", "x", "=", "/[/]\"/g", ".", "test", "(", "`${f(\"`\")}`", ")"],
        );
        check(
            Language::Python,
            "rb'x' + f\"{a}\" # it's\nb = '''\n'x'''",
            &["rb'x'", "+", "f\"{a}\"", "b", "=", "'''\n'x'''"],
        );
        check(
            Language::Ruby,
            "raise \"a#{b[\"c\"]}\" unless x.match? /a#\\/b/i",
            &["raise", "\"a#{b[\"c\"]}\"", "unless", "x", ".", "match", "?", "/a#\\/b/i"],
        );
    }

    #[test]
    fn what_has_no_end_is_cut_too() {
        for language in Language::ALL {
            for text in ["\"", "'a\nb", "/*", "`", "/[", "\\", "é'", "\"\\", "#", "'''a", "\"#{"] {
                let end = tokens(language, text).last().map_or(0, Token::end);
                assert!(end <= text.len(), "{language} {text}");
            }
        }
    }
}
