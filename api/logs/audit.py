"""Who asked for more than public, and why: kept with the study, never with coordinates."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from api.private import keep_private, write_ahead
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FILE = "audit.sqlite"
_TABLE = """
CREATE TABLE IF NOT EXISTS audit (
    at TEXT NOT NULL, action TEXT NOT NULL, audience TEXT NOT NULL,
    purpose TEXT NOT NULL, run_id TEXT NOT NULL, holder TEXT NOT NULL DEFAULT '',
    key_id TEXT NOT NULL DEFAULT '', status INTEGER NOT NULL DEFAULT 0
)
"""
# Columns that logs begun by earlier versions have not: a log is carried on, never begun anew.
_ADDED = {
    "holder": "TEXT NOT NULL DEFAULT ''",
    "key_id": "TEXT NOT NULL DEFAULT ''",
    "status": "INTEGER NOT NULL DEFAULT 0",
}
_MAX_PURPOSE = 500
_BUSY_S = 10


def record(
    state: Path, *, action: str, audience: str, purpose: str, run_id: str, holder: str = ""
) -> None:
    """Write one line to the audit log and wait until it is on disk.

    Raises
    ------
    CallError
        If the log cannot be written: without it nothing more than public is given out.
    """
    now = dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds")
    line = (now, action, audience, purpose[:_MAX_PURPOSE], run_id, holder[:_MAX_PURPOSE], "", 0)
    try:
        with closing(open_log(state)) as database:
            append_lines(database, [line])
    except sqlite3.Error as error:
        raise CallError(f"{state / FILE}: the audit log cannot be written: {error}") from error


def read_log(state: Path) -> list[tuple[str, str, str, str, str, str]]:
    """All lines, oldest first: time, action, audience, purpose, run, holder."""
    if not (state / FILE).is_file():
        return []
    with closing(open_log(state)) as database:
        return list(database.execute(
            "SELECT at, action, audience, purpose, run_id, holder FROM audit ORDER BY rowid"))


def find_last_uses(state: Path) -> dict[str, str]:
    """When each key was answered last (UTC), by its id; keys never used are not there."""
    if not (state / FILE).is_file():
        return {}
    with closing(open_log(state)) as database:
        return dict(database.execute(
            "SELECT key_id, max(at) FROM audit WHERE key_id != '' GROUP BY key_id"))


def open_log(state: Path) -> sqlite3.Connection:
    """Open the log for writing; made if it is not there, with columns added that it lacks.

    Raises
    ------
    OSError, sqlite3.Error
        If it cannot be opened.
    """
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    state.chmod(0o700)
    path = state / FILE
    keep_private(path)
    database = sqlite3.connect(path, timeout=_BUSY_S, check_same_thread=False)
    try:
        write_ahead(database, busy_s=_BUSY_S)
        database.execute("PRAGMA synchronous=FULL")
        database.execute(_TABLE)
        _add_columns(database)
    except BaseException:
        database.close()
        raise
    return database


def append_lines(database: sqlite3.Connection, lines: Sequence[tuple[str | int, ...]]) -> None:
    """Write lines in one transaction; on disk when this returns.

    Parameters
    ----------
    database : Connection
        From `open_log`.
    lines : sequence of tuple
        Time, action, audience, purpose, run, holder, id of the key, status of the answer (0 for
        a command).

    Raises
    ------
    sqlite3.Error
        If that fails; then none of them is written.
    """
    with database:
        database.executemany(
            "INSERT INTO audit (at, action, audience, purpose, run_id, holder, key_id, status)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)", lines)


def _add_columns(database: sqlite3.Connection) -> None:
    there = {row[1] for row in database.execute("PRAGMA table_info(audit)")}
    for name, kind in _ADDED.items():
        if name not in there:
            # Another process may add it in the same moment; a real refusal shows at the next word.
            with suppress(sqlite3.OperationalError):
                database.execute(f"ALTER TABLE audit ADD COLUMN {name} {kind}")
