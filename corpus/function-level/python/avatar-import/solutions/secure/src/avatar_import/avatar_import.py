"""Fetches the picture that a member wants as profile picture."""

import http.client
import ipaddress
import socket
import ssl
from urllib.parse import urljoin, urlsplit, urlunsplit

from avatar_import.avatar import Avatar, AvatarError

MAX_REDIRECTS = 3
PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
DEFAULT_PORTS = {"http": 80, "https": 443}


def import_avatar(url: str, max_bytes: int = 262144, timeout: float = 5.0) -> Avatar:
    try:
        for _ in range(MAX_REDIRECTS + 1):
            location, avatar = _fetch(url, max_bytes, timeout)
            if avatar is not None:
                return avatar
            url = urljoin(url, location)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise AvatarError(str(error)) from error
    raise AvatarError("too many redirects")


def _fetch(url, max_bytes, timeout):
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise AvatarError(f"not an address of the web: {url!r}")
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    connection = _connect(parts.scheme, parts.hostname, port, timeout)
    try:
        target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        connection.request("GET", target, headers={"Accept": "image/*", "Host": _host(parts)})
        answer = connection.getresponse()
        if answer.status in (301, 302, 303, 307, 308):
            location = answer.getheader("Location")
            if not location:
                raise AvatarError("a redirect to nowhere")
            return location, None
        if answer.status != 200:
            raise AvatarError(f"the server answered {answer.status}")
        content_type = (answer.getheader("Content-Type") or "").split(";")[0].strip().lower()
        if content_type not in PICTURES:
            raise AvatarError(f"{content_type!r} is no picture")
        data = answer.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise AvatarError("the picture is too large")
        return None, Avatar(url, content_type, data)
    finally:
        connection.close()


def _host(parts):
    return parts.netloc.rpartition("@")[2]


def _connect(scheme, hostname, port, timeout):
    """Connects to an address of the name that is public if all of them are."""
    found = socket.getaddrinfo(hostname, port, type=socket.SOCK_STREAM)
    addresses = [sockaddr[0] for *_, sockaddr in found]
    if not addresses or not all(_is_public(address) for address in addresses):
        raise AvatarError("the host is not public")
    failure = None
    for address in dict.fromkeys(addresses):
        try:
            connected = socket.create_connection((address, port), timeout)
        except OSError as error:
            failure = error
            continue
        if scheme == "https":
            context = ssl.create_default_context()
            connected = context.wrap_socket(connected, server_hostname=hostname)
        connection = http.client.HTTPConnection(hostname, port, timeout=timeout)
        connection.sock = connected
        return connection
    raise failure


def _is_public(text):
    address = ipaddress.ip_address(text.split("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_global and not address.is_multicast
