"""Keys and rings for tests, with a calendar and a clock that stand still."""

from __future__ import annotations

import datetime as dt

from api.keys.key import make_key
from api.keys.ring import KeyRing
from api.keys.store import add_key

DAY = dt.date(2026, 1, 10)


class Clock:
    def __init__(self, now_s=1000.0):
        self.now_s = now_s

    def __call__(self):
        return self.now_s


def keep_key(state, audience="partner", **terms):
    """A new key and the whole of it."""
    key = make_key(audience=audience, **{"holder": "Casa X", "created": DAY, **terms})
    return key, add_key(state, key)


def open_ring(state, *, day=DAY, clock=None):
    """A ring that looks at its files at every question, unless it has a clock."""
    if clock is None:
        ticks = iter(range(10**9))
        clock = lambda: float(next(ticks))  # noqa: E731
    return KeyRing(state, read_day=lambda: day, read_clock_s=clock)
