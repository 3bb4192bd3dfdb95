#!/usr/bin/env bash
# Times the start of a sandbox, and validations beside the bare compiler and test
# runner on the same artifacts.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh release
cargo bench --locked --package assay --bench validation
