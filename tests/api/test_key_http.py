"""Keys over HTTP: the real application, doors for each audience, and what is written down."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from http_doubles import TestClient, make_door
from surroundings import CAMPAIGN, ROOT

from api.app import create_app
from api.keys.key import make_key
from api.keys.store import FILE, add_key, revoke_key
from api.logs.access_log import AccessLog
from api.logs.audit import FILE as AUDIT
from api.logs.audit import read_log
from api.settings import Settings

SEGMENTS, SHELTERS = "/collections/segments/items", "/collections/shelters/items"


def keep_key(state, audience, **terms):
    today = dt.datetime.now(tz=dt.UTC).date()
    key = make_key(audience=audience, holder=f"Casa {audience}", created=today, **terms)
    return key, add_key(state, key)


@contextmanager
def open_server(state, *, base="http://localhost", **settings):
    """The application with a door for each audience, and the lines of its access log."""
    lines = []
    app = create_app(
        Settings(runs=Path("nowhere"), state=state, metrics=True, **settings),
        open_door=lambda audience, _day: make_door(audience), log=AccessLog(lines.append))
    with TestClient(app, base_url=base) as client:
        client.lines = lines
        yield client


@pytest.fixture
def tokens(tmp_path):
    return {name: keep_key(tmp_path, name)[1] for name in ("partner", "restricted")}


def ask(client, address, token=None, **headers):
    if token:
        headers["X-API-Key"] = token
    return client.get(address, headers=headers)


def test_a_key_opens_its_audience_and_no_more(tmp_path, tokens):
    with open_server(tmp_path, host="0.0.0.0", base="http://maps.example.org") as client:
        assert ask(client, SEGMENTS).status_code == 404
        assert ask(client, SEGMENTS, tokens["partner"]).status_code == 404
        assert ask(client, "/collections/stretches", tokens["partner"]).status_code == 200
        opened = ask(client, SEGMENTS, tokens["restricted"])
        assert opened.status_code == 200
        assert opened.headers["cache-control"] == "private, no-store"
        bearer = client.get(SEGMENTS, headers={"Authorization": f"Bearer {tokens['restricted']}"})
        assert bearer.json() == opened.json()
        assert ask(client, SHELTERS).status_code == 200


def test_a_key_that_opens_nothing_is_401_even_for_what_is_public(tmp_path, tokens):
    key, revoked = keep_key(tmp_path, "partner")
    revoke_key(tmp_path, key.id, now=dt.datetime.now(tz=dt.UTC))
    for audience in ("public", "restricted"):
        with open_server(tmp_path, audience=audience) as client:
            for wrong in (revoked, tokens["partner"][:-1], "x", "a" * 5000):
                for address in ("/", SHELTERS, "/metrics", "/manifest"):
                    answer = ask(client, address, wrong)
                    assert answer.status_code == 401, address
                    assert answer.headers["www-authenticate"].startswith("Bearer")
                    assert answer.headers["content-type"] == "application/problem+json"
                    assert wrong not in answer.text
            basic = client.get("/", headers={"Authorization": "Basic YTpi"})
            assert basic.status_code == 401


def test_no_key_is_taken_from_an_address(tmp_path, tokens):
    token = tokens["restricted"]
    with open_server(tmp_path, host="0.0.0.0") as client:
        for name in ("key", "api_key", "apikey", "token", "access_token", "X-API-Key"):
            answer = client.get(f"{SEGMENTS}?{name}={token}")
            assert answer.status_code in {400, 404}
            assert token not in answer.text
        assert not any(token.encode() in line for line in client.lines)


@pytest.mark.parametrize("other", [{"Host": "evil.example"}, {"X-Forwarded-For": "10.0.0.1"},
                                   {"Via": "1.1 proxy"}])
def test_without_a_key_a_private_server_answers_this_machine_alone(tmp_path, tokens, other):
    with open_server(tmp_path, audience="restricted") as client:
        assert ask(client, SEGMENTS).status_code == 200
        assert ask(client, SEGMENTS, **other).status_code == 421
        assert ask(client, SEGMENTS, tokens["restricted"], **other).status_code == 200
        assert ask(client, SEGMENTS, tokens["partner"]).status_code == 404


def test_behind_a_proxy_nothing_private_is_shown_without_a_key(tmp_path, tokens):
    with open_server(tmp_path, audience="restricted",
                     public_url="https://maps.example.org") as client:
        assert ask(client, SEGMENTS).status_code == 404
        assert ask(client, "/metrics").status_code == 404
        assert ask(client, SEGMENTS, tokens["restricted"]).status_code == 200


def test_metrics_are_not_for_everybody(tmp_path, tokens):
    with open_server(tmp_path, host="0.0.0.0") as client:
        assert ask(client, "/metrics").status_code == 404
        assert ask(client, "/metrics", tokens["partner"]).status_code == 404
        answer = ask(client, "/metrics", tokens["restricted"])
        assert answer.status_code == 200
        assert "georisk_requests_total" in answer.text
    with open_server(tmp_path) as client:
        assert ask(client, "/metrics").status_code == 200
        assert ask(client, "/metrics", Host="evil.example").status_code == 404


def test_too_often(tmp_path):
    _, token = keep_key(tmp_path, "partner", rate_per_minute=3)
    with open_server(tmp_path) as client:
        told = [ask(client, "/", token) for _ in range(4)]
        assert [answer.status_code for answer in told] == [200, 200, 200, 429]
        assert 1 <= int(told[3].headers["retry-after"]) <= 20
        assert ask(client, "/").status_code == 200


def test_each_answer_that_is_not_public_is_written_down(tmp_path, tokens):
    with open_server(tmp_path) as client:
        ask(client, f"{SEGMENTS}?bbox=-90.5,14.5,-80,16&limit=1", tokens["restricted"])
        ask(client, "/collections/segments/items/a-0001", tokens["restricted"])
        ask(client, "/collections/SECRET-NAME", tokens["partner"])
        ask(client, f"{SHELTERS}?bbox=-90.5,14.5,-80,16")
    lines = read_log(tmp_path)
    assert [(action, audience, holder) for _, action, audience, _, _, holder in lines] == [
        ("GET /collections/{collection}/items", "restricted", "Casa restricted"),
        ("GET /collections/{collection}/items/{feature}", "restricted", "Casa restricted"),
        ("GET /collections/{collection}", "partner", "Casa partner"),
    ]
    for path in tmp_path.glob(f"{AUDIT}*"):
        content = path.read_bytes()
        assert not [it for it in (b"14.5", b"SECRET", b"a-0001", b"bbox") if it in content]
    assert len(client.lines) == 4
    told = b"".join(client.lines)
    assert not [it for it in (b"14.5", b"SECRET", b"a-0001", b"bbox", b"grk_") if it in told]
    assert [json.loads(line)["audience"] for line in client.lines] == [
        "restricted", "restricted", "partner", "public"]


def test_what_cannot_be_written_down_is_not_shown(tmp_path, tokens):
    (tmp_path / AUDIT).write_bytes(b"no log" * 999)
    with open_server(tmp_path) as client:
        assert ask(client, "/", tokens["partner"]).status_code == 503
        assert ask(client, "/").status_code == 200
    with open_server(tmp_path, audience="restricted") as client:
        assert ask(client, SEGMENTS).status_code == 503


def test_keys_that_cannot_be_read_close_the_door_to_keys_only(tmp_path, tokens):
    (tmp_path / FILE).write_bytes(b"no keys" * 999)
    with open_server(tmp_path) as client:
        answer = ask(client, "/", tokens["partner"])
        assert answer.status_code == 503
        assert str(tmp_path) not in answer.text
        assert ask(client, "/").status_code == 200


def test_revoked_while_it_is_served(tmp_path):
    key, token = keep_key(tmp_path, "partner")
    with open_server(tmp_path) as client:
        assert ask(client, "/collections/stretches", token).status_code == 200
        revoke_key(tmp_path, key.id, now=dt.datetime.now(tz=dt.UTC))
        time.sleep(1.05)
        assert ask(client, "/collections/stretches", token).status_code == 401


def test_a_server_that_is_stopped_has_written_all(published_grid, tmp_path):
    """Real workers under requests, then SIGTERM: each answer that was given is in the log."""
    _, token = keep_key(tmp_path, "restricted", rate_per_minute=60_000)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "api.cli", "serve", "-s", str(published_grid), "--port",
               str(port), "--workers", "2" if CAMPAIGN else "1", "-q"]
    with (tmp_path / "err").open("wb") as log, subprocess.Popen(
            command, cwd=ROOT, stderr=log, env={**os.environ, "GEORISK_STATE": str(tmp_path)},
    ) as server:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/conformance",
                                         headers={"X-API-Key": token})
        given, end = 0, time.monotonic() + 60
        while given < 60 and time.monotonic() < end:
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    given += answer.status == 200
            except OSError:
                time.sleep(0.1)
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) is not None
    assert given == 60
    assert len(read_log(tmp_path)) == 60
    lines = [json.loads(line) for line in (tmp_path / "err").read_text().splitlines()]
    assert len([line for line in lines if line.get("route") == "/conformance"]) == 60
