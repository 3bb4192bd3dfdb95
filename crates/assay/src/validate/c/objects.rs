//! What an artifact's objects may not hold: names that belong to others, code that runs
//! without being called, and sections that no compiler makes of plain C.

use std::collections::BTreeSet;

use assay_core::Finding;
use object::elf::{
    SHF_EXECINSTR, SHF_WRITE, STB_GLOBAL, STB_LOCAL, STB_WEAK, STT_FILE, STT_GNU_IFUNC,
    STT_SECTION, SymbolBind,
};
use object::read::elf::ElfFile64;
use object::{
    Object as _, ObjectSection as _, ObjectSymbol as _, RelocationTarget, SectionFlags,
    SymbolFlags, SymbolSection,
};

use super::names::Names;

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

/// What the address sanitizer's own initialisers call.
const OF_INITIALISERS: &[&str] = &[
    "__asan_init",
    "__asan_version_mismatch_check_v8",
    "__asan_register_globals",
    "__asan_unregister_globals",
    // It returns as every function does.
    "__x86_return_thunk",
];

/// The symbols of an object that others can see.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    pub(super) defined: BTreeSet<String>,
    pub(super) undefined: BTreeSet<String>,
    /// Of those that are defined, the functions.
    pub(super) functions: BTreeSet<String>,
}

impl Symbols {
    pub(super) fn add(&mut self, others: Symbols) {
        self.defined.extend(others.defined);
        self.undefined.extend(others.undefined);
        self.functions.extend(others.functions);
    }
}

/// The symbols of an object; none of what is no object.
pub(super) fn symbols(content: &[u8]) -> Symbols {
    let mut symbols = Symbols::default();
    let Ok(file) = ElfFile64::<object::Endianness>::parse(content) else {
        return symbols;
    };
    for symbol in file.symbols() {
        let Ok(name) = symbol.name() else { continue };
        if name.is_empty() || binding(&symbol.flags()) == STB_LOCAL {
            continue;
        }
        if symbol.kind() == object::SymbolKind::Text && !symbol.is_undefined() {
            symbols.functions.insert(name.to_owned());
        }
        let set = if symbol.is_undefined() { &mut symbols.undefined } else { &mut symbols.defined };
        set.insert(name.to_owned());
    }
    symbols
}

/// What an object of the artifact holds that it may not. `project` are the names that
/// the project's objects define.
pub(super) fn findings(
    source: &str,
    content: &[u8],
    project: &BTreeSet<String>,
    names: &Names,
) -> Vec<Finding> {
    let Ok(file) = ElfFile64::<object::Endianness>::parse(content) else {
        return vec![Finding::build("is no object of this machine", Some(source.to_owned()))];
    };
    let mut found = BTreeSet::new();
    of_symbols(&file, project, names, &mut found);
    of_sections(&file, &mut found);
    found.into_iter().map(|what| Finding::build(what, Some(source.to_owned()))).collect()
}

type Elf<'a> = ElfFile64<'a, object::Endianness>;

fn binding(flags: &SymbolFlags<object::SectionIndex, object::SymbolIndex>) -> SymbolBind {
    match flags {
        SymbolFlags::Elf { st_info, .. } => st_info.st_bind(),
        _ => STB_GLOBAL,
    }
}

fn of_symbols(
    file: &Elf<'_>,
    project: &BTreeSet<String>,
    names: &Names,
    found: &mut BTreeSet<String>,
) {
    for symbol in file.symbols() {
        let flags = symbol.flags();
        let SymbolFlags::Elf { st_info, .. } = flags else { continue };
        let (binding, kind) = (binding(&flags), st_info.st_type());
        let Ok(name) = symbol.name() else {
            found.insert("has a name that is no text".to_owned());
            continue;
        };
        if name.is_empty() || kind == STT_FILE || kind == STT_SECTION {
            continue;
        }
        if kind == STT_GNU_IFUNC {
            found.insert(format!("chooses {name} when the program is loaded"));
        }
        if name.contains('@') {
            found.insert(format!("gives {name} a version"));
        }
        if symbol.section() == SymbolSection::Absolute {
            found.insert(format!("gives {name} an address of its own choice"));
        }
        if binding == STB_LOCAL {
            continue;
        }
        if symbol.is_undefined() {
            if !project.contains(name) {
                found.extend(names.forbids_to_use(name, binding == STB_WEAK));
            }
        } else {
            found.extend(names.forbids_to_define(name));
            if binding != STB_GLOBAL {
                found.insert(format!("defines {name} so that others can take its place"));
            }
        }
    }
}

fn of_sections(file: &Elf<'_>, found: &mut BTreeSet<String>) {
    for section in file.sections() {
        let name = section.name().unwrap_or("?");
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
        let is_code = sh_flags.contains(SHF_EXECINSTR);
        if name == ".note.GNU-stack" {
            if is_code {
                found.insert("asks for a stack that holds code".to_owned());
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
                Some("init_array" | "preinit_array" | "ctors" | "init") => {
                    "has code that runs before main".to_owned()
                }
                Some("fini_array" | "dtors" | "fini") => {
                    "has code that runs at the exit".to_owned()
                }
                _ => format!("has the section {name}"),
            };
            found.insert(what);
            continue;
        }
        if is_code && (!name.starts_with(".text") || sh_flags.contains(SHF_WRITE)) {
            found.insert(format!("has code in the section {name}"));
        }
        if name.ends_with("_array.00099") && !is_of_sanitizer(file, &section) {
            found.insert(match name.starts_with(".init") {
                true => "has code that runs before main".to_owned(),
                false => "has code that runs at the exit".to_owned(),
            });
        }
    }
}

/// Whether the initialisers in this section are one that only registers the artifact's
/// globals with the address sanitizer.
fn is_of_sanitizer<'a>(
    file: &Elf<'a>,
    section: &object::read::elf::ElfSection64<'a, '_, object::Endianness>,
) -> bool {
    let mut entries = section.relocations();
    let (Some((_, entry)), None) = (entries.next(), entries.next()) else { return false };
    let RelocationTarget::Symbol(index) = entry.target() else { return false };
    let Ok(target) = file.symbol_by_index(index) else { return false };
    let Some(code) = target.section_index().and_then(|index| file.section_by_index(index).ok())
    else {
        return false;
    };
    let Ok(start) = u64::try_from(i64::try_from(target.address()).unwrap_or(-1) + entry.addend())
    else {
        return false;
    };
    let Some(function) = file.symbols().find(|symbol| {
        symbol.section_index() == target.section_index()
            && symbol.address() == start
            && symbol.size() > 0
    }) else {
        return false;
    };
    let inside = start..start + function.size();
    code.relocations().filter(|(place, _)| inside.contains(place)).all(|(_, relocation)| {
        let RelocationTarget::Symbol(index) = relocation.target() else { return false };
        let Ok(symbol) = file.symbol_by_index(index) else { return false };
        if symbol.is_undefined() {
            return symbol.name().is_ok_and(|name| OF_INITIALISERS.contains(&name));
        }
        // Its table of globals is data.
        let section = symbol.section_index().and_then(|index| file.section_by_index(index).ok());
        section.is_some_and(|section| {
            matches!(section.flags(), SectionFlags::Elf { sh_flags, .. }
                if !sh_flags.contains(SHF_EXECINSTR))
        })
    })
}
