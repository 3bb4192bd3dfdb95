#!/usr/bin/env bash
# Times validations beside the bare compilers and test runners on the same
# artifacts and, with a checkout of SecCodeBench-V2 and recorded answers, beside
# its official verifiers; runs beside a provider of a known speed; the gateway
# beside a plain proxy; many agents at once; a fleet beside the local pool; and
# the service beside it: docs/benchmarks.md.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh release
# Cargo runs a benchmark in another folder.
for name in ASSAY_CACHE SEC_CODE_BENCH_DIR ASSAY_ARTIFACTS ASSAY_BENCH_JSON ASSAY_BENCH_RUNS; do
    if [[ -n ${!name:-} ]]; then
        export "$name=$(realpath --canonicalize-missing "${!name}")"
    fi
done
if [[ -z ${ASSAY_BENCH_ONLY:-} || $ASSAY_BENCH_ONLY == validation ]]; then
    cargo bench --locked --package assay --bench validation
fi
if [[ -z ${ASSAY_BENCH_ONLY:-} || $ASSAY_BENCH_ONLY == throughput ]]; then
    cargo bench --locked --package assay --bench throughput
fi
if [[ -z ${ASSAY_BENCH_ONLY:-} || $ASSAY_BENCH_ONLY == gateway ]]; then
    cargo bench --locked --package assay --bench gateway
fi
if [[ -z ${ASSAY_BENCH_ONLY:-} || $ASSAY_BENCH_ONLY == agents ]]; then
    export ASSAY_TEST_CACHE=${ASSAY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/assay}
    cargo bench --locked --package assay --bench agents
fi
if [[ -z ${ASSAY_BENCH_ONLY:-} || $ASSAY_BENCH_ONLY == fleet ]]; then
    export ASSAY_TEST_CACHE=${ASSAY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/assay}
    scripts/setup.sh dev programs
    cargo bench --locked --package assay --bench fleet
fi
if [[ -z ${ASSAY_BENCH_ONLY:-} || $ASSAY_BENCH_ONLY == verifier ]]; then
    cargo bench --locked --package assay --bench verifier
fi
