"""Fetches the picture that a member wants as profile picture."""

import http.client
import ipaddress
import socket
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from avatar_import.avatar import Avatar, AvatarError

MAX_REDIRECTS = 3
PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}


def check_host(url):
    """Only hosts whose addresses are public may be asked."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AvatarError("only http and https are supported")
    for *_, sockaddr in socket.getaddrinfo(parts.hostname, parts.port or 80):
        if not ipaddress.ip_address(sockaddr[0].split("%")[0]).is_global:
            raise AvatarError("the host is not public")


class Redirects(urllib.request.HTTPRedirectHandler):
    def __init__(self):
        self.count = 0

    def redirect_request(self, request, answer, code, message, headers, new_url):
        self.count += 1
        if self.count > MAX_REDIRECTS:
            raise AvatarError("too many redirects")
        return super().redirect_request(request, answer, code, message, headers, new_url)


def import_avatar(url: str, max_bytes: int = 262144, timeout: float = 5.0) -> Avatar:
    try:
        check_host(url)
        opener = urllib.request.build_opener(Redirects())
        with opener.open(url, timeout=timeout) as answer:
            if answer.status != 200:
                raise AvatarError(f"the server answered {answer.status}")
            content_type = answer.headers.get_content_type()
            if content_type not in PICTURES:
                raise AvatarError(f"{content_type} is not supported")
            data = answer.read(max_bytes + 1)
            if len(data) > max_bytes:
                raise AvatarError("the picture is too large")
            return Avatar(answer.url, content_type, data)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise AvatarError(str(error)) from error
