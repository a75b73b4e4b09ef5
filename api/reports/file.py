"""The file of reports: opened, brought up to date, and cleared of what was erased in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from api.logs.audit import FILE as AUDIT_FILE
from api.logs.audit import open_log
from api.private import keep_private, write_ahead
from api.reports.sealing import keep_pepper, seal, seal_request
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILE = "reports.sqlite"
# 1: what senders chose is sealed; 2: places that no layer holds are not named.
SEALED, EDITION = 1, 2
BUSY_S = 20.0
_TABLES = ("""
CREATE TABLE IF NOT EXISTS reports (
    id TEXT PRIMARY KEY, holder TEXT NOT NULL, request TEXT NOT NULL, hash TEXT NOT NULL,
    report TEXT NOT NULL, place_id TEXT NOT NULL, received TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued', decided TEXT NOT NULL DEFAULT '',
    UNIQUE (holder, request)
) WITHOUT ROWID
""", "CREATE INDEX IF NOT EXISTS queue ON reports (holder) WHERE state = 'queued'")
# Deleted rows are overwritten at once; nothing goes to a temporary file outside the folder.
_PRAGMAS = ("synchronous=FULL", "secure_delete=ON", "temp_store=MEMORY")


def open_file(state: Path, *, busy_s: float) -> tuple[sqlite3.Connection, bytes]:
    """Open the reports of a folder and their pepper; both are made where they are missing.

    Raises
    ------
    CallError
        If the file cannot be opened, or is of a later version.
    """
    path, database = state / FILE, None
    try:
        keep_private(path)
        database = sqlite3.connect(path, timeout=busy_s, isolation_level=None,
                                   check_same_thread=False)
        write_ahead(database, busy_s=busy_s)
        for pragma in _PRAGMAS:
            database.execute(f"PRAGMA {pragma}")
        pepper = _update(database, state)
    except (sqlite3.Error, OSError, CallError) as error:
        if database is not None:
            database.close()
        if isinstance(error, CallError):
            raise
        raise CallError(f"{path}: reports cannot be stored: {error}") from error
    return database, pepper


def sweep(database: sqlite3.Connection) -> bool:
    """Write the file anew and cut its log; False where others are too busy to let that happen.

    Overwriting leaves traces where pages were split, and the log written ahead holds all until
    it is cut.
    """
    try:
        database.execute("VACUUM")
        return cut_log(database)
    except sqlite3.OperationalError:
        return False


def cut_log(database: sqlite3.Connection) -> bool:
    """Cut the log written ahead; False where others are reading it."""
    with suppress(sqlite3.OperationalError):
        return not database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return False


def clear_audit(state: Path, knows_place: Callable[[str], bool]) -> None:
    """Take out of audit lines about reports what names no place: once it could be any words.

    Raises
    ------
    CallError
        If the log cannot be written.
    """
    if not (state / AUDIT_FILE).is_file():
        return
    try:
        with closing(open_log(state)) as database:
            lines = database.execute("SELECT rowid, purpose FROM audit WHERE action LIKE "
                                     "'reports %'").fetchall()
            left = [(_leave_out(purpose, knows_place), row) for row, purpose in lines]
            changed = [one for one, (_, was) in zip(left, lines, strict=True) if one[0] != was]
            if changed:
                database.execute("PRAGMA secure_delete=ON")
                with database:
                    database.executemany("UPDATE audit SET purpose = ? WHERE rowid = ?", changed)
                sweep(database)
    except (sqlite3.Error, OSError) as error:
        raise CallError(f"{state / AUDIT_FILE}: the audit log cannot be written: {error}"
                        ) from error


def _leave_out(purpose: str, knows_place: Callable[[str], bool]) -> str:
    """Purpose without its place, unless that is known: ``STATUS day place``.

    Examples
    --------
    >>> _leave_out("incident wat 2026-01-05 ana-555", lambda _: False)
    'incident wat 2026-01-05'
    """
    words = purpose.split()
    told = 3 if words[:1] == ["incident"] else 2
    return purpose if all(map(knows_place, words[told:])) else " ".join(words[:told])


def _update(database: sqlite3.Connection, state: Path) -> bytes:
    """Make the tables, or seal what an earlier version left readable; returns the pepper."""
    database.execute("BEGIN IMMEDIATE")
    try:
        edition = int(database.execute("PRAGMA user_version").fetchone()[0])
        if edition > EDITION:
            raise CallError(f"{state / FILE}: written by a later version of georisk")
        pepper = keep_pepper(state)
        fresh = not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        for words in _TABLES:
            database.execute(words)
        if edition < SEALED:
            rows = database.execute("SELECT id, holder, request, hash FROM reports").fetchall()
            database.executemany("UPDATE reports SET request = ?, hash = ? WHERE id = ?", [
                (seal_request(pepper, holder, request), seal(pepper, hashed), id_)
                for id_, holder, request, hashed in rows])
            database.execute(f"PRAGMA user_version={EDITION if fresh else SEALED}")
        database.execute("COMMIT")
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")
    if edition < SEALED and not fresh:
        sweep(database)
    return pepper
