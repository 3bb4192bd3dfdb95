//! Bytes that tested code cannot guess.

use std::fs::File;
use std::io::Read as _;

use assay_core::InfraError;
use assay_core::infra_error::InfraClass;

/// As many bytes as asked for, from the kernel.
pub(super) fn random_bytes<const N: usize>() -> Result<[u8; N], InfraError> {
    let mut bytes = [0; N];
    File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut bytes)).map_err(
        |error| {
            InfraError::new(InfraClass::Sandbox, format!("failed to read /dev/urandom: {error}"))
        },
    )?;
    Ok(bytes)
}
