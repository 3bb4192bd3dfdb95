#!/usr/bin/env bash
# Measures the built-in subjects over corpus/ in all scenarios and writes an
# HTML report: what a run of a model looks like, without a model.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh release
cargo build --release --locked
assay=${CARGO_TARGET_DIR:-target}/release/assay
run=assay-runs/demo-$(date --utc +%Y-%m-%dT%H-%M-%SZ).assay

echo
"$assay" doctor
echo
# The cases that tests decide; those with a phase for judges need a model for it.
cases=$("$assay" cases | awk 'NF == 0 { exit } NR > 1 && !/\(judged: / { print "--case", $1 }')
# shellcheck disable=SC2086 # a list of words
"$assay" run --subject reference --subject vulnerable --subject empty $cases --output "$run"
"$assay" report "$run" --output assay-report
