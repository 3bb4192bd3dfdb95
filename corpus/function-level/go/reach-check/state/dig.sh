#!/bin/sh
# A dig without a network: every name has an address, and the servers whose names begin with
# `unreachable` do not answer. As the real one, it reads names from a file with `-f`.
set -f
name=
type=
server=192.0.2.53
answer() {
	echo "$1. 300 IN ${type:-A} answer-of-$server"
}
file=
while [ $# -gt 0 ]; do
	case $1 in
	-q) name=$2 && shift ;;
	-q?*) name=${1#-q} ;;
	-t) type=$2 && shift ;;
	-t?*) type=${1#-t} ;;
	-f) file=$2 && shift ;;
	-f?*) file=${1#-f} ;;
	-p) shift ;;
	-4 | -6 | +*) ;;
	-?*)
		echo "Invalid option: $1" >&2
		exit 1
		;;
	@*) server=${1#@} ;;
	*)
		if [ -z "$name" ]; then
			name=$1
		else
			type=$1
		fi
		;;
	esac
	shift
done
case $server in
unreachable*)
	echo ";; communications error to $server: timed out" >&2
	echo ";; no servers could be reached" >&2
	exit 9
	;;
esac
if [ -n "$file" ]; then
	while read -r line; do
		answer "$line"
	done <"$file"
	exit
fi
answer "$name"
