"""The keeper of the door: follows ``current`` and the calendar, swaps between requests."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from api.room import Room
from layers.errors import NoSnapshotError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from georisk.doors import Door

LOG = logging.getLogger("georisk.api")
CHECK_EVERY_S = 1.0


class Keeper:
    """Holds the room that requests are answered from, and replaces it when it is outdated.

    Parameters
    ----------
    open_door : callable
        Opens the door as of a day: consent is judged by that day.
    read_day : callable
        The calendar; tests hold it still.

    Notes
    -----
    A new snapshot is looked for at most once a second, by one request; the others go on with the
    room they have. When the day changes everybody waits: yesterday's consent may have ended.
    Where nothing can be opened nothing is shown, since what was withdrawn must not live on here.
    """

    def __init__(
        self, open_door: Callable[[date], Door], *, read_day: Callable[[], date]
    ) -> None:
        self._open_door = open_door
        self._read_day = read_day
        self._lock = asyncio.Lock()
        self._day: date | None = None
        self._checked_s = float("-inf")
        self._room: Room | None = None

    async def enter(self) -> Room:
        """Return the room to answer one request from.

        Raises
        ------
        NoSnapshotError
            If there is no snapshot to open.
        """
        if self._read_day() != self._day:
            async with self._lock:
                if self._read_day() != self._day:
                    await run_in_threadpool(self.refresh)
        elif monotonic() - self._checked_s >= CHECK_EVERY_S and not self._lock.locked():
            async with self._lock:
                self._checked_s = monotonic()
                await run_in_threadpool(self.refresh)
        if self._room is None:
            raise NoSnapshotError("no snapshot is open; `georisk run` publishes one")
        return self._room

    def refresh(self) -> None:
        """Open what should be open now; without a snapshot, hold nothing."""
        day = self._read_day()
        room = self._room
        try:
            if room is None or day != self._day:
                room = Room(self._open_door(day))
            elif not room.door.is_current():
                room = Room(room.door.reopen())
        except NoSnapshotError:
            room = None
        if room is not self._room:
            LOG.info("snapshot %s", "closed" if room is None else room.door.run_id)
        self._room = room
        self._day = day
        self._checked_s = monotonic()
