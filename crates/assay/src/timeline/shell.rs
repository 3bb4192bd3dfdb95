//! The programs that a command line of a shell starts, as far as its text says: a reader that
//! is right about what agents usually write, and never fails.

/// A command line is read no deeper than so many shells within shells.
const DEPTH: usize = 4;

/// Words that only say when what follows is done.
const KEYWORDS: [&str; 12] =
    ["if", "then", "elif", "else", "fi", "do", "done", "while", "until", "!", "{", "}"];

/// Programs that start the one that is named after them.
const WRAPPERS: [&str; 13] = [
    "time", "nice", "nohup", "sudo", "command", "exec", "env", "timeout", "stdbuf", "npx", "nyc",
    "c8", "builtin",
];

/// The programs of a script with their arguments, each without what wraps it.
pub(super) fn programs(script: &str) -> Vec<Vec<String>> {
    let mut programs = Vec::new();
    collect(script, DEPTH, &mut programs);
    programs
}

fn collect(script: &str, depth: usize, programs: &mut Vec<Vec<String>>) {
    for words in commands(script) {
        let words = unwrapped(words);
        match (inner_script(&words), depth.checked_sub(1)) {
            (Some(inner), Some(depth)) => collect(inner, depth, programs),
            _ if words.is_empty() => {}
            _ => programs.push(words),
        }
    }
}

/// The script of `bash -c SCRIPT`.
fn inner_script(words: &[String]) -> Option<&str> {
    if !matches!(name_of(words.first()?), "bash" | "sh" | "zsh" | "dash") {
        return None;
    }
    let is_script = |word: &String| {
        word.strip_prefix('-').is_some_and(|it| !it.starts_with('-') && it.ends_with('c'))
    };
    let at = words.iter().position(is_script)?;
    words.get(at + 1).map(String::as_str)
}

