"""The audit trail of a server: a line for each answer that is not public, soon on disk."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections import deque
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from api.logs.access_log import name_method
from api.logs.audit import FILE, append_lines, open_log

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from api.keys.holders import Holder

LOG = logging.getLogger("georisk.api")
FLUSH_EVERY_S = 0.25
BATCH = 256
MOST_WAITING = 8192
_JOIN_S = 10


class Answered(NamedTuple):
    """One answer that was not public; never its path, query or address."""

    at_s: float
    route: str
    method: str
    status: int
    audience: str
    key_id: str
    holder: str
    run_id: str


class AuditTrail:
    """Takes lines at once, writes them from a thread of its own.

    Parameters
    ----------
    state : Path
        Folder of the study's state.
    read_time_s : callable
        Seconds since 1970 (UTC).

    Attributes
    ----------
    lost : int
        Lines that found no place any more, because answers were given though `healthy` was False.

    Notes
    -----
    Lines are on disk (one transaction, ``synchronous=FULL``) within a quarter of a second, or when
    256 wait; a server that is killed may lose those of its last quarter second, one that is
    stopped loses none. Where they cannot be written they wait, `healthy` is False, and the server
    has to refuse what is not public until it is True again.
    """

    def __init__(self, state: Path, *, read_time_s: Callable[[], float] = time.time) -> None:
        self._state = state
        self._read_time_s = read_time_s
        self._waiting: deque[Answered] = deque()
        self._wake = threading.Event()
        self._stopping = False
        self._well = False
        self._thread: threading.Thread | None = None
        self._database: sqlite3.Connection | None = None
        self._inode = 0
        self.lost = 0

    def start(self) -> None:
        """Begin to write. Raises nothing: whether lines can be written shows in `healthy`."""
        self._stopping = False
        self._flush()
        self._thread = threading.Thread(target=self._keep_writing, name="audit", daemon=True)
        self._thread.start()

    @property
    def healthy(self) -> bool:
        """Whether answers that are not public may be given."""
        thread = self._thread
        return (self._well and len(self._waiting) < MOST_WAITING
                and thread is not None and thread.is_alive())

    def write(self, route: str, method: str, status: int, holder: Holder, run_id: str) -> None:
        """Add the line of one answer; it is on disk soon after."""
        waiting = self._waiting
        if len(waiting) >= 2 * MOST_WAITING:
            self.lost += 1
            return
        waiting.append(Answered(self._read_time_s(), route, name_method(method), status,
                                holder.audience, holder.key_id, holder.name, run_id))
        if len(waiting) >= BATCH and not self._wake.is_set():
            self._wake.set()

    def close(self) -> None:
        """Write what waits, and stop."""
        thread, self._thread = self._thread, None
        self._stopping = True
        self._wake.set()
        if thread is not None:
            thread.join(timeout=_JOIN_S)
        if self._waiting or self.lost:
            LOG.error("audit: %d lines were not written", len(self._waiting) + self.lost)

    def _keep_writing(self) -> None:
        while not self._stopping:
            if self._wake.wait(FLUSH_EVERY_S) and not (self._well or self._stopping):
                # What cannot be written is tried again at this pace, however many wait.
                time.sleep(FLUSH_EVERY_S)
            self._wake.clear()
            self._flush()
        self._flush()
        self._disconnect()

    def _flush(self) -> None:
        """Write all that waits; lines leave the queue only when they are on disk."""
        try:
            while self._waiting or not self._well:
                lines = tuple(islice(self._waiting.copy(), 4 * BATCH))
                append_lines(self._connect(), [_spell_line(line) for line in lines])
                for _ in lines:
                    self._waiting.popleft()
                self._tell_health(well=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing more may be shown
            self._disconnect()
            self._tell_health(well=False, why=type(error).__name__)

    def _connect(self) -> sqlite3.Connection:
        """Open the log, and anew if its file was moved or replaced meanwhile."""
        with suppress(FileNotFoundError):
            if self._database is not None and (self._state / FILE).stat().st_ino == self._inode:
                return self._database
        self._disconnect()
        self._database = open_log(self._state)
        self._inode = (self._state / FILE).stat().st_ino
        return self._database

    def _disconnect(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            with suppress(Exception):
                database.close()

    def _tell_health(self, *, well: bool, why: str = "") -> None:
        if not well and (self._well or self._thread is None):
            LOG.error("the audit log cannot be written (%s): only public answers are given", why)
        if well and not self._well and self._thread is not None:
            LOG.error("the audit log is written again")
        self._well = well


def _spell_line(line: Answered) -> tuple[str | int, ...]:
    at = dt.datetime.fromtimestamp(line.at_s, tz=dt.UTC).isoformat(timespec="seconds")
    return (at, f"{line.method} {line.route}", line.audience, "", line.run_id, line.holder,
            line.key_id, line.status)
