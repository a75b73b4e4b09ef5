"""Buckets: a minute's worth at once, then evenly; the same for all workers."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from key_rings import Clock
from surroundings import ROOT

from api.keys.key import Key
from api.keys.limits import BUCKETS, RateLimiter

DAY = dt.date(2026, 1, 10)


def make(number=1, rate=60):
    return Key("a" * 10, "partner", "Casa X", DAY, DAY, rate, number)


def test_by_hand():
    """Three a minute: three at once, then one every 20 s; what was refused does not count."""
    clock = Clock()
    limiter, key = RateLimiter(read_clock_s=clock), make(rate=3)
    assert [limiter.take(key) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert limiter.take(key) == pytest.approx(20)
    clock.now_s += 15
    assert limiter.take(key) == pytest.approx(5)
    clock.now_s += 5
    assert limiter.take(key) == 0.0
    assert limiter.take(key) == pytest.approx(20)
    clock.now_s += 3600
    assert [limiter.take(key) > 0 for _ in range(4)] == [False, False, False, True]


@given(st.integers(1, 600), st.lists(st.integers(0, 5000), max_size=80))
def test_it_is_a_token_bucket(rate, pauses_ms):
    """Against the textbook: tokens counted as exact fractions."""
    clock = Clock(0.0)
    limiter, key = RateLimiter(read_clock_s=clock), make(rate=rate)
    tokens, now_ms = Fraction(rate), 0
    for pause_ms in pauses_ms:
        now_ms += pause_ms
        clock.now_s = now_ms / 1000
        tokens = min(Fraction(rate), tokens + Fraction(pause_ms * rate, 60_000))
        wait_s = limiter.take(key)
        if tokens >= 1:
            assert wait_s == 0.0
            tokens -= 1
        else:
            assert wait_s == pytest.approx(float((1 - tokens) * 60 / rate), abs=1e-6)


def test_keys_do_not_share_and_memory_is_bounded():
    limiter = RateLimiter(read_clock_s=Clock())
    assert limiter.take(make(1, 1)) == 0.0
    assert limiter.take(make(2, 1)) == 0.0
    assert limiter.take_failure() == 0.0
    assert limiter.take(make(1, 1)) > 0
    assert limiter.take(make(BUCKETS - 1, 1)) == 0.0
    # The bucket of key 1 again, never that of failures.
    assert limiter.take(make(BUCKETS, 1)) == pytest.approx(60)
    assert len(limiter._full_at_s) == BUCKETS


def test_workers_share_their_buckets(tmp_path):
    path = tmp_path / "limits"
    code = (
        "import sys, pathlib, datetime as dt\n"
        "from api.keys.key import Key\n"
        "from api.keys.limits import RateLimiter\n"
        "day = dt.date(2026, 1, 10)\n"
        "key = Key('a' * 10, 'partner', 'Casa X', day, day, 40, 1)\n"
        "limiter = RateLimiter(pathlib.Path(sys.argv[1]))\n"
        "print(sum(limiter.take(key) == 0 for _ in range(30)))\n")
    told = [int(subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, check=True,
                               capture_output=True, text=True).stdout) for _ in range(2)]
    assert told[0] == 30
    assert 10 <= told[1] <= 12  # one comes back every 1.5 s
    assert path.stat().st_mode & 0o777 == 0o600
