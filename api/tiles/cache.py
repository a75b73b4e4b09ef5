"""Tiles drawn lately, in bounded memory; one cache for each room, so none is ever outdated."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from api.tiles.encoding import Drawn

MAX_BYTES = 16 * 2**20
# What an entry costs beside its body: an empty tile is not free either.
_ENTRY_BYTES = 512


class TileCache:
    """The least recently asked go first when the bodies together grow too large.

    Examples
    --------
    >>> from api.tiles.encoding import Drawn
    >>> cache = TileCache(max_bytes=2000)
    >>> for n in range(3):
    ...     _ = cache.find(n, lambda: Drawn(bytes(300), 1))
    >>> len(cache)
    2
    """

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._held: OrderedDict[Hashable, Drawn] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._held)

    def find(self, key: Hashable, draw: Callable[[], Drawn]) -> Drawn:
        """Return the tile held under a key, drawing it if need be."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        drawn = draw()
        with self._lock:
            if key not in self._held:
                self._held[key] = drawn
                self._bytes += len(drawn.body) + _ENTRY_BYTES
            while self._bytes > self._max_bytes and len(self._held) > 1:
                _, gone = self._held.popitem(last=False)
                self._bytes -= len(gone.body) + _ENTRY_BYTES
        return drawn
