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
"$assay" run --subject reference --subject vulnerable --subject empty --output "$run"
"$assay" report "$run" --output assay-report
