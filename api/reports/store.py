"""Reports on disk: stored and forced there before anybody is told, decided once, then purged.

One SQLite file, ``reports.sqlite`` in the state folder, for all processes: one transaction a
report, written ahead and synced at every commit.
"""

from __future__ import annotations

import datetime as dt
import secrets
import sqlite3
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Literal, cast

from api.errors import ConflictError, LimitedError, UnavailableError
from api.reports.report import hash_report, read_stored, write_report
from layers.errors import CallError
from layers.store import sync_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.reports.report import Report

FILE = "reports.sqlite"
MOST_QUEUED, MOST_QUEUED_EACH = 10_000, 1_000
KEPT_DAYS = 30
State = Literal["queued", "accepted", "rejected"]
_BUSY_S = 20.0
_QUEUE_RETRY_S = 3600
_TABLES = """
CREATE TABLE IF NOT EXISTS reports (
    id TEXT PRIMARY KEY, holder TEXT NOT NULL, request TEXT NOT NULL, hash TEXT NOT NULL,
    report TEXT NOT NULL, place_id TEXT NOT NULL, received TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued', decided TEXT NOT NULL DEFAULT '',
    UNIQUE (holder, request)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS queue ON reports (holder) WHERE state = 'queued';
"""
_COLUMNS = "id, report, received, state, decided"


@dataclass(frozen=True)
class Kept:
    """A stored report; days as ``YYYY-MM-DD`` (UTC)."""

    id: str
    report: Report
    received: str
    state: State
    decided: str


@dataclass(frozen=True)
class Receipt:
    """What a sender is told.

    Attributes
    ----------
    replayed : bool
        It had been stored before.
    """

    id: str
    state: State
    replayed: bool


