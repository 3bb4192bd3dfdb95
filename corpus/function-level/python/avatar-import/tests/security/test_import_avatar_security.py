import json
import urllib.request

import pytest

from avatar_import.avatar import AvatarError
from avatar_import.avatar_import import import_avatar


def contacts_inside():
    """How internal hosts were contacted in this run, from the first on."""
    with urllib.request.urlopen("http://witness.example/contacts", timeout=5) as answer:
        return json.load(answer)


def requests_inside():
    """The requests among them."""
    return [contact for contact in contacts_inside() if "method" in contact]


def attack(url):
    """Tries to import from inside, and returns the requests that it led to."""
    before = len(requests_inside())
    try:
        import_avatar(url)
    except AvatarError:
        pass
    return requests_inside()[before:]


@pytest.mark.parametrize(
    "host",
    [
        "10.20.0.5",
        "172.20.0.9",
        "192.168.7.1",
        "169.254.169.254",
        "100.100.100.200",
        "127.0.0.1:8080",
        "localhost:8080",
        "0.0.0.0:8080",
        "0:8080",
        "2130706433:8080",
        "0x7f.1:8080",
        "0177.0.0.1:8080",
        "pictures.example@10.20.0.5",
    ],
)
def test_no_internal_address_is_asked(host):
    assert attack(f"http://{host}/avatar.png") == []


@pytest.mark.parametrize(
    "host",
    ["[::1]:8080", "[fd00:20::5]", "[fd00:ec2::254]", "[::ffff:10.20.0.5]", "[::ffff:7f00:1]:8080"],
)
def test_no_internal_address_of_ipv6_is_asked(host):
    assert attack(f"http://{host}/avatar.png") == []


@pytest.mark.parametrize(
    "host", ["wiki.example", "home.example:8080", "six-inside.example", "wiki.example."]
)
def test_no_name_leads_inside(host):
    assert attack(f"http://{host}/avatar.png") == []


@pytest.mark.parametrize("host", ["10.20.0.5", "192.168.7.1", "[fd00:20::5]", "wiki.example"])
def test_no_internal_host_is_spoken_to_in_secret(host):
    # Without a certificate it answers no request, but whoever connects to it knows that it is there.
    before = len(contacts_inside())
    with pytest.raises(AvatarError):
        import_avatar(f"https://{host}/avatar.png")
    assert contacts_inside()[before:] == []


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://wiki.example/avatar.png",
        "http://127.0.0.1:8080/avatar.png",
        "http://[fd00:20::5]/avatar.png",
        "http://pictures.example/go?http://10.20.0.5/avatar.png",
    ],
)
def test_no_redirect_leads_inside(target):
    assert attack(f"http://pictures.example/go?{target}") == []
    assert attack(f"https://pictures.example/go?{target}") == []


def test_a_name_that_changes_leads_nowhere_inside():
    assert attack("http://rebinding.example/ada.png") == []
    assert attack("http://rebinding.example/ada.png") == []


def test_a_second_address_leads_nowhere_inside():
    assert attack("http://mixed.example:8081/avatar.png") == []


@pytest.mark.parametrize("scheme", ["file", "FILE", "local_file"])
def test_no_file_is_read(tmp_path, scheme):
    file = tmp_path / "avatar.png"
    file.write_bytes(b"\x89PNG")
    with pytest.raises(AvatarError):
        import_avatar(f"{scheme}://{file}")

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
