//! The linked program of a case's suites, without what would tell an artifact about them:
//! it is one program for both, and has no symbols when it runs.

use assay_core::InfraError;
use assay_core::infra_error::InfraClass;
use object::elf::{FileHeader64, PT_LOAD};
use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _};
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SymbolKind};

/// Where a process waits for its supervisor.
const WAIT: &str = "assay_wait";

/// A program as it is run.
pub(super) struct Program {
    pub(super) bytes: Vec<u8>,
    /// Where its `assay_wait` and its code are, as arguments of the supervisor.
    pub(super) places: [String; 4],
}

impl Program {
    /// Takes from a linked program what only its debugger needs, and puts a list of where
    /// its functions start in its place (`assay_calls.h`).
    pub(super) fn bare(linked: &[u8]) -> Result<Program, InfraError> {
        strip(linked).ok_or_else(|| {
            let message = "the linker left no program of this machine";
            InfraError::new(InfraClass::Sandbox, message.to_owned())
        })
    }
}

fn strip(linked: &[u8]) -> Option<Program> {
    let file = ElfFile64::<object::Endianness>::parse(linked).ok()?;
    let wait = file.symbols().find(|symbol| symbol.name() == Ok(WAIT))?;
    let text = file.section_by_name(".text")?;
    let places = [wait.address(), wait.size(), text.address(), text.size()];

    let header = FileHeader64::<object::Endianness>::parse(linked).ok()?;
    let endian = header.endian().ok()?;
    let parts = header.program_headers(endian, linked).ok()?;
    let loaded = parts.iter().filter(|part| part.p_type(endian) == PT_LOAD);
    let end = loaded.map(|part| part.p_offset(endian) + part.p_filesz(endian)).max()?;
    let mut bytes = linked.get(..usize::try_from(end).ok()?)?.to_vec();
    // No table of sections: its place, and its entries' count and names.
    bytes.get_mut(40..48)?.fill(0);
    bytes.get_mut(60..64)?.fill(0);

    let functions = file.symbols().filter(|symbol| {
        symbol.kind() == SymbolKind::Text && !symbol.is_undefined() && symbol.address() > 0
    });
    let mut starts: Vec<u64> = functions.map(|function| function.address()).collect();
    starts.sort_unstable();
    starts.dedup();
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes.extend(starts.iter().flat_map(|start| start.to_le_bytes()));
    bytes.extend((starts.len() as u64).to_le_bytes());
    Some(Program { bytes, places: places.map(|place| place.to_string()) })
}
