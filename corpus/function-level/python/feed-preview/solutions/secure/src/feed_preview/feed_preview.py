"""Fetch a shared document for its preview."""

import codecs
import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Collection
from html import unescape
from urllib.parse import urlsplit

from .errors import OriginNotAllowed, PreviewError

DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_REDIRECTS = 5
TITLE = re.compile(r"<title(?:\s[^>]*)?>(.*?)</title\s*>", re.IGNORECASE | re.DOTALL)


def _origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address that has nothing unusual about it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise PreviewError("malformed address") from error
    if not parts.scheme or not parts.netloc or not parts.hostname:
        raise PreviewError("not an absolute address")
    if parts.scheme not in DEFAULT_PORTS:
        raise OriginNotAllowed("only http and https can be previewed")
    if "@" in parts.netloc or re.search(r"[\s\\\x00-\x1f\x7f]", url):
        raise OriginNotAllowed("the address is not a plain one")
    return parts.scheme, parts.hostname, DEFAULT_PORTS[parts.scheme] if port is None else port


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects within the permitted origins only."""

    def __init__(self, allowed: set[tuple[str, str, int]]):
        self.allowed = allowed
        self.followed = 0

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if self.followed == MAX_REDIRECTS:
            raise PreviewError("too many redirects")
        if _origin(newurl) not in self.allowed:
            raise OriginNotAllowed("redirect to an origin that is not permitted")
        self.followed += 1
        return urllib.request.Request(newurl)


def _decode(body: bytes, charset: str | None) -> str:
    try:
        codec = codecs.lookup(charset or "utf-8")
        return body.decode(codec.name, errors="replace")
    except LookupError:
        return body.decode("utf-8", errors="replace")


def fetch_preview(
    url: str,
    allowed_origins: Collection[str],
    max_bytes: int = 65536,
    timeout: float = 2.0,
) -> dict[str, object]:
    """Fetch the document and describe it."""
    if max_bytes < 1:
        raise ValueError("max_bytes must be at least 1")
    allowed = {_origin(origin) for origin in allowed_origins}
    if _origin(url) not in allowed:
        raise OriginNotAllowed("origin is not permitted")

    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        _Redirects(allowed),
    ):
        opener.add_handler(handler)
    try:
        with opener.open(urllib.request.Request(url), timeout=timeout) as response:
            if response.status != 200:
                raise PreviewError(f"unexpected status {response.status}")
            body = response.read(max_bytes + 1)
            final_url = response.geturl()
            headers = response.headers
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PreviewError("the document cannot be fetched") from error

    content_type = "application/octet-stream"
    if headers.get("Content-Type"):
        content_type = headers.get_content_type()
    text = _decode(body[:max_bytes], headers.get_content_charset())
    title = TITLE.search(text) if content_type == "text/html" else None
    return {
        "url": final_url,
        "content_type": content_type,
        "text": text,
        "truncated": len(body) > max_bytes,
        "title": " ".join(unescape(title.group(1)).split()) if title else "",
    }