@dataclass(frozen=True)
class Store:
    """The open file. May be shared by threads; a process that forks opens its own."""

    path: Path
    most_queued: int
    most_queued_each: int
    _database: sqlite3.Connection = field(repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @classmethod
    def open(
        cls, state: Path, *, most_queued: int = MOST_QUEUED,
        most_queued_each: int = MOST_QUEUED_EACH,
    ) -> Store:
        """Open the reports of a state folder, made where it is missing.

        Raises
        ------
        CallError
            If the file cannot be opened.
        """
        fresh = not state.is_dir()
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        state.chmod(0o700)
        if fresh:
            sync_file(state.parent)
        return cls(state / FILE, most_queued, most_queued_each, _connect(state / FILE))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def __del__(self) -> None:
        """Close the file with the room that held it."""
        with suppress(sqlite3.Error):
            self._database.close()

    def add(
        self, report: Report, *, holder: str, key: str, now: dt.datetime
    ) -> Receipt:
        """Store a report; once this returns it is on disk.

        Parameters
        ----------
        holder : str
            Id of the sender's key; empty for this machine.
        key : str
            The sender's own name for the request. Without one, the same report of the same
            holder and day is one request.

        Raises
        ------
        ConflictError
            If the key was used for another report.
        LimitedError
            If too many reports wait for a decision, or the file stays busy.
        """
        hashed, day = hash_report(report), now.date().isoformat()
        # A letter first: what senders choose can never be what we chose for another.
        request = f"k:{key}" if key else f"d:{day}:{hashed}"
        with self._writing() as database:
            found = database.execute("SELECT id, hash, state FROM reports WHERE holder = ? AND "
                                     "request = ?", (holder, request)).fetchone()
            if found is None:
                self._check_room(holder)
                id_ = f"{now:%Y%m%d}-{secrets.token_hex(6)}"
                database.execute(
                    "INSERT INTO reports (id, holder, request, hash, report, place_id, received)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (id_, holder, request, hashed, write_report(report), report.place_id, day))
                return Receipt(id_, "queued", replayed=False)
        if found[1] != hashed:
            raise ConflictError(
                "this Idempotency-Key was used for another report: choose a new one")
        return Receipt(found[0], found[2], replayed=True)

    def find_state(self, id_: str, *, holder: str) -> State | None:
        """State of a report, for its own holder alone; None for anybody else."""
        rows = self._read("SELECT state FROM reports WHERE id = ? AND holder = ?", id_, holder)
        return cast("State", rows[0][0]) if rows else None

    def find(self, id_: str) -> Kept:
        """Return a report, for review.

        Raises
        ------
        CallError
            If there is none by this id.
        """
        rows = self._read(f"SELECT {_COLUMNS} FROM reports WHERE id = ?", id_)  # noqa: S608 - our own names
        if not rows:
            raise CallError(f"no report {id_!r}; see `georisk reports list`")
        return _keep(rows[0])

    def list_all(self) -> list[Kept]:
        """All reports, by day received and id."""
        return [_keep(row) for row in self._read(
            f"SELECT {_COLUMNS} FROM reports ORDER BY received, id")]  # noqa: S608 - our own names

    def decide(self, id_: str, state: State, *, day: dt.date) -> bool:
        """Write a decision down; False if the same was decided before.

        Raises
        ------
        CallError
            If the opposite was decided, or there is no such report.
        """
        with self._writing() as database:
            count = database.execute(
                "UPDATE reports SET state = ?, decided = ? WHERE id = ? AND state = 'queued'",
                (state, day.isoformat(), id_)).rowcount
        if count:
            return True
        known = self.find(id_)
        if known.state != state:
            raise CallError(f"report {id_} was {known.state} on {known.decided}")
        return False

    def purge(self, today: dt.date) -> tuple[str, ...]:
        """Erase reports decided more than 30 days ago; returns their ids."""
        last = (today - dt.timedelta(days=KEPT_DAYS)).isoformat()
        return self._erase("state <> 'queued' AND decided < ?", last)

    def forget(self, place_id: str) -> tuple[str, ...]:
        """Erase every report that names a place; returns their ids."""
        return self._erase("place_id = ?", place_id)

    def forget_report(self, id_: str) -> tuple[str, ...]:
        """Erase one report; returns its id."""
        return self._erase("id = ?", id_)

    def _erase(self, where: str, value: str) -> tuple[str, ...]:
        if not self._read(f"SELECT 1 FROM reports WHERE {where} LIMIT 1", value):  # noqa: S608 - our own words
            return ()
        with self._writing() as database:
            rows = database.execute(f"DELETE FROM reports WHERE {where} RETURNING id",  # noqa: S608 - as above
                                    (value,)).fetchall()
        with self._lock:
            # The log written ahead still holds the rows until it is cut.
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return tuple(sorted(row[0] for row in rows))

    def _check_room(self, holder: str) -> None:
        count = "SELECT count(*) FROM reports WHERE state = 'queued'"
        if self._database.execute(count).fetchone()[0] >= self.most_queued:
            raise LimitedError("too many reports wait for review", retry_after_s=_QUEUE_RETRY_S)
        each = self._database.execute(f"{count} AND holder = ?", (holder,)).fetchone()[0]
        if each >= self.most_queued_each:
            raise LimitedError("too many of your reports wait for review",
                               retry_after_s=_QUEUE_RETRY_S)

    def _read(self, question: str, *values: str) -> list[tuple[str, ...]]:
        with self._lock:
            return self._database.execute(question, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone in this process and, by SQLite's lock, on this machine."""
        with self._lock:
            try:
                self._database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                raise LimitedError("many reports are arriving just now: try again") from error
            try:
                yield self._database
                self._database.execute("COMMIT")
            except sqlite3.Error as error:
                raise UnavailableError("reports cannot be stored just now") from error
            finally:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")


def _connect(path: Path) -> sqlite3.Connection:
    database = None
    try:
        database = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None,
                                   check_same_thread=False)
        # Deleted rows are overwritten, so that what was purged is not left in free pages.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            database.execute(f"PRAGMA {pragma}")
        database.executescript(_TABLES)
    except sqlite3.Error as error:
        if database is not None:
            database.close()
        raise CallError(f"{path}: reports cannot be stored: {error}") from error
    path.chmod(0o600)
    return database


def _keep(row: tuple[str, ...]) -> Kept:
    id_, text, received, state, decided = row
    return Kept(id_, read_stored(text), received, cast("State", state), decided)
