#!/usr/bin/env bash
# Tries both commands of the README, `make demo` and `make test`, on a bare Debian 12:
# a root made by debootstrap with git, make and Rust in it and nothing else, entered by
# pivot_root. What is committed is what is tried. Needs root, a network and debootstrap;
# used before each release: CONTRIBUTING.md.
#
#     scripts/bare-debian.sh FOLDER [TARGET...]
#
# FOLDER is where the root goes; it must be new, takes some 12 GB and is left there with
# the logs of both commands beside it. TARGET is what is made: "demo test" if none is
# named. Packages come from the first mirror that this machine's apt is set to use, and
# Rust is a copy of this machine's. Certificates, the settings of proxies and of package
# indexes are taken along, as without them nothing may be fetched.
set -euo pipefail

suite=bookworm
fail() {
    printf 'bare-debian: %s\n' "$*" >&2
    exit 1
}

[[ $# -ge 1 ]] || fail 'usage: scripts/bare-debian.sh FOLDER [TARGET...]'
[[ $EUID -eq 0 ]] || fail 'only root can make and enter such a root'
command -v debootstrap >/dev/null || fail 'debootstrap is not there; run: apt-get install debootstrap'
repository=$(cd "$(dirname "$0")/.." && pwd)
root=$(realpath --canonicalize-missing "$1")
shift
targets=("$@")
(($# > 0)) || targets=(demo test)
[[ ! -e $root ]] || fail "$root is there already; name a new folder"

# The first mirror in either form of apt's lists.
mirror=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -n -E 's/^URIs: *([^ ]+).*/\1/p; s/^deb +(\[[^]]*\] +)?([^ ]+).*/\2/p' | sed -n 1p) || true
[[ -n $mirror ]] || fail "no mirror is set in /etc/apt"

printf 'bare-debian: making %s from %s\n' "$root" "$mirror"
mkdir -p "$root"
debootstrap --variant=minbase --include=ca-certificates,git,make "$suite" "$root" "$mirror" \
    >"$root.debootstrap.log" 2>&1 || fail "debootstrap failed; see $root.debootstrap.log"
# Security updates and what else this machine's apt reads.
cp -a /etc/apt/sources.list.d /etc/apt/sources.list "$root/etc/apt/" 2>/dev/null || true
for place in /etc/hosts /etc/resolv.conf /etc/pip.conf /etc/npmrc /usr/local/share/ca-certificates /usr/share/keyrings; do
    if [[ -e $place ]]; then
        mkdir -p "$root$(dirname "$place")"
        cp --archive --dereference "$place" "$root$(dirname "$place")/"
    fi
done
for place in .npmrc .config/pip .config/go .m2/settings.xml .cargo/config.toml; do
    if [[ -e ~/$place ]]; then
        mkdir -p "$root/root/$(dirname "$place")"
        cp --archive --dereference ~/"$place" "$root/root/$(dirname "$place")/"
    fi
done

# Rust as rustup leaves it, under a name of its own.
mkdir -p "$root/opt"
cp --archive "$(rustc --print sysroot)" "$root/opt/rust"
git clone --quiet "$repository" "$root/root/assay"

cat >"$root/root/try.sh" <<'TRY'
#!/bin/bash
# Runs in the bare root: each target, with its time and how it ended.
set -u
update-ca-certificates >/dev/null 2>&1
cd /root/assay || exit 1
status=0
for target in "$@"; do
    start=$SECONDS
    make "$target" >"/root/$target.log" 2>&1 </dev/null
    ended=$?
    took=$((SECONDS - start))
    printf 'bare-debian: make %s ended with %d after %d min %d s\n' "$target" "$ended" $((took / 60)) $((took % 60))
    sed -n '/==> summary of the tests/,$p' "/root/$target.log"
    if ((ended != 0)); then
        tail -n 40 "/root/$target.log"
        status=1
    fi
done
exit $status
TRY

# Proxies, certificates and indexes by their usual variables; nothing else of this
# machine's environment.
environment=(HOME=/root LANG=C.UTF-8 TERM=dumb PATH=/opt/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
while IFS='=' read -r name value; do
    case $name in
    *_proxy | *_PROXY | GOPROXY | GOSUMDB | GONOSUMDB | *_CA_* | *_CERT_* | SSL_CERT_* | *_CA_CERTS | PIP_CERT | PIP_INDEX_URL | npm_config_registry)
        environment+=("$name=$value")
        ;;
    esac
done < <(env)

enter='
set -e
mount --bind "$1" "$1"
cd "$1"
mkdir -p dev/shm proc sys old
mount -t proc proc proc
mount --rbind /sys sys
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mkdir -p dev/shm dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=1777 tmpfs tmp
pivot_root . old
cd /
umount -l old
shift
exec env -i "$@"
'
unshare --mount --pid --fork --propagation private bash -c "$enter" enter "$root" \
    "${environment[@]}" bash /root/try.sh "${targets[@]}"
