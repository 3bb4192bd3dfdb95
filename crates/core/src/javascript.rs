//! JavaScript as tokens: what is code, what is text, and what is a comment. Tests are found
//! with them, and what an artifact's text reaches for. A slash is read as the language reads
//! it, as a division or as the beginning of a regular expression ([`Position`]).

mod literal;
mod position;

use position::Position;

/// A token, with the line that it begins in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub line: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A name or a keyword with its escapes resolved, a private name with its `#`.
    Name(String),
    /// A string with its escapes resolved; each part of a template is one as well.
    Text(String),
    Number,
    /// A regular expression with its flags.
    Pattern,
    /// The `${` of a template.
    SubstitutionStart,
    /// The `}` that ends what a template computes.
    SubstitutionEnd,
    /// Every other character, also of what is written with several.
    Mark(char),
}

impl Token {
    pub fn is_mark(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }

    pub fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Name(name) => Some(name),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it opens what another token closes.
    pub fn opens(&self) -> bool {
        matches!(self.kind, Kind::Mark('(' | '[' | '{') | Kind::SubstitutionStart)
    }

    /// Whether it closes what another token opened.
    pub fn closes(&self) -> bool {
        matches!(self.kind, Kind::Mark(')' | ']' | '}') | Kind::SubstitutionEnd)
    }
}

/// The tokens of a source. What is malformed gives some tokens or other.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        source,
        at: 0,
        line: 1,
        follows_line_end: false,
        position: Position::default(),
        tokens: Vec::new(),
    };
    lexer.run();
    lexer.tokens
}

/// What the language writes with several characters, as far as a slash after it depends on
/// that.
const PUNCTUATORS: [&str; 6] = ["=>", "++", "--", "?.", "??", "..."];

struct Lexer<'a> {
    source: &'a str,
    /// How many bytes were read.
    at: usize,
    line: usize,
    /// Whether a line has ended since the last token.
    follows_line_end: bool,
    position: Position,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        self.line += usize::from(next == '\n');
        Some(next)
    }

    fn next_if(&mut self, is_wanted: impl Fn(char) -> bool) -> Option<char> {
        self.peek().filter(|next| is_wanted(*next))?;
        self.next()
    }

    /// Reads a text that is known to be there.
    fn take(&mut self, text: &str) -> bool {
        let is_there = self.rest().starts_with(text);
        if is_there {
            self.at += text.len();
        }
        is_there
    }

    fn push(&mut self, kind: Kind, line: usize) {
        self.tokens.push(Token { kind, line });
    }

    fn run(&mut self) {
        if self.take("#!") {
            self.skip_line();
        }
        while let Some(next) = self.peek() {
            if ends_line(next) {
                self.follows_line_end = true;
                self.next();
            } else if next.is_whitespace() || next == '\u{feff}' {
                self.next();
            } else if self.take("//") {
                self.skip_line();
            } else if self.take("/*") {
                self.skip_comment();
            } else {
                self.position.arrive(std::mem::take(&mut self.follows_line_end));
                self.token(next);
            }
        }
    }

    fn skip_line(&mut self) {
        while self.next_if(|next| !ends_line(next)).is_some() {}
    }

    fn skip_comment(&mut self) {
        while !self.take("*/") {
            let Some(next) = self.next() else { return };
            self.follows_line_end |= ends_line(next);
        }
    }

    fn token(&mut self, first: char) {
        let line = self.line;
        match first {
            '"' | '\'' => {
                let text = self.string();
                self.value(Kind::Text(text), line);
            }
            '`' => {
                self.next();
                self.template();
            }
            '/' if self.position.allows_pattern() => {
                self.pattern();
                self.value(Kind::Pattern, line);
            }
            '#' | '\\' => self.name(),
            _ if begins_name(first) => self.name(),
            '.' if !self.rest()[1..].starts_with(|next: char| next.is_ascii_digit()) => {
                self.punctuator();
            }
            '.' | '0'..='9' => {
                self.number();
                self.value(Kind::Number, line);
            }
            _ => self.punctuator(),
        }
    }

    /// Takes in what is an operand by itself.
    fn value(&mut self, kind: Kind, line: usize) {
        self.position.value();
        self.push(kind, line);
    }

    fn name(&mut self) {
        let line = self.line;
        let mut name = String::new();
        let mut is_written_out = true;
        if self.take("#") {
            name.push('#');
        }
        while let Some(next) = self.peek() {
            if next == '\\' {
                self.next();
                name.extend(self.escape());
                // A keyword has none.
                is_written_out = false;
            } else if begins_name(next) || next.is_ascii_digit() {
                name.push(next);
                self.next();
            } else {
                break;
            }
        }
        if name == "#" {
            self.position.punctuator("#");
            return self.push(Kind::Mark('#'), line);
        }
        self.position.name(if is_written_out { &name } else { "" });
        self.push(Kind::Name(name), line);
    }

    fn punctuator(&mut self) {
        let line = self.line;
        let rest = self.rest();
        let known = PUNCTUATORS.into_iter().find(|known| rest.starts_with(known));
        // `a?.5:b` is a question.
        let is_question =
            rest.starts_with("?.") && rest[2..].starts_with(|next: char| next.is_ascii_digit());
        let length = known.filter(|_| !is_question).map_or(1, str::len);
        let written = &self.source[self.at..self.at + length];
        self.at += length;
        let ends_substitution = self.position.punctuator(written);
        if ends_substitution {
            self.push(Kind::SubstitutionEnd, line);
            return self.template();
        }
        for mark in written.chars() {
            self.push(Kind::Mark(mark), line);
        }
    }

    /// A template from its beginning or from the end of what it computes, up to what it
    /// computes next or to its end.
    fn template(&mut self) {
        let line = self.line;
        let text = self.part_of_template();
        self.value(Kind::Text(text), line);
        let line = self.line;
        if self.take("${") {
            self.position.open_substitution();
            self.push(Kind::SubstitutionStart, line);
        } else {
            self.take("`");
        }
    }
}

fn ends_line(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// What is no ASCII and no blank has no other use than in names.
fn begins_name(character: char) -> bool {
    character.is_ascii_alphabetic()
        || matches!(character, '_' | '$')
        || (!character.is_ascii() && !character.is_whitespace() && !ends_line(character))
            && character != '\u{feff}'
}

#[cfg(test)]
mod tests;
