//! Counts as people read them.

/// With a comma between thousands.
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count and its noun: `1 attempt`, `2 attempts`. Nouns that take no `s` are not for this.
pub fn counted(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{} {noun}s", count(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_the_right_number() {
        assert_eq!(
            [0, 7, 999, 1_000, 12_345, 1_234_567].map(count),
            ["0", "7", "999", "1,000", "12,345", "1,234,567"]
        );
        assert_eq!(
            [0, 1, 2, 1_000].map(|number| counted(number, "case")),
            ["0 cases", "1 case", "2 cases", "1,000 cases"]
        );
    }
}
