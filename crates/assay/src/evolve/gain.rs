//! [`Gain`]: what completing a scenario added to it.

use std::collections::HashMap;

/// What a completed program has that the scenario did not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gain {
    /// Lines of code that are new, however they are indented.
    pub(super) lines: usize,
}

impl Gain {
    /// Compares a scenario with what became of it. Lines that only comment are not counted.
    pub(super) fn of(scenario: &str, completed: &str) -> Gain {
        let mut known: HashMap<String, usize> = HashMap::new();
        for line in scenario.lines().filter_map(code) {
            *known.entry(line).or_default() += 1;
        }
        let mut lines = 0;
        for line in completed.lines().filter_map(code) {
            match known.get_mut(&line) {
                Some(left) if *left > 0 => *left -= 1,
                _ => lines += 1,
            }
        }
        Gain { lines }
    }
}

/// The code of a line without white space; `None` if there is none but a brace or a word that does
/// nothing.
fn code(line: &str) -> Option<String> {
    let text: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    let comments = ["//", "#", "/*", "*", "\"\"\"", "'''"];
    let is_directive =
        ["#include", "#define", "#if", "#endif"].iter().any(|it| text.starts_with(it));
    let is_comment = !is_directive && comments.iter().any(|it| text.starts_with(it));
    let says_nothing = ["pass", "...", "return", "return;"].contains(&text.as_str())
        || text.chars().all(|c| "{}()[];,".contains(c));
    (!is_comment && !says_nothing).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_new_lines_of_code_are_a_gain() {
        let scenario = "import os\n\ndef f(name):\n    # open it\n    pass\n";
        let check = |completed: &str, lines| assert_eq!(Gain::of(scenario, completed).lines, lines);
        check(scenario, 0);
        check("import os\ndef f( name ):\n    # it is opened here\n    return\n", 0);
        check(
            "import os\ndef f(name):\n    with open(name) as file:\n        return file.read()\n",
            2,
        );
        check("import os\nimport os\ndef f(name):\n    pass\n", 1);
        let c = Gain::of(
            "int f(void)\n{\n    // add\n}\n",
            "int f(void)\n{\n    *p = 1;\n    return a;\n}\n",
        );
        // A line that begins with a star is taken for a part of a comment.
        assert_eq!(c.lines, 1);
    }
}
