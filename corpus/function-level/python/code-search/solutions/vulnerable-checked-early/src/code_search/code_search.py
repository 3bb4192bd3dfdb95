"""Search the code of a project."""

import pathlib
import subprocess

from .models import Match, SearchError


def _run(repository: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(["git", *arguments], cwd=repository, capture_output=True)


def search_code(
    repository: pathlib.Path,
    query: str,
    revision: str = "HEAD",
    folder: str = "",
    ignore_case: bool = False,
) -> list[Match]:
    """Return the lines of a revision that contain the query."""
    for text in (query, revision, folder):
        if text.startswith("-"):
            raise SearchError(f"not allowed: {text}")
    query = query.strip()
    if query == "":
        raise SearchError("the query is empty")
    if _run(repository, "rev-parse", "--verify", "--quiet", revision + "^{commit}").returncode != 0:
        raise SearchError(f"there is no revision {revision}")

    options = ["-nIFz"] + (["-i"] if ignore_case else [])
    result = _run(repository, "grep", *options, query, revision, "--", *([folder] if folder else []))
    lines = result.stdout.decode(errors="replace").split("\n")
    parts = [line.split("\0", 2) for line in lines if line]
    return [Match(path.split(":", 1)[1], int(number), text) for path, number, text in parts]
