import socket
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from feed_preview.feed_preview import fetch_preview


class Host:
    """A server on a loopback address that notes every connection it gets."""

    def __init__(self, address):
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                status, headers, body = host.answers.get(self.path, (200, {}, host.secret.encode()))
                self.send_response(status)
                self.send_header("Content-Type", "text/html")
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_HEAD = do_GET

            def log_message(self, *arguments):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def verify_request(self, request, client_address):
                with host.changed:
                    host.peers.append(client_address)
                    host.changed.notify_all()
                return client_address not in host.probes

            def handle_error(self, request, client_address):
                pass

        self.secret = uuid.uuid4().hex
        self.answers = {}
        self.peers = []
        self.probes = []
        self.changed = threading.Condition()
        self.server = Server((address, 0), Handler)
        self.port = self.server.server_address[1]
        self.netloc = f"{address}:{self.port}"
        self.origin = f"http://{self.netloc}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def contacts(self):
        """How many connections others have made. A last one of our own comes behind them all."""
        with socket.socket() as probe:
            probe.bind((self.server.server_address[0], 0))
            self.probes.append(probe.getsockname())
            probe.connect(self.server.server_address)
            with self.changed:
                assert self.changed.wait_for(lambda: probe.getsockname() in self.peers, 5)
                return sum(peer not in self.probes for peer in self.peers)

    def redirect(self, path, location, status=302):
        self.answers[path] = (status, {"Location": location}, b"moved")
        return self.origin + path

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def partner():
    host = Host("127.0.0.1")
    yield host
    host.close()


@pytest.fixture
def internal():
    """The canary: a service of the inner network, which nobody may reach through previews."""
    host = Host("127.0.0.2")
    yield host
    host.close()


def preview(url, allowed):
    """What the attacker gets to see; a refused link shows nothing."""
    try:
        return repr(fetch_preview(url, allowed, timeout=10.0))
    except Exception:
        return ""


def assert_not_reached(internal, *seen):
    assert internal.contacts() == 0
    assert not any(internal.secret in text for text in seen)


def test_link_to_an_internal_service(partner, internal):
    seen = [
        preview(f"{internal.origin}/admin", [partner.origin]),
        preview(f"HTTP://{internal.netloc}/admin", [partner.origin]),
        preview(f" {internal.origin}/admin\n", [partner.origin]),
        preview(f"http:\t//{internal.netloc}/admin", [partner.origin]),
    ]
    assert_not_reached(internal, *seen)


def test_redirect_to_an_internal_service(partner, internal):
    for status in (301, 302, 303, 307, 308):
        seen = preview(partner.redirect(f"/r{status}", f"{internal.origin}/admin", status), [partner.origin])
        assert_not_reached(internal, seen)


def test_redirect_to_an_internal_service_at_a_later_hop(partner, internal):
    partner.redirect("/hop1", f"{internal.origin}/admin")
    partner.redirect("/hop2", "/hop1", 301)
    url = partner.redirect("/hop3", f"{partner.origin}/hop2", 307)
    assert_not_reached(internal, preview(url, [partner.origin]))


def test_redirect_that_passes_through_an_internal_service(partner, internal):
    internal.redirect("/delete?id=1", f"{partner.origin}/harmless")
    url = partner.redirect("/through", f"{internal.origin}/delete?id=1")
    assert_not_reached(internal, preview(url, [partner.origin]))


def test_redirect_without_a_scheme(partner, internal):
    seen = [
        preview(partner.redirect("/slashes", f"//{internal.netloc}/admin"), [partner.origin]),
        preview(partner.redirect("/upper", f"HTTP://{internal.netloc}/admin"), [partner.origin]),
        preview(partner.redirect("/query", f"//{internal.netloc}?{partner.origin}"), [partner.origin]),
    ]
    assert_not_reached(internal, *seen)


def test_redirect_to_another_spelling_of_an_internal_address(partner, internal):
    for position, spelling in enumerate(("2130706434", "127.2", "0x7f000002", "127.0.2", "0177.0.0.2")):
        url = partner.redirect(f"/s{position}", f"http://{spelling}:{internal.port}/admin")
        assert_not_reached(internal, preview(url, [partner.origin]))


def test_allowed_origin_as_user_name(partner, internal):
    seen = []
    for start in (partner.netloc, "127.0.0.1"):
        for url in (f"http://{start}@{internal.netloc}/admin", f"http://{start}%2f@{internal.netloc}/admin"):
            seen.append(preview(url, [partner.origin, "http://127.0.0.1"]))
            seen.append(preview(partner.redirect("/user", url), [partner.origin, "http://127.0.0.1"]))
    assert_not_reached(internal, *seen)


def test_allowed_origin_elsewhere_in_the_link(partner, internal):
    seen = []
    for tail in (f"/?next={partner.origin}/", f"/{partner.origin}/", f"?{partner.origin}", f"/admin#{partner.origin}/", f"#@{partner.netloc}/", f"\\@{partner.netloc}/"):
        seen.append(preview(internal.origin + tail, [partner.origin]))
        seen.append(preview(partner.redirect("/tail", internal.origin + tail), [partner.origin]))
    assert_not_reached(internal, *seen)


def test_port_that_begins_like_an_allowed_one(internal):
    shorter = internal.origin[:-1]
    assert_not_reached(internal, preview(f"{internal.origin}/admin", [shorter]))


def test_other_port_of_an_allowed_host(internal):
    neighbour = Host("127.0.0.2")
    try:
        direct = preview(f"{internal.origin}/admin", [neighbour.origin, "http://127.0.0.2", "https://127.0.0.2"])
        redirected = preview(neighbour.redirect("/next", f"{internal.origin}/admin"), [neighbour.origin, "http://127.0.0.2"])
        assert_not_reached(internal, direct, redirected)
    finally:
        neighbour.close()


def test_host_that_begins_like_an_allowed_one(partner):
    # 127.0.0.1 is the beginning of 127.0.0.12, and both mean port 80 or the given one.
    longer = Host("127.0.0.12")
    try:
        seen = preview(f"{longer.origin}/admin", ["http://127.0.0.1", "http://127.0.0.1:80", partner.origin])
        assert_not_reached(longer, seen)
    finally:
        longer.close()


def test_local_files_cannot_be_read(partner, tmp_path):
    secret = uuid.uuid4().hex
    file = tmp_path / f"{uuid.uuid4().hex}.html"
    file.write_text(f"<title>{secret}</title>")
    allowed = [partner.origin, "http://127.0.0.1", "http://localhost", "https://localhost"]
    links = [f"file://{file}", f"file:{file}", f"FILE://{file}", f"file://localhost{file}", f"file://127.0.0.1{file}", f"url:file://{file}"]
    for position, link in enumerate(links):
        assert secret not in preview(link, allowed)
        assert secret not in preview(partner.redirect(f"/file{position}", link), allowed)

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
