//! Tokens of C, as far as rules about sources need them: lines are joined, comments are
//! gone, and digraphs are what they stand for.

/// A token and the line it starts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) line: usize,
    /// Whether it is the first of its line, where a `#` starts a directive.
    pub(super) starts_line: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Word(String),
    Number(String),
    /// The text between double quotes.
    Text(String),
    Character,
    /// One character of punctuation; `##` is one token, told by `Paste`.
    Mark(char),
    Paste,
    /// What stands between angle brackets after `#include` or `__has_include`.
    Header(String),
}

impl Token {
    pub(super) fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }

    pub(super) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// The characters of a text with their lines, broken lines joined.
fn characters(text: &str) -> Vec<(char, usize)> {
    let mut characters = Vec::with_capacity(text.len());
    let mut line = 1;
    let mut rest = text.chars().filter(|&it| it != '\r').peekable();
    while let Some(character) = rest.next() {
        if character == '\\' {
            // The compiler lets white space stand before the end of a broken line.
            let mut ahead = rest.clone();
            while ahead.next_if(|&it| it == ' ' || it == '\t').is_some() {}
            if ahead.next_if_eq(&'\n').is_some() {
                rest = ahead;
                line += 1;
                continue;
            }
        }
        characters.push((character, line));
        if character == '\n' {
            line += 1;
        }
    }
    characters
}

/// The tokens of a source.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let characters = characters(text);
    let at = |place: usize| characters.get(place).map_or('\0', |(character, _)| *character);
    let mut tokens: Vec<Token> = Vec::new();
    let mut place = 0;
    let mut starts_line = true;
    while place < characters.len() {
        let line = characters[place].1;
        let (kind, length) = match (at(place), at(place + 1)) {
            ('\n', _) => {
                starts_line = true;
                place += 1;
                continue;
            }
            (blank, _) if blank.is_whitespace() => {
                place += 1;
                continue;
            }
            ('/', '/') => {
                while place < characters.len() && at(place) != '\n' {
                    place += 1;
                }
                continue;
            }
            ('/', '*') => {
                place += 2;
                while place < characters.len() && (at(place), at(place + 1)) != ('*', '/') {
                    place += 1;
                }
                place += 2;
                continue;
            }
            ('"', _) => quoted(&characters, place, '"'),
            ('\'', _) => (Kind::Character, quoted(&characters, place, '\'').1),
            ('<', next) if next != ':' && next != '%' && expects_header(&tokens) => {
                let inside = characters[place + 1..].iter().map(|(character, _)| *character);
                let name: String = inside.take_while(|it| !matches!(it, '>' | '\n')).collect();
                let length = name.chars().count() + 2;
                (Kind::Header(name), length)
            }
            (first, _) if first == '_' || first == '$' || first.is_alphabetic() => {
                let length =
                    run(&characters, place, |it| it == '_' || it == '$' || it.is_alphanumeric());
                (Kind::Word(text_of(&characters, place, length)), length)
            }
            (first, _) if first.is_ascii_digit() => {
                let length =
                    run(&characters, place, |it| it == '.' || it == '_' || it.is_alphanumeric());
                (Kind::Number(text_of(&characters, place, length)), length)
            }
            ('#', '#') => (Kind::Paste, 2),
            ('%', ':') if (at(place + 2), at(place + 3)) == ('%', ':') => (Kind::Paste, 4),
            ('%', ':') => (Kind::Mark('#'), 2),
            ('<', ':') => (Kind::Mark('['), 2),
            (':', '>') => (Kind::Mark(']'), 2),
            ('<', '%') => (Kind::Mark('{'), 2),
            ('%', '>') => (Kind::Mark('}'), 2),
            (mark, _) => (Kind::Mark(mark), 1),
        };
        tokens.push(Token { kind, line, starts_line });
        starts_line = false;
        place += length;
    }
    tokens
}

fn text_of(characters: &[(char, usize)], place: usize, length: usize) -> String {
    characters[place..place + length].iter().map(|(character, _)| *character).collect()
}

fn run(characters: &[(char, usize)], place: usize, belongs: impl Fn(char) -> bool) -> usize {
    characters[place..].iter().take_while(|(character, _)| belongs(*character)).count()
}

/// A literal that starts at a quote, and its length with both quotes.
fn quoted(characters: &[(char, usize)], place: usize, quote: char) -> (Kind, usize) {
    let mut text = String::new();
    let mut end = place + 1;
    while let Some(&(character, _)) = characters.get(end) {
        if character == quote || character == '\n' {
            break;
        }
        text.push(character);
        if let ('\\', Some((escaped, _))) = (character, characters.get(end + 1)) {
            text.push(*escaped);
            end += 1;
        }
        end += 1;
    }
    (Kind::Text(text), end + 1 - place)
}

/// Whether an angle bracket here starts the name of a header.
fn expects_header(tokens: &[Token]) -> bool {
    let includes = |token: &Token| {
        token.word().is_some_and(|word| matches!(word, "include" | "include_next" | "import"))
    };
    let asks = |token: &Token| token.word().is_some_and(|word| word.starts_with("__has_include"));
    match tokens {
        [.., hash, last] if includes(last) => hash.is('#') && hash.starts_line,
        [.., last, open] if open.is('(') => asks(last),
        [.., last] => asks(last),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let token = |token: &Token| match &token.kind {
            Kind::Word(it) | Kind::Number(it) => it.clone(),
            Kind::Text(it) => format!("{it:?}"),
            Kind::Character => "'".to_owned(),
            Kind::Mark(it) => it.to_string(),
            Kind::Paste => "##".to_owned(),
            Kind::Header(it) => format!("<{it}>"),
        };
        tokens(text).iter().map(token).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_broken_lines_hide_nothing() {
        assert_eq!(shown("as\\\nm /* asm */ x // asm \\\n asm\n y"), "asm x y");
        assert_eq!(shown("a\\ \t\nb \"a\\\"asm\" '\\''"), "ab \"a\\\\\\\"asm\" '");
        assert_eq!(shown("%:define A <:<:x:>:> %:%: ##"), "# define A [ [ x ] ] ## ##");
        assert_eq!(shown("#include <a/b.h>\na < b > c"), "# include <a/b.h> a < b > c");
        assert_eq!(shown("#if __has_include(<x.h>)"), "# if __has_include ( <x.h> )");
        assert_eq!(shown("/* open"), "");
        assert_eq!(shown("\"open\nasm"), "\"open\" asm");
        assert_eq!(tokens("a\n\\\n\nb").last().map(|token| token.line), Some(4));
    }
}
