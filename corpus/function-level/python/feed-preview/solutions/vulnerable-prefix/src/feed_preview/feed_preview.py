"""Fetch a shared document for its preview."""

import html
import http.client
import re
from collections.abc import Collection
from urllib.parse import urljoin, urlsplit

from .errors import OriginNotAllowed, PreviewError

MAX_REDIRECTS = 5
TITLE_RE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def _check(url: str, allowed_origins: Collection[str]) -> None:
    if not url.lower().startswith(tuple(origin.lower() for origin in allowed_origins)):
        raise OriginNotAllowed(url)


def _open(url: str, timeout: float) -> http.client.HTTPResponse:
    parts = urlsplit(url)
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    path = parts.path or "/"
    if parts.query:
        path += "?" + parts.query
    connection.request("GET", path)
    return connection.getresponse()


def fetch_preview(
    url: str,
    allowed_origins: Collection[str],
    max_bytes: int = 65536,
    timeout: float = 2.0,
) -> dict[str, object]:
    """Download the document behind a link and extract its preview."""
    if max_bytes < 1:
        raise ValueError("max_bytes must be at least 1")

    try:
        for _ in range(MAX_REDIRECTS + 1):
            _check(url, allowed_origins)
            response = _open(url, timeout)
            if response.status not in (301, 302, 303, 307, 308):
                break
            location = response.getheader("Location")
            response.close()
            if not location:
                raise PreviewError("redirect without a location")
            url = urljoin(url, location)
        else:
            raise PreviewError("too many redirects")

        if response.status != 200:
            raise PreviewError(f"status {response.status}")
        data = response.read(max_bytes + 1)
    except (OSError, ValueError, http.client.HTTPException) as exc:
        raise PreviewError(f"cannot fetch {url}") from exc

    charset = response.headers.get_content_charset() or "utf-8"
    try:
        text = data[:max_bytes].decode(charset, errors="replace")
    except LookupError:
        text = data[:max_bytes].decode("utf-8", errors="replace")
    content_type = "application/octet-stream"
    if response.getheader("Content-Type"):
        content_type = response.headers.get_content_type()
    title = ""
    if content_type == "text/html" and (match := TITLE_RE.search(text)):
        title = " ".join(html.unescape(match.group(1)).split())
    return {
        "url": url,
        "content_type": content_type,
        "text": text,
        "truncated": len(data) > max_bytes,
        "title": title,
    }
