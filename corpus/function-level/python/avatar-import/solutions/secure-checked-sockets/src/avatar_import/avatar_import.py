"""Fetches the picture that a member wants as profile picture.

urllib does the protocol; its connections are made through a function that looks at
each address just before connecting to it.
"""

import http.client
import ipaddress
import socket
import urllib.error
import urllib.request

from avatar_import.avatar import Avatar, AvatarError

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


class _NotPublic(OSError):
    pass


def _connect(address, timeout=None, source_address=None):
    host, port = address
    last = _NotPublic("no address")
    for family, kind, protocol, _, target in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
        number = ipaddress.ip_address(target[0].partition("%")[0])
        number = getattr(number, "ipv4_mapped", None) or number
        if number.is_multicast or not number.is_global:
            last = _NotPublic(f"{number} is not public")
            continue
        attempt = socket.socket(family, kind, protocol)
        try:
            attempt.settimeout(timeout)
            attempt.connect(target)
            return attempt
        except OSError as error:
            attempt.close()
            last = error
    raise last


class _HTTP(http.client.HTTPConnection):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._create_connection = _connect


class _HTTPS(http.client.HTTPSConnection):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._create_connection = _connect


class _HTTPHandler(urllib.request.HTTPHandler):
    def http_open(self, request):
        return self.do_open(_HTTP, request)


class _HTTPSHandler(urllib.request.HTTPSHandler):
    def https_open(self, request):
        return self.do_open(_HTTPS, request)


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = 3

    def __init__(self):
        self.count = 0

    def redirect_request(self, request, answer, code, message, headers, new_url):
        self.count += 1
        if self.count > self.max_redirections:
            raise urllib.error.URLError("too many redirects")
        return super().redirect_request(request, answer, code, message, headers, new_url)


def import_avatar(url: str, max_bytes: int = 262144, timeout: float = 5.0) -> Avatar:
    opener = urllib.request.OpenerDirector()
    for handler in (
        _HTTPHandler(),
        _HTTPSHandler(),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    try:
        with opener.open(url, timeout=timeout) as answer:
            if answer.status != 200:
                raise AvatarError(f"status {answer.status}")
            content_type = answer.headers.get_content_type().lower()
            if content_type not in PICTURES:
                raise AvatarError("no picture")
            data = answer.read(max_bytes + 1)
            if len(data) > max_bytes:
                raise AvatarError("too large")
            return Avatar(answer.url, content_type, data)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise AvatarError(str(error)) from error
