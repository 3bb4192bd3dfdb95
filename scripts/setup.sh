#!/usr/bin/env bash
# Installs what Assay needs and is not there: packages of Debian, then, with
# the binary of the profile that is named (release or dev), what the cases of
# corpus/ need. Where nothing is missing it changes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

profile=${1:-release}

# gcc brings the sanitizers; binutils objcopy; python3-venv what environments
# are made with; chromium is for the tests of the HTML report, tar for a case.
packages=(gcc libc6-dev binutils make nodejs python3 python3-venv chromium tar)
# Builds of Node.js other than Debian's bring npm with them, and conflict with its package.
command -v npm >/dev/null || packages+=(npm)

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

missing_packages() {
    local package
    for package in "${packages[@]}"; do
        if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
            printf '%s\n' "$package"
        fi
    done
}

install_packages() {
    local install="apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $*"
    if [[ $EUID -eq 0 ]]; then
        printf 'setup: installing %s\n' "$*"
        bash -c "$install"
    elif sudo -n true 2>/dev/null; then
        printf 'setup: installing %s with sudo\n' "$*"
        sudo -n bash -c "$install"
    else
        printf 'setup: %s not installed; run as root, then run `make setup` again:\n\n    %s\n\n' "$*" "$install" >&2
        exit 1
    fi
}

command -v cargo >/dev/null || fail 'cargo is not there; install Rust, with rustup for example'
needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
found=$(cargo --version | cut -d ' ' -f 2)
if [[ $(printf '%s\n' "$needed" "$found" | sort --version-sort | head -n 1) != "$needed" ]]; then
    fail "cargo is $found, and $needed or newer is needed; run: rustup update stable"
fi
for component in rustfmt clippy; do
    command -v "cargo-${component/rustfmt/fmt}" >/dev/null ||
        fail "$component is not there; run: rustup component add $component"
done

command -v dpkg-query >/dev/null ||
    fail "this is no Debian; install what these packages hold by other means: ${packages[*]}"
mapfile -t missing < <(missing_packages)
if ((${#missing[@]} > 0)); then
    install_packages "${missing[@]}"
fi

printf 'setup: system packages and Rust %s are there\n' "$found"
printf 'setup: preparing what the cases need, with the %s binary\n' "$profile"
if [[ ! -x ${CARGO_TARGET_DIR:-target}/${profile/dev/debug}/assay ]]; then
    printf 'setup: it is built first, which takes some minutes\n'
fi
cargo run --quiet --locked --profile "$profile" --package assay -- prepare
