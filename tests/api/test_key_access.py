"""Who sees what: every way of asking, with and without a key."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from key_rings import DAY, Clock, keep_key, open_ring

from api.entrance.origin import is_passed_on
from api.errors import LimitedError, MisdirectedError, UnauthorisedError, UnavailableError
from api.keys.access import (
    decide_holder,
    find_key,
    find_warning,
    may_read_metrics,
    read_token,
)
from api.keys.holders import Holder
from api.keys.key import make_key
from api.keys.limits import RateLimiter
from api.keys.store import FILE, revoke_key
from api.settings import Settings

KEYS = {name: make_key(audience=name, holder="Casa X", created=DAY)
        for name in ("partner", "restricted")}


def choose(audience="public", host="127.0.0.1", url=""):
    return Settings(runs=Path("runs"), audience=audience, host=host, public_url=url)


# -- the key in a request ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ([], None),
        ([(b"accept", b"*/*")], None),
        ([(b"authorization", b"Bearer abc")], "abc"),
        ([(b"authorization", b"bearer   abc ")], "abc"),
        ([(b"x-api-key", b"abc")], "abc"),
        ([(b"x-api-key", b"abc"), (b"authorization", b"Bearer abc")], "abc"),
    ],
)
def test_a_key_is_read_from_two_headers(headers, token):
    assert read_token(headers) == token


@pytest.mark.parametrize(
    "headers",
    [
        [(b"authorization", b"")],
        [(b"authorization", b"Bearer")],
        [(b"authorization", b"Bearer ")],
        [(b"authorization", b"abc")],
        [(b"authorization", b"Basic YWJjOmRlZg==")],
        [(b"authorization", b"Bearer abc def")],
        [(b"x-api-key", b" ")],
        [(b"x-api-key", b"abc def")],
        [(b"x-api-key", "ñ".encode())],
        [(b"x-api-key", b"\xff")],
        [(b"x-api-key", b"a" * 257)],
        [(b"authorization", b"Bearer " + b"a" * 1_000_000)],
        [(b"x-api-key", b"abc"), (b"authorization", b"Bearer abd")],
        [(b"authorization", b"Bearer abc"), (b"authorization", b"Bearer abd")],
        [(b"x-api-key", b"abc"), (b"authorization", b"Basic abc")],
        [(b"x-api-key", b"abc"), (b"x-api-key", b"")],
    ],
)
def test_what_is_no_key_is_never_taken_for_none(headers):
    with pytest.raises(UnauthorisedError, match="Send one key"):
        read_token(headers)
    with pytest.raises(UnauthorisedError):
        read_token(headers[::-1])


@given(st.sampled_from([b"authorization", b"x-api-key"]), st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(name, value):
    try:
        token = read_token([(name, value)])
    except UnauthorisedError:
        return
    assert token
    assert token.encode("ascii") in value


def test_refusals_of_all_kinds_read_alike(tmp_path):
    live, token = keep_key(tmp_path)
    gone, revoked = keep_key(tmp_path)
    _, ended = keep_key(tmp_path, created=DAY - dt.timedelta(days=9), days=1)
    revoke_key(tmp_path, gone.id, now=dt.datetime.now(tz=dt.UTC))
    ring, limiter = open_ring(tmp_path), RateLimiter(read_clock_s=Clock())
    assert find_key([(b"x-api-key", token.encode())], ring, limiter) == replace(live, number=1)
    told = set()
    for wrong in (revoked, ended, token[:-1], "grk_aaaaaaaaaa_" + "a" * 40, "hello"):
        with pytest.raises(UnauthorisedError) as error:
            find_key([(b"x-api-key", wrong.encode())], ring, limiter)
        told.add(str(error.value))
    assert len(told) == 1
    assert not [part for part in (gone.id, "revoked", "expired") if part in str(told)]


def test_keys_that_cannot_be_read_are_told_as_such(tmp_path):
    _, token = keep_key(tmp_path)
    (tmp_path / FILE).write_bytes(b"no keys" * 999)
    headers = [(b"x-api-key", token.encode())]
    with pytest.raises(UnavailableError) as error:
        find_key(headers, open_ring(tmp_path), RateLimiter())
    assert str(tmp_path) not in str(error.value)
    assert find_key([], open_ring(tmp_path), RateLimiter()) is None


def test_wrong_keys_slow_down_only_themselves(tmp_path):
    _, token = keep_key(tmp_path)
    ring, clock = open_ring(tmp_path), Clock()
    limiter = RateLimiter(read_clock_s=clock)
    for _ in range(60):
        with pytest.raises(UnauthorisedError):
            find_key([(b"x-api-key", b"guess")], ring, limiter)
    with pytest.raises(LimitedError) as error:
        find_key([(b"x-api-key", b"guess")], ring, limiter)
    assert error.value.retry_after_s == 1
    assert find_key([(b"x-api-key", token.encode())], ring, limiter)
    clock.now_s += 1
    with pytest.raises(UnauthorisedError):
        find_key([(b"authorization", b"Basic x")], ring, limiter)


def test_a_key_that_asks_too_often_waits(tmp_path):
    _, token = keep_key(tmp_path, rate_per_minute=2)
    ring, clock = open_ring(tmp_path), Clock()
    limiter, headers = RateLimiter(read_clock_s=clock), [(b"x-api-key", token.encode())]
    assert find_key(headers, ring, limiter)
    assert find_key(headers, ring, limiter)
    with pytest.raises(LimitedError) as error:
        find_key(headers, ring, limiter)
    assert error.value.retry_after_s == 30
    clock.now_s += 30
    assert find_key(headers, ring, limiter)


# -- whose eyes ----------------------------------------------------------------------------------

HOSTS = ("127.0.0.1", "localhost", "::1", "0.0.0.0", "10.1.2.3", "example.org")


@pytest.mark.parametrize("audience", ["public", "partner", "restricted"])
@pytest.mark.parametrize("host", HOSTS)
def test_every_way_of_asking(audience, host):
    """The whole table: more than public only with a key, or alone on this machine."""
    chosen = choose(audience, host)
    on_this_machine = host in HOSTS[:3]
    for local, forwarded in product((True, False), repeat=2):
        ways = {"host_is_loopback": local, "forwarded": forwarded}
        for name, key in KEYS.items():
            assert decide_holder(chosen, key, **ways) == Holder(name, key.id, "Casa X")
        if audience == "public" or not on_this_machine:
            assert decide_holder(chosen, None, **ways) == Holder("public")
        elif local and not forwarded:
            assert decide_holder(chosen, None, **ways) == Holder(audience)
        else:
            with pytest.raises(MisdirectedError):
                decide_holder(chosen, None, **ways)


@pytest.mark.parametrize("url", ["https://maps.example.org", "http://10.0.0.5:8000/risk"])
def test_behind_a_proxy_everybody_is_public_without_a_key(url):
    """Some proxies (nginx as it comes) pass requests on as if they came from this machine."""
    ways = {"host_is_loopback": True, "forwarded": False}
    chosen = choose("restricted", url=url)
    assert decide_holder(chosen, None, **ways) == Holder("public")
    assert decide_holder(chosen, KEYS["partner"], **ways).audience == "partner"
    here = choose("restricted", url="http://localhost:8000")
    assert decide_holder(here, None, **ways) == Holder("restricted")


@pytest.mark.parametrize("name", ["forwarded", "x-forwarded-for", "x-forwarded-proto", "via",
                                  "x-forwarded-anything", "x-real-ip", "cf-connecting-ip"])
def test_a_proxy_is_noticed(name):
    assert is_passed_on([(b"host", b"localhost"), (name.encode(), b"")])


def test_metrics_are_for_this_machine_or_a_restricted_key():
    here = {"host_is_loopback": True, "forwarded": False}
    keyed = {name: Holder(name, key.id, "Casa X") for name, key in KEYS.items()}
    for audience in ("public", "partner", "restricted"):
        assert may_read_metrics(choose(audience), Holder(audience), **here)
    for ways in ({**here, "forwarded": True}, {**here, "host_is_loopback": False}):
        assert not may_read_metrics(choose(), Holder(), **ways)
        assert may_read_metrics(choose(), keyed["restricted"], **ways)
        assert not may_read_metrics(choose(), keyed["partner"], **ways)
    beyond, behind = choose(host="0.0.0.0"), choose(url="https://a.org")
    for chosen in (beyond, behind):
        assert not may_read_metrics(chosen, Holder(), **here)
        assert may_read_metrics(chosen, keyed["restricted"], **here)


def test_keys_in_clear_are_warned_about():
    beyond = choose(host="0.0.0.0")
    assert not find_warning(beyond, has_keys=False)
    assert "in clear" in find_warning(beyond, has_keys=True)
    assert "in clear" in find_warning(choose(host="10.0.0.5", url="http://a.org"), has_keys=True)
    assert not find_warning(choose(), has_keys=True)
    assert not find_warning(choose(host="10.0.0.5", url="https://a.org"), has_keys=True)
