//! [`Symbols`]: the names of an object that others can see.

use std::collections::BTreeSet;

use object::elf::{STB_GLOBAL, STB_LOCAL, SymbolBind};
use object::read::elf::ElfFile64;
use object::{Object as _, ObjectSymbol as _, SymbolFlags};

/// The symbols of an object that others can see.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    pub(super) defined: BTreeSet<String>,
    pub(super) undefined: BTreeSet<String>,
    /// Of those that are defined, the functions.
    pub(super) functions: BTreeSet<String>,
}

impl Symbols {
    /// The symbols of an object; none of what is no object.
    pub(super) fn of(content: &[u8]) -> Symbols {
        let mut symbols = Symbols::default();
        let Ok(file) = Elf::parse(content) else {
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
            let set =
                if symbol.is_undefined() { &mut symbols.undefined } else { &mut symbols.defined };
            set.insert(name.to_owned());
        }
        symbols
    }

    pub(super) fn add(&mut self, others: Symbols) {
        self.defined.extend(others.defined);
        self.undefined.extend(others.undefined);
        self.functions.extend(others.functions);
    }
}

/// An object of this machine.
pub(super) type Elf<'a> = ElfFile64<'a, object::Endianness>;

/// Who sees a symbol.
pub(super) fn binding(
    flags: &SymbolFlags<object::SectionIndex, object::SymbolIndex>,
) -> SymbolBind {
    match flags {
        SymbolFlags::Elf { st_info, .. } => st_info.st_bind(),
        _ => STB_GLOBAL,
    }
}
