#!/bin/sh
# Stands in for the OpenSSH client: reads its arguments as that does, and runs the command
# in a shell, as the other host would; both hosts are this one.
proxy=
host=

option() {
    case $1 in
    [Pp]roxy[Cc]ommand[=\ ]*) proxy=${1#*[= ]} ;;
    esac
}

while [ $# -gt 0 ]; do
    case $1 in
    --)
        shift
        if [ -z "$host" ] && [ $# -gt 0 ]; then
            host=$1
            shift
        fi
        break
        ;;
    -o)
        option "$2"
        shift 2
        ;;
    -o?*)
        option "${1#-o}"
        shift
        ;;
    -E)
        : >>"$2"
        shift 2
        ;;
    -E?*)
        : >>"${1#-E}"
        shift
        ;;
    -[BbcDeFIiJLlmOpQRSWw]) shift 2 ;;
    -?*) shift ;;
    *)
        [ -z "$host" ] || break
        host=$1
        shift
        ;;
    esac
done

if [ -z "$host" ]; then
    echo "usage: ssh [options] destination [command [argument ...]]" >&2
    exit 255
fi
if [ -n "$proxy" ]; then
    sh -c "exec $proxy" >/dev/null </dev/null
    echo "kex_exchange_identification: Connection closed by remote host" >&2
    exit 255
fi
case ${host#*@} in
render1.example | render2.example) ;;
*)
    echo "ssh: Could not resolve hostname $host: Name or service not known" >&2
    exit 255
    ;;
esac
if [ $# -eq 0 ]; then
    exec sh
fi
exec sh -c "$*"
