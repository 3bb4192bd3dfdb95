"""Fetch a shared document for its preview."""

import html
import http.client
import re
import urllib.request
from collections.abc import Collection
from urllib.parse import urlparse

from .errors import OriginNotAllowed, PreviewError

MAX_REDIRECTS = 5
TITLE_RE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


class LimitedRedirectHandler(urllib.request.HTTPRedirectHandler):
    max_redirections = MAX_REDIRECTS
    max_repeats = MAX_REDIRECTS


def _normalize_origin(url: str) -> str:
    parsed = urlparse(url)
    if not parsed.scheme or not parsed.hostname:
        raise PreviewError(f"malformed URL: {url!r}")
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    return f"{parsed.scheme}://{parsed.hostname}:{port}"


def _decode(data: bytes, charset: str | None) -> str:
    try:
        return data.decode(charset or "utf-8", errors="replace")
    except LookupError:
        return data.decode("utf-8", errors="replace")


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
        origin = _normalize_origin(url)
        allowed = {_normalize_origin(item) for item in allowed_origins}
    except ValueError as exc:
        raise PreviewError("malformed URL") from exc
    if origin not in allowed:
        raise OriginNotAllowed(f"{origin} is not an allowed origin")

    opener = urllib.request.build_opener(LimitedRedirectHandler)
    try:
        with opener.open(url, timeout=timeout) as response:
            if response.status != 200:
                raise PreviewError(f"unexpected status {response.status}")
            data = response.read(max_bytes + 1)
            final_url = response.geturl()
            headers = response.headers
    except (OSError, ValueError, http.client.HTTPException) as exc:
        raise PreviewError(f"cannot fetch {url}") from exc

    content_type = headers.get_content_type() if "Content-Type" in headers else "application/octet-stream"
    text = _decode(data[:max_bytes], headers.get_content_charset())
    title = ""
    if content_type == "text/html":
        match = TITLE_RE.search(text)
        if match:
            title = " ".join(html.unescape(match.group(1)).split())
    return {
        "url": final_url,
        "content_type": content_type,
        "text": text,
        "truncated": len(data) > max_bytes,
        "title": title,
    }
