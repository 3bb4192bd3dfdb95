//! JavaScript as tokens, as far as finding tests takes it.

use std::iter::Peekable;
use std::str::Chars;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// An identifier or a keyword.
    Name(String),
    /// A string or a template, whose computed parts are `${}`.
    Text(String),
    Punctuation(char),
    /// A number or a regular expression.
    Other,
}

impl Token {
    pub(super) fn name(text: &str) -> Token {
        Token::Name(text.to_owned())
    }
}

/// The tokens of a source, comments left out.
pub(super) fn tokens(source: &str) -> Vec<Token> {
    let mut reader = Reader { rest: source.chars().peekable(), tokens: Vec::new() };
    reader.read_until(None);
    reader.tokens
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    tokens: Vec<Token>,
}

impl Reader<'_> {
    /// Reads to the end, or to the brace that closes what was open before.
    fn read_until(&mut self, end: Option<char>) {
        let mut depth = 0_usize;
        while let Some(c) = self.rest.next() {
            match c {
                _ if c.is_whitespace() => {}
                '/' => self.slash(),
                '\'' | '"' => {
                    let text = self.string(c);
                    self.tokens.push(Token::Text(text));
                }
                '`' => {
                    let text = self.template();
                    self.tokens.push(Token::Text(text));
                }
                _ if is_name(c) => self.word(c),
                _ => {
                    if end == Some(c) && depth == 0 {
                        return;
                    }
                    match c {
                        '{' => depth += 1,
                        '}' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    self.tokens.push(Token::Punctuation(c));
                }
            }
        }
    }

    fn word(&mut self, first: char) {
        let mut word = String::from(first);
        while let Some(c) = self.rest.next_if(|c| is_name(*c)) {
            word.push(c);
        }
        let token = if first.is_ascii_digit() { Token::Other } else { Token::Name(word) };
        self.tokens.push(token);
    }

    /// A comment, a regular expression or a division.
    fn slash(&mut self) {
        match self.rest.peek().copied() {
            Some('/') => while self.rest.next_if(|c| *c != '\n').is_some() {},
            Some('*') => {
                self.rest.next();
                let mut before = ' ';
                for c in self.rest.by_ref() {
                    if before == '*' && c == '/' {
                        break;
                    }
                    before = c;
                }
            }
            _ if self.ends_value() => self.tokens.push(Token::Punctuation('/')),
            _ => {
                self.pattern();
                self.tokens.push(Token::Other);
            }
        }
    }

    /// Whether what came before is a value, which a slash divides.
    fn ends_value(&self) -> bool {
        const OPERATORS: [&str; 11] = [
            "return", "typeof", "case", "in", "of", "do", "else", "void", "delete", "await",
            "yield",
        ];
        match self.tokens.last() {
            Some(Token::Name(name)) => !OPERATORS.contains(&name.as_str()),
            Some(Token::Text(_) | Token::Other) => true,
            Some(Token::Punctuation(c)) => matches!(c, ')' | ']' | '}'),
            None => false,
        }
    }

    fn pattern(&mut self) {
        let mut in_class = false;
        while let Some(c) = self.rest.next_if(|c| *c != '\n') {
            match c {
                '\\' => _ = self.rest.next(),
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => break,
                _ => {}
            }
        }
        while self.rest.next_if(|c| is_name(*c)).is_some() {}
    }

    fn string(&mut self, quote: char) -> String {
        let mut text = String::new();
        while let Some(c) = self.rest.next() {
            match c {
                _ if c == quote => break,
                '\\' => text.extend(self.escape()),
                _ => text.push(c),
            }
        }
        text
    }

    fn template(&mut self) -> String {
        let mut text = String::new();
        while let Some(c) = self.rest.next() {
            match c {
                '`' => break,
                '\\' => text.extend(self.escape()),
                '$' if self.rest.next_if_eq(&'{').is_some() => {
                    let before = self.tokens.len();
                    self.read_until(Some('}'));
                    self.tokens.truncate(before);
                    text.push_str("${}");
                }
                _ => text.push(c),
            }
        }
        text
    }

    /// What follows a backslash in a text.
    fn escape(&mut self) -> Option<char> {
        match self.rest.next()? {
            'n' => Some('\n'),
            't' => Some('\t'),
            'r' => Some('\r'),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'v' => Some('\u{b}'),
            '0' => Some('\0'),
            '\n' => None,
            'x' => self.code(2),
            'u' if self.rest.next_if_eq(&'{').is_some() => {
                let mut code = String::new();
                while let Some(c) = self.rest.next_if(|c| *c != '}') {
                    code.push(c);
                }
                self.rest.next();
                u32::from_str_radix(&code, 16).ok().and_then(char::from_u32)
            }
            'u' => self.code(4),
            c => Some(c),
        }
    }

    fn code(&mut self, digits: usize) -> Option<char> {
        let code: String = self.rest.by_ref().take(digits).collect();
        u32::from_str_radix(&code, 16).ok().and_then(char::from_u32)
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}
