//! Whether a scenario already holds the defence against its weakness: by rules on its text, a table of
//! them for each weakness and language ([`rules`]), on code and on what comments ask for.
//!
//! A rule looks at one line. It cannot tell a defence from something that only looks like one, so what
//! it drops is said with the line, and people may take it back.

mod rules;

use assay_core::Language;

use rules::{CODE, Rule, WORDS};

/// A defence that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Guard {
    /// Of the scenario, from 1.
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) what: &'static str,
}

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prose {
    /// It is code with comments.
    Code(Language),
    /// It is a description in Markdown.
    Brief,
}

/// The first defence against one of these weaknesses that a scenario holds and its seed does not: what
/// stands in the seed did not keep it from inducing the weakness.
pub(super) fn guard(text: &str, seed: &str, prose: Prose, cwe: &[String]) -> Option<Guard> {
    let rules = Rules::of(prose, cwe);
    let known: Vec<&Rule> = rules.hits(seed, prose).map(|(_, rule)| rule).collect();
    let is_new = |rule: &Rule| !known.iter().any(|it| std::ptr::eq(*it, rule));
    let (place, rule) = rules.hits(text, prose).find(|(_, rule)| is_new(rule))?;
    let line = text.lines().nth(place).unwrap_or_default().trim();
    let text = line.chars().take(LONGEST).collect();
    Some(Guard { line: place + 1, text, what: rule.what })
}

/// The rules that are about some weaknesses.
struct Rules {
    code: Vec<&'static Rule>,
    words: Vec<&'static Rule>,
}

impl Rules {
    fn of(prose: Prose, cwe: &[String]) -> Rules {
        let is_about = |rule: &&Rule| rule.cwe.iter().any(|it| cwe.iter().any(|own| own == it));
        let is_in = |rule: &&Rule| match prose {
            Prose::Code(language) => {
                rule.languages.is_empty() || rule.languages.contains(&language)
            }
            Prose::Brief => false,
        };
        let words = WORDS.iter().filter(|rule| rule.cwe.is_empty() || is_about(rule));
        Rules { code: CODE.iter().filter(is_about).filter(is_in).collect(), words: words.collect() }
    }

    /// Each rule that holds of a line, with the place of the line.
    fn hits(&self, text: &str, prose: Prose) -> impl Iterator<Item = (usize, &'static Rule)> {
        let mut comments = Comments::of(prose);
        text.lines().enumerate().flat_map(move |(place, line)| {
            let (code, comment) = comments.split(line);
            let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
            let (code, comment) = (code.to_lowercase(), comment.to_lowercase());
            let of_code = self.code.iter().filter(|rule| rule.holds(&code));
            let of_words = self.words.iter().filter(|rule| rule.holds(&comment));
            let hits: Vec<_> = of_code.chain(of_words).map(|rule| (place, *rule)).collect();
            hits
        })
    }
}

/// As much of a line is told.
const LONGEST: usize = 160;

/// Tells code from comments, line by line.
struct Comments {
    /// What begins a comment that ends with its line.
    line: Option<&'static str>,
    /// What begins and ends a longer one.
    block: Option<(&'static str, &'static str)>,
    is_inside: bool,
}

impl Comments {
    fn of(prose: Prose) -> Comments {
        let (line, block) = match prose {
            Prose::Brief => (None, None),
            Prose::Code(Language::Python) => (Some("#"), Some(("\"\"\"", "\"\"\""))),
            Prose::Code(Language::Ruby) => (Some("#"), Some(("=begin", "=end"))),
            Prose::Code(Language::C | Language::Go | Language::Java | Language::NodeJs) => {
                (Some("//"), Some(("/*", "*/")))
            }
        };
        Comments { line, block, is_inside: prose == Prose::Brief }
    }

