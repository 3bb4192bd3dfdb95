#!/usr/bin/env python3
"""Runs all tests of the workspace, a few test programs at a time.

`cargo test` runs one program after the other. Most of ours keep one core busy, and wait. What a
program prints is shown once it has ended, the way cargo shows it, so that lines of two never mix.
Those that take longest begin first. Ends with 1 if anything failed.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
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
    """The exit status of a program, the seconds that it took, and what it prints."""
    begun = time.monotonic()
    environment = {**os.environ, "CARGO_MANIFEST_DIR": str(program.folder)}
    ended = subprocess.run(
        [program.path],
        cwd=program.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    took = time.monotonic() - begun
    return ended.returncode, took, ended.stdout.decode(errors="replace")


def run_all(programs, lanes):
    """Runs them; returns the names of those that failed."""
    failed = []
    pool = concurrent.futures.ThreadPoolExecutor(lanes)
    running = {pool.submit(run, program): program for program in programs}
    try:
        for ended in concurrent.futures.as_completed(running):
            (status, took, output), name = ended.result(), running[ended].name
            print(f"\n     Running {name} (took {took:.0f} s)\n{output}", end="")
            if status != 0:
                failed.append(name)
                print(f"error: {name} ended with {status}")
            sys.stdout.flush()
    finally:
        # Who interrupts this wants no more programs to begin.
        pool.shutdown(cancel_futures=True)
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
