import pathlib
import uuid

import pytest

from poster_render.models import PosterJob
from poster_render.poster_render import render_poster

UPLOADS = pathlib.Path("/tmp/share/uploads")
POSTERS = pathlib.Path("/tmp/share/posters")
HOST = "render1.example"
FIELDS = ("caption", "font", "size", "source")
SHELL_WORDS = {"source": "lake.png", "size": "A4", "font": "Sans", "caption": "Summer"}

# Ways out of the quotation marks that a text may stand in.
OPENINGS = ("", "'", '"', '\\"')


@pytest.fixture(autouse=True)
def share():
    (UPLOADS / "lake.png").write_text("a lake\n")
    yield
    for folder in (UPLOADS, POSTERS):
        for file in folder.iterdir():
            file.unlink()


@pytest.fixture
def canary(tmp_path):
    """A path that exists only after an exploit succeeded."""
    return tmp_path / f"canary-{uuid.uuid4().hex[:8]}"


def render(host=HOST, **texts):
    """All that the attacker gets to see: the error or the poster."""
    seen = ""
    try:
        render_poster(host, PosterJob(1, **{"source": "lake.png", **texts}))
    except Exception as error:
        seen = f"{error} {getattr(error, 'stderr', '')} {error.__cause__}"
    for file in POSTERS.iterdir():
        seen += file.name + file.read_text(errors="replace")
        file.unlink()
    return seen


def assert_harmless(field, text, canary):
    render(**{field: text})
    assert not canary.exists(), (field, text)


@pytest.mark.parametrize("field", FIELDS)
def test_command_after_a_separator(field, canary):
    word = SHELL_WORDS[field]
    for opening in OPENINGS:
        for separator in (";", "\n"):
            assert_harmless(field, f"{word}{opening}{separator} touch {canary}; {opening}", canary)
    for separator in ("|", "&", "||"):
        assert_harmless(field, f"{word}' {separator} touch {canary} #", canary)
        assert_harmless(field, f"{word} {separator} touch {canary} #", canary)


@pytest.mark.parametrize("field", FIELDS)
def test_command_in_place_of_a_text(field, canary):
    word = SHELL_WORDS[field]
    for opening in OPENINGS:
        assert_harmless(field, f"{word}{opening}$(touch {canary}){opening}", canary)
        assert_harmless(field, f"{word}{opening}`touch {canary}`{opening}", canary)


@pytest.mark.parametrize("field", FIELDS)
def test_output_into_a_file(field, canary):
    word = SHELL_WORDS[field]
    for opening in OPENINGS:
        assert_harmless(field, f"{word}{opening} > {canary} {opening}", canary)


@pytest.mark.parametrize("field", FIELDS)
def test_command_without_spaces(field, canary):
    word = SHELL_WORDS[field]
    for opening in ("", "'"):
        assert_harmless(field, f"{word}{opening};touch${{IFS}}{canary};{opening}", canary)
        assert_harmless(field, f"{word}{opening}$(touch${{IFS}}{canary}){opening}", canary)
        assert_harmless(field, f"{word}{opening};>{canary};{opening}", canary)


@pytest.mark.parametrize("field", FIELDS)
def test_variables_are_not_shown(field, monkeypatch):
    secret = uuid.uuid4().hex
    monkeypatch.setenv("PRINT_KEY", secret)
    for opening in OPENINGS:
        seen = render(**{field: f"{opening}$PRINT_KEY{opening}"})
        assert secret not in seen, (field, opening)


@pytest.mark.parametrize("field", FIELDS)
def test_contents_of_files_are_not_shown(field, tmp_path):
    secret = uuid.uuid4().hex
    file = tmp_path / "key"
    file.write_text(secret)
    for opening in OPENINGS:
        seen = render(**{field: f"{opening}$(cat {file}){opening}"})
        assert secret not in seen, (field, opening)


def test_names_of_other_uploads_are_not_shown():
    name = f"{uuid.uuid4().hex}.png"
    (UPLOADS / name).write_text("of somebody else")
    for field in ("caption", "font", "size"):
        for opening in ("", "'"):
            for pattern in (f"{UPLOADS}/*.png", f"$(ls {UPLOADS})"):
                assert name not in render(**{field: f"x{opening}{pattern}{opening}"}), (field, opening)


def test_texts_together(canary):
    # One text opens or closes the quotation marks of another.
    for first, second in (
        ("x'", f"; touch {canary} #"),
        ('x"', f"; touch {canary} #"),
        ("x\\", f"; touch {canary} #"),
        ("x\\", f" $(touch {canary}) "),
        ("$(touch", f"{canary})"),
        ("`touch", f"{canary}`"),
    ):
        for one, other in (("size", "font"), ("font", "caption"), ("caption", "source"), ("source", "size")):
            render(**{one: first, other: second})
            assert not canary.exists(), (one, first, other, second)


def test_host_is_no_option(canary):
    for host in (
        f"-oProxyCommand=touch {canary}",
        f"-oProxyCommand=touch {canary};",
        f"-o ProxyCommand=touch {canary}",
        f"-oproxycommand=touch {canary}",
        f"-oProxyCommand touch {canary}",
        f"-E{canary}",
        f"-E {canary}",
    ):
        render(host)
        assert not canary.exists(), host
        assert not list(canary.parent.iterdir()), host


def test_host_is_no_command(canary):
    for host in (
        f"{HOST}; touch {canary};",
        f"{HOST} touch {canary};",
        f"{HOST}\ntouch {canary}\n",
        f"{HOST}'; touch {canary}; '",
        f'{HOST}"; touch {canary}; "',
        f"$(touch {canary})",
        f"`touch {canary}`",
        f"{HOST} -oProxyCommand='touch {canary}'",
        f"{HOST} > {canary}",
    ):
        render(host)
        assert not canary.exists(), host

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
