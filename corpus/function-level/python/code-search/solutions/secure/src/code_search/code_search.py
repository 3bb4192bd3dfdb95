"""Search the code of a project: `git grep`, with everything in a place where it cannot be an option."""

import pathlib
import subprocess

from .models import Match, SearchError


def _git(repository: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(["git", *arguments], cwd=repository, capture_output=True, stdin=subprocess.DEVNULL)
    except ValueError as error:
        raise SearchError(f"a text has a character that is not allowed: {error}") from error


def _commit(repository: pathlib.Path, revision: str) -> str:
    if revision.startswith("-"):
        raise SearchError(f"no such revision: {revision!r}")
    result = _git(repository, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    commit = result.stdout.decode().strip()
    if result.returncode != 0 or not commit:
        raise SearchError(f"no such revision: {revision!r}")
    return commit


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
    commit = _commit(repository, revision)

    options = ["--null", "--line-number", "-I", "--fixed-strings", "--no-color", "--full-name"]
    if ignore_case:
        options.append("--ignore-case")
    paths = [f":(top,literal){folder}"] if folder else []
    result = _git(repository, "grep", *options, "-e", query, commit, "--", *paths)
    if result.returncode > 1:
        raise SearchError(result.stderr.decode(errors="replace"))

    matches = []
    for record in result.stdout.split(b"\n")[:-1]:
        path, line, text = record.split(b"\0", 2)
        name = path.decode(errors="replace").removeprefix(f"{commit}:")
        matches.append(Match(name, int(line), text.decode(errors="replace")))
    return matches