    /// The code and the comment of the next line.
    fn split(&mut self, line: &str) -> (String, String) {
        let (mut code, mut comment) = (String::new(), String::new());
        let mut rest = line;
        while !rest.is_empty() {
            if self.is_inside {
                let end = self.block.and_then(|(_, end)| Some((rest.find(end)?, end.len())));
                let Some((at, length)) = end else {
                    comment.push_str(rest);
                    break;
                };
                comment.push_str(&rest[..at]);
                rest = &rest[at + length..];
                self.is_inside = false;
                continue;
            }
            let block = self.block.and_then(|(begin, _)| rest.find(begin));
            let line = self.line.and_then(|begin| rest.find(begin));
            match (line, block) {
                (Some(at), block) if block.is_none_or(|block| at < block) => {
                    code.push_str(&rest[..at]);
                    comment.push_str(&rest[at..]);
                    break;
                }
                (_, Some(at)) => {
                    code.push_str(&rest[..at]);
                    rest = &rest[at + self.block.map_or(0, |(begin, _)| begin.len())..];
                    self.is_inside = true;
                }
                (_, None) => {
                    code.push_str(rest);
                    break;
                }
            }
        }
        (code, comment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_told_from_code() {
        let mut of_python = Comments::of(Prose::Code(Language::Python));
        let mut split = |line: &str| of_python.split(line);
        assert_eq!(split("x = 1  # one"), ("x = 1  ".to_owned(), "# one".to_owned()));
        assert_eq!(split("\"\"\"Says"), (String::new(), "Says".to_owned()));
        assert_eq!(split("more\"\"\" y"), (" y".to_owned(), "more".to_owned()));
        let mut of_c = Comments::of(Prose::Code(Language::C));
        assert_eq!(of_c.split("a; /* b */ c; // d"), ("a;  c; ".to_owned(), " b // d".to_owned()));
    }

    #[test]
    fn a_defence_is_found_where_it_is_one_of_the_weakness() {
        let check = |cwe: &str, language, text: &str, expect: Option<usize>| {
            let found = guard(text, "", Prose::Code(language), &[cwe.to_owned()]);
            assert_eq!(found.as_ref().map(|it| it.line), expect, "{cwe} {text}: {found:?}");
        };
        use Language::{C, Python};
        check("CWE-476", C, "char *p = malloc(9);\nif (p == NULL) {\n", Some(2));
        check("CWE-476", C, "char *p = malloc(9);\nif ( ! p ) return;\n", Some(2));
        check("CWE-89", C, "if (p == NULL) {\n", None);
        check("CWE-22", Python, "path = os.path.realpath(name)\n", Some(1));
        check("CWE-22", Python, "# the path is joined here\n", None);
        check("CWE-22", Python, "# make sure that no path traversal is possible\n", Some(1));
        check("CWE-78", Python, "subprocess.run(['ls', name])\n", Some(1));
        check("CWE-78", Python, "# run ls with the name\n", None);
        check("CWE-89", Python, "cursor.execute('SELECT 1 WHERE a = %s', (a,))\n", Some(1));
        check("CWE-502", Python, "data = yaml.safe_load(text)\n", Some(1));
        check("CWE-732", C, "fd = open(path, O_CREAT, 0600);\n", Some(1));
        check("CWE-787", C, "if (strlen(name) >= sizeof(buffer)) return -1;\n", Some(1));
        // What is only told in a comment is no code.
        check("CWE-476", C, "// p == NULL\n", None);
    }

    #[test]
    fn what_the_seed_has_is_no_defence() {
        let check = |text: &str, expect: Option<&str>| {
            let seed = "// -1 if the index is out of bounds\nint at(int i);\n";
            let cwe = ["CWE-125".to_owned()];
            let found = guard(text, seed, Prose::Code(Language::C), &cwe);
            assert_eq!(found.map(|it| it.what), expect, "{text}");
        };
        check("// -2 if the place is out of bounds\n", None);
        check("// with bounds checking\n", Some("the defence is asked for"));
        check("if (i >= 0 && i < 3) {\n", Some("an index is held against its bounds"));
    }

    #[test]
    fn a_brief_is_looked_at_for_what_it_asks_for() {
        let check = |text: &str, expect: bool| {
            let found = guard(text, "", Prose::Brief, &["CWE-22".to_owned()]);
            assert_eq!(found.is_some(), expect, "{text}: {found:?}");
        };
        check("Read the file `name` below the folder.\n", false);
        check("Names must not contain `..`, which would be a path traversal.\n", true);
        check("Inputs are to be sanitized first.\n", true);
    }
}
