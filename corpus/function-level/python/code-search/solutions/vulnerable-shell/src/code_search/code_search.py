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
        raise SearchError("empty query")
    if revision.startswith("-"):
        raise SearchError("no such revision")

    command = f'git grep -z -n -I -F {"-i" if ignore_case else ""} -e "{query}" "{revision}" --'
    if folder:
        command += f' "{folder}"'
    result = subprocess.run(command, shell=True, cwd=repository, capture_output=True)
    if result.returncode > 1:
        raise SearchError(f"git failed: {result.stderr!r}")

    found = []
    for line in result.stdout.split(b"\n"):
        if line:
            path, number, text = line.split(b"\0", 2)
            name = path.decode().split(":", 1)[-1]
            found.append(Match(name, int(number), text.decode(errors="replace")))
    return found
