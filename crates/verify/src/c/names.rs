//! [`Names`]: what names of the program an artifact shares with others: those of the
//! libraries it is linked with, and what its case has use for. Collected
//! when the case is prepared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use assay_core::InfraError;
use assay_core::infra_error::InfraClass;

use super::object_symbols::Symbols;
use super::remark::Remark;

/// What the address sanitizer or the harness looks at, and what the compiler adds.
const ORDINARY: &str = include_str!("ordinary.txt");

/// The compiler adds one of these for each kind of undefined behaviour.
const UNDEFINED_BEHAVIOUR: &str = "__ubsan_handle_";

/// Names that the linker defines for what it makes.
const OF_LINKER: &[&str] = &[
    "__bss_start",
    "__data_start",
    "__dso_handle",
    "__ehdr_start",
    "__etext",
    "__executable_start",
    "__init_array_start",
    "__init_array_end",
    "__fini_array_start",
    "__fini_array_end",
    "__preinit_array_start",
    "__preinit_array_end",
    "__rela_iplt_start",
    "__rela_iplt_end",
    "_DYNAMIC",
    "_edata",
    "_end",
    "_etext",
    "_fini",
    "_init",
    "_start",
    "data_start",
    "edata",
    "end",
    "etext",
    "main",
];

/// Libraries all of whose names stand for what watches the tests.
const WATCHING: &[&str] = &["libasan.", "libubsan.", "libgcc_s.", "ld-linux"];

/// Functions that tell a program about itself.
const LOOKS: &[&str] = &[
    "backtrace",
    "backtrace_symbols",
    "backtrace_symbols_fd",
    "dl_iterate_phdr",
    "dladdr",
    "dladdr1",
    "dlinfo",
    "dlsym",
    "dlvsym",
    "getauxval",
    "ptrace",
];

/// What the text of [`Names`] depends on beside the case: it changes with their form.
pub(super) const FORM: &str = "names of libraries, defined and used by the case";

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Names {
    /// What a library defines, and which.
    exported: BTreeMap<String, String>,
    /// Of those, what somebody else than the artifact relies on.
    relied_on: BTreeSet<String>,
    /// What the case's own code defines. What it only uses belongs to somebody else.
    defined_by_case: BTreeSet<String>,
    /// What the case's own code uses.
    used_by_case: BTreeSet<String>,
}

impl Names {
    /// Collects them: `listing` is what `assay_names.c` printed, the rest are the
    /// symbols of the test objects and of the case's own code.
    pub(super) fn collect(listing: &str, of_tests: &Symbols, of_case: Symbols) -> Names {
        let mut exported = BTreeMap::<String, Vec<String>>::new();
        let mut wanted = BTreeSet::new();
        for line in listing.lines() {
            let mut words = line.split(' ');
            match (words.next(), words.next(), words.next()) {
                (Some("+"), Some(name), Some(library)) => {
                    exported.entry(name.to_owned()).or_default().push(library.to_owned());
                }
                (Some("-"), Some(name), Some(_)) => {
                    wanted.insert(name.to_owned());
                }
                _ => {}
            }
        }
        let is_watching =
            |library: &String| WATCHING.iter().any(|start| library.starts_with(start));
        let relied_on = exported
            .iter()
            .filter(|(name, libraries)| {
                libraries.iter().any(is_watching)
                    || wanted.contains(*name)
                    || of_tests.undefined.contains(*name)
            })
            .map(|(name, _)| name.clone())
            .collect();
        // The name people know it by: that of the C library, if it has it.
        let best = |libraries: Vec<String>| {
            let usual = libraries.iter().find(|library| library.starts_with("libc."));
            usual.or(libraries.first()).cloned().unwrap_or_default()
        };
        let exported =
            exported.into_iter().map(|(name, libraries)| (name, best(libraries))).collect();
        Names {
            exported,
            relied_on,
            defined_by_case: of_case.defined,
            used_by_case: of_case.undefined,
        }
    }

