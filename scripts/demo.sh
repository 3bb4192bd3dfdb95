#!/usr/bin/env bash
# Measures the built-in subjects over corpus/ in all scenarios of SecCodeBench, and over a few of its cases
# in those of CoV-Eval, and writes an HTML report: what runs of a model look like, without a model.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh release
assay=${CARGO_TARGET_DIR:-target}/release/assay
time=$(date --utc +%Y-%m-%dT%H-%M-%SZ)
run=assay-runs/demo-$time.assay
tasks=assay-runs/demo-tasks-$time.assay
subjects=(--subject reference --subject vulnerable --subject empty)

echo
"$assay" doctor
echo
"$assay" run "${subjects[@]}" --output "$run"
echo
# Each flawed program is a task of its own there: all of them would take minutes.
"$assay" --corpus cov-eval:corpus run "${subjects[@]}" --language ruby --output "$tasks"
"$assay" report "$run" "$tasks" --output assay-report
