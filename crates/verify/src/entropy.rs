//! Bytes that tested code cannot guess.

use assay_core::InfraError;
use assay_core::infra_error::InfraClass;

/// As many bytes as asked for, from the kernel.
pub(super) fn random_bytes<const N: usize>() -> Result<[u8; N], InfraError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        let message = format!("failed to get random numbers from the kernel: {error}");
        InfraError::new(InfraClass::Sandbox, message)
    })?;
    Ok(bytes)
}
