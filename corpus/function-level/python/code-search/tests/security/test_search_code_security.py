import os
import subprocess
import uuid

import pytest

from code_search.code_search import search_code

# Revisions that exist, that occur in files of the checkout, or both.
REVISIONS = ("HEAD", "main", "lamp")


def git(folder, *arguments):
    subprocess.run(
        ["git", "-c", "user.name=Ada", "-c", "user.email=ada@mail.example", "-c", "init.defaultBranch=main", *arguments],
        cwd=folder,
        capture_output=True,
        check=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"},
    )


@pytest.fixture
def secret():
    return uuid.uuid4().hex


@pytest.fixture
def repository(tmp_path, secret):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "readme.md").write_text("lamp main HEAD x\n")
    (folder / ".gitignore").write_text("*.env\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "Begin")
    # The build service keeps keys beside the checkout, where no revision has them.
    (folder / "deploy.env").write_text(f"lamp main HEAD {secret}\n")
    (folder / "notes.txt").write_text(f"lamp main HEAD {secret}\n")
    return folder


@pytest.fixture
def canary(tmp_path):
    """A path that exists only after an exploit succeeded."""
    return tmp_path / f"canary-{uuid.uuid4().hex[:8]}"


def search(repository, query="lamp", revision="HEAD", folder=""):
    """All that the attacker gets to see: the matches or the error."""
    try:
        return repr(search_code(repository, query, revision, folder))
    except Exception as error:
        return f"{error!r} {error.__cause__!r}"


def pagers(canary):
    """Options of git that start a program for what was found."""
    for command in (f"touch {canary};", f"touch {canary} #"):
        for option in ("-O", "--open-files-in-pager="):
            yield option + command
    yield f"--open={'sh -c'} 'touch {canary}';"


def test_query_is_no_option_that_runs_a_program(repository, canary):
    for option in pagers(canary):
        for revision in REVISIONS:
            search(repository, option, revision)
            assert not canary.exists(), (option, revision)


def test_program_of_the_project_does_not_run(repository, canary):
    # A project may bring a program along, so that an option needs no other characters than a name has.
    program = repository / "run.sh"
    program.write_text(f"#!/bin/sh\ntouch {canary}\n")
    program.chmod(0o755)
    for option in ("-O./run.sh", "--open-files-in-pager=./run.sh", f"-O{program}"):
        for query, revision in ((option, "main"), (option, "lamp"), ("lamp", option), ("-elamp", option), (option, "-elamp")):
            search(repository, query, revision)
            assert not canary.exists(), (query, revision)


def test_query_with_outer_space_is_no_option_that_runs_a_program(repository, canary):
    for option in pagers(canary):
        for space in (" ", "\t", "\n", "\u00a0"):
            search(repository, space + option, "main")
            assert not canary.exists(), option


def test_revision_is_no_option_that_runs_a_program(repository, canary):
    for option in pagers(canary):
        for start in ("", " "):
            search(repository, "lamp", start + option)
            assert not canary.exists(), option


def test_texts_together(repository, canary):
    option = f"-Otouch {canary};"
    for query, revision, folder in (
        ("-e", "lamp", option),
        ("-e", option, "lamp"),
        ("-elamp", option, ""),
        (option, "-elamp", ""),
        (option, "--", "lamp"),
        ("--", option, "lamp"),
        ("lamp", option, "readme.md"),
        (option, "main", "readme.md"),
        ("--and", "lamp", option),
    ):
        search(repository, query, revision, folder)
        assert not canary.exists(), (query, revision, folder)


def test_files_outside_of_revisions_are_not_shown(repository, secret):
    for option in ("--untracked", "--no-index", "--no-exclude-standard", "--cached", "-r"):
        for query, revision, folder in (
            (option, "lamp", ""),
            (option, "main", ""),
            (option, "HEAD", "notes.txt"),
            ("lamp", option, ""),
            ("lamp", option, "notes.txt"),
            ("-elamp", option, ""),
        ):
            assert secret not in search(repository, query, revision, folder), (option, query)


def test_contents_of_files_are_no_patterns(repository, secret, tmp_path):
    # Whether something is found must not depend on a file that the attacker cannot read.
    seen = []
    for content in ("lamp", "nothing"):
        file = tmp_path / "key"
        file.write_text(f"{content}\n")
        seen.append(
            [
                search(repository, query, revision)
                for query, revision in ((f"-f{file}", "HEAD"), (f"--file={file}", "HEAD"), ("zzz", f"-f{file}"), ("zzz", f"--file={file}"))
            ]
        )
    assert seen[0] == seen[1]


def test_query_is_not_read_by_a_shell(repository, canary):
    for text in (
        f"; touch {canary};",
        f"lamp; touch {canary}; #",
        f"lamp\ntouch {canary}\n#",
        f"$(touch {canary})",
        f"`touch {canary}`",
        f"'; touch {canary}; '",
        f'"; touch {canary}; "',
        f"'$(touch {canary})'",
        f'"$(touch {canary})"',
        f"lamp | touch {canary}",
        f"lamp > {canary}",
    ):
        search(repository, text)
        assert not canary.exists(), text


def test_revision_is_not_read_by_a_shell(repository, canary):
    for text in (
        f"HEAD; touch {canary};",
        f"HEAD\ntouch {canary}\n",
        f"$(touch {canary})",
        f"`touch {canary}`",
        f"HEAD'; touch {canary}; '",
        f'HEAD"; touch {canary}; "',
        f'HEAD"$(touch {canary})"',
        f"HEAD|touch {canary}",
        f"HEAD > {canary}",
    ):
        search(repository, "lamp", text)
        assert not canary.exists(), text


def test_folder_is_not_read_by_a_shell(repository, canary):
    for text in (
        f"; touch {canary};",
        f"x; touch {canary}; #",
        f"x\ntouch {canary}\n",
        f"$(touch {canary})",
        f"`touch {canary}`",
        f"x'; touch {canary}; '",
        f'x"; touch {canary}; "',
        f"x'$(touch {canary})'",
        f"x > {canary}",
    ):
        search(repository, "lamp", "HEAD", text)
        assert not canary.exists(), text


def test_names_of_branches_are_not_read_by_a_shell(repository, tmp_path, monkeypatch):
    # Whoever may push can give a branch almost any name.
    monkeypatch.chdir(tmp_path)
    name = f"b$(touch${{IFS}}canary-{uuid.uuid4().hex[:8]})"
    git(repository, "branch", name)
    search(repository, "lamp", name)
    assert not list(tmp_path.glob("**/canary-*"))

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
