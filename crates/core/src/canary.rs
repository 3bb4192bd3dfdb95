//! A text that the files of our cases carry, so that it can be told whether they are among what a
//! model was trained on: a model that goes on with it when it is given the beginning has seen them.

/// In `case.toml` and all tests of our cases, and in nothing that a subject is asked with.
pub const CANARY: &str =
    "assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on";

/// What every canary begins with.
pub const MARK: &str = "assay-canary";

/// A canary of its own for cases that are made elsewhere, of bytes that nobody has used before.
pub fn fresh(bytes: [u8; 16]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    format!("{MARK} {}: benchmark data, not to be trained on", parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_canary_has_the_form_of_the_old_one() {
        let bytes = [
            0x5f, 0x0d, 0x3c, 0x1e, 0x8a, 0x37, 0x4b, 0x61, 0x9d, 0x2e, 0xc6, 0x4b, 0x0f, 0x7a,
            0x1e, 0x93,
        ];
        assert_eq!(fresh(bytes), CANARY);
    }
}
