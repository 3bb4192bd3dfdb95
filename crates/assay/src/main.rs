//! The binary `assay`.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A sandbox is launched as another process of this binary.
    assay_sandbox::enter_if_launched();
    assay::main()
}
