#!/usr/bin/env bash
# The whole gate, step by step, the tests last. A step that fails does not keep the
# others from running, nor a test program the others; all failures are listed at the end.
# Everything is built in the dev profile, so that only lints compile twice.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

# The tests use what set-up has prepared.
export ASSAY_TEST_CACHE=${ASSAY_TEST_CACHE:-${ASSAY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/assay}}

failures=()
step() {
    local begun=$SECONDS
    printf '\n==> %s\n' "$*"
    "$@" || failures+=("$*")
    printf '==> %s took %d s\n' "$*" $((SECONDS - begun))
}

printf '\n==> scripts/setup.sh dev\n'
scripts/setup.sh dev programs || exit 1
# What the cases need is mostly waited for: lints and the build of the tests go on beside it.
prepared=$(mktemp)
scripts/setup.sh dev cases >"$prepared" 2>&1 &
preparing=$!
step cargo fmt --check
step cargo clippy --workspace --all-targets --locked -- -D warnings
step scripts/run-tests.py --build
step scripts/check-guests.sh
wait "$preparing"
is_prepared=$?
printf '\n==> scripts/setup.sh dev cases\n'
cat "$prepared"
rm -f "$prepared"
((is_prepared == 0)) || exit 1
if command -v cargo-deny >/dev/null; then
    step cargo deny check
else
    printf '\n==> cargo deny check: skipped, cargo-deny is not installed\n'
fi

# The cases are proved beside the tests, which wait a lot.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
output=$scratch/tests
nice -n 5 "${CARGO_TARGET_DIR:-target}/debug/assay" check --mutants=patches >"$scratch/proof" 2>&1 &
proving=$!
test_all() {
    scripts/run-tests.py 2>&1 | tee "$output"
}
step test_all
proof_of_the_corpus() {
    wait "$proving"
    local code=$?
    cat "$scratch/proof"
    return "$code"
}
step proof_of_the_corpus
printf '\n==> summary of the tests\n'
grep '^test result: ' "$output" | grep --invert-match ' 0 passed; 0 failed'

if ((${#failures[@]} > 0)); then
    printf '\n==> failures\n'
    printf 'step: %s\n' "${failures[@]}"
    sed -n -E 's/^test (.*) \.\.\. FAILED$/test: \1/p' "$output"
    # Of a case that is not proved, its name and what is wrong with it.
    grep -E '^(NOT PROVED|TO WRITE|    (fault|to write): |error)' "$scratch/proof"
    exit 1
fi
