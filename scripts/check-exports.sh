#!/bin/sh
# Exports runs in every format and opens them with the tools the formats are for, which
# it installs from PyPI; see docs/exports.md. Needs a network. Not part of `make test`.
set -eu

if [ $# -eq 0 ]; then
    echo "usage: scripts/check-exports.sh RUN..." >&2
    exit 2
fi

repository=$(cd "$(dirname "$0")/.." && pwd)
assay=${ASSAY:-$repository/target/release/assay}
if [ ! -x "$assay" ]; then
    echo "$assay is missing; run make build, or name a binary with ASSAY" >&2
    exit 3
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# With VENV, an environment is kept from one time to the next.
environment=${VENV:-$folder/venv}
if [ ! -x "$environment/bin/python" ]; then
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet \
        inspect-ai duckdb pandas pyarrow polars junitparser jsonschema requests
fi

"$assay" export "$@" --format jsonl --with-texts --output "$folder/run.jsonl"
"$assay" export "$@" --format csv --output "$folder/run.csv"
"$assay" export "$@" --format parquet --with-texts --output "$folder/run.parquet"
"$assay" export "$@" --format parquet --rows turns --with-texts --output "$folder/turns.parquet"
"$assay" export "$@" --format junit --output "$folder/run.junit.xml"
"$assay" export "$@" --format sarif --output "$folder/run.sarif"
"$assay" export "$@" --format inspect --output "$folder/logs"

# A copy of SARIF's schema may be named; else it is fetched from its publisher.
SARIF_SCHEMA=${SARIF_SCHEMA:-} "$environment/bin/python" "$repository/scripts/check-exports.py" "$folder"
