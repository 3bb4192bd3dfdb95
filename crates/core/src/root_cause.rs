//! Where in a program the line stands that is said to be the root cause of its weakness.

use crate::label::Label;

/// The fewest characters of a line by which it is known within another text. Shorter ones,
/// such as a brace, are in many.
const FEWEST: usize = 8;

impl Label {
    /// The lines of a program that its root cause names, from 1 and in order: those with the
    /// text that was given, or else the one whose number was. None where the program has no
    /// such line.
    pub fn lines_in(&self, text: &str) -> Vec<usize> {
        let lines: Vec<String> = text.lines().map(words).collect();
        let cause = self.cause.as_deref().unwrap_or_default();
        let given: Vec<String> =
            cause.lines().map(without_number).map(words).filter(|it| !it.is_empty()).collect();
        let is_given = |line: &str| given.iter().any(|it| it == line);
        let holds = |text: &str, part: &str| part.chars().count() >= FEWEST && text.contains(part);
        let shares = |line: &str| given.iter().any(|it| holds(line, it) || holds(it, line));
        let same = places(&lines, is_given);
        if !same.is_empty() {
            return same;
        }
        let alike = places(&lines, shares);
        if !alike.is_empty() {
            return alike;
        }
        let number = self.line.and_then(|line| usize::try_from(line).ok());
        number.filter(|line| (1..=lines.len()).contains(line)).into_iter().collect()
    }
}

fn places(lines: &[String], is_meant: impl Fn(&str) -> bool) -> Vec<usize> {
    let found = lines.iter().zip(1..).filter(|(line, _)| !line.is_empty() && is_meant(line));
    found.map(|(_, number)| number).collect()
}

/// A line with single spaces and without those around it: answers rarely keep them.
fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A line without the number that an answer may put before it, as in `12: gets(line);`.
fn without_number(line: &str) -> &str {
    let line = line.trim().trim_matches('`');
    let rest = line.trim_start_matches("line ").trim_start_matches("Line ");
    let code = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    match code.strip_prefix([':', '.', '|']) {
        Some(code) if code.len() < rest.len() - 1 => code.trim(),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = "int main(void)\n{\n    char line[8];\n    gets(line);\n    puts(line);\n    gets(line);\n}\n";

    fn check(cause: &str, line: Option<u32>, expect: &[usize]) {
        let label = Label { cause: Some(cause.to_owned()), line, ..Label::default() };
        assert_eq!(label.lines_in(PROGRAM), expect, "{cause:?}");
    }

    #[test]
    fn a_line_is_found_by_its_text_however_it_is_spaced() {
        check("puts(line);", None, &[5]);
        check("  gets(line);\n", None, &[4, 6]);
        check("char  line[8];", None, &[3]);
        check("`puts(line);`", None, &[5]);
        check("5: puts(line);", Some(5), &[5]);
        check("char line[8];\nputs(line);", None, &[3, 5]);
    }

    #[test]
    fn a_line_is_found_in_a_remark_and_by_a_part_of_it() {
        check("puts(line); prints what was read", None, &[5]);
        check("int main(void) {", None, &[1]);
        check("{ in a remark", None, &[]);
    }

    #[test]
    fn a_number_counts_where_no_text_is_found() {
        check("4", Some(4), &[4]);
        check("line 3 is too short", Some(3), &[3]);
        check("line 99", Some(99), &[]);
        check("system(command);", None, &[]);
        assert!(Label::default().lines_in(PROGRAM).is_empty());
    }
}
