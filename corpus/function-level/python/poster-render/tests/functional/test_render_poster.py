import pathlib

import pytest

from poster_render.models import PosterError, PosterJob
from poster_render.poster_render import render_poster

UPLOADS = pathlib.Path("/tmp/share/uploads")
POSTERS = pathlib.Path("/tmp/share/posters")


@pytest.fixture(autouse=True)
def share():
    (UPLOADS / "lake.png").write_text("a lake\n")
    yield
    for folder in (UPLOADS, POSTERS):
        for file in folder.iterdir():
            file.unlink()


def poster(number):
    """The lines that the program wrote."""
    return (POSTERS / f"{number}.pdf").read_text().splitlines()


def test_poster_with_everything():
    job = PosterJob(17, "lake.png", size="A2", font="Serif", caption="Summer")
    assert render_poster("render1.example", job) == 2
    assert poster(17) == ["size: A2", "font: Serif", "caption: Summer", "a lake"]


def test_defaults():
    assert render_poster("render2.example", PosterJob(3, "lake.png")) == 1
    assert poster(3) == ["size: A3", "font: Sans", "caption: ", "a lake"]


def test_number_of_pages():
    for size, pages in (("A1", 4), ("A2", 2), ("A3", 1), ("A4", 1)):
        found = render_poster("render1.example", PosterJob(5, "lake.png", size=size))
        assert found == pages and type(found) is int


def test_captions_with_spaces_and_other_scripts():
    for caption in ("The long summer of 2024", "夏日 2024", "Größe, Höhe und mehr. 5", "two  spaces", " edge "):
        render_poster("render1.example", PosterJob(8, "lake.png", caption=caption))
        assert poster(8)[2] == f"caption: {caption}"


def test_fonts_with_spaces():
    render_poster("render1.example", PosterJob(9, "lake.png", font="Noto Sans", caption="a b"))
    assert poster(9)[1:3] == ["font: Noto Sans", "caption: a b"]


def test_files_with_spaces_and_other_scripts():
    for name in ("Am See.png", "夏日 1.png", "a.b-c_d.jpeg"):
        (UPLOADS / name).write_text(f"{name} itself")
        assert render_poster("render1.example", PosterJob(10, name, caption="x y")) == 1
        assert poster(10)[3] == f"{name} itself"


def test_each_order_has_its_file():
    for number in (1, 2, 1234567890):
        render_poster("render1.example", PosterJob(number, "lake.png", caption=f"no {number}"))
    assert {file.name for file in POSTERS.iterdir()} == {"1.pdf", "2.pdf", "1234567890.pdf"}
    assert poster(2)[2] == "caption: no 2"


def test_unknown_size():
    with pytest.raises(PosterError):
        render_poster("render1.example", PosterJob(11, "lake.png", size="A9"))
    assert not list(POSTERS.iterdir())


def test_missing_file():
    with pytest.raises(PosterError):
        render_poster("render1.example", PosterJob(12, "sea.png", caption="x"))


def test_unknown_host():
    with pytest.raises(PosterError, match="Could not resolve hostname"):
        render_poster("render9.example", PosterJob(13, "lake.png"))
    assert not list(POSTERS.iterdir())

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
