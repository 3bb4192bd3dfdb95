//! State as it is written down, in TOML, and what can be wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;

use super::{Folder, Program, State, StateFile};
use crate::files::{FileSet, SafePath};

/// Where state can be changed by tested code, to which it belongs.
const WRITABLE: [&str; 3] = ["/tmp", "/work", "/dev/shm"];

/// Where state can be read and not changed.
const READABLE: [&str; 6] = ["/etc", "/home", "/media", "/mnt", "/srv", "/var"];

/// What the sandbox itself has in `/etc`, or a language's tools or a world.
const RESERVED: [&str; 25] = [
    "alternatives",
    "apache-ant",
    "group",
    "hostname",
    "hosts",
    "java",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "maven",
    "mtab",
    "networks",
    "nsswitch.conf",
    "os-release",
    "passwd",
    "protocols",
    "python3",
    "python3.11",
    "resolv.conf",
    "services",
    "shadow",
    "shells",
    "ssl",
    "timezone",
];

/// Beginnings of variables that decide how a program of the validation runs.
const VARIABLES: [&str; 20] = [
    "ASAN_",
    "ASSAY",
    "BASH_",
    "CLASSPATH",
    "ENV",
    "GCC_",
    "GCONV_",
    "GLIBC_",
    "GO",
    "IFS",
    "JAVA",
    "JDK_",
    "JEST_",
    "LD_",
    "LSAN_",
    "MALLOC_",
    "NODE_",
    "PATH",
    "PYTHON",
    "UBSAN_",
];

/// The `[state]` table of a case.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StateTable {
    #[serde(default, rename = "folder")]
    folders: Vec<FolderTable>,
    #[serde(default, rename = "file")]
    files: Vec<FileTable>,
    #[serde(default, rename = "program")]
    programs: Vec<ProgramTable>,
    #[serde(default)]
    commands: Vec<Spanned<String>>,
    #[serde(default)]
    environment: BTreeMap<Spanned<String>, Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FolderTable {
    path: Spanned<String>,
    mode: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTable {
    path: Spanned<String>,
    mode: Option<Spanned<String>>,
    content: Option<String>,
    /// A file of the folder `state/`.
    from: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgramTable {
    name: Spanned<String>,
    content: Option<String>,
    from: Option<Spanned<String>>,
}

/// Something that is wrong with a declaration, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFault {
    pub offset: usize,
    pub message: String,
}

impl StateTable {
    /// The state; contents may lie in files, which are those of the folder `state/`.
    pub fn read(&self, files: &FileSet) -> Result<State, Vec<StateFault>> {
        let mut reading = Reading { files, used: BTreeSet::new(), faults: Vec::new() };
        let state = State {
            folders: self.folders.iter().map(|table| reading.folder(table)).collect(),
            files: self.files.iter().map(|table| reading.file(table)).collect(),
            programs: self.programs.iter().map(|table| reading.program(table)).collect(),
            commands: self.commands.iter().map(|name| reading.name(name)).collect(),
            environment: self
                .environment
                .iter()
                .map(|(name, value)| reading.variable(name, value))
                .collect(),
        };
        reading.check_paths(self);
        for path in files.keys().filter(|path| !reading.used.contains(path)) {
            let message =
                format!("nothing uses the file state/{path}; name it as `from` or delete it");
            reading.faults.push(StateFault { offset: 0, message });
        }
        if reading.faults.is_empty() { Ok(state) } else { Err(reading.faults) }
    }
}

/// What is known of a declaration while it is read.
struct Reading<'a> {
    files: &'a FileSet,
    used: BTreeSet<&'a SafePath>,
    faults: Vec<StateFault>,
}

