"""Fetch a shared document for its preview, hop by hop over http.client."""

from collections.abc import Collection
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from .errors import OriginNotAllowed, PreviewError

CONNECTIONS = {"http": (HTTPConnection, 80), "https": (HTTPSConnection, 443)}
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Origin(NamedTuple):
    scheme: str
    host: str
    port: int


class _TitleParser(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.parts = None
        self.title = None

    def handle_starttag(self, tag, attrs):
        if tag == "title" and self.parts is None:
            self.parts = []

    def handle_data(self, data):
        if self.parts is not None and self.title is None:
            self.parts.append(data)

    def handle_endtag(self, tag):
        if tag == "title" and self.parts is not None and self.title is None:
            self.title = " ".join("".join(self.parts).split())


def _split(url: str):
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise PreviewError("malformed address") from error
    if not host or not parts.scheme:
        raise PreviewError("malformed address")
    if parts.scheme not in CONNECTIONS:
        raise OriginNotAllowed(parts.scheme)
    if port is None:
        port = CONNECTIONS[parts.scheme][1]
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        path += "?" + quote(parts.query, safe="/?%:@!$&'()*+,;=~-._")
    return Origin(parts.scheme, host, port), path


def fetch_preview(
    url: str,
    allowed_origins: Collection[str],
    max_bytes: int = 65536,
    timeout: float = 2.0,
) -> dict[str, object]:
    """Fetch the document and describe it."""
    if max_bytes < 1:
        raise ValueError("max_bytes must be at least 1")
    allowed = {_split(origin)[0] for origin in allowed_origins}

    for _ in range(6):
        origin, path = _split(url)
        if origin not in allowed:
            raise OriginNotAllowed(f"{origin.scheme}://{origin.host}:{origin.port}")
        # The connection is made to the very host and port that were compared.
        connection = CONNECTIONS[origin.scheme][0](origin.host, origin.port, timeout=timeout)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            if response.status not in REDIRECTS:
                return _describe(url, response, max_bytes)
            location = response.getheader("Location")
        except (OSError, HTTPException) as error:
            raise PreviewError("no answer") from error
        finally:
            connection.close()
        if not location:
            raise PreviewError("redirect to nowhere")
        try:
            url = urljoin(url, location)
        except ValueError as error:
            raise PreviewError("malformed redirect") from error
    raise PreviewError("too many redirects")


def _describe(url, response, max_bytes):
    if response.status != 200:
        raise PreviewError(f"status {response.status}")
    body = response.read(max_bytes + 1)
    media_type, _, _ = (response.getheader("Content-Type") or "application/octet-stream").partition(";")
    media_type = media_type.strip().lower()
    kept = body[:max_bytes]
    try:
        text = kept.decode(response.headers.get_content_charset() or "utf-8", "replace")
    except LookupError:
        text = kept.decode("utf-8", "replace")
    title = ""
    if media_type == "text/html":
        parser = _TitleParser()
        parser.feed(text)
        title = parser.title or ""
    return {
        "url": url,
        "content_type": media_type,
        "text": text,
        "truncated": len(body) > max_bytes,
        "title": title,
    }
