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


class CheckedRedirectHandler(urllib.request.HTTPRedirectHandler):
    max_redirections = MAX_REDIRECTS
    max_repeats = MAX_REDIRECTS

    def __init__(self, hosts):
        self.hosts = hosts

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        _check_host(newurl, self.hosts)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_host(url: str, hosts: set[str]) -> None:
    host = urlparse(url).hostname
    if not host:
        raise PreviewError(f"malformed URL: {url!r}")
    if host not in hosts:
        raise OriginNotAllowed(f"{host} is not an allowed host")


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

    hosts = {urlparse(origin).hostname for origin in allowed_origins}
    opener = urllib.request.build_opener(CheckedRedirectHandler(hosts))
    try:
        _check_host(url, hosts)
        with opener.open(url, timeout=timeout) as response:
            if response.getcode() not in (None, 200):
                raise PreviewError(f"unexpected status {response.getcode()}")
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
