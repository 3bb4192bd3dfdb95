#!/usr/bin/env bash
# Installs what Assay needs and is not there: packages of Debian, Go, then, with
# the binary of the profile that is named (release or dev), what the cases of
# corpus/ need. Where nothing is missing it changes nothing. With a second word it does a part
# of this alone: all until the binary is built (programs), or what comes after it (cases).
set -euo pipefail
cd "$(dirname "$0")/.."

profile=${1:-release}
part=${2:-all}

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

# gcc brings the sanitizers; binutils objcopy and the linker gold; python3-venv what
# environments are made with; chromium is for the tests of the HTML report, tar for a
# case.
packages=(gcc libc6-dev binutils make python3 python3-venv openjdk-17-jdk-headless maven ruby ruby-minitest chromium tar)
# With its library, suites of Python share one start of the interpreter.
python=$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo 3.11)
packages+=("libpython$python")
# What the gate tries analysers with; the others are there for who installs them. Workspaces of
# agents are repositories of git.
if [[ $profile == dev ]]; then
    packages+=(cppcheck flawfinder git)
fi
# These may have come from elsewhere than Debian.
command -v node >/dev/null && command -v npm >/dev/null || packages+=(nodejs npm)

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

assay=${CARGO_TARGET_DIR:-target}/${profile/dev/debug}/assay
build_assay() {
    if [[ ! -x $assay ]]; then
        printf 'setup: building the %s binary, which takes some minutes\n' "$profile"
    fi
    cargo build --quiet --locked --profile "$profile" --package assay
}
prepare_cases() {
    local scratch
    printf 'setup: preparing what the cases need, with the %s binary\n' "$profile"
    # A copy, as what is built meanwhile may replace it.
    scratch=$(mktemp -d)
    cp "$assay" "$scratch/assay"
    "$scratch/assay" prepare
    if [[ $profile == dev ]]; then
        "$scratch/assay" prepare --analysers=bandit,syntax
        # What tests drive; of cases they need those in Python alone.
        "$scratch/assay" prepare --agents=claude-code,codex,gemini-cli,qwen-code,opencode --language python
    fi
    rm -rf "$scratch"
}
if [[ $part == cases ]]; then
    prepare_cases
    exit
fi

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

# Go 1.26, which the gate holds on: Debian's is older, and can then fetch a newer one,
# which the module registry serves as a module. There its programs cannot be executed,
# and its go.mod files have another name.
go_version=1.26.8
go_place=${XDG_CACHE_HOME:-$HOME/.cache}/assay/go-toolchain
go_minor() {
    GOTOOLCHAIN=local "$1" version 2>/dev/null | sed -n 's/^go version go1\.\([0-9]*\).*/\1/p'
}
fetch_go() {
    local scratch module target
    printf 'setup: fetching Go %s\n' "$go_version"
    scratch=$(mktemp -d)
    target=golang.org/toolchain@v0.0.1-go$go_version.linux-$(dpkg --print-architecture)
    module=$(cd "$scratch" && GOPATH=$scratch GOFLAGS=-modcacherw go mod download -json "$target" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
    [[ -n $module ]] || fail "Go $go_version could not be fetched"
    chmod +x "$module"/bin/* "$module"/pkg/tool/*/*
    find "$module" -name _go.mod -execdir mv {} go.mod \;
    rm -rf "$go_place"
    mkdir -p "$(dirname "$go_place")"
    mv "$module" "$go_place"
    rm -rf "$scratch"
}
if [[ $(go_minor go || true) != 26 && $(go_minor /usr/local/go/bin/go || true) != 26 &&
    $(go_minor "$go_place/bin/go" || true) != 26 ]]; then
    command -v go >/dev/null || install_packages golang-go
    fetch_go
fi

# What only the gate needs: what guest programs are checked with (scripts/check-guests.sh).
# A folder that was made for other versions is made anew.
linters=${XDG_CACHE_HOME:-$HOME/.cache}/assay/linters
python_linters=(ruff==0.17.6 lizard==1.24.3)
node_linters=(eslint@9.39.1 axe-core@4.14.1)
linter_versions=$(printf '%s\n' "${python_linters[@]}" "${node_linters[@]}" && cat scripts/guests/pom.xml)
fetch_linters() {
    printf 'setup: fetching linters\n'
    rm -rf "$linters"
    mkdir -p "$linters"
    /usr/bin/python3 -m venv "$linters/python"
    "$linters/python/bin/python" -m pip install --quiet --disable-pip-version-check "${python_linters[@]}"
    npm install --prefix "$linters/node" --ignore-scripts --no-audit --no-fund --loglevel=error "${node_linters[@]}"
    mvn --quiet --batch-mode --file scripts/guests/pom.xml \
        org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies "-DoutputDirectory=$linters/java"
    printf '%s\n' "$linter_versions" >"$linters/versions"
}
if [[ $profile == dev && $(cat "$linters/versions" 2>/dev/null) != "$linter_versions" ]]; then
    fetch_linters
fi

# The server that fleets are tried with. Debian's is older than its client expects.
nats_version=v2.15.3
nats=${XDG_CACHE_HOME:-$HOME/.cache}/assay/nats-server/$nats_version
fetch_nats() {
    local scratch go
    printf 'setup: building nats-server %s\n' "$nats_version"
    for go in go /usr/local/go/bin/go "$go_place/bin/go"; do
        [[ $(go_minor "$go" || true) == 26 ]] && break
    done
    scratch=$(mktemp -d)
    GOPATH=$scratch/path GOBIN=$scratch GOFLAGS=-modcacherw GOTOOLCHAIN=local CGO_ENABLED=0 \
        "$go" install -trimpath "github.com/nats-io/nats-server/v2@$nats_version" ||
        fail "nats-server $nats_version could not be built"
    mkdir -p "$nats"
    mv "$scratch/nats-server" "$nats/nats-server"
    rm -rf "$scratch"
}
if [[ $profile == dev && ! -x $nats/nats-server ]]; then
    fetch_nats
fi

printf 'setup: system packages, Rust %s and Go are there\n' "$found"
build_assay
if [[ $part == all ]]; then
    prepare_cases
fi
