//! [`Position`]: what may come next in a program, so that a slash is read as what it is.
//!
//! A slash divides after an operand and begins a regular expression everywhere else. The
//! last token alone does not say which it is: `)` ends an operand after a call and the head
//! of a statement after `if`, and `}` ends an operand or a block. So what each bracket is
//! that is open is kept.

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// A statement; a brace begins a block.
    Statement,
    /// An operand; a brace begins an object.
    Operand,
    /// What an arrow function does: an operand, but a brace begins a block.
    ArrowBody,
    /// What goes on after an operand.
    Operator,
}

/// A bracket that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bracket {
    /// The `(` after `if`, `while`, `for` or `with`.
    Head { of_for: bool },
    /// The `(` of a function, and what may come after its body.
    Parameters(Expected),
    /// Any other `(`.
    Group,
    /// `[`
    List,
    /// The `{` of a block, a function or a class, and what may come after it.
    Block(Expected),
    /// The `{` of an object or of a pattern for one.
    Object,
    /// The `${` of a template.
    Substitution,
}

/// What the last token was, as far as the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Other,
    /// An operand, and then the end of its line.
    LineEnd,
    /// `.` and `?.`: the next name is a property's, whatever it is.
    Dot,
    /// `if`, `while`, `for` and `with`.
    Head {
        of_for: bool,
    },
    /// `async`, which may belong to a function that is a statement.
    Async {
        is_statement: bool,
    },
    /// `function`, its star or its name, and what may come after its body.
    Function(Expected),
    /// The `)` of a function's parameters.
    Parameters(Expected),
    /// `class`
    Class,
    /// `extends`
    Extends,
    /// `default`, after which a function is no operand.
    Default,
    /// What ends with its line: `return`, `break`, `continue`.
    EndsWithLine,
}

/// What is open at one place, from the file itself on.
#[derive(Debug, Clone, Copy)]
struct Level {
    bracket: Bracket,
    /// How many `?` wait for their `:`.
    questions: usize,
    /// A class whose body has not begun, and what may come after it.
    class: Option<Expected>,
}

impl Level {
    fn new(bracket: Bracket) -> Level {
        Level { bracket, questions: 0, class: None }
    }
}

#[derive(Debug)]
pub(super) struct Position {
    expected: Expected,
    last: Last,
    file: Level,
    open: Vec<Level>,
}

impl Default for Position {
    fn default() -> Position {
        Position {
            expected: Expected::Statement,
            last: Last::Other,
            file: Level::new(Bracket::Block(Expected::Statement)),
            open: Vec::new(),
        }
    }
}

impl Position {
    /// Whether a slash here begins a regular expression.
    pub(super) fn allows_pattern(&self) -> bool {
        self.expected != Expected::Operator
    }

    /// A token begins here. `follows_line_end`: in another line than the last one.
    pub(super) fn arrive(&mut self, follows_line_end: bool) {
        if !follows_line_end {
            return;
        }
        if self.last == Last::EndsWithLine {
            self.expected = Expected::Statement;
        }
        // What is counted up in the next line is the next operand.
        if self.expected == Expected::Operator && self.last == Last::Other {
            self.last = Last::LineEnd;
        }
    }

    /// What is an operand by itself: a text, a number, a regular expression.
    pub(super) fn value(&mut self) {
        self.last = Last::Other;
        self.expected = Expected::Operator;
    }

    pub(super) fn open_substitution(&mut self) {
        self.open(Bracket::Substitution, Expected::Operand);
    }

    /// A name or a keyword; one that is empty is surely no keyword.
    pub(super) fn name(&mut self, name: &str) {
        let last = std::mem::replace(&mut self.last, Last::Other);
        if last == Last::Dot {
            self.expected = Expected::Operator;
            return;
        }
        if matches!(last, Last::Function(_)) {
            self.last = last;
            return;
        }
        let is_statement = last == Last::Default
            || matches!(self.expected, Expected::Statement | Expected::Operator);
        self.expected = match name {
            "if" | "while" | "with" | "for" => {
                self.last = Last::Head { of_for: name == "for" };
                Expected::Operand
            }
            "await" => {
                if matches!(last, Last::Head { .. }) {
                    self.last = last;
                }
                Expected::Operand
            }
            "async" => {
                self.last = Last::Async { is_statement };
                Expected::Operator
            }
            "function" => {
                let is_statement = match last {
                    Last::Async { is_statement } => is_statement,
                    _ => is_statement,
                };
                self.last = Last::Function(after(is_statement));
                Expected::Operator
            }
            "class" => {
                self.last = Last::Class;
                self.level().class = Some(after(is_statement));
                Expected::Operator
            }
            "extends" => {
                self.last = Last::Extends;
                Expected::Operand
            }
            "default" => {
                self.last = Last::Default;
                Expected::Operand
            }
            "return" | "break" | "continue" | "debugger" => {
                self.last = Last::EndsWithLine;
                Expected::Operand
            }
            "of" if self.expected == Expected::Operator && self.in_head_of_for() => {
                Expected::Operand
            }
            "do" | "else" | "try" | "finally" | "export" => Expected::Statement,
            "case" | "const" | "delete" | "in" | "instanceof" | "let" | "new" | "throw"
            | "typeof" | "var" | "void" | "yield" => Expected::Operand,
            _ => Expected::Operator,
        };
    }