    /// As text: a kind, a name, and for libraries which, in each line.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, library) in &self.exported {
            let kind = if self.relied_on.contains(name) { "relied-on" } else { "exported" };
            let _ = writeln!(text, "{kind} {name} {library}");
        }
        let others = [("case-defines", &self.defined_by_case), ("case-uses", &self.used_by_case)];
        for (kind, names) in others {
            for name in names {
                let _ = writeln!(text, "{kind} {name}");
            }
        }
        text
    }

    /// Reads what of it concerns these names.
    pub(super) fn parse(text: &str, concerns: impl Fn(&str) -> bool) -> Result<Names, InfraError> {
        let mut names = Names::default();
        for line in text.lines() {
            let mut words = line.splitn(3, ' ');
            match (words.next(), words.next(), words.next()) {
                (_, Some(name), _) if !concerns(name) => {}
                (Some(kind @ ("exported" | "relied-on")), Some(name), Some(library)) => {
                    names.exported.insert(name.to_owned(), library.to_owned());
                    if kind == "relied-on" {
                        names.relied_on.insert(name.to_owned());
                    }
                }
                (Some("case-defines"), Some(name), None) => {
                    names.defined_by_case.insert(name.to_owned());
                }
                (Some("case-uses"), Some(name), None) => {
                    names.used_by_case.insert(name.to_owned());
                }
                _ => {
                    let message = format!("the prepared names have the line {line:?}");
                    return Err(InfraError::new(InfraClass::Unprepared, message));
                }
            }
        }
        Ok(names)
    }

    /// Why an artifact may not define this name.
    pub(super) fn forbids_to_define(&self, name: &str) -> Option<String> {
        if self.defined_by_case.contains(name) {
            return None;
        }
        let reserved = ["__wrap_", "__real_", "__interceptor_"];
        if name.starts_with("assay_") {
            Some(format!("defines {name}, which belongs to the test harness"))
        } else if is_of_sanitizers(name) || reserved.iter().any(|start| name.starts_with(start)) {
            Some(format!("defines {name}, which belongs to the sanitizers"))
        } else if self.relied_on.contains(name) {
            let library = self.exported.get(name).map_or("a library", String::as_str);
            Some(format!("defines {name}, which belongs to {library}"))
        } else {
            None
        }
    }

    /// What there is to say of a use of this name, which the artifact does not define.
    pub(super) fn remark_use(&self, name: &str, is_weak: bool) -> Option<Remark> {
        let is_of_case = self.used_by_case.contains(name) || self.defined_by_case.contains(name);
        if is_of_case || is_ordinary(name) {
            None
        } else if name.starts_with("assay_") {
            Some(Remark::offence(format!("uses {name}, which belongs to the test harness")))
        } else if is_of_sanitizers(name) {
            Some(Remark::offence(format!("uses {name}, which belongs to the sanitizers")))
        } else if OF_LINKER.contains(&name)
            || name.starts_with("__start_")
            || name.starts_with("__stop_")
        {
            Some(Remark::note(format!("uses {name}, by which a program finds its own parts")))
        } else if LOOKS.contains(&name) {
            Some(Remark::note(format!("uses {name}, by which a program looks at itself")))
        } else if is_weak && !self.exported.contains_key(name) {
            Some(Remark::note(format!("looks whether there is {name}")))
        } else {
            // Where nobody has it, the linker will say so.
            None
        }
    }
}

fn is_ordinary(name: &str) -> bool {
    name.starts_with(UNDEFINED_BEHAVIOUR)
        || ORDINARY
            .lines()
            .filter(|line| !line.starts_with('#'))
            .any(|line| line.split(' ').any(|ordinary| ordinary == name))
}

fn is_of_sanitizers(name: &str) -> bool {
    let starts = ["__asan_", "__ubsan_", "__lsan_", "__sanitizer_", "__sancov_", "__tsan_"];
    starts.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let set = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let listing = "+ memcmp libc.so.6\n+ memcmp libasan.so.8\n+ error libc.so.6\n\
                       + fork libc.so.6\n+ read libc.so.6\n- read libm.so.6\n+ qsort libc.so.6\n- qsort libm.so.6\n+ write libc.so.6\n";
        let of_tests = Symbols { undefined: set(&["write"]), ..Symbols::default() };
        let of_case = Symbols {
            defined: set(&["parse", "read"]),
            undefined: set(&["fork", "memcmp"]),
            ..Symbols::default()
        };
        Names::collect(listing, &of_tests, of_case)
    }

    #[test]
    fn names_survive_being_written() {
        assert_eq!(Names::parse(&names().to_text(), |_| true), Ok(names()));
        assert_eq!(Names::parse(&names().to_text(), |_| false), Ok(Names::default()));
        assert!(Names::parse("odd\n", |_| true).is_err());
    }

    #[test]
    fn what_others_rely_on_may_not_be_defined() {
        let names = names();
        let why = |name| names.forbids_to_define(name);
        assert_eq!(why("memcmp").as_deref(), Some("defines memcmp, which belongs to libc.so.6"));
        assert!(why("qsort").is_some() && why("write").is_some() && why("assay_x").is_some());
        assert!(why("__asan_on_error").is_some());
        assert_eq!([why("error"), why("fork"), why("mine")], [None, None, None]);
        assert_eq!(why("read"), None, "the case defines it itself");
    }

    #[test]
    fn whatever_a_library_has_may_be_used() {
        let names = names();
        let remark = |name| names.remark_use(name, false);
        assert_eq!([remark("write"), remark("fork"), remark("nobody_has_it")], [None, None, None]);
        assert_eq!(remark("__ubsan_handle_add_overflow_abort"), None);
        let is_offence = |name| matches!(remark(name), Some(Remark::Offence(_)));
        assert!(is_offence("__asan_region_is_poisoned") && is_offence("assay_register"));
        let is_note = |name| matches!(remark(name), Some(Remark::Note(_)));
        assert!(is_note("_DYNAMIC") && is_note("dladdr"));
        assert!(matches!(names.remark_use("packet", true), Some(Remark::Note(_))));
    }
}
