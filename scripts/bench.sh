#!/usr/bin/env bash
# Times validations beside the bare compilers and test runners on the same
# artifacts and, with a checkout of SecCodeBench-V2 and recorded answers, beside
# its official verifiers: docs/benchmarks.md.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh release
# Cargo runs a benchmark in another folder.
for name in ASSAY_CACHE SEC_CODE_BENCH_DIR ASSAY_ARTIFACTS ASSAY_BENCH_JSON; do
    if [[ -n ${!name:-} ]]; then
        export "$name=$(realpath --canonicalize-missing "${!name}")"
    fi
done
cargo bench --locked --package assay --bench validation