    /// Whatever else is written. Answers whether it ends what a template computes.
    pub(super) fn punctuator(&mut self, written: &str) -> bool {
        let last = std::mem::replace(&mut self.last, Last::Other);
        match written {
            "(" => self.open_parenthesis(last),
            "[" => self.open(Bracket::List, Expected::Operand),
            "{" => self.open_brace(last),
            ")" => self.close_parenthesis(),
            "]" => {
                if self.level().bracket == Bracket::List {
                    self.open.pop();
                }
                self.expected = Expected::Operator;
            }
            "}" => return self.close_brace(),
            "." | "?." => {
                self.last = Last::Dot;
                self.expected = Expected::Operand;
            }
            "=>" => self.expected = Expected::ArrowBody,
            // After an operand of the same line it belongs to that.
            "++" | "--" if self.expected == Expected::Operator && last != Last::LineEnd => {}
            "*" if matches!(last, Last::Function(_)) => self.last = last,
            ":" => self.colon(),
            ";" => {
                let level = self.level();
                (level.questions, level.class) = (0, None);
                let in_block = matches!(level.bracket, Bracket::Block(_));
                self.expected = if in_block { Expected::Statement } else { Expected::Operand };
            }
            _ => {
                let level = self.level();
                level.questions += usize::from(written == "?");
                if matches!(written, "," | "=") {
                    level.class = None;
                }
                self.expected = Expected::Operand;
            }
        }
        false
    }

    fn level(&mut self) -> &mut Level {
        self.open.last_mut().unwrap_or(&mut self.file)
    }

    fn in_head_of_for(&mut self) -> bool {
        self.level().bracket == Bracket::Head { of_for: true }
    }

    fn open(&mut self, bracket: Bracket, expected: Expected) {
        self.last = Last::Other;
        self.open.push(Level::new(bracket));
        self.expected = expected;
    }

    fn open_parenthesis(&mut self, last: Last) {
        if last == Last::Class {
            // It is the name of a method.
            self.level().class = None;
        }
        let bracket = match last {
            Last::Head { of_for } => Bracket::Head { of_for },
            Last::Function(after) => Bracket::Parameters(after),
            _ => Bracket::Group,
        };
        self.open(bracket, Expected::Operand);
    }

    fn close_parenthesis(&mut self) {
        self.expected = Expected::Operator;
        match self.level().bracket {
            Bracket::Head { .. } => self.expected = Expected::Statement,
            Bracket::Parameters(after) => self.last = Last::Parameters(after),
            Bracket::Group => {}
            _ => return,
        }
        self.open.pop();
    }

    fn open_brace(&mut self, last: Last) {
        let expected = self.expected;
        let class = if last == Last::Extends { None } else { self.level().class.take() };
        let bracket = match (class, last, expected) {
            (Some(after), ..) | (None, Last::Parameters(after), _) => Bracket::Block(after),
            (None, _, Expected::Operand) => Bracket::Object,
            _ => Bracket::Block(Expected::Statement),
        };
        let is_object = bracket == Bracket::Object;
        self.open(bracket, if is_object { Expected::Operand } else { Expected::Statement });
    }

    /// Closes the innermost brace; what is open within it is malformed.
    fn close_brace(&mut self) -> bool {
        while let Some(level) = self.open.pop() {
            match level.bracket {
                Bracket::Block(after) => {
                    self.expected = after;
                    return false;
                }
                Bracket::Object => {
                    self.expected = Expected::Operator;
                    return false;
                }
                Bracket::Substitution => return true,
                _ => {}
            }
        }
        self.expected = Expected::Statement;
        false
    }

    fn colon(&mut self) {
        let level = self.level();
        level.class = None;
        let ends_label = level.questions == 0 && matches!(level.bracket, Bracket::Block(_));
        level.questions = level.questions.saturating_sub(1);
        self.expected = if ends_label { Expected::Statement } else { Expected::Operand };
    }
}

/// What may come after the body of a function or a class.
fn after(is_statement: bool) -> Expected {
    if is_statement { Expected::Statement } else { Expected::Operator }
}
