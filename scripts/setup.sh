#!/usr/bin/env bash
# Installs what Assay needs and is not there: packages of Debian, Go, then, with
# the binary of the profile that is named (release or dev), what the cases of
# corpus/ need. Where nothing is missing it changes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

profile=${1:-release}

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

# gcc brings the sanitizers; binutils objcopy and the linker gold; python3-venv what
# environments are made with; chromium is for the tests of the HTML report, tar for a
# case.
packages=(gcc libc6-dev binutils make python3 python3-venv openjdk-17-jdk-headless maven chromium tar)
# These may have come from elsewhere than Debian.
command -v node >/dev/null && command -v npm >/dev/null || packages+=(nodejs npm)

# Go cases need 1.24 or newer, which Debian 12 does not have. Its Go can fetch a newer
# toolchain as a module, to where Assay looks for one.
go_module=golang.org/toolchain@v0.0.1-go1.26.0.linux-$(dpkg --print-architecture 2>/dev/null || echo amd64)
go_folder=${XDG_CACHE_HOME:-$HOME/.cache}/assay/go-toolchain

go_is_new_enough() {
    local minor
    minor=$("$1" version 2>/dev/null | sed -n 's/^go version go1\.\([0-9]*\).*/\1/p')
    [[ -n $minor ]] && ((minor >= 24))
}

has_go() {
    go_is_new_enough go || go_is_new_enough "$go_folder/bin/go"
}

has_go || packages+=(golang-go)

fetch_go() {
    local modules module
    modules=$(mktemp --directory)
    module=$modules/golang.org/${go_module#*/}
    printf 'setup: fetching %s\n' "$go_module"
    GOPATH=$modules GOMODCACHE=$modules GOFLAGS=-modcacherw go mod download "$go_module" ||
        fail "failed to fetch $go_module; install Go 1.24 or newer by other means"
    # What a module holds is not executable.
    chmod --recursive a+x "$module/bin" "$module/pkg/tool"
    mkdir -p "$(dirname "$go_folder")"
    rm -rf "$go_folder"
    mv "$module" "$go_folder"
    rm -rf "$modules"
    go_is_new_enough "$go_folder/bin/go" || fail "$go_folder/bin/go does not run"
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

has_go || fetch_go

printf 'setup: system packages, Rust %s and Go are there\n' "$found"
printf 'setup: preparing what the cases need, with the %s binary\n' "$profile"
if [[ ! -x ${CARGO_TARGET_DIR:-target}/${profile/dev/debug}/assay ]]; then
    printf 'setup: it is built first, which takes some minutes\n'
fi
cargo run --quiet --locked --profile "$profile" --package assay -- prepare
