//! The rules that derive mutants from a program. Each changes one place, by its tokens alone, so
//! that most of what comes of it builds; what a place is for, a rule does not know.

use std::fmt;
use std::ops::Range;

use super::condition::{self, Condition};
use super::tokens::{Kind, Token, tokens};
use super::twins::{ENCODERS, TWINS, Twin};
use crate::case::Language;

/// What a mutant has otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The condition of an `if` never holds.
    CheckDropped,
    /// One part of a condition of several is left out.
    PartDropped,
    /// A bound is wider by one: what was the first to be refused is let through.
    BoundWidened,
    /// `==` for `!=`, and the other way round.
    CheckInverted,
    /// A safe function is replaced by its unsafe twin, or a safe setting by its opposite.
    UnsafeTwin,
    /// A value is used as it is that was quoted, escaped, cleaned or resolved.
    EncoderLeftOut,
    /// A lock is not taken.
    LockRemoved,
    /// A value is shared that was copied.
    CopyRemoved,
    /// What marks an end or a thing as gone is not written.
    ClearingDropped,
}

impl Rule {
    pub const ALL: [Rule; 9] = [
        Rule::CheckDropped,
        Rule::PartDropped,
        Rule::BoundWidened,
        Rule::CheckInverted,
        Rule::UnsafeTwin,
        Rule::EncoderLeftOut,
        Rule::LockRemoved,
        Rule::CopyRemoved,
        Rule::ClearingDropped,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Rule::CheckDropped => "check-dropped",
            Rule::PartDropped => "part-dropped",
            Rule::BoundWidened => "bound-widened",
            Rule::CheckInverted => "check-inverted",
            Rule::UnsafeTwin => "unsafe-twin",
            Rule::EncoderLeftOut => "encoder-left-out",
            Rule::LockRemoved => "lock-removed",
            Rule::CopyRemoved => "copy-removed",
            Rule::ClearingDropped => "clearing-dropped",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Functions whose result is a copy of what they are given.
const COPIES: [&str; 9] = [
    "strdup",
    "deepcopy",
    "structuredClone",
    "Clone",
    "clone",
    "copyOf",
    "dup",
    "deep_dup",
    "copy",
];

/// A place of a program, and what stands there instead.
type Edit = (Range<usize>, String);

/// A text that a rule has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) rule: Rule,
    pub(super) text: String,
}

/// All that the rules make of a program.
pub(super) fn changed(language: Language, text: &str) -> Vec<Changed> {
    let program = Program { language, text, tokens: tokens(language, text) };
    let mut found: Vec<(Rule, Vec<Edit>)> = Vec::new();
    for condition in condition::all(language, text, &program.tokens) {
        found.push((Rule::CheckDropped, condition.never()));
        found.extend(program.parts(&condition).map(|edit| (Rule::PartDropped, vec![edit])));
    }
    for place in 0..program.tokens.len() {
        found.extend(program.at(place));
    }
    found.extend(program.locks().into_iter().map(|edits| (Rule::LockRemoved, edits)));
    let apply = |(rule, edits): (Rule, Vec<Edit>)| Changed { rule, text: edited(text, edits) };
    found.into_iter().map(apply).filter(|changed| changed.text != text).collect()
}

/// A text with edits, none of which overlap.
fn edited(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let mut edited = text.to_owned();
    for (range, instead) in edits.into_iter().rev() {
        edited.replace_range(range, &instead);
    }
    edited
}

struct Program<'a> {
    language: Language,
    text: &'a str,
    tokens: Vec<Token<'a>>,
}

