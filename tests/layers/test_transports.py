"""The live transport against a server that misbehaves, and addresses that are never asked."""

from __future__ import annotations

import hashlib
import http.client
import http.server
import io
import threading

import pytest

from layers.errors import InputError
from layers.fetching import transports
from layers.fetching.transports import Ask, Reply, check_address, fetch_live, is_public

HOSTS = frozenset({"upstream.example"})


@pytest.mark.parametrize("url", [
    "http://upstream.example/a", "https://upstream.example:8443/a", "file:///etc/passwd",
    "https://user@upstream.example/", "https://127.0.0.1/", "https://upstream.example.evil/",
    "https://upstream.example/a b", "https://[::1", "//upstream.example/", "",
    "https://upstream.example/\r\nX: y",
])
def test_addresses_that_are_never_asked(url):
    if url.endswith("X: y"):
        # Line breaks are taken out by the parser: what is left may still hold no space.
        assert "\n" not in check_address(url.replace(" ", ""), HOSTS)[1]
        return
    with pytest.raises(InputError):
        check_address(url, HOSTS)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254",
                                     "::1", "fe80::1%eth0", "fc00::1", "0.0.0.0", "224.0.0.1",
                                     "::ffff:10.0.0.1", "100.64.0.1", "not an address"])
def test_addresses_inside_a_network_are_not_public(address):
    assert not is_public(address)


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        where = self.path
        if where == "/loop":
            self.reply(302, headers={"Location": "/loop"})
        elif where.startswith("/to?"):
            self.reply(302, headers={"Location": where.partition("?")[2]})
        elif where == "/short":
            self.reply(200, b"abc", headers={"Content-Length": "10"})
        elif where == "/missing":
            self.reply(404, b"gone")
        else:
            self.reply(200, b"x" * 1000, headers={"ETag": '"1"'})

    def reply(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **dict(headers)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def upstream(monkeypatch):
    """A server on this machine in place of the upstream; it stands in for a public one."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        monkeypatch.setattr(http.client, "HTTPSConnection", lambda host, timeout, context: (
            http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)))
        monkeypatch.setattr(transports, "is_public", lambda address: True)
        yield monkeypatch
        server.shutdown()


def ask(path, **limits):
    return Ask(f"https://upstream.example{path}", HOSTS, **{"max_bytes": 10_000, **limits})


def test_a_live_answer_is_hashed_as_it_comes(upstream):
    into = io.BytesIO()
    reply = fetch_live(ask("/to?/file"), into)
    assert into.getvalue() == b"x" * 1000
    assert reply == Reply("https://upstream.example/file", (("etag", '"1"'),),
                          hashlib.sha256(b"x" * 1000).hexdigest(), 1000)


@pytest.mark.parametrize(("path", "limits", "says"), [
    ("/file", {"max_bytes": 999}, "more than 0.000999 MB"),
    ("/file", {"deadline_s": -1.0}, "takes longer"),
    ("/short", {}, "did not answer|broke off"),
    ("/missing", {}, "answered 404"),
    ("/loop", {}, "more than 5 redirects"),
    ("/to?https://169.254.169.254/secret", {}, "not a host of this source"),
    ("/to?http://upstream.example/", {}, "only https"),
    ("/to?//evil.example/", {}, "not a host of this source"),
])
def test_a_server_that_misbehaves(upstream, path, limits, says):
    with pytest.raises(InputError, match=says) as caught:
        fetch_live(ask(path, **limits), io.BytesIO())
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_name_that_leads_into_a_private_network_is_not_asked(upstream):
    upstream.setattr(transports, "is_public", is_public)
    with pytest.raises(InputError, match="inside a private network"):
        fetch_live(ask("/file"), io.BytesIO())
