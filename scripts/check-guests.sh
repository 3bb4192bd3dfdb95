#!/usr/bin/env bash
# Checks the guest programs (crates/harness), and what trains judges, with the formatters and
# linters of their languages, or in the steps that are named. `scripts/setup.sh dev` installs what this needs.
# A step that fails does not keep the others from running.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

cache=${XDG_CACHE_HOME:-$HOME/.cache}/assay
linters=$cache/linters
harness=$PWD/crates/harness
rules=$PWD/scripts/guests
training=("$PWD/scripts/vc-judge" "$PWD/scripts/load-training-data.py")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# No function is longer than so many lines, those within it included; of JavaScript,
# scripts/guests/eslint.config.cjs says so, and Ruby reads itself.
most_lines=100

failed=()
step() {
    printf '%s\n' "check-guests: $1"
    "$1" || failed+=("$1")
}

lengths() {
    "$linters/python/bin/lizard" --languages cpp --languages go --languages java --languages python \
        --length "$most_lines" --CCN 1000 --warnings_only "$harness"
}

python_format() {
    "$linters/python/bin/ruff" format --no-cache --config "$rules/ruff.toml" --diff "$harness" "${training[@]}"
}

# The parts of a session are one program, whose names are there when it is whole.
python_lint() {
    local parts status=0
    mapfile -t parts < <(sed -n 's|.*include_str!("../\(python/session/.*\.py\)").*|\1|p' "$harness/src/lib.rs")
    ((${#parts[@]} > 0)) || return 1
    (cd "$harness" && cat "${parts[@]}") >"$scratch/session.py"
    "$linters/python/bin/ruff" check --no-cache --quiet --config "$rules/ruff.toml" "$harness" \
        "${training[@]}" || status=1
    "$linters/python/bin/ruff" check --no-cache --quiet --config "$rules/ruff.toml" --select F82 \
        "$scratch/session.py" || status=1
    return "$status"
}

javascript_lint() {
    NODE_PATH=$linters/node/node_modules "$linters/node/node_modules/.bin/eslint" \
        --config "$rules/eslint.config.cjs" --max-warnings 0 crates/harness/nodejs crates/harness/analysers
}

# The Go that cases are built with: of the version that set-up asks for.
find_go() {
    local program
    for program in go /usr/local/go/bin/go "$cache/go-toolchain/bin/go"; do
        if GOTOOLCHAIN=local "$program" version 2>/dev/null | grep --quiet ' go1\.26'; then
            printf '%s\n' "$program"
            return
        fi
    done
    return 1
}
export GOTOOLCHAIN=local GOWORK=off GOFLAGS=
go=$(find_go) || { printf 'check-guests: Go 1.26 is not there; run scripts/setup.sh\n' >&2; exit 1; }

go_format() {
    local unformatted
    unformatted=$("$("$go" env GOROOT)/bin/gofmt" -d "$harness/go") || return 1
    printf '%s' "$unformatted"
    [[ -z $unformatted ]]
}

go_vet_tool() {
    cp -r "$harness/go/tool" "$scratch/tool"
    printf 'module assay/tool\n\ngo 1.24\n' >"$scratch/tool/go.mod"
    (cd "$scratch/tool" && "$go" vet ./...)
}

# What is linked into suites imports packages that are closed to others, so that `go vet`
# would not load it. The tool behind that is told what it would be told.
go_vet_harness() {
    local imports packages file files=()
    mkdir "$scratch/suite"
    printf 'module assay/harness\n\ngo 1.24\n' >"$scratch/suite/go.mod"
    cp "$harness"/go/harness/* "$scratch/suite"
    imports=$(cd "$scratch/suite" && "$go" list -e -f '{{join .Imports " "}}' .) || return 1
    # shellcheck disable=SC2086 # They are many words.
    packages=$(cd "$scratch/suite" && "$go" list -export -deps \
        -f '{{if .Export}}{{.ImportPath}} {{.Export}}{{end}}' $imports | sort --unique) || return 1
    for file in "$harness"/go/harness/*.go; do files+=("$file"); done
    python3 - "$packages" "$scratch" "$harness"/go/harness/*.s "${files[@]}" >"$scratch/vet.cfg" <<'END'
import json
import sys

packages, scratch, assembly, *files = sys.argv[1:]
places = dict(line.split() for line in packages.splitlines() if line.strip())
told = {
    "ID": "assay/harness", "ImportPath": "assay/harness", "Compiler": "gc", "Dir": scratch,
    "GoVersion": "go1.24", "GoFiles": files, "NonGoFiles": [assembly],
    "ImportMap": {name: name for name in places}, "PackageFile": places,
    "VetxOutput": scratch + "/facts",
}
print(json.dumps(told))
END
    "$go" tool vet "$scratch/vet.cfg"
}

warnings=(
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-align=strict
    -Wstrict-prototypes -Wold-style-definition -Wmissing-prototypes -Wmissing-declarations
    -Wredundant-decls -Wnested-externs -Wpointer-arith -Wformat=2 -Wundef -Wvla
    -Wnull-dereference -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wswitch-enum
    -Wunused-macros -Werror
)

# Compiles each source as it is compiled for cases, with all warnings and with the analyser.
compile_c() {
    local status=0 mode
    for mode in -fno-analyzer -fanalyzer; do
        gcc -std=gnu11 -O1 "${warnings[@]}" "$mode" "$@" -o "$scratch/object.o" || status=1
    done
    return "$status"
}

c_lint() {
    local status=0
    # The table that `assay-verify` writes for the harness (c/guards.rs).
    {
        printf 'static const struct { const char *name; unsigned char pointers; } assay_unwatched[] = {\n'
        awk '!/^#/ { for (place = 2; place <= NF; place++) printf "{\"%s\", %s},\n", $place, $1 }' \
            crates/verify/src/c/unwatched.txt
        printf '};\n'
    } >"$scratch/assay_unwatched.h"
    # What suites are written with, as they use it.
    printf '%s\n' '#include "assay_test.h"' 'TEST(all) { CHECK(1); CHECK_EQ(1, 1); CHECK_STR("a", "a");' \
        'CHECK_MEM("a", "a", 1); }' >"$scratch/suite.c"
    compile_c "-I$harness/c" -c "$scratch/suite.c" || status=1
    compile_c -c "$harness/c/assay_supervise.c" || status=1
    compile_c -fsanitize=address,undefined -c "$harness/c/assay_names.c" || status=1
    # What assembly and the linker call is declared nowhere.
    compile_c -fsanitize=address,undefined -Wno-missing-prototypes -Wno-missing-declarations \
        "-I$scratch" -c "$harness/c/assay_main.c" || status=1
    compile_c -fPIC -c "$harness/shared/guard.c" || status=1
    return "$status"
}

java_agent_lint() {
    local status=0 source jdk
    jdk=$(dirname "$(dirname "$(readlink --canonicalize "$(command -v javac)")")")
    for source in "$harness"/java/watch/*.c; do
        compile_c -D_GNU_SOURCE -fPIC -fvisibility=hidden -isystem "$jdk/include" -isystem "$jdk/include/linux" \
            -c "$source" || status=1
    done
    return "$status"
}

java_lint() {
    javac -Xlint:all -Werror -proc:none -d "$scratch/java" -classpath "$linters/java/*" "$harness"/java/*.java
}

ruby_lint() {
    local status=0 source warnings
    for source in "$harness"/ruby/*.rb; do
        warnings=$(ruby -wc "$source" 2>&1) || status=1
        [[ $warnings == 'Syntax OK' ]] || { printf '%s: %s\n' "$source" "$warnings"; status=1; }
    done
    return "$status"
}

ruby_lengths() {
    ruby - "$most_lines" "$harness"/ruby/*.rb <<'END'
most, *sources = ARGV
walk = lambda do |node, source|
  next 0 unless node.is_a?(RubyVM::AbstractSyntaxTree::Node)

  length = node.last_lineno - node.first_lineno + 1
  is_long = %i[DEFN DEFS].include?(node.type) && length > most.to_i
  puts "#{source}:#{node.first_lineno}: a method of #{length} lines" if is_long
  (is_long ? 1 : 0) + node.children.sum { |child| walk.call(child, source) }
end
exit(sources.sum { |source| walk.call(RubyVM::AbstractSyntaxTree.parse_file(source), source) }.zero?)
END
}

steps=(lengths python_format python_lint javascript_lint go_format go_vet_tool go_vet_harness c_lint
    java_agent_lint java_lint ruby_lint ruby_lengths)
for name in "${@:-${steps[@]}}"; do
    step "$name"
done
if ((${#failed[@]} > 0)); then
    printf 'check-guests: failed: %s\n' "${failed[*]}" >&2
    exit 1
fi
