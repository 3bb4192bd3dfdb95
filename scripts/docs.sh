#!/usr/bin/env bash
# Builds docs/ as a site with mdBook, in target/docs.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v mdbook >/dev/null || {
    printf 'docs: mdbook is not there; run: cargo install mdbook --locked\n' >&2
    exit 1
}
mdbook build --dest-dir "$PWD/target/docs"
printf 'docs: %s\n' "$PWD/target/docs/index.html"
