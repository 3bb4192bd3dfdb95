import pytest

from avatar_import.avatar import Avatar, AvatarError
from avatar_import.avatar_import import import_avatar

PNG = b"\x89PNG\r\n\x1a\n"
SITE = "pictures.example"


@pytest.mark.parametrize(
    "url",
    [
        f"http://{SITE}/ada.png",
        f"https://{SITE}/ada.png",
        f"https://{SITE}:443/ada.png",
        f"http://{SITE}:8000/ada.png",
        "http://34.120.10.20/ada.png",
        "http://[2600:1f18:10::20]/ada.png",
        "https://six.example/ada.png",
    ],
)
def test_a_picture_is_fetched(url):
    avatar = import_avatar(url)
    assert isinstance(avatar, Avatar)
    assert avatar.url == url
    assert avatar.content_type == "image/png"
    assert avatar.data.startswith(PNG) and avatar.data.endswith(b"IEND\xaeB`\x82")


def test_the_type_has_no_parameters():
    assert import_avatar(f"http://{SITE}/ada").content_type == "image/png"


@pytest.mark.parametrize(
    "path, scheme", [("/relative", "http"), ("/secure", "https"), ("/two", "http"), ("/three", "http")]
)
def test_redirects_are_followed(path, scheme):
    avatar = import_avatar(f"http://{SITE}{path}")
    assert avatar.url == f"{scheme}://{SITE}/ada.png"
    assert avatar.data.startswith(PNG)


def test_a_redirect_to_another_host_is_followed():
    avatar = import_avatar(f"http://{SITE}/go?http://six.example/ada.png")
    assert avatar.url == "http://six.example/ada.png"


@pytest.mark.parametrize(
    "url",
    [
        f"http://{SITE}/four",
        f"http://{SITE}/missing.png",
        f"http://{SITE}/failing",
        f"http://{SITE}/page",
        f"http://{SITE}:8001/ada.png",
        "http://missing.example/ada.png",
        "http://34.120.10.21/ada.png",
        "https://misdirected.example/ada.png",
        f"ftp://{SITE}/ada.png",
        "http:///ada.png",
        f"http://{SITE}:port/ada.png",
        "ada.png",
        "",
    ],
)
def test_where_no_picture_is_there_is_an_error(url):
    with pytest.raises(AvatarError):
        import_avatar(url)


def test_the_size_is_limited():
    size = len(import_avatar(f"http://{SITE}/ada.png").data)
    assert len(import_avatar(f"http://{SITE}/ada.png", max_bytes=size).data) == size
    with pytest.raises(AvatarError):
        import_avatar(f"http://{SITE}/ada.png", max_bytes=size - 1)

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
