"""Whether this machine's own user asks: not a page of another site, nor whoever passes it on."""

from __future__ import annotations

import pytest
from http_doubles import make_door, open_client

from api.entrance.origin import acts_for_itself, is_passed_on


def make_scope(*headers, version="1.1", method="GET"):
    told = [(name.encode(), value.encode()) for name, value in headers]
    return {"headers": told, "http_version": version, "scheme": "http", "method": method}


HERE = ("host", "localhost:8000")


@pytest.mark.parametrize("name", [
    "forwarded", "x-forwarded-for", "x_forwarded_for", "via", "x-real-ip", "cf-connecting-ip",
    "x-azure-clientip", "fly-client-ip", "x-appengine-user-ip", "cdn-loop", "tailscale-user-login",
    "x-amzn-trace-id", "true-client-ip", "x-original-host", "x-envoy-external-address",
])
def test_whoever_passes_on_says_so(name):
    assert is_passed_on([(b"host", b"x"), (name.encode(), b"1")])


def test_what_browsers_and_tools_send_is_no_sign():
    names = ["host", "accept", "user-agent", "cookie", "sec-fetch-site", "if-none-match", "origin",
             "content-type", "x-api-key", "authorization", "connection", "dnt", "priority"]
    assert not is_passed_on([(name.encode(), b"x") for name in names])


@pytest.mark.parametrize(("scope", "own"), [
    (make_scope(HERE), True),
    (make_scope(HERE, ("origin", "http://localhost:8000")), True),
    (make_scope(HERE, ("origin", "https://evil.org")), False),
    (make_scope(HERE, ("origin", "null")), False),
    (make_scope(HERE, ("sec-fetch-site", "same-origin")), True),
    (make_scope(HERE, ("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")), True),
    (make_scope(HERE, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")), False),
    (make_scope(HERE, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")), True),
    (make_scope(HERE, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"),
                method="POST"), False),
    (make_scope(HERE, version="1.0"), False),
    (make_scope(HERE, ("host", "evil.org")), False),
    (make_scope(), False),
])
def test_who_asks(scope, own):
    assert acts_for_itself(scope) is own


def test_a_page_of_another_site_reads_and_starts_nothing_without_a_key():
    with open_client(make_door("restricted")) as client:
        for headers in ({"Origin": "https://evil.org"}, {"Sec-Fetch-Site": "cross-site"}):
            for method, path in (("GET", "/collections/segments/items"), ("POST", "/sites"),
                                 ("POST", "/reports"), ("DELETE", "/sites/sites-1")):
                answer = client.request(method, path, headers=headers)
                assert answer.status_code == 421, (method, path)
    with open_client(make_door("public")) as client:
        headers = {"Origin": "https://dashboard.example.org"}
        assert client.get("/collections/places/items", headers=headers).status_code == 200
