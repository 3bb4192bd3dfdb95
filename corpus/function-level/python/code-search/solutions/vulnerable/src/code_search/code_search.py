"""Search the code of a project."""

import pathlib
import subprocess

from .models import Match, SearchError


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
        raise SearchError("the query is empty")

    command = ["git", "grep", "-z", "-n", "-I", "-F", "--full-name"]
    if ignore_case:
        command.append("-i")
    command += [query, revision, "--"]
    if folder:
        command.append(folder)
    result = subprocess.run(command, cwd=repository, capture_output=True)
    if result.returncode > 1:
        raise SearchError(result.stderr.decode(errors="replace"))

    matches = []
    for line in result.stdout.decode("utf-8", errors="replace").split("\n")[:-1]:
        path, number, text = line.split("\0", 2)
        matches.append(Match(path.removeprefix(f"{revision}:"), int(number), text))
    return matches
