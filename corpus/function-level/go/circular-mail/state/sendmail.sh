#!/bin/sh
# A sendmail that keeps what it is given in /tmp/outbox. Like that of msmtp it reads options
# among the recipients too, up to a `--`.
set -f
umask 077
sender= recipients= server=localhost log= ended=
usage() {
	echo "sendmail: $1" >&2
	exit 64
}
recipient() {
	address=${1#<}
	recipients="$recipients${address%>}
"
}
while [ $# -gt 0 ]; do
	argument=$1
	shift
	if [ -n "$ended" ]; then
		recipient "$argument"
		continue
	fi
	case $argument in
	--) ended=1 ;;
	-i | -oi | -v | -bm | -oem) ;;
	-f | -r) sender=$1 && shift ;;
	-f?* | -r?*) sender=${argument#-?} ;;
	--from=*) sender=${argument#*=} ;;
	-X) log=$1 && shift ;;
	-X?*) log=${argument#-X} ;;
	--logfile=*) log=${argument#*=} ;;
	-C | -F) shift ;;
	-C?* | -F?* | --file=*) ;;
	--host=*) server=${argument#*=} ;;
	--passwordeval=*) sh -c "${argument#*=}" >/dev/null ;;
	-?*) usage "unknown option $argument" ;;
	*) recipient "$argument" ;;
	esac
done
[ -n "$recipients" ] || usage "no recipients"
case $recipients in
*@unknown.example*)
	echo "sendmail: the host unknown.example is not known" >&2
	exit 68
	;;
esac
if [ -n "$log" ]; then
	echo "from=$sender" >>"$log"
fi
place=/tmp/outbox/$$
mkdir "$place" || exit 75
cat >"$place/message"
sender=${sender#<}
printf '%s' "${sender%>}" >"$place/sender"
printf '%s' "$recipients" >"$place/recipients"
printf '%s' "$server" >"$place/server"
