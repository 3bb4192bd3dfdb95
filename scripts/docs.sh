#!/usr/bin/env bash
# Builds docs/ as a site with mdBook, in target/docs. Where mdBook is not there it is built into the
# cache first, which takes some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.5.4
tools=${XDG_CACHE_HOME:-$HOME/.cache}/assay/mdbook-$version
mdbook=$(command -v mdbook || true)
if [[ -z $mdbook ]]; then
    mdbook=$tools/bin/mdbook
    if [[ ! -x $mdbook ]]; then
        printf 'docs: building mdBook %s, which takes some minutes\n' "$version"
        cargo install --quiet mdbook --version "$version" --locked --no-default-features --features search --root "$tools"
    fi
fi
"$mdbook" build --dest-dir "$PWD/target/docs"
printf 'docs: %s\n' "$PWD/target/docs/index.html"
