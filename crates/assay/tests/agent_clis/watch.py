"""Looks from the host at the processes of the sandboxes of one process: watch.py PID, with a key
on standard input. Reads the memory, the arguments, the environment and the files of each, and
what their networks were asked for, and prints what was found as JSON. Needs root."""

import json
import os
import re
import sys

CHUNK = 256 << 10
PAGE = os.sysconf("SC_PAGE_SIZE")
TOKEN = re.compile(rb"at-[0-9a-f]{48}")
# What lies on the host's disk and is the same for all.
SHARED = {"proc", "sys", "dev", "usr", "bin", "sbin", "opt", "etc"}


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def descendants(of):
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            # The name of a program, which may hold anything, is in parentheses.
            fields = read(f"/proc/{name}/stat").rpartition(b") ")[2].split()
            if fields:
                parents[int(name)] = int(fields[1])
    found = {of}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found - {of})


def resident(pid):
    """The mappings of which something is in memory: whatever was written is."""
    place = None
    for line in read(f"/proc/{pid}/smaps").decode(errors="replace").splitlines():
        words = line.split()
        if re.fullmatch(r"[0-9a-f]+-[0-9a-f]+", words[0]):
            place = [int(word, 16) for word in words[0].split("-")]
            is_readable = words[1].startswith("r")
            is_special = words[-1] in ("[vvar]", "[vsyscall]", "[vvar_vclock]")
        elif words[0] == "Rss:" and int(words[1]) > 0 and is_readable and not is_special:
            yield place


def memory(pid, key):
    """How many bytes were read, and whether they hold the key, or a token."""
    count, has_key, has_token = 0, False, False
    try:
        file = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
        pages = os.open(f"/proc/{pid}/pagemap", os.O_RDONLY)
    except OSError:
        return count, has_key, has_token
    for begin, end in resident(pid):
        tail = b""
        for place in range(begin, end, CHUNK):
            size = min(CHUNK, end - place)
            piece = piece_at(file, pages, place, size)
            text = tail + piece
            has_key = has_key or key in text
            has_token = has_token or TOKEN.search(text) is not None
            tail = piece[-64:]
            count += len(piece)
    os.close(file)
    os.close(pages)
    return count, has_key, has_token


def piece_at(file, pages, place, size):
    """The memory at a place; nothing where no page of it was ever written. Programs reserve
    gigabytes that they do not use."""
    # proc(5): a page is there, or in swap, if one of the two highest bits says so.
    entries = os.pread(pages, size // PAGE * 8, place // PAGE * 8)
    if max(entries[7::8], default=0) < 0x40:
        return b""
    try:
        return os.pread(file, size, place)
    except OSError:
        return b""


def files(pid, key):
    """How many files the sandbox of a process has of its own, and which of them hold the key."""
    count, found = 0, []
    root = f"/proc/{pid}/root"
    for top in os.listdir(root):
        if top in SHARED or top.startswith("lib") or os.path.islink(f"{root}/{top}"):
            continue
        for folder, _, names in os.walk(f"{root}/{top}"):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    count += 1
                    if key in read(path):
                        found.append(path)
    return count, found


def counters(text):
    """What proc(5) counts of a network, by its names there."""
    found = {}
    lines = text.decode().splitlines()
    for names, values in zip(lines[::2], lines[1::2]):
        group, names = names.split(":")
        for name, value in zip(names.split(), values.split(":")[1].split()):
            found[group + name] = int(value)
    return found


def network(pid):
    """What was tried beyond the loopback interface, and beyond its ports that listen."""
    four = counters(read(f"/proc/{pid}/net/snmp"))
    six = dict(line.split() for line in read(f"/proc/{pid}/net/snmp6").decode().splitlines())
    devices = read(f"/proc/{pid}/net/dev").decode().splitlines()[2:]
    return {
        "devices": [line.split(":")[0].strip() for line in devices],
        "no_route": four["IpOutNoRoutes"] + int(six["Ip6OutNoRoutes"]),
        "datagrams": four["UdpOutDatagrams"] + int(six["Udp6OutDatagrams"]),
        "connections": four["TcpActiveOpens"],
        "refused": four["TcpAttemptFails"],
    }


def main():
    watched, key = int(sys.argv[1]), sys.stdin.buffer.read()
    host = os.readlink("/proc/self/ns/net")
    processes, networks, trees = [], {}, {}
    for pid in descendants(watched):
        try:
            name = read(f"/proc/{pid}/comm").decode().strip()
            count, has_key, has_token = memory(pid, key)
            told = read(f"/proc/{pid}/environ") + read(f"/proc/{pid}/cmdline")
            space, tree = os.readlink(f"/proc/{pid}/ns/net"), os.readlink(f"/proc/{pid}/ns/mnt")
            if space != host and space not in networks:
                networks[space] = network(pid)
            if space != host and tree not in trees:
                trees[tree] = files(pid, key)
        except (OSError, KeyError, ValueError):
            # It has ended.
            continue
        processes.append(
            {
                "pid": pid,
                "name": name,
                "bytes": count,
                "key": has_key or key in told,
                "token": has_token,
                "token_in_arguments": TOKEN.search(read(f"/proc/{pid}/cmdline")) is not None,
            }
        )
    own = memory(watched, key)
    found = {
        "processes": processes,
        "networks": list(networks.values()),
        "files": sum(count for count, _ in trees.values()),
        "files_with_key": sorted(path for _, found in trees.values() for path in found),
        "key_in_watched": own[1],
    }
    print(json.dumps(found))


main()
