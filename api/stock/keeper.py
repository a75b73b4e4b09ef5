"""The keeper of the doors: follows ``current`` and the calendar, swaps between requests."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from api.stock.room import Room
from layers.errors import NoSnapshotError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from georisk.doors import Door
    from layers.spec import Audience

LOG = logging.getLogger("georisk.api")
CHECK_EVERY_S = 1.0
# Whoever names a run that is not there cannot make us look more often than this.
AGAIN_S = 0.1
# A place that was closed must not live on because somebody keeps the server busy: threads of its
# own look for new runs, and who finds that nobody could look for so long waits.
PATIENCE_S = 5.0
BEFORE_S = 600.0
_THREADS = 3


@dataclass(frozen=True)
class Suite:
    """What requests of one audience are answered from.

    Attributes
    ----------
    day : date
        The day by which consent was judged.
    room : Room or None
        Of the run that is current; None without one.
    before : Room or None
        Of the run before it, for who is in the middle of its pages; for `BEFORE_S` at most.
    since_s : float
        When the current run was opened, on a clock that never goes back.
    """

    day: date
    room: Room | None
    before: Room | None = None
    since_s: float = 0.0

    def find(self, run_id: str) -> Room:
        """Return the room of a run, if it is one of the two; else the current one.

        Raises
        ------
        NoSnapshotError
            If there is none.
        """
        if self.room is None:
            raise NoSnapshotError("no snapshot is open; `georisk run` publishes one")
        if self.before is not None and self.before.door.run_id == run_id and self.keeps_before():
            return self.before
        return self.room

    def keeps_before(self) -> bool:
        """Whether pages of the run before are still answered."""
        return (self.before is not None and monotonic() - self.since_s < BEFORE_S
                and self.before.door.is_there())


class Keeper:
    """Holds the rooms that requests are answered from, and replaces what is outdated.

    Parameters
    ----------
    open_door : callable
        Opens the door of an audience as of a day: consent is judged by that day.
    read_day : callable
        The calendar; tests hold it still.
    tell_opened : callable, optional
        Told the audience whenever another snapshot is opened for it.
    prepare : callable, optional
        Given each room before anybody is answered from it.

    Notes
    -----
    A new snapshot is looked for at most once a second, by one request; the others go on with the
    room they have. When the day changes everybody waits: yesterday's consent may have ended.
    Where nothing can be opened nothing is shown, since what was withdrawn must not live on here.
    For the same reason the run before is let go when a new day begins, when its folder is gone,
    after ten minutes, and at once when any place that it shows is shown otherwise now.
    """

    def __init__(
        self, open_door: Callable[[Audience, date], Door], *, read_day: Callable[[], date],
        tell_opened: Callable[[str], None] = lambda _audience: None,
        prepare: Callable[[Room], None] = lambda _room: None,
    ) -> None:
        self._open_door = open_door
        self._prepare = prepare
        self._tell_opened = tell_opened
        self._read_day = read_day
        self._locks: dict[Audience, asyncio.Lock] = {}
        self._checked_s: dict[Audience, float] = {}
        self._looked_s: dict[Audience, float] = {}
        self._threads: CapacityLimiter | None = None
        self._suites: dict[Audience, Suite] = {}

    async def enter(self, audience: Audience, *, run_id: str = "") -> Suite:
        """Return what to answer one request from.

        Parameters
        ----------
        audience : {"public", "partner", "restricted"}
        run_id : str, optional
            Run that the request goes on in. One that is not known here yet is looked for at
            once: another process has opened it already, and led somebody on in it.
        """
        suite = await self._enter(audience)
        if suite.room is None or run_id <= suite.room.door.run_id:
            return suite
        async with self._locks.setdefault(audience, asyncio.Lock()):
            if monotonic() - self._looked_s[audience] >= AGAIN_S:
                await self._look(audience)
        return self._suites[audience]

    async def _enter(self, audience: Audience) -> Suite:
        suite = self._suites.get(audience)
        day = self._read_day()
        if suite is not None and suite.day == day \
                and monotonic() - self._checked_s[audience] < CHECK_EVERY_S:
            return suite
        lock = self._locks.setdefault(audience, asyncio.Lock())
        if suite is None or suite.day != day:
            async with lock:
                suite = self._suites.get(audience)
                if suite is None or suite.day != day:
                    await self._look(audience)
        elif not lock.locked() or monotonic() - self._looked_s[audience] > PATIENCE_S:
            async with lock:
                if monotonic() - self._looked_s[audience] >= CHECK_EVERY_S:
                    self._checked_s[audience] = monotonic()
                    await self._look(audience)
        return self._suites[audience]

    async def _look(self, audience: Audience) -> None:
        if self._threads is None:
            self._threads = CapacityLimiter(_THREADS)
        await run_sync(self.refresh, audience, limiter=self._threads)

    def refresh(self, audience: Audience) -> None:
        """Open what should be open now; without a snapshot, hold nothing."""
        suite, day = self._suites.get(audience), self._read_day()
        new = self._renew(suite, audience, day)
        if suite is None or new.room is not suite.room:
            run_id = "closed" if new.room is None else new.room.door.run_id
            LOG.info("snapshot %s (%s)", run_id, audience)
            self._tell_opened(audience)
        # In this order: who finds the suite of an audience, on the event loop, reads its times.
        self._checked_s[audience] = self._looked_s[audience] = monotonic()
        self._suites[audience] = new

    def _make_room(self, door: Door) -> Room:
        room = Room(door)
        self._prepare(room)
        return room

    def _renew(self, suite: Suite | None, audience: Audience, day: date) -> Suite:
        try:
            if suite is None or suite.room is None or suite.day != day:
                return Suite(day, self._make_room(self._open_door(audience, day)))
            if suite.room.door.is_current():
                return suite if suite.keeps_before() else replace(suite, before=None)
            room = self._make_room(suite.room.door.reopen())
        except NoSnapshotError as error:
            LOG.error("%s", error)  # noqa: TRY400 - where it was found says nothing more
            return Suite(day, None)
        kept = None if room.door.amends or shows_withdrawn(suite.room, room) else suite.room
        return Suite(day, room, kept, monotonic())


def shows_withdrawn(old: Room, new: Room) -> bool:
    """Tell whether a room shows anything that depends on somebody's word and is not shown now.

    Places are shown by consent; whatever of them a new run does not say any more, whichever way
    it was taken back, must be found nowhere.
    """
    judged = [name for name in old.collections
              if old.spec(name).row_rule or old.spec(name).role == "facility"]
    return any(
        name not in new.collections or not old.served(name).table.equals(new.served(name).table)
        or not old.served(name).ids.values.equals(new.served(name).ids.values)
        for name in judged
    )
