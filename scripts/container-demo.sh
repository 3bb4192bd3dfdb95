#!/bin/sh
# The demonstration in a container: the built-in subjects over the cases within the program, and an
# HTML report in the current folder. Go is left out, as Debian 12 has no version of it that is new
# enough. Words on the command line go to `assay run`, as in assay-demo --language c.
set -eu

assay doctor
languages="--language c --language java --language nodejs --language python --language ruby"
# shellcheck disable=SC2086 # They are words.
[ $# -gt 0 ] || set -- $languages
assay prepare "$@"
run=assay-runs/demo-$(date --utc +%Y-%m-%dT%H-%M-%SZ).assay
assay run --subject reference --subject vulnerable --subject empty --output "$run" "$@"
assay report "$run" --output assay-report
