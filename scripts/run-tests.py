#!/usr/bin/env python3
"""Runs all tests of the workspace, a few test programs at a time.

`cargo test` runs one program after the other. Most of ours keep one core busy, and wait. What a
program prints is shown once it has ended, the way cargo shows it, so that lines of two never mix.
Those that take longest begin first. Ends with 1 if anything failed.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

# The programs that take a minute and more; a new one that is not here only ends a little later.
LONGEST = ["hostile", "docs", "fleet", "honest", "agent_clis", "agents_ended", "contract"]

Program = collections.namedtuple("Program", "name folder path")


def built():
    """Builds all test programs; where they are, by what cargo says."""
    command = ["cargo", "test", "--workspace", "--locked", "--no-run"]
    command.append("--message-format=json-render-diagnostics")
    build = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if build.returncode != 0:
        sys.exit(build.returncode)
    programs = []
    for line in build.stdout.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["profile"]["test"]:
            folder = pathlib.Path(message["manifest_path"]).parent
            source = pathlib.Path(message["target"]["src_path"]).relative_to(folder)
            name = f"{folder.name}: {source}"
            programs.append(Program(name, folder, message["executable"]))
    return sorted(programs, key=rank)


def rank(program):
    """Where a program comes in the order."""
    name = pathlib.Path(program.path).name.rsplit("-", 1)[0]
    return (LONGEST.index(name) if name in LONGEST else len(LONGEST), program.name)


def run(program):
    """The exit status of a program, and what it prints."""
    environment = {**os.environ, "CARGO_MANIFEST_DIR": str(program.folder)}
    ended = subprocess.run(
        [program.path],
        cwd=program.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return ended.returncode, ended.stdout.decode(errors="replace")


def run_all(programs, lanes):
    """Runs them; returns the names of those that failed."""
    waiting = collections.deque(programs)
    failed = []
    lock = threading.Lock()

    def lane():
        while True:
            with lock:
                if not waiting:
                    return
                program = waiting.popleft()
            begun = time.monotonic()
            status, output = run(program)
            took = time.monotonic() - begun
            with lock:
                print(f"\n     Running {program.name} (took {took:.0f} s)\n{output}", end="")
                if status != 0:
                    failed.append(program.name)
                    print(f"error: {program.name} ended with {status}")
                sys.stdout.flush()

    threads = [threading.Thread(target=lane) for _ in range(lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def main():
    if "--build" in sys.argv[1:]:
        built()
        return
    failed = run_all(built(), lanes=max(2, os.cpu_count() or 1))
    doc = subprocess.run(["cargo", "test", "--workspace", "--locked", "--no-fail-fast", "--doc"])
    for name in failed:
        print(f"error: {name} failed")
    sys.exit(1 if failed or doc.returncode else 0)


main()
