//! The compiler and the test runner of a language on prepared inputs, without
//! Assay: what an artifact costs at the least, if each starts anew for it.
//!
//! The security suite follows where the functional one passed, as in Assay.

mod c;
mod go;
mod java;
mod nodejs;
mod python;
mod ruby;

use std::path::Path;

use assay_core::Language;
use assay_verify::{Validator, bare};

use crate::measure::{Cost, Who, cost_of};
use crate::project::{write_files, write_text};
use crate::selection::Item;
use crate::shell::{FINISH, Shell, Suites};

/// The plain tools, on what a validator has prepared.
#[derive(Debug)]
pub(crate) struct Bare<'a> {
    pub(crate) shell: &'a Shell,
    pub(crate) validator: &'a Validator,
}

impl Bare<'_> {
    /// Builds and tests an artifact in a new folder.
    pub(crate) fn run(&self, item: &Item) -> (Suites, Cost) {
        let script = self.script(item);
        let script = format!("exec 4>&1 >output 2>&1\nf=1 s=1\n{script}\nexec >&4{FINISH}");
        let folder = Path::new("bare").join(format!("{:016x}", fastrand::u64(..)));
        let place = self.shell.root().join(&folder);
        let (_, writing) = cost_of(Who::Reaped, || {
            let case = item.tested();
            write_files(&place, &case.template);
            for (_, suite) in case.both() {
                write_files(&place, &suite.files);
            }
            for (path, text) in &item.artifact.files {
                write_text(&place.join(path.as_str()), text);
            }
        });
        self.shell.own(&folder);
        let (suites, running) = self.shell.run(&folder, &script);
        std::fs::remove_dir_all(&place).expect("a folder to remove");
        (suites, writing + running)
    }

    /// Sets `f` and `s`.
    fn script(&self, item: &Item) -> String {
        let place = bare::prepared(self.validator, &item.case);
        let prepared = self.shell.cached(&place);
        match item.case.language {
            Language::C => c::script(item, &prepared),
            Language::Python => python::script(&item.tested(), &prepared),
            Language::Ruby => ruby::script(&item.tested()),
            Language::Java => java::script(item, &place, &prepared),
            Language::NodeJs => nodejs::script(&item.tested(), &prepared),
            Language::Go => go::script(&item.tested(), self.shell, &place),
        }
    }
}