/// The name of a program without its folder.
pub(super) fn name_of(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// A command without assignments, keywords and programs that only start it.
fn unwrapped(words: Vec<String>) -> Vec<String> {
    let mut rest = words.into_iter().peekable();
    while let Some(word) = rest.peek() {
        let name = name_of(word).to_owned();
        if is_assignment(word) || KEYWORDS.contains(&word.as_str()) {
            rest.next();
        } else if WRAPPERS.contains(&name.as_str()) {
            rest.next();
            // Its options, and how long `timeout` waits.
            while rest.next_if(|it| it.starts_with('-')).is_some() {}
            if name == "timeout" {
                rest.next();
            }
        } else if matches!(name.as_str(), "bundle" | "uv" | "poetry" | "pipenv") {
            let starts: Vec<String> = rest.clone().skip(1).take(1).collect();
            if !starts.first().is_some_and(|it| it == "exec" || it == "run") {
                break;
            }
            rest.nth(1);
        } else {
            break;
        }
    }
    rest.collect()
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// The words of each simple command. What is quoted is one word with what stands around it,
/// redirections and comments are left out, and so is the text of a here-document.
fn commands(script: &str) -> Vec<Vec<String>> {
    let mut reader = Reader::of(script);
    reader.read();
    reader.commands
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    commands: Vec<Vec<String>>,
    words: Vec<String>,
    word: Option<String>,
    /// Whether the next word is the place that something is redirected to.
    skips: bool,
    /// The ends of here-documents that begin at the next line.
    documents: Vec<String>,
    /// Whether the next word names such an end.
    names_document: bool,
}

impl<'a> Reader<'a> {
    fn of(script: &'a str) -> Reader<'a> {
        Reader {
            rest: script.chars().peekable(),
            commands: Vec::new(),
            words: Vec::new(),
            word: None,
            skips: false,
            documents: Vec::new(),
            names_document: false,
        }
    }

    fn read(&mut self) {
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => match self.rest.next() {
                    Some('\n') | None => {}
                    Some(c) => self.push(c),
                },
                '\'' => self.quoted('\''),
                '"' => self.quoted('"'),
                '#' if self.word.is_none() => while self.rest.next_if(|c| *c != '\n').is_some() {},
                '\n' => {
                    self.end_command();
                    self.skip_documents();
                }
                ';' | '|' | '(' | ')' => self.end_command(),
                '&' if self.rest.peek() == Some(&'>') => self.end_word(),
                '&' => self.end_command(),
                '<' | '>' => self.redirect(c),
                c if c.is_whitespace() => self.end_word(),
                c => self.push(c),
            }
        }
        self.end_command();
    }

    fn push(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }

    fn quoted(&mut self, quote: char) {
        self.word.get_or_insert_default();
        while let Some(c) = self.rest.next() {
            match c {
                c if c == quote => return,
                '\\' if quote == '"' => match self.rest.next() {
                    Some(c @ ('"' | '\\' | '$' | '`')) => self.push(c),
                    Some('\n') | None => {}
                    Some(c) => {
                        self.push('\\');
                        self.push(c);
                    }
                },
                c => self.push(c),
            }
        }
    }

    fn redirect(&mut self, c: char) {
        // The number before it is that of a file.
        if self.word.as_ref().is_some_and(|word| word.chars().all(|c| c.is_ascii_digit())) {
            self.word = None;
        }
        self.end_word();
        let mut angles = 1;
        while self.rest.next_if(|next| *next == c).is_some() {
            angles += 1;
        }
        self.rest.next_if(|c| *c == '&');
        if c == '<' && angles == 2 {
            self.rest.next_if(|c| *c == '-');
            self.names_document = true;
        } else {
            self.skips = true;
        }
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        if std::mem::take(&mut self.names_document) {
            self.documents.push(word);
        } else if !std::mem::take(&mut self.skips) {
            self.words.push(word);
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        (self.skips, self.names_document) = (false, false);
        if !self.words.is_empty() {
            self.commands.push(std::mem::take(&mut self.words));
        }
    }

    /// Skips the texts of the here-documents that begin here.
    fn skip_documents(&mut self) {
        for end in std::mem::take(&mut self.documents) {
            let mut line = String::new();
            loop {
                match self.rest.next() {
                    Some('\n') if line.trim_start_matches('\t') == end => break,
                    Some('\n') => line.clear(),
                    Some(c) => line.push(c),
                    None => return,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_in_what_agents_write() {
        let check = |script: &str, expect: &[&str]| {
            let found: Vec<String> = programs(script).iter().map(|words| words.join("␣")).collect();
            assert_eq!(found, expect, "{script}");
        };
        check("ls -la", &["ls␣-la"]);
        check(
            "cd /a && make -j2 2>&1 | tail -5; echo $?",
            &["cd␣/a", "make␣-j2", "tail␣-5", "echo␣$?"],
        );
        check("CGO_ENABLED=0 timeout 60 go test ./... &> /tmp/log", &["go␣test␣./..."]);
        check("timeout -k 5 60s /usr/bin/gcc 'a b.c'", &["60s␣/usr/bin/gcc␣a b.c"]);
        check("cat > a.c <<'EOF'\nmake all\nEOF\ngcc a.c", &["cat", "gcc␣a.c"]);
        check("cat <<-END > x && pytest\nnpm test\n\tEND\n", &["cat", "pytest"]);
        check("bash -lc \"cd x; npm test\"", &["cd␣x", "npm␣test"]);
        check("sh -c 'bash -c \"javac A.java\"'", &["javac␣A.java"]);
        check("if ! python -m pytest; then echo no; fi # pytest", &["python␣-m␣pytest", "echo␣no"]);
        check(
            "for f in *.py; do python -m py_compile \"$f\"; done",
            &["for␣f␣in␣*.py", "python␣-m␣py_compile␣$f"],
        );
        check("echo 'make; gcc a.c' \"mvn test\"", &["echo␣make; gcc a.c␣mvn test"]);
        check("bundle exec rake test && npx --yes jest a", &["rake␣test", "jest␣a"]);
        check("cat <<EOF\nnever ended\nmake", &["cat"]);
        check("make \\\n  all", &["make␣all"]);
        check("", &[]);
        check("'unended \" make", &["unended \" make"]);
    }

    #[test]
    fn a_shell_within_shells_ends_somewhere() {
        // Quotes within quotes double at each step.
        let deep = (0..10).fold("make".to_owned(), |inner, _| format!("bash -c {inner:?}"));
        assert!(programs(&deep).len() <= 1);
        programs(&"bash -c '".repeat(1000));
        programs(&"<<a ".repeat(10_000));
    }
}
