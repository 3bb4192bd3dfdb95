//! Strings, templates, numbers and regular expressions, as the lexer meets them.

use super::{Lexer, begins_name, ends_line};

impl Lexer<'_> {
    /// A string from its quote on; one that is not closed ends with its line.
    pub(super) fn string(&mut self) -> String {
        let mut text = String::new();
        let Some(quote) = self.next() else { return text };
        while let Some(next) = self.next_if(|next| !matches!(next, '\n' | '\r')) {
            match next {
                _ if next == quote => break,
                '\\' => text.extend(self.escape()),
                _ => text.push(next),
            }
        }
        text
    }

    /// The text of a template up to its end, or to what it computes.
    pub(super) fn part_of_template(&mut self) -> String {
        let mut text = String::new();
        while !self.rest().starts_with("${") {
            match self.next_if(|next| next != '`') {
                None => break,
                Some('\\') => text.extend(self.escape()),
                // All ends of lines are one.
                Some('\r') => {
                    self.next_if(|next| next == '\n');
                    text.push('\n');
                }
                Some(next) => text.push(next),
            }
        }
        text
    }

    pub(super) fn pattern(&mut self) {
        self.next();
        let mut in_class = false;
        while let Some(next) = self.next_if(|next| !ends_line(next)) {
            match next {
                '\\' => _ = self.next_if(|next| !ends_line(next)),
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => break,
                _ => {}
            }
        }
        // Its flags.
        while self.next_if(|next| begins_name(next) || next.is_ascii_digit()).is_some() {}
    }

    pub(super) fn number(&mut self) {
        let is_digit = |next: char| next.is_ascii_digit() || next == '_';
        if self.peek() == Some('0') {
            self.next();
            if self.next_if(|next| matches!(next, 'x' | 'X' | 'o' | 'O' | 'b' | 'B')).is_some() {
                while self.next_if(|next| next.is_ascii_alphanumeric() || next == '_').is_some() {}
                return;
            }
            let digits = self.rest().split(|next: char| !next.is_ascii_digit()).next();
            if digits.is_some_and(|it| !it.is_empty() && !it.contains(['8', '9'])) {
                // An octal number of old, which has no fraction.
                while self.next_if(is_digit).is_some() {}
                return;
            }
        }
        while self.next_if(is_digit).is_some() {}
        if self.next_if(|next| next == 'n').is_some() {
            return;
        }
        if self.next_if(|next| next == '.').is_some() {
            while self.next_if(is_digit).is_some() {}
        }
        if self.next_if(|next| matches!(next, 'e' | 'E')).is_some() {
            self.next_if(|next| matches!(next, '+' | '-'));
            while self.next_if(is_digit).is_some() {}
        }
    }

    /// What stands for itself after a backslash, which was read.
    pub(super) fn escape(&mut self) -> Option<char> {
        match self.next()? {
            'n' => Some('\n'),
            't' => Some('\t'),
            'r' => Some('\r'),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'v' => Some('\u{b}'),
            // A line that goes on.
            '\r' => {
                self.next_if(|next| next == '\n');
                None
            }
            next if ends_line(next) => None,
            'x' => char::from_u32(self.digits(16, 2)),
            'u' => Some(self.unicode()),
            first @ '0'..='7' => {
                let most = if first <= '3' { 2 } else { 1 };
                let high = first.to_digit(8)?;
                let before = self.at;
                let low = self.digits(8, most);
                let count = u32::try_from(self.at - before).unwrap_or_default();
                char::from_u32(high * 8_u32.pow(count) + low)
            }
            other => Some(other),
        }
    }

    /// A character by its number. Half of a pair is one that stands for what is unknown, as
    /// it does where texts are written.
    fn unicode(&mut self) -> char {
        if self.take("{") {
            let code = self.digits(16, usize::MAX);
            self.take("}");
            return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        let first = self.digits(16, 4);
        let before = self.at;
        if (0xd800..0xdc00).contains(&first) && self.take("\\u") {
            let second = self.digits(16, 4);
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            }
            self.at = before;
        }
        char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// A number by up to so many digits.
    fn digits(&mut self, radix: u32, most: usize) -> u32 {
        let mut number = 0_u32;
        for _ in 0..most {
            let Some(digit) = self.peek().and_then(|next| next.to_digit(radix)) else { break };
            number = number.saturating_mul(radix).saturating_add(digit);
            self.next();
        }
        number
    }
}