impl Reading<'_> {
    fn fault(&mut self, offset: usize, message: String) {
        self.faults.push(StateFault { offset, message });
    }

    fn folder(&mut self, table: &FolderTable) -> Folder {
        Folder { path: self.path(&table.path), mode: self.mode(table.mode.as_ref(), 0o755) }
    }

    fn file(&mut self, table: &FileTable) -> StateFile {
        let place = table.path.span().start;
        StateFile {
            path: self.path(&table.path),
            mode: self.mode(table.mode.as_ref(), 0o644),
            content: self.content(table.content.as_ref(), table.from.as_ref(), place),
        }
    }

    fn program(&mut self, table: &ProgramTable) -> Program {
        let place = table.name.span().start;
        Program {
            name: self.name(&table.name),
            content: self.content(table.content.as_ref(), table.from.as_ref(), place),
        }
    }

    /// A place that a sandbox can have.
    fn path(&mut self, path: &Spanned<String>) -> String {
        let (text, place) = (path.get_ref(), path.span().start);
        let Some(Ok(relative)) = text.strip_prefix('/').map(SafePath::new) else {
            let message = format!(
                "{text:?} is not a place of the sandbox; write an absolute path without `..`, such as /tmp/inbox"
            );
            self.fault(place, message);
            return String::new();
        };
        let path = format!("/{relative}");
        let is_below = |root: &&str| relative.is_under(&root[1..]);
        if !WRITABLE.iter().chain(&READABLE).any(is_below) {
            let message = format!(
                "{text:?} is a place that the sandbox cannot make; choose one below {}, which tested code can change, or below {}, which it can read",
                WRITABLE.join(", "),
                READABLE.join(", ")
            );
            self.fault(place, message);
        }
        let in_etc = path.strip_prefix("/etc/").and_then(|rest| rest.split('/').next());
        let is_tool = |name: &str| name.starts_with("java-") || name.starts_with("python3");
        if in_etc.is_some_and(|name| RESERVED.contains(&name) || is_tool(name)) {
            let message = format!("{text:?} is the sandbox's own; choose another name below /etc");
            self.fault(place, message);
        }
        path
    }

    fn mode(&mut self, mode: Option<&Spanned<String>>, usual: u32) -> u32 {
        let Some(mode) = mode else { return usual };
        let is_octal = |text: &str| matches!(text.len(), 3 | 4);
        let parsed = Some(mode.get_ref().as_str()).filter(|text| is_octal(text));
        // What runs as another user is not for tested code.
        let parsed = parsed.and_then(|text| u32::from_str_radix(text, 8).ok());
        parsed.filter(|mode| mode & 0o6000 == 0).unwrap_or_else(|| {
            let message = format!(
                "{:?} is not a mode; write three or four octal digits without set-user-ID and set-group-ID, such as \"0755\"",
                mode.get_ref()
            );
            self.fault(mode.span().start, message);
            usual
        })
    }

    /// The name of a program.
    fn name(&mut self, name: &Spanned<String>) -> String {
        let text = name.get_ref();
        let is_fine = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
        if text.is_empty() || !text.chars().all(is_fine) || text.starts_with(['.', '-']) {
            let message = format!("{text:?} is not the name of a command; write it without a path");
            self.fault(name.span().start, message);
        }
        text.clone()
    }

    fn variable(&mut self, name: &Spanned<String>, value: &Spanned<String>) -> (String, String) {
        let (text, place) = (name.get_ref(), name.span().start);
        let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if text.is_empty() || !text.chars().all(is_fine) || text.starts_with(char::is_numeric) {
            self.fault(place, format!("{text:?} is not the name of a variable"));
        } else if VARIABLES.iter().any(|beginning| text.starts_with(beginning)) {
            let message = format!(
                "the variable {text} decides how tests are run; give the tested code another one"
            );
            self.fault(place, message);
        }
        if value.get_ref().contains('\0') {
            self.fault(value.span().start, format!("the value of {text} holds a zero byte"));
        }
        (text.clone(), value.get_ref().clone())
    }

    fn content(
        &mut self,
        content: Option<&String>,
        from: Option<&Spanned<String>>,
        place: usize,
    ) -> Vec<u8> {
        match (content, from) {
            (Some(content), None) => content.clone().into_bytes(),
            (None, Some(from)) => {
                let path = SafePath::new(from.get_ref()).ok();
                let Some((path, content)) = path.and_then(|path| self.files.get_key_value(&path))
                else {
                    let message = format!(
                        "there is no file state/{}; add it beside case.toml",
                        from.get_ref()
                    );
                    self.fault(from.span().start, message);
                    return Vec::new();
                };
                self.used.insert(path);
                content.clone()
            }
            _ => {
                let message =
                    "either `content` or, for a file of the folder state/, `from` is needed";
                self.fault(place, message.to_owned());
                Vec::new()
            }
        }
    }

    /// No two things are at one place, and nothing is below a file.
    fn check_paths(&mut self, table: &StateTable) {
        let folders = table.folders.iter().map(|it| (&it.path, false));
        let files = table.files.iter().map(|it| (&it.path, true));
        let all: Vec<(&Spanned<String>, bool)> = folders.chain(files).collect();
        for (index, (path, _)) in all.iter().enumerate() {
            let text = path.get_ref().trim_end_matches('/');
            let earlier = &all[..index];
            if earlier.iter().any(|(other, _)| other.get_ref().trim_end_matches('/') == text) {
                self.fault(path.span().start, format!("{text:?} is there twice"));
            }
            let is_above =
                |file: &str| text.strip_prefix(file).is_some_and(|rest| rest.starts_with('/'));
            if let Some((file, _)) =
                all.iter().find(|(it, is_file)| *is_file && is_above(it.get_ref()))
            {
                let message = format!("{text:?} lies below the file {:?}", file.get_ref());
                self.fault(path.span().start, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let table: StateTable = toml::from_str(text).expect("a table");
        let faults = table.read(&FileSet::new()).err().unwrap_or_default();
        let line = |offset: usize| text[..offset].matches('\n').count() + 1;
        faults.iter().map(|fault| format!("{}: {}", line(fault.offset), fault.message)).collect()
    }

    #[test]
    fn state_is_read_with_modes_and_contents() {
        let text = "
commands = [\"tar\"]
folder = [{ path = \"/tmp/inbox/\", mode = \"1777\" }]
environment = { LC_ALL = \"de_DE.UTF-8\" }

[[file]]
path = \"/etc/shop/shop.conf\"
from = \"shop.conf\"

[[program]]
name = \"forecast\"
content = \"#!/bin/sh\"
";
        let path = SafePath::new("shop.conf").expect("safe");
        let files = FileSet::from([(path, b"currency = EUR".to_vec())]);
        let table: StateTable = toml::from_str(text).expect("a table");
        let state = table.read(&files).expect("a state");
        assert_eq!(
            state.lines(),
            [
                "folder /tmp/inbox (1777)",
                "file /etc/shop/shop.conf (0644, 14 bytes)",
                "program /bin/forecast (9 bytes)",
                "command tar",
                "environment LC_ALL=de_DE.UTF-8",
            ]
        );
        let unused = toml::from_str::<StateTable>("").expect("a table").read(&files);
        assert!(unused.expect_err("a file too many")[0].message.contains("state/shop.conf"));
    }

    #[test]
    fn faults_name_line_value_and_remedy() {
        let check = |text: &str, expect: &str| {
            let found = faults(text);
            assert!(found.iter().any(|fault| fault.contains(expect)), "{text}: {found:?}");
        };
        let folder = |path: &str| format!("\n[[folder]]\npath = \"{path}\"");
        check(&folder("inbox"), "3: \"inbox\" is not a place of the sandbox");
        check(&folder("/tmp/../etc"), "without `..`");
        check(&folder("/usr/share/x"), "cannot make; choose one below /tmp, /work");
        check(&folder("/tmp"), "cannot make");
        check(&folder("/proc/x"), "cannot make");
        check(&folder("/etc/passwd"), "the sandbox's own");
        check(&folder("/etc/java-17-openjdk/x"), "the sandbox's own");
        check("[[folder]]\npath = \"/tmp/a\"\nmode = \"4755\"", "3: \"4755\" is not a mode");
        check("[[folder]]\npath = \"/tmp/a\"\nmode = \"rwx\"", "three or four octal digits");
        check("[[file]]\npath = \"/tmp/a\"", "2: either `content` or");
        check("[[file]]\npath = \"/tmp/a\"\nfrom = \"b\"", "3: there is no file state/b; add it");
        check(
            "[[file]]\npath = \"/tmp/a\"\ncontent = \"\"\n[[folder]]\npath = \"/tmp/a/b\"",
            "5: \"/tmp/a/b\" lies below the file",
        );
        check("folder = [{ path = \"/tmp/a\" }, { path = \"/tmp/a/\" }]", "is there twice");
        check("commands = [\"/usr/bin/tar\"]", "1: \"/usr/bin/tar\" is not the name of a command");
        check("environment = { LD_PRELOAD = \"x\" }", "LD_PRELOAD decides how tests are run");
        check("environment = { \"A B\" = \"x\" }", "\"A B\" is not the name of a variable");
    }
}
