"""Reports on disk: stored and forced there before anybody is told, decided once, then purged.

One SQLite file, ``reports.sqlite`` in the state folder, for all processes: one transaction a
report, written ahead and synced at every commit. It holds no word that a sender chose: places by
an id that a layer holds, or not at all; names of requests as keyed hashes.
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
from api.reports.file import BUSY_S, EDITION, FILE, clear_audit, cut_log, open_file, sweep
from api.reports.report import hash_report, name_known, read_stored, write_report
from api.reports.sealing import seal, seal_request
from layers.errors import CallError
from layers.store import sync_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from api.reports.report import Report

MOST_QUEUED, MOST_QUEUED_EACH = 10_000, 1_000
KEPT_DAYS, WAITING_DAYS = 30, 90
State = Literal["queued", "accepted", "rejected"]
_QUEUE_RETRY_S = 3600
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
    _pepper: bytes = field(repr=False)
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
        return cls(state / FILE, most_queued, most_queued_each, *open_file(state, busy_s=BUSY_S))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def __del__(self) -> None:
        """Close the file with the room that held it."""
        with suppress(sqlite3.Error):
            self._database.close()

    def add(
        self, report: Report, *, holder: str, key: str, now: dt.datetime,
        knows_place: Callable[[str], bool],
    ) -> Receipt:
        """Store a report; once this returns it is on disk.

        Parameters
        ----------
        holder : str
            Id of the sender's key; empty for this machine.
        key : str
            The sender's own name for the request. Without one, the same report of the same
            holder and day is one request.
        knows_place : callable
            Tells whether a layer holds an id. One that none holds may be any words, and is not
            kept; the sender is answered as for any other.

        Raises
        ------
        ConflictError
            If the key was used for another report.
        LimitedError
            If too many reports wait for a decision, or the file stays busy.
        """
        told, day = hash_report(report), now.date().isoformat()
        hashed = seal(self._pepper, told)
        # A letter first: no sender's word is ever what we chose for another request.
        request = seal_request(self._pepper, holder, f"k:{key}" if key else f"d:{day}:{told}")
        kept = name_known(report, knows_place)
        with self._writing() as database:
            found = database.execute("SELECT id, hash, state FROM reports WHERE holder = ? AND "
                                     "request = ?", (holder, request)).fetchone()
            if found is None:
                self._check_room(holder)
                id_ = f"{now:%Y%m%d}-{secrets.token_hex(6)}"
                database.execute(
                    "INSERT INTO reports (id, holder, request, hash, report, place_id, received)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (id_, holder, request, hashed, write_report(kept), kept.place_id, day))
                return Receipt(id_, "queued", replayed=False)
        if found[1] != hashed:
            raise ConflictError(
                "This Idempotency-Key was used for another report: choose a new one.")
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
        """Erase what was decided over 30 days ago or waits for over 90; returns the ids."""
        decided, received = ((today - dt.timedelta(days=days)).isoformat()
                             for days in (KEPT_DAYS, WAITING_DAYS))
        gone = self._erase("(state <> 'queued' AND decided < ?) OR (state = 'queued' AND "
                           "received < ?)", decided, received)
        with self._lock:
            # Where others are too busy the next to open the file clears it.
            (sweep if gone else cut_log)(self._database)
        return gone

    def forget(self, place_id: str) -> tuple[str, ...]:
        """Erase every report that names a place; returns their ids. `clear` the file then."""
        return self._erase("place_id = ?", place_id)

    def forget_report(self, id_: str) -> tuple[str, ...]:
        """Erase one report; returns its id. `clear` the file then."""
        return self._erase("id = ?", id_)

    def clear(self) -> None:
        """Clear the file of the traces of what was erased.

        Raises
        ------
        CallError
            If others keep it too busy.
        """
        with self._lock:
            if not sweep(self._database):
                raise CallError(f"{self.path}: reports are erased, but the file is too busy to be "
                                "cleared of their traces: do it again")

    def check_places(self, knows_place: Callable[[str], bool]) -> int:
        """Leave out places that no layer holds, once, in a file of an earlier version.

        Returns
        -------
        int
            How many reports named one.
        """
        if int(self._read("PRAGMA user_version")[0][0]) >= EDITION:
            return 0
        changed = [(one.id, after) for one in self.list_all()
                   if (after := name_known(one.report, knows_place)) != one.report]
        clear_audit(self.path.parent, knows_place)
        with self._writing() as database:
            database.executemany(
                "UPDATE reports SET report = ?, place_id = '' WHERE id = ?",
                [(write_report(after), id_) for id_, after in changed])
        with self._lock:
            # Only now is it over: a call that was cut off, or had to wait, is made again.
            if sweep(self._database):
                self._database.execute(f"PRAGMA user_version={EDITION}")
        return len(changed)

    def _erase(self, where: str, *values: str) -> tuple[str, ...]:
        if not self._read(f"SELECT 1 FROM reports WHERE {where} LIMIT 1", *values):  # noqa: S608 - our own words
            return ()
        with self._writing() as database:
            rows = database.execute(f"DELETE FROM reports WHERE {where} RETURNING id",  # noqa: S608 - as above
                                    values).fetchall()
        return tuple(sorted(row[0] for row in rows))

    def _check_room(self, holder: str) -> None:
        count = "SELECT count(*) FROM reports WHERE state = 'queued'"
        if self._database.execute(count).fetchone()[0] >= self.most_queued:
            raise LimitedError("Too many reports wait for review.", retry_after_s=_QUEUE_RETRY_S)
        each = self._database.execute(f"{count} AND holder = ?", (holder,)).fetchone()[0]
        if each >= self.most_queued_each:
            raise LimitedError("Too many of your reports wait for review.",
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
                raise LimitedError("Many reports are arriving just now: try again.") from error
            try:
                yield self._database
                self._database.execute("COMMIT")
            except sqlite3.Error as error:
                raise UnavailableError("Reports cannot be stored just now.") from error
            finally:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")


def _keep(row: tuple[str, ...]) -> Kept:
    id_, text, received, state, decided = row
    return Kept(id_, read_stored(text), received, cast("State", state), decided)
