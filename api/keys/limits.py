"""How often a key may ask: a token bucket for each, shared by all workers."""

from __future__ import annotations

import mmap
import os
from array import array
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from api.keys.key import Key

FAILURES_PER_MINUTE = 60
BUCKETS = 65_536
_DOUBLE_BYTES = 8
_FAILURES = 0


class RateLimiter:
    """Buckets that fill evenly: a key may make its requests of a minute at once, then wait.

    Parameters
    ----------
    path : Path, optional
        File that several workers share; without it the buckets are this process's own.
    read_clock_s : callable
        A clock that never goes back and that is the same for all workers, in seconds.

    Notes
    -----
    A bucket is one number: the moment at which it will be full again (the generic cell rate
    algorithm). All of them take 512 KB, however many keys there are; keys 65,535 apart in the
    order of their making share one. Workers that ask in the same microsecond may both be let
    in: a limit is passed by a handful at most.

    References
    ----------
    ITU-T I.371, annex A: the virtual scheduling form of the generic cell rate algorithm.
    """

    def __init__(
        self, path: Path | None = None, *, read_clock_s: Callable[[], float] = monotonic
    ) -> None:
        self._read_clock_s = read_clock_s
        self._full_at_s: array[float] | memoryview[float] = (
            array("d", bytes(BUCKETS * _DOUBLE_BYTES)) if path is None else _share_buckets(path))

    def take(self, key: Key) -> float:
        """Count one request of a key.

        Returns
        -------
        float
            0 if it may pass, else seconds until one may; then it was not counted.
        """
        return self._take(1 + (key.number - 1) % (BUCKETS - 1), key.rate_per_minute)

    def take_failure(self) -> float:
        """Count one attempt with a key that opens nothing: 0, or seconds until the next.

        Only such attempts wait: a key that opens is never held up by what others try.
        """
        return self._take(_FAILURES, FAILURES_PER_MINUTE)

    def _take(self, number: int, rate_per_minute: int) -> float:
        now_s = self._read_clock_s()
        every_s = 60 / rate_per_minute
        full_at_s = max(self._full_at_s[number], now_s)
        # A bucket holds a minute's worth; one request makes it full `every_s` later.
        wait_s = full_at_s + every_s - now_s - 60
        if wait_s > 1e-6:  # noqa: PLR2004 - below what sums of doubles can tell
            return wait_s
        self._full_at_s[number] = full_at_s + every_s
        return 0.0


def _share_buckets(path: Path) -> memoryview[float]:
    """Map a file of zeros into memory; whoever comes first makes it."""
    file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        os.ftruncate(file, BUCKETS * _DOUBLE_BYTES)
        return memoryview(mmap.mmap(file, BUCKETS * _DOUBLE_BYTES)).cast("d")
    finally:
        os.close(file)
