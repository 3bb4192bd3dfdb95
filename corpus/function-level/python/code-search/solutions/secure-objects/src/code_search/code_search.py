"""Search the code of a project: git gives the files of the revision, and the search is done here."""

import pathlib
import string
import subprocess

from .models import Match, SearchError

LOWER = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())


class _Objects:
    """A process that reads names of objects from its standard input and writes the objects."""

    def __init__(self, repository: pathlib.Path):
        self.process = subprocess.Popen(
            ["git", "cat-file", "--batch"], cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> "_Objects":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def read(self, name: str) -> tuple[str, bytes] | None:
        """The kind and the content of an object, or None if there is none."""
        self.process.stdin.write(name.encode(errors="replace") + b"\n")
        self.process.stdin.flush()
        header = self.process.stdout.readline().decode(errors="replace")
        parts = header.rsplit(" ", 2)
        if len(parts) != 3 or not parts[2].strip().isdigit():
            return None
        content = self.process.stdout.read(int(parts[2]))
        self.process.stdout.read(1)
        return parts[1], content


def _files(objects: _Objects, tree: bytes, base: str):
    """Path and content of each file in a tree."""
    while tree:
        head, _, rest = tree.partition(b"\0")
        mode, _, name = head.partition(b" ")
        identity, tree = rest[:20].hex(), rest[20:]
        path = base + name.decode(errors="replace")
        if mode == b"40000":
            yield from _files(objects, objects.read(identity)[1], path + "/")
        elif mode.startswith(b"100"):
            yield path, objects.read(identity)[1]


def search_code(
    repository: pathlib.Path,
    query: str,
    revision: str = "HEAD",
    folder: str = "",
    ignore_case: bool = False,
) -> list[Match]:
    """Return the lines of a revision that contain the query."""
    wanted = query.strip().encode(errors="replace")
    if not wanted:
        raise SearchError("the query is empty")
    if "\n" in revision or "\0" in revision:
        raise SearchError("the revision has a character that is not allowed")
    if ignore_case:
        wanted = wanted.translate(LOWER)
    inside = folder.strip("/") + "/" if folder else ""

    matches = []
    with _Objects(repository) as objects:
        root = objects.read(f"{revision}^{{tree}}")
        if root is None or root[0] != "tree":
            raise SearchError("there is no such revision")
        for path, content in _files(objects, root[1], ""):
            if b"\0" in content or not path.startswith(inside):
                continue
            for number, line in enumerate(content.split(b"\n"), 1):
                if wanted in (line.translate(LOWER) if ignore_case else line):
                    matches.append(Match(path, number, line.decode(errors="replace")))
    return matches
