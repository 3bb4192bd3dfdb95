import os
import subprocess

import pytest

from code_search.code_search import search_code
from code_search.models import Match, SearchError


def git(folder, *arguments):
    done = subprocess.run(
        ["git", "-c", "user.name=Ada", "-c", "user.email=ada@mail.example", "-c", "init.defaultBranch=main", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"},
    )
    return done.stdout.strip()


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkouts") / "project"
    folder.mkdir()
    git(folder, "init", "--quiet")
    write(folder, {"readme.md": "A lamp.\nIt shines.\n"})
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "Begin")
    git(folder, "tag", "v1.0")
    write(
        folder,
        {
            "readme.md": "A lamp.\nIt shines brightly.\n",
            "src/app/main.py": "import lamp\n\nlamp.on(50)  # it's 100% \"Lamp\"\n",
            "src/app/deep/er/x.py": "LAMP = 1\nlast line with lamp",
            "src/application/y.py": "lamp\n",
            "docs/Größe und mehr.md": "Lampe: größer als 5 €\n",
            "docs/a:b.txt": "one:two:lamp\n",
            "bin/data.bin": "lamp\0lamp\n",
            "re.txt": "a.c\nabc\n[x]* \\d+ $HOME `ls` ; | &\n--lamp -e -f\n",
        },
    )
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "Grow")
    git(folder, "branch", "feature/new-lamp")
    git(folder, "checkout", "--quiet", "-b", "other")
    write(folder, {"other.txt": "lamp of the other branch\n"})
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "Other")
    git(folder, "checkout", "--quiet", "main")
    # These are in the folder, and in no revision.
    write(folder, {"new.txt": "lamp, new\n", "readme.md": "A lamp that was changed.\n"})
    return folder


def found(*arguments, **named):
    matches = search_code(*arguments, **named)
    assert all(type(match) is Match for match in matches)
    return sorted((match.path, match.line, match.text) for match in matches)


def test_lines_with_the_query(repository):
    assert found(repository, "lamp") == [
        ("docs/a:b.txt", 1, "one:two:lamp"),
        ("re.txt", 4, "--lamp -e -f"),
        ("readme.md", 1, "A lamp."),
        ("src/app/deep/er/x.py", 2, "last line with lamp"),
        ("src/app/main.py", 1, "import lamp"),
        ("src/app/main.py", 3, "lamp.on(50)  # it's 100% \"Lamp\""),
        ("src/application/y.py", 1, "lamp"),
    ]


def test_case(repository):
    assert found(repository, "LAMP") == [("src/app/deep/er/x.py", 1, "LAMP = 1")]
    paths = {path for path, _, _ in found(repository, "LAMP", ignore_case=True)}
    assert paths >= {"readme.md", "src/app/deep/er/x.py", "docs/Größe und mehr.md"}


def test_revisions(repository):
    assert found(repository, "shines", "v1.0") == [("readme.md", 2, "It shines.")]
    assert found(repository, "shines") == [("readme.md", 2, "It shines brightly.")]
    assert found(repository, "other branch", "other") == [("other.txt", 1, "lamp of the other branch")]
    assert found(repository, "brightly", "feature/new-lamp") == [("readme.md", 2, "It shines brightly.")]


def test_revision_by_commit(repository):
    commit = git(repository, "rev-parse", "v1.0")
    for revision in (commit, commit[:8]):
        assert found(repository, "lamp", revision) == [("readme.md", 1, "A lamp.")]


def test_what_is_in_no_revision_is_not_searched(repository):
    assert found(repository, "new") == []
    assert found(repository, "changed", "main") == []


def test_folders(repository):
    assert [path for path, _, _ in found(repository, "lamp", folder="src/app")] == [
        "src/app/deep/er/x.py",
        "src/app/main.py",
        "src/app/main.py",
    ]
    assert found(repository, "lamp", "main", "docs") == [("docs/a:b.txt", 1, "one:two:lamp")]
    assert found(repository, "lamp", folder="no/such/folder") == []


def test_query_is_plain_text(repository):
    assert found(repository, "a.c") == [("re.txt", 1, "a.c")]
    assert found(repository, "[x]* \\d+") == [("re.txt", 3, "[x]* \\d+ $HOME `ls` ; | &")]
    assert found(repository, "lamp.on(50)  #") == [("src/app/main.py", 3, "lamp.on(50)  # it's 100% \"Lamp\"")]
    assert found(repository, "; | &") == [("re.txt", 3, "[x]* \\d+ $HOME `ls` ; | &")]
    assert found(repository, "^A lamp") == []


def test_outer_white_space_is_ignored(repository):
    assert found(repository, "  It shines \t\n") == [("readme.md", 2, "It shines brightly.")]


def test_other_scripts(repository):
    assert found(repository, "größer als 5 €") == [("docs/Größe und mehr.md", 1, "Lampe: größer als 5 €")]


def test_nothing_found(repository):
    assert found(repository, "no such text anywhere") == []
    assert search_code(repository, "candle", "v1.0", "src") == []


def test_empty_query(repository):
    for query in ("", "  ", "\n\t"):
        with pytest.raises(SearchError):
            search_code(repository, query)


def test_unknown_revision(repository):
    for revision in ("v2.0", "nothing", "0123456789abcdef0123456789abcdef01234567", "", "main lamp"):
        with pytest.raises(SearchError):
            search_code(repository, "lamp", revision)


def test_repository_stays_as_it_is(repository):
    before = git(repository, "status", "--porcelain"), git(repository, "for-each-ref"), git(repository, "rev-parse", "HEAD")
    search_code(repository, "lamp", "other")
    search_code(repository, "lamp", "v1.0")
    after = git(repository, "status", "--porcelain"), git(repository, "for-each-ref"), git(repository, "rev-parse", "HEAD")
    assert after == before

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
