#!/usr/bin/env bash
# Times the two things that bound a run: starting sandboxes, and validating.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh release
cargo build --release --locked --workspace --examples
target=${CARGO_TARGET_DIR:-target}/release

printf '\n==> starting a sandbox\n'
"$target/examples/startup"
printf '\n==> one proof of the corpus\n'
time "$target/assay" check
