#!/bin/sh
# Stands in for pdftotext of Poppler. A document is a text here: a first line %PDF-1.7,
# lines with a key and a value, an empty line, and pages that form feeds separate.

usage() {
  echo 'Usage: pdftotext [options] <PDF-file> [<text-file>]' >&2
  exit 99
}

fail() {
  echo "$1" >&2
  exit 1
}

first=1 last=999999 password=
while [ $# -gt 2 ]; do
  case $1 in
    -f) first=$2 && shift ;;
    -l) last=$2 && shift ;;
    -enc) [ "$2" = UTF-8 ] || usage; shift ;;
    -upw) password=$2 && shift ;;
    -layout) ;;
    # As there, no message is shown, not even that of a wrong password.
    -q) exec 2>/dev/null ;;
    *) usage ;;
  esac
  shift
done
[ $# -eq 2 ] || usage
case $first$last in *[!0-9]*) usage ;; esac
[ "$first" -le "$last" ] || usage

[ -f "$1" ] || fail "I/O Error: Couldn't open file '$1': No such file or directory."
[ "$(sed -n '1p;1q' "$1")" = %PDF-1.7 ] || fail 'Syntax Error: May not be a PDF file (continuing anyway)'
expected=$(sed -n '/^$/q;s/^password //p' "$1")
[ -z "$expected" ] || [ "$expected" = "$password" ] || fail 'Command Line Error: Incorrect password'
sed -n '/^$/q;s/^warning /Syntax Warning: /p' "$1" >&2

pages() {
  sed '1,/^$/d' "$1" |
    FIRST=$first LAST=$last awk 'BEGIN { RS = "\f"; ORS = "" }
      NR >= ENVIRON["FIRST"] + 0 && NR <= ENVIRON["LAST"] + 0 && length($0) > 0 { print $0 "\f" }'
}

if [ "$2" = - ]; then pages "$1"; else pages "$1" > "$2"; fi
