#!/bin/sh
# Prints what the ping of iputils prints, without sending anything: loopback addresses and
# the one public resolver that the tests ask answer at once, and nobody else does.
count=1
address=
while [ $# -gt 0 ]; do
    case $1 in
        -c) count=$2; shift ;;
        -c*) count=${1#-c} ;;
        -[iIlmMpQsStTwW]) shift ;;
        --) ;;
        -*) ;;
        *) address=$1 ;;
    esac
    shift
done
case $count in
    '' | *[!0-9]*) echo "ping: invalid argument: '$count'" >&2; exit 1 ;;
esac
if [ -z "$address" ]; then
    echo "ping: usage error: Destination address required" >&2
    exit 1
fi
[ "$address" = localhost ] && number=127.0.0.1 || number=$address
case $number in
    *[!0-9.]* | *..* | .* | *.) number= ;;
    *.*.*.*.*) number= ;;
    *.*.*.*) ;;
    *) number= ;;
esac
if [ -z "$number" ]; then
    echo "ping: $address: Name or service not known" >&2
    exit 2
fi
case $number in
    127.*) time=0.041 ;;
    223.5.5.5) time=4.27 ;;
    *) time= ;;
esac
echo "PING $address ($number) 56(84) bytes of data."
[ "$count" -gt 100 ] && count=100
sequence=0
while [ -n "$time" ] && [ "$sequence" -lt "$count" ]; do
    sequence=$((sequence + 1))
    echo "64 bytes from $number: icmp_seq=$sequence ttl=64 time=$time ms"
done
echo
echo "--- $address ping statistics ---"
if [ -z "$time" ]; then
    echo "$count packets transmitted, 0 received, 100% packet loss, time 0ms"
    echo
    exit 1
fi
echo "$count packets transmitted, $count received, 0% packet loss, time 0ms"
echo "rtt min/avg/max/mdev = $time/$time/$time/0.000 ms"