impl Program<'_> {
    /// What can be changed at one token.
    fn at(&self, place: usize) -> Vec<(Rule, Vec<Edit>)> {
        let token = self.tokens[place];
        let mut found = Vec::new();
        let mut add = |rule, edit: Option<Edit>| {
            found.extend(edit.map(|edit| (rule, vec![edit])));
        };
        match token.kind {
            Kind::Sign => {
                add(Rule::BoundWidened, self.widened(place));
                add(Rule::CheckInverted, self.inverted(token));
                add(Rule::ClearingDropped, self.cleared(place));
            }
            Kind::Word => {
                add(Rule::UnsafeTwin, self.twin(place));
                let is_encoder = || {
                    let name = token.text.to_ascii_lowercase();
                    ENCODERS.iter().any(|encoder| name.contains(encoder))
                };
                if is_encoder() {
                    add(Rule::EncoderLeftOut, self.bare_argument(place));
                }
                if COPIES.contains(&token.text) {
                    add(Rule::CopyRemoved, self.bare_argument(place));
                    add(Rule::CopyRemoved, self.bare_receiver(place));
                }
            }
            Kind::Number | Kind::Literal => {}
        }
        found
    }

    /// Whether a condition that refuses holds a token: the smaller the allowed, the more it
    /// refuses.
    fn refuses(&self, place: usize) -> bool {
        let conditions = condition::all(self.language, self.text, &self.tokens);
        conditions.iter().any(|it| it.tokens.contains(&place) && it.refuses)
    }

    /// A comparison that holds for one number more, or for one less in a condition that refuses.
    fn widened(&self, place: usize) -> Option<Edit> {
        let token = self.tokens[place];
        // A formatted comparison has spaces around it; types in angle brackets have none.
        let is_spaced = self.text[..token.start].ends_with(' ')
            && self.text[token.end()..].starts_with([' ', '\n']);
        if !is_spaced || !token.is_any(&["<", "<=", ">", ">="]) {
            return None;
        }
        let right = condition::operand_after(self.language, self.text, &self.tokens, place)?;
        let is_text = self.tokens[right.clone()].iter().any(|it| it.kind == Kind::Literal);
        let other = |sign: &str| Some((token.start..token.end(), sign.to_owned()));
        let end = self.tokens[right.end - 1].end();
        let moved = |by: &str| (!is_text).then(|| (end..end, format!(" {by} 1")));
        match (token.text, self.refuses(place)) {
            ("<", false) => other("<="),
            (">", false) => other(">="),
            ("<=", true) => other("<"),
            (">=", true) => other(">"),
            ("<", true) | (">=", false) => moved("-"),
            (">", true) | ("<=", false) => moved("+"),
            _ => None,
        }
    }

    fn inverted(&self, token: Token<'_>) -> Option<Edit> {
        let instead = match token.text {
            "==" => "!=",
            "!=" => "==",
            "===" => "!==",
            "!==" => "===",
            _ => return None,
        };
        Some((token.start..token.end(), instead.to_owned()))
    }

    /// Each part of a condition, left out with the word that joins it to its neighbour.
    fn parts(&self, condition: &Condition) -> impl Iterator<Item = Edit> {
        let parts = condition::parts(&self.tokens, condition.tokens.clone());
        let tokens = &self.tokens;
        let count = parts.len();
        let edits: Vec<Edit> = parts
            .iter()
            .enumerate()
            .filter(|_| count > 1)
            .map(|(index, part)| {
                // A part goes with the joint before it, and the first with the one behind it.
                let range = match index {
                    0 => tokens[part.start].start..tokens[parts[1].start].start,
                    _ => tokens[parts[index - 1].end - 1].end()..tokens[part.end - 1].end(),
                };
                (range, String::new())
            })
            .collect();
        edits.into_iter()
    }

    /// `x = NULL;`, `x = '\0';` or `x = 0;` of C, where it is a statement of its own.
    fn cleared(&self, place: usize) -> Option<Edit> {
        let value = self.tokens.get(place + 1)?;
        let is_clear = value.is("NULL") || ["'\\0'", "0"].contains(&value.text);
        let ends = self.tokens.get(place + 2).is_some_and(|it| it.is(";"));
        if self.language != Language::C || !self.tokens[place].is("=") || !is_clear || !ends {
            return None;
        }
        let line = self.text[..self.tokens[place].start].rfind('\n').map_or(0, |at| at + 1);
        let first = self.tokens.iter().position(|it| it.start >= line)?;
        // A declaration has two words side by side, or a star between them.
        let left = &self.tokens[first..place];
        let declares = left.windows(2).any(|pair| {
            pair[0].kind == Kind::Word && (pair[1].kind == Kind::Word || pair[1].is("*"))
        });
        let begins = first == 0 || self.tokens[first - 1].is_any(&[";", "{", "}"]);
        let is_one = begins && !declares && !left.iter().any(|it| it.is_any(&["for", "if", "="]));
        is_one.then(|| (self.tokens[first].start..self.tokens[place + 2].end(), String::new()))
    }

    fn twin(&self, place: usize) -> Option<Edit> {
        let twin = TWINS.iter().find(|(language, safe, _)| {
            *language == self.language
                && safe.split(' ').enumerate().all(|(more, wanted)| {
                    self.tokens.get(place + more).is_some_and(|it| it.is(wanted))
                })
        });
        let (_, safe, twin) = twin?;
        let last = self.tokens[place + safe.split(' ').count() - 1];
        let begin = self.tokens[place].start;
        match twin {
            Twin::Instead(other) => Some((begin..last.end(), (*other).to_owned())),
            Twin::WithoutArgument(other, index) => {
                let open = place + safe.split(' ').count();
                let arguments = self.arguments(open)?;
                let gone = arguments.get(*index)?;
                let kept = arguments.iter().filter(|it| *it != gone).map(|it| {
                    &self.text[self.tokens[it.start].start..self.tokens[it.end - 1].end()]
                });
                let kept = kept.collect::<Vec<_>>().join(", ");
                let end = self.tokens[condition::closing(&self.tokens, open)?].end();
                Some((begin..end, format!("{other}({kept})")))
            }
        }
    }

    /// `f(x)` as `(x)`, where a function of one argument is called.
    fn bare_argument(&self, place: usize) -> Option<Edit> {
        let arguments = self.arguments(place + 1)?;
        if arguments.len() != 1 {
            return None;
        }
        let first = self.path_before(place);
        // A word before a name makes it a definition or a type, unless the word uses a value.
        let uses = ["return", "in", "and", "or", "not", "await", "yield", "if", "else", "case"];
        let before = first.checked_sub(1).map(|before| self.tokens[before]);
        if before.is_some_and(|it| it.kind == Kind::Word && !it.is_any(&uses) || it.is("*")) {
            return None;
        }
        // So does the opening of a body behind it.
        let close = condition::closing(&self.tokens, place + 1)?;
        if self.tokens.get(close + 1).is_some_and(|it| it.is_any(&["{", "->"])) {
            return None;
        }
        Some((self.tokens[first].start..self.tokens[place].end(), String::new()))
    }

    /// `x.f()` as `x`.
    fn bare_receiver(&self, place: usize) -> Option<Edit> {
        let dot = place.checked_sub(1).filter(|dot| self.tokens[*dot].is_any(&[".", "&."]))?;
        let start = self.tokens[dot].start;
        let open = self.tokens.get(place + 1);
        let end = match open.filter(|it| it.is("(")) {
            Some(_) if self.tokens.get(place + 2)?.is(")") => self.tokens[place + 2].end(),
            Some(_) => return None,
            None if self.language == Language::Ruby => self.tokens[place].end(),
            None => return None,
        };
        Some((start..end, String::new()))
    }

    /// Where the name begins that ends here: `a` in `a.b.c`.
    fn path_before(&self, place: usize) -> usize {
        let mut first = place;
        while first >= 2
            && self.tokens[first - 1].is_any(&[".", "::"])
            && self.tokens[first - 2].kind == Kind::Word
        {
            first -= 2;
        }
        first
    }

    /// The arguments between the parenthesis at a place and its end, none of them empty.
    fn arguments(&self, open: usize) -> Option<Vec<Range<usize>>> {
        if !self.tokens.get(open)?.is("(") {
            return None;
        }
        let close = condition::closing(&self.tokens, open)?;
        let arguments = condition::split(&self.tokens, open + 1..close, &[","]);
        arguments.iter().all(|it| !it.is_empty()).then_some(arguments)
    }

    /// What takes and releases each lock, all of it for one lock.
    fn locks(&self) -> Vec<Vec<Edit>> {
        let mut found: Vec<Vec<Edit>> = Vec::new();
        let calls = |names: &[&str]| {
            let edits = self.tokens.iter().enumerate().filter(|(_, it)| it.is_any(names));
            edits.filter_map(|(place, _)| self.statement(place)).collect::<Vec<_>>()
        };
        match self.language {
            Language::C => found.push(calls(&["pthread_mutex_lock", "pthread_mutex_unlock"])),
            Language::Go => found.push(calls(&["Lock", "Unlock", "RLock", "RUnlock"])),
            Language::Java => {
                for (place, token) in self.tokens.iter().enumerate() {
                    if token.is("synchronized") {
                        let open = self.tokens.get(place + 1).is_some_and(|it| it.is("("));
                        let close = condition::closing(&self.tokens, place + 1).filter(|_| open);
                        let end = close.map_or(token.end(), |close| self.tokens[close].end());
                        found.push(vec![(token.start..end, String::new())]);
                    }
                }
            }
            Language::Python => {
                for (place, pair) in self.tokens.windows(2).enumerate() {
                    let is_lock = pair[1].text.to_ascii_lowercase().contains("lock");
                    let ends = self.tokens.get(place + 2).is_some_and(|it| it.is(":"));
                    if pair[0].is("with") && is_lock && ends {
                        let range = pair[0].start..pair[1].end();
                        found.push(vec![(range, "if True".to_owned())]);
                    }
                }
            }
            Language::Ruby | Language::NodeJs => {}
        }
        found.retain(|edits| !edits.is_empty());
        found
    }

    /// The statement on a line of its own that has the token at a place.
    fn statement(&self, place: usize) -> Option<Edit> {
        let at = self.tokens[place].start;
        let start = self.text[..at].rfind('\n').map_or(0, |line| line + 1);
        let end = self.text[at..].find('\n').map_or(self.text.len(), |line| at + line);
        let line = self.text[start..end].trim();
        let is_call = line.ends_with(");") || line.ends_with(')');
        is_call.then(|| (start..end, String::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a rule makes of a program, as the lines that it changes.
    fn check(language: Language, rule: Rule, text: &str, expect: &[&str]) {
        let made = changed(language, text).into_iter().filter(|it| it.rule == rule);
        let lines = made.map(|it| {
            let kept: Vec<&str> = text.lines().collect();
            let new = it.text.lines().filter(|line| !kept.contains(line));
            new.map(str::trim).collect::<Vec<_>>().join("|")
        });
        assert_eq!(lines.collect::<Vec<_>>(), expect, "{language} {rule} {text}");
    }

    #[test]
    fn a_check_is_dropped_and_still_computed() {
        let rule = Rule::CheckDropped;
        check(Language::C, rule, "if (a || b)\n    return -1;\n", &["if ((a || b) && 0)"]);
        check(
            Language::Go,
            rule,
            "if err := f(); err != nil {\n\treturn err\n}\n",
            &["if err := f(); (err != nil) && false {"],
        );
        check(Language::Java, rule, "if (a) {\n}\n", &["if ((a) && false) {"]);
        check(Language::NodeJs, rule, "if (!a) throw b;\n", &["if ((!a) && false) throw b;"]);
        check(
            Language::Python,
            rule,
            "if a:\n    pass\nx = 1 if b else 2\n",
            &["if (a) and False:"],
        );
        check(Language::Ruby, rule, "raise x unless a&.b?\n", &["raise x unless (a&.b?) || true"]);
        check(Language::Ruby, rule, "if a\n  b\nend\n", &["if (a) && false"]);
    }

    #[test]
    fn parts_of_a_condition_are_dropped_one_by_one() {
        let rule = Rule::PartDropped;
        check(
            Language::C,
            rule,
            "if (a || (b && c) || d)\n    x();\n",
            &["if ((b && c) || d)", "if (a || d)", "if (a || (b && c))"],
        );
        // What binds more tightly goes with its part.
        check(Language::Java, rule, "if (a || b && c) {\n}\n", &["if (b && c) {", "if (a) {"]);
        check(Language::Python, rule, "if a and not b:\n    c\n", &["if not b:", "if a:"]);
        check(Language::C, rule, "if (a)\n    x();\n", &[]);
    }

    #[test]
    fn a_bound_is_widened_towards_what_it_lets_through() {
        let rule = Rule::BoundWidened;
        // A check that refuses lets one more through, ...
        check(Language::C, rule, "if (n > m)\n    return -1;\n", &["if (n > m + 1)"]);
        check(Language::C, rule, "if (n >= m)\n    return -1;\n", &["if (n > m)"]);
        check(Language::C, rule, "if (n < 4) {\n    goto out;\n}\n", &["if (n < 4 - 1) {"]);
        // ... and one that admits holds for one more.
        check(Language::C, rule, "while (n < m)\n    n++;\n", &["while (n <= m)"]);
        check(Language::Go, rule, "for i := 0; i < n; i++ {\n}\n", &["for i := 0; i <= n; i++ {"]);
        check(Language::Python, rule, "x = a <= len(b)\ny = 2\n", &["x = a <= len(b) + 1"]);
        // Types in angle brackets are no comparison, and text has no successor.
        check(
            Language::Java,
            rule,
            "List<String> a = b < \"c\";\n",
            &["List<String> a = b <= \"c\";"],
        );
        check(Language::Python, rule, "x = a <= \"b\"\n", &[]);
    }

    #[test]
    fn safe_things_are_replaced_by_their_twins() {
        let rule = Rule::UnsafeTwin;
        check(
            Language::C,
            rule,
            "snprintf(a, sizeof a, \"%s\", b);\n",
            &["sprintf(a, \"%s\", b);"],
        );
        check(Language::Python, rule, "yaml.safe_load(a)\n", &["yaml.unsafe_load(a)"]);
        check(Language::Python, rule, "f(a, shell=False)\n", &["f(a, shell=True)"]);
        check(Language::Go, rule, "os.Lstat(a)\n", &["os.Stat(a)"]);
        check(Language::NodeJs, rule, "a = Object.create(null);\n", &["a = ({});"]);
        check(Language::Ruby, rule, "a.start_with?(b)\n", &["a.include?(b)"]);
    }

    #[test]
    fn encoders_and_copies_are_left_out_where_they_are_called() {
        let rule = Rule::EncoderLeftOut;
        check(
            Language::Python,
            rule,
            "def quote(a):\n    return shlex.quote(a)\n",
            &["return (a)"],
        );
        check(
            Language::NodeJs,
            rule,
            "f(path.basename(a), escape(a, b));\n",
            &["f((a), escape(a, b));"],
        );
        check(
            Language::C,
            rule,
            "static char *escape(char *a) {\n    return escape(a);\n}\n",
            &["return (a);"],
        );
        let rule = Rule::CopyRemoved;
        check(Language::C, rule, "a = strdup(b);\n", &["a = (b);"]);
        check(Language::Java, rule, "a = b.clone();\n", &["a = b;"]);
        check(Language::Ruby, rule, "a = b.dup\n", &["a = b"]);
    }

    #[test]
    fn locks_are_removed_as_a_whole_and_ends_are_not_written() {
        let rule = Rule::LockRemoved;
        check(Language::Go, rule, "a()\nm.Lock()\ndefer m.Unlock()\nb()\n", &["|"]);
        check(Language::Python, rule, "with LOCK:\n    a()\n", &["if True:"]);
        check(Language::Java, rule, "synchronized (a) {\n}\n", &["{"]);
        let rule = Rule::ClearingDropped;
        let text = "char *p = NULL;\nfree(p);\np->a = NULL;\nfor (i = 0; i < 2; i++)\n    ;\n";
        let made: Vec<Changed> =
            changed(Language::C, text).into_iter().filter(|it| it.rule == rule).collect();
        assert_eq!(made.len(), 1);
        assert_eq!(made[0].text, text.replace("p->a = NULL;", ""));
    }

    #[test]
    fn any_text_is_taken() {
        for language in Language::ALL {
            for text in ["", "if", "if (", "if (a", "<", "a < ", ") > 1", "f(", "quote(", "é < ü"]
            {
                for made in changed(language, text) {
                    assert_ne!(made.text, text, "{language}");
                }
            }
        }
    }
}
