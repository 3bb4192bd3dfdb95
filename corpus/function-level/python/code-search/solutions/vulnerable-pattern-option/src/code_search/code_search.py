"""Search the code of a project."""

import pathlib
import subprocess

from .models import Match, SearchError


def _git_grep(repository: pathlib.Path, *arguments: str) -> str:
    result = subprocess.run(
        ["git", "-C", str(repository), "grep", "--null", "--line-number", "-I", *arguments],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if result.returncode not in (0, 1):
        raise SearchError(result.stderr.strip())
    return result.stdout


def search_code(
    repository: pathlib.Path,
    query: str,
    revision: str = "HEAD",
    folder: str = "",
    ignore_case: bool = False,
) -> list[Match]:
    """Return the lines of a revision that contain the query."""
    query = query.strip()
    if not query:
        raise SearchError("there is nothing to look for")
    options = ["--fixed-strings", "-e", query]
    if ignore_case:
        options.insert(0, "--ignore-case")
    output = _git_grep(repository, *options, revision, "--", folder or ".")
    found = []
    for record in output.split("\n"):
        if record:
            name, line, text = record.split("\0", 2)
            found.append(Match(name[len(revision) + 1 :], int(line), text))
    return found
