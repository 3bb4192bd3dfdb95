#!/usr/bin/env bash
# Installs the binary that `make build` has built, completions for shells and manual pages, below
# the folder that is named. The cases are within the binary, so nothing else is needed.
#
#     scripts/install.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."

[[ $# -eq 1 && -n $1 ]] || {
    printf 'install: usage: scripts/install.sh FOLDER\n' >&2
    exit 1
}
target=$1
assay=${ASSAY:-${CARGO_TARGET_DIR:-target}/release/assay}
[[ -x $assay ]] || {
    printf 'install: %s is not there; run `make build` first\n' "$assay" >&2
    exit 1
}

share=$target/share
install -D --mode=755 "$assay" "$target/bin/assay"
complete() {
    install -d "$(dirname "$share/$2")"
    "$assay" completions "$1" >"$share/$2"
}
complete bash bash-completion/completions/assay
complete fish fish/vendor_completions.d/assay.fish
complete zsh zsh/site-functions/_assay
"$assay" man "$share/man/man1" >/dev/null
printf 'install: %s, completions for bash, fish and zsh, and %d manual pages below %s\n' \
    "$target/bin/assay" "$(find "$share/man/man1" -name 'assay*.1' | wc -l)" "$target"
