import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from feed_preview.errors import OriginNotAllowed, PreviewError
from feed_preview.feed_preview import fetch_preview


class Site:
    """A partner's site on a loopback address; answers are looked up by path."""

    def __init__(self, address="127.0.0.1"):
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.requests.append((self.command, self.path))
                if self.path == "/silent":
                    site.released.wait(2)
                    return
                status, headers, body = site.answers.get(self.path, (404, {}, b"nothing here"))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request, client_address):
                pass

        self.requests = []
        self.answers = {}
        self.released = threading.Event()
        self.server = Server((address, 0), Handler)
        self.origin = f"http://{address}:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def page(self, path, body, content_type="text/html; charset=utf-8", status=200):
        headers = {} if content_type is None else {"Content-Type": content_type}
        self.answers[path] = (status, headers, body if isinstance(body, bytes) else body.encode())
        return self.origin + path

    def redirect(self, path, location, status=302):
        self.answers[path] = (status, {} if location is None else {"Location": location}, b"moved")
        return self.origin + path

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site():
    site = Site()
    yield site
    site.close()


@pytest.fixture
def second_site():
    site = Site("127.0.0.2")
    yield site
    site.close()


def test_html_document(site):
    url = site.page("/report", "<html><head><title>Q3 report</title></head><body>All well.</body></html>")
    assert fetch_preview(url, [site.origin]) == {
        "url": url,
        "content_type": "text/html",
        "text": "<html><head><title>Q3 report</title></head><body>All well.</body></html>",
        "truncated": False,
        "title": "Q3 report",
    }
    assert site.requests == [("GET", "/report")]


def test_title_is_cleaned(site):
    url = site.page("/t", '<TITLE lang="de">\n  K&ouml;ln &amp;\t M&#252;nchen \n</TITLE><title>second</title>')
    assert fetch_preview(url, {site.origin})["title"] == "Köln & München"


def test_document_without_title(site):
    for path, body in (("/none", "<p>plain</p>"), ("/empty", "<title></title>"), ("/open", "<title>never closed")):
        assert fetch_preview(site.page(path, body), (site.origin,))["title"] == ""
    preview = fetch_preview(site.page("/text", "<title>no markup</title>", "text/plain"), [site.origin])
    assert (preview["title"], preview["text"]) == ("", "<title>no markup</title>")


def test_empty_document_without_content_type(site):
    preview = fetch_preview(site.page("/void", b"", None), [site.origin])
    assert preview["content_type"] == "application/octet-stream"
    assert (preview["text"], preview["title"], preview["truncated"]) == ("", "", False)


def test_charsets(site):
    latin = site.page("/latin", "<title>Zürich</title>".encode("latin-1"), "Text/HTML; Charset=ISO-8859-1")
    assert fetch_preview(latin, [site.origin])["title"] == "Zürich"
    assert fetch_preview(latin, [site.origin])["content_type"] == "text/html"
    chinese = site.page("/gbk", "<title>季度报告</title>".encode("gb18030"), "text/html; charset=gb18030")
    assert fetch_preview(chinese, [site.origin])["title"] == "季度报告"
    assert fetch_preview(site.page("/no", "日本", "text/plain"), [site.origin])["text"] == "日本"
    assert fetch_preview(site.page("/odd", "é", "text/plain; charset=x-none"), [site.origin])["text"] == "é"
    assert fetch_preview(site.page("/bad", b"a\xffb", "text/plain"), [site.origin])["text"] == "a\ufffdb"


def test_long_documents_are_truncated(site):
    url = site.page("/long", b"0123456789", "text/plain")
    for limit, text, truncated in ((9, "012345678", True), (10, "0123456789", False), (11, "0123456789", False), (1, "0", True)):
        preview = fetch_preview(url, [site.origin], max_bytes=limit)
        assert (preview["text"], preview["truncated"]) == (text, truncated)
    assert len(fetch_preview(site.page("/huge", b"x" * 70000), [site.origin])["text"]) == 65536
    for limit in (0, -1):
        with pytest.raises(ValueError):
            fetch_preview(url, [site.origin], max_bytes=limit)


def test_every_kind_of_redirect_is_followed(site):
    target = site.page("/target", "<title>here</title>")
    for status in (301, 302, 303, 307, 308):
        preview = fetch_preview(site.redirect(f"/moved{status}", target, status), [site.origin])
        assert (preview["url"], preview["title"]) == (target, "here")


def test_relative_redirects(site):
    site.page("/a/c?x=1&y=%20", "<title>relative</title>")
    for path, location in (("/a/b", "c?x=1&y=%20"), ("/a/d", "../a/c?x=1&y=%20"), ("/e", "/a/c?x=1&y=%20")):
        preview = fetch_preview(site.redirect(path, location), [site.origin])
        assert preview["url"] == site.origin + "/a/c?x=1&y=%20"
        assert preview["title"] == "relative"


def test_redirect_to_another_allowed_origin(site, second_site):
    target = second_site.page("/doc", "<title>elsewhere</title>")
    url = site.redirect("/go", target)
    preview = fetch_preview(url, [site.origin, second_site.origin])
    assert (preview["url"], preview["title"]) == (target, "elsewhere")


def test_five_redirects_but_not_six(site):
    site.page("/hop0", "<title>end</title>")
    for number in range(1, 7):
        site.redirect(f"/hop{number}", f"/hop{number - 1}")
    assert fetch_preview(site.origin + "/hop5", [site.origin])["title"] == "end"
    with pytest.raises(PreviewError):
        fetch_preview(site.origin + "/hop6", [site.origin])
    with pytest.raises(PreviewError):
        fetch_preview(site.redirect("/loop", "/loop"), [site.origin])


def test_redirect_without_location(site):
    with pytest.raises(PreviewError):
        fetch_preview(site.redirect("/nowhere", None), [site.origin])


def test_other_statuses_are_errors(site):
    for status in (202, 404, 410, 500):
        with pytest.raises(PreviewError):
            fetch_preview(site.page(f"/s{status}", "<title>x</title>", status=status), [site.origin])


def test_document_of_another_origin(site, second_site):
    url = second_site.page("/private", "<title>private</title>")
    for allowed in ([site.origin], [], ["https://partner.example"]):
        with pytest.raises(OriginNotAllowed):
            fetch_preview(url, allowed)
    assert second_site.requests == []


def test_case_of_scheme_does_not_matter(site):
    site.page("/Case", "<title>case</title>")
    url = site.origin.replace("http", "HTTP") + "/Case"
    assert fetch_preview(url, [site.origin])["title"] == "case"
    assert fetch_preview(site.origin + "/Case", [site.origin.replace("http", "Http")])["title"] == "case"


def test_malformed_addresses(site):
    for url in ("", "report.html", "http://", "//"):
        with pytest.raises(PreviewError):
            fetch_preview(url, [site.origin])


def test_unreachable_and_silent_servers(site):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(PreviewError):
            fetch_preview(origin + "/x", [origin])
    with pytest.raises(PreviewError):
        fetch_preview(site.origin + "/silent", [site.origin], timeout=0.1)

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
