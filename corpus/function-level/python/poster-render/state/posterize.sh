#!/bin/sh
# Stands in for the program that renders posters: writes down what it was asked for.
size=A3
font=Sans
caption=

while :; do
    case $1 in
    --size)
        size=$2
        shift 2
        ;;
    --font)
        font=$2
        shift 2
        ;;
    --caption)
        caption=$2
        shift 2
        ;;
    --)
        shift
        break
        ;;
    -*)
        echo "posterize: unknown option $1" >&2
        exit 2
        ;;
    *) break ;;
    esac
done

if [ $# -ne 2 ]; then
    echo "usage: posterize [--size SIZE] [--font FONT] [--caption TEXT] [--] SOURCE TARGET" >&2
    exit 2
fi
case $size in
A4 | A3) pages=1 ;;
A2) pages=2 ;;
A1) pages=4 ;;
*)
    echo "posterize: unknown size $size" >&2
    exit 2
    ;;
esac
if [ ! -f "$1" ]; then
    echo "posterize: cannot open $1" >&2
    exit 1
fi
{
    printf 'size: %s\nfont: %s\ncaption: %s\n' "$size" "$font" "$caption"
    cat -- "$1"
} >"$2" || exit 1
echo "$pages"
