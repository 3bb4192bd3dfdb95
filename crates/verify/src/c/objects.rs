//! What an artifact's objects may not hold: names that belong to others, code that runs
//! without being called, and sections that no compiler makes of plain C.

use std::collections::BTreeSet;

use object::elf::{
    SHF_EXECINSTR, SHF_WRITE, STB_GLOBAL, STB_LOCAL, STB_WEAK, STT_FILE, STT_GNU_IFUNC, STT_SECTION,
};
use object::{
    Object as _, ObjectSection as _, ObjectSymbol as _, SectionFlags, SymbolFlags, SymbolSection,
};

use super::names::Names;
use super::object_symbols::{Elf, binding};
use super::remark::{Remark, Remarks};

/// Sections of compiled C; what starts with one of those that end with a dot is one too.
const SECTIONS: &[&str] = &[
    ".text",
    ".text.startup",
    ".text.exit",
    ".text.unlikely",
    ".text.hot",
    ".data",
    ".bss",
    ".rodata",
    ".rodata.",
    ".data.rel",
    ".data.rel.",
    ".tdata",
    ".tbss",
    ".comment",
    ".eh_frame",
    ".note.GNU-stack",
    ".note.gnu.property",
    ".debug_",
    ".symtab",
    ".strtab",
    ".shstrtab",
    ".init_array.00099",
    ".fini_array.00099",
    ".group",
];

/// What an object of the artifact holds that it may not. `project` are the names that
/// the project's objects define.
pub(super) fn findings(
    source: &str,
    content: &[u8],
    project: &BTreeSet<String>,
    names: &Names,
) -> Remarks {
    let mut remarks = Remarks::default();
    let Ok(file) = Elf::parse(content) else {
        remarks.add(Remark::offence("is no object of this machine"), source.to_owned());
        return remarks;
    };
    let mut found = BTreeSet::new();
    of_symbols(&file, project, names, &mut found);
    of_sections(&file, &mut found);
    for remark in found {
        remarks.add(remark, source.to_owned());
    }
    remarks
}

fn of_symbols(
    file: &Elf<'_>,
    project: &BTreeSet<String>,
    names: &Names,
    found: &mut BTreeSet<Remark>,
) {
    for symbol in file.symbols() {
        let flags = symbol.flags();
        let SymbolFlags::Elf { st_info, .. } = flags else { continue };
        let (binding, kind) = (binding(&flags), st_info.st_type());
        let Ok(name) = symbol.name() else {
            found.insert(Remark::offence("has a name that is no text"));
            continue;
        };
        if name.is_empty() || kind == STT_FILE || kind == STT_SECTION {
            continue;
        }
        if kind == STT_GNU_IFUNC {
            found.insert(Remark::offence(format!("chooses {name} when the program is loaded")));
        }
        if name.contains('@') {
            found.insert(Remark::offence(format!("gives {name} a version")));
        }
        if symbol.section() == SymbolSection::Absolute {
            found.insert(Remark::offence(format!("gives {name} an address of its own choice")));
        }
        if binding == STB_LOCAL {
            continue;
        }
        if symbol.is_undefined() {
            if !project.contains(name) {
                found.extend(names.remark_use(name, binding == STB_WEAK));
            }
        } else {
            found.extend(names.forbids_to_define(name).map(Remark::Offence));
            if binding != STB_GLOBAL {
                found.insert(Remark::note(format!("defines {name} weakly")));
            }
        }
    }
}

fn of_sections(file: &Elf<'_>, found: &mut BTreeSet<Remark>) {
    for section in file.sections() {
        let name = section.name().unwrap_or("?");
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
        let is_code = sh_flags.contains(SHF_EXECINSTR);
        if name == ".note.GNU-stack" {
            if is_code {
                found.insert(Remark::note("asks for a stack that holds code"));
            }
            continue;
        }
        if name.starts_with(".rela") || name.starts_with(".rel.") {
            // They belong to a section that is looked at.
            continue;
        }
        let is_known = |known: &&str| {
            name == *known || (known.ends_with(['.', '_']) && name.starts_with(known))
        };
        if !name.is_empty() && !SECTIONS.iter().any(is_known) {
            let what = match name.split('.').nth(1) {
                Some("init_array" | "ctors") => Remark::note("has code that runs before main"),
                Some("fini_array" | "dtors") => Remark::note("has code that runs at the exit"),
                Some("preinit_array" | "init" | "fini") => {
                    Remark::offence(format!("has code that runs before all else, in {name}"))
                }
                _ => Remark::note(format!("has the section {name}")),
            };
            found.insert(what);
            continue;
        }
        if is_code && (!name.starts_with(".text") || sh_flags.contains(SHF_WRITE)) {
            found.insert(Remark::offence(format!("has code in the section {name}")));
        }
    }
}
