"""The wire itself: heads that do not end or do not come, bodies that stop, clients that go."""

from __future__ import annotations

import json
import socket
import time

import pytest
from http_doubles import make_door
from running import serve

from api.entrance import protocol, reception


@pytest.fixture(scope="module")
def port():
    with serve(make_door("public"), http=protocol.BoundedProtocol) as url:
        yield int(url.rsplit(":", 1)[1])


def send(port, *pieces, patience_s=10.0):
    """What comes back until the server hangs up, or answers once."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience_s) as wire:
        told = b""
        try:
            for piece in pieces:
                wire.sendall(piece)
            while True:
                got = wire.recv(65536)
                told += got
                if not got or b"\r\n\r\n" in told:
                    return told
        except (ConnectionError, TimeoutError):
            return told


def test_a_head_without_end_is_refused(port):
    told = send(port, b"GET /", b"a" * 200_000, b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 431 ")
    assert b"application/problem+json" in told
    many = b"".join(b"X-%d: y\r\n" % n for n in range(20_000))
    assert send(port, b"GET / HTTP/1.1\r\n", many, b"\r\n").startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("raw", [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                                 b"GET \xff\xfe HTTP/1.1\r\n\r\n"])
def test_what_is_no_request(port, raw):
    told = send(port, raw)
    assert told.startswith((b"HTTP/1.1 4", b""))
    body = told.partition(b"\r\n\r\n")[2]
    if body:
        assert json.loads(body)["status"] in {400, 404, 421}


def test_who_does_not_send_a_head_is_let_go(port, monkeypatch):
    monkeypatch.setattr(protocol, "HEAD_S", 0.3)
    for pieces in ((), (b"GET / HTTP/1.1\r\nHost:",)):
        began = time.monotonic()
        assert send(port, *pieces) == b""
        assert time.monotonic() - began < 5
    whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert send(port, whole).startswith(b"HTTP/1.1 200")


def wait_for_lines(capfd, patience_s=10.0):
    """What the log says of `/nearest`: its line may follow the answer, or the end of the wire."""
    text, deadline_s = "", time.monotonic() + patience_s
    while time.monotonic() < deadline_s:
        text += capfd.readouterr().err
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        if any(line.get("route") == "/nearest" for line in lines):
            return lines
        time.sleep(0.02)
    raise AssertionError(text)


def test_a_body_that_stops_is_408(port, monkeypatch, capfd):
    monkeypatch.setattr(reception, "BODY_S", 0.3)
    head = (b"POST /nearest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 50\r\n\r\n{")
    assert send(port, head).startswith(b"HTTP/1.1 408 ")
    lines = wait_for_lines(capfd)
    assert [line["status"] for line in lines if line.get("route") == "/nearest"] == [408]


def test_a_client_that_goes_is_not_our_fault(port, capfd):
    head = (b"POST /nearest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 50\r\n\r\n{")
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(head)
        time.sleep(0.2)
    lines = wait_for_lines(capfd)
    assert [line["status"] for line in lines if line.get("route") == "/nearest"] == [499]
    assert not [line for line in lines if line.get("level") == "error"]
