#!/bin/sh
# A ping without a network: hosts whose names begin with `unknown` do not exist.
set -f
count=4
target=
while [ $# -gt 0 ]; do
	case $1 in
	--)
		shift
		break
		;;
	-c) count=$2 && shift ;;
	-c?*) count=${1#-c} ;;
	-n | -4 | -6) ;;
	-w | -W | -i | -s | -t) shift ;;
	-?*)
		echo "ping: invalid option -- '${1#-}'" >&2
		exit 2
		;;
	*) target=$1 ;;
	esac
	shift
done
if [ $# -gt 0 ]; then
	target=$1
fi
case $target in
"" | unknown*)
	echo "ping: $target: Name or service not known" >&2
	exit 2
	;;
esac
echo "PING $target: 56 data bytes"
number=1
while [ "$number" -le "$count" ]; do
	echo "64 bytes from $target: icmp_seq=$number"
	number=$((number + 1))
done
echo "$count packets transmitted, $count received"
