//! JavaScript as tokens: enough of the language to tell code from text and comments.

/// A token, with the line it begins in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Name(String),
    /// A string, with its escapes resolved; a part of a template is one as well.
    Text(String),
    /// A number or a regular expression.
    Other,
    Mark(char),
}

impl Token {
    pub(super) fn is_mark(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }

    pub(super) fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The tokens of a source. What is malformed gives some tokens or other.
pub(super) fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { rest: source.chars().collect(), at: 0, line: 1, tokens: Vec::new() };
    lexer.run(None);
    lexer.tokens
}

struct Lexer {
    rest: Vec<char>,
    at: usize,
    line: usize,
    tokens: Vec<Token>,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.rest.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(next == '\n');
        Some(next)
    }

    fn push(&mut self, kind: Kind, line: usize) {
        self.tokens.push(Token { kind, line });
    }

    /// Reads to the end, or to the brace that closes an expression in a template.
    fn run(&mut self, closing: Option<char>) {
        let mut depth = 0_usize;
        while let Some(first) = self.peek(0) {
            let line = self.line;
            match first {
                '/' if self.peek(1) == Some('/') => {
                    while self.peek(0).is_some_and(|it| it != '\n') {
                        self.next();
                    }
                }
                '/' if self.peek(1) == Some('*') => {
                    self.at += 2;
                    while self.peek(0).is_some()
                        && !(self.peek(0) == Some('*') && self.peek(1) == Some('/'))
                    {
                        self.next();
                    }
                    self.at += 2;
                }
                '/' if self.begins_expression() => self.regular_expression(),
                '"' | '\'' => {
                    self.next();
                    let text = self.text(first);
                    self.push(Kind::Text(text), line);
                }
                '`' => {
                    self.next();
                    self.template();
                }
                _ if is_name(first) || first == '\\' => {
                    let name = self.name();
                    self.push(Kind::Name(name), line);
                }
                _ if first.is_ascii_digit() => {
                    while self.peek(0).is_some_and(|it| it.is_ascii_alphanumeric() || it == '.') {
                        self.next();
                    }
                    self.push(Kind::Other, line);
                }
                _ => {
                    self.next();
                    if first.is_whitespace() {
                        continue;
                    }
                    match first {
                        '{' => depth += 1,
                        '}' if depth == 0 && closing == Some('}') => return,
                        '}' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    self.push(Kind::Mark(first), line);
                }
            }
        }
    }

    /// Whether a slash here begins a regular expression.
    fn begins_expression(&self) -> bool {
        match self.tokens.last().map(|token| &token.kind) {
            None => true,
            Some(Kind::Mark(mark)) => !matches!(mark, ')' | ']' | '}'),
            Some(Kind::Name(name)) => matches!(
                name.as_str(),
                "return"
                    | "typeof"
                    | "case"
                    | "in"
                    | "of"
                    | "delete"
                    | "void"
                    | "throw"
                    | "new"
                    | "else"
                    | "do"
                    | "await"
                    | "yield"
                    | "instanceof"
            ),
            Some(Kind::Text(_) | Kind::Other) => false,
        }
    }

    fn regular_expression(&mut self) {
        let line = self.line;
        self.next();
        let mut in_class = false;
        while let Some(next) = self.next() {
            match next {
                '\\' => {
                    self.next();
                }
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => break,
                '\n' => break,
                _ => {}
            }
        }
        self.push(Kind::Other, line);
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(next) = self.peek(0) {
            if next == '\\' {
                self.next();
                name.extend(self.escape());
            } else if is_name(next) || next.is_ascii_digit() {
                name.push(next);
                self.next();
            } else {
                break;
            }
        }
        name
    }

    fn text(&mut self, closing: char) -> String {
        let mut text = String::new();
        while let Some(next) = self.next() {
            match next {
                _ if next == closing => break,
                '\\' => text.extend(self.escape()),
                '\n' if closing != '`' => break,
                _ => text.push(next),
            }
        }
        text
    }

    fn template(&mut self) {
        let mut line = self.line;
        let mut text = String::new();
        while let Some(next) = self.next() {
            match next {
                '`' => break,
                '\\' => text.extend(self.escape()),
                '$' if self.peek(0) == Some('{') => {
                    self.next();
                    self.push(Kind::Text(std::mem::take(&mut text)), line);
                    self.push(Kind::Mark('+'), self.line);
                    self.run(Some('}'));
                    self.push(Kind::Mark('+'), self.line);
                    line = self.line;
                }
                _ => text.push(next),
            }
        }
        self.push(Kind::Text(text), line);
    }

    /// What stands for itself after a backslash, which was read.
    fn escape(&mut self) -> Option<char> {
        match self.next()? {
            'n' => Some('\n'),
            't' => Some('\t'),
            'r' => Some('\r'),
            '\n' => None,
            'x' => self.code(2),
            'u' if self.peek(0) == Some('{') => {
                self.next();
                let code = self.code(usize::MAX);
                self.next();
                code
            }
            'u' => self.code(4),
            other => Some(other),
        }
    }

    /// A character by up to so many hexadecimal digits.
    fn code(&mut self, most: usize) -> Option<char> {
        let mut code = 0_u32;
        let mut count = 0;
        while let (true, Some(digit)) = (count < most, self.peek(0).and_then(|it| it.to_digit(16)))
        {
            code = code.wrapping_mul(16).wrapping_add(digit);
            count += 1;
            self.next();
        }
        char::from_u32(code)
    }
}

fn is_name(character: char) -> bool {
    character.is_alphabetic() || matches!(character, '_' | '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_told_from_texts_comments_and_regular_expressions() {
        let source = "a /* b */ = 'c\\x64' // e\n+ /f'[/]/g + `h${ i({}) }j` / k \"\\u{6c}\"";
        let found: Vec<String> = tokens(source)
            .into_iter()
            .map(|token| match token.kind {
                Kind::Name(name) => name,
                Kind::Text(text) => format!("'{text}'"),
                Kind::Other => "_".to_owned(),
                Kind::Mark(mark) => mark.to_string(),
            })
            .collect();
        assert_eq!(found.join(" "), "a = 'cd' + _ g + 'h' + i ( { } ) + 'j' / k 'l'");
    }
}
