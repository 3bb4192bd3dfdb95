#!/usr/bin/env bash
# The whole gate, step by step, the tests last. The first step that fails ends
# it. Everything is built in the dev profile, so that only lints compile twice.
set -euo pipefail
cd "$(dirname "$0")/.."

# The tests use what set-up has prepared.
export ASSAY_TEST_CACHE=${ASSAY_TEST_CACHE:-${ASSAY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/assay}}

step() {
    printf '\n==> %s\n' "$*"
    "$@"
}

step scripts/setup.sh dev
step cargo fmt --check
step cargo clippy --workspace --all-targets --locked -- -D warnings
if command -v cargo-deny >/dev/null; then
    step cargo deny check
else
    printf '\n==> cargo deny check: skipped, cargo-deny is not installed\n'
fi
step "${CARGO_TARGET_DIR:-target}/debug/assay" check --repeat 3

# Tests come in many programs; their summaries are gathered at the end.
output=$(mktemp)
trap 'rm -f "$output"' EXIT
status=0
step cargo test --workspace --locked 2>&1 | tee "$output" || status=$?
printf '\n==> summary of the tests\n'
grep '^test result: ' "$output" | grep --invert-match ' 0 passed; 0 failed' || true
exit "$status"
