"""Who asked for more than public, and why: kept with the study, never with coordinates."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from layers.errors import CallError

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = """
CREATE TABLE IF NOT EXISTS audit (
    at TEXT NOT NULL, action TEXT NOT NULL, audience TEXT NOT NULL,
    purpose TEXT NOT NULL, run_id TEXT NOT NULL, holder TEXT NOT NULL DEFAULT ''
)
"""
_MAX_PURPOSE = 500


def record(
    state: Path, *, action: str, audience: str, purpose: str, run_id: str, holder: str = ""
) -> None:
    """Write one line to the audit log and wait until it is on disk.

    Raises
    ------
    CallError
        If the log cannot be written: without it nothing more than public is given out.
    """
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    state.chmod(0o700)
    now = dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds")
    line = (now, action, audience, purpose[:_MAX_PURPOSE], run_id, holder[:_MAX_PURPOSE])
    try:
        _append(state / "audit.sqlite", line)
    except sqlite3.Error as error:
        raise CallError(f"{state / 'audit.sqlite'}: the audit log cannot be written: {error}"
                        ) from error


def read_log(state: Path) -> list[tuple[str, str, str, str, str, str]]:
    """All lines, oldest first: time, action, audience, purpose, run, holder."""
    if not (state / "audit.sqlite").is_file():
        return []
    with closing(sqlite3.connect(state / "audit.sqlite")) as database, database:
        _add_holder(database)
        return list(database.execute(
            "SELECT at, action, audience, purpose, run_id, holder FROM audit"))


def _append(path: Path, line: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(path, timeout=10)) as database, database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute(_TABLE)
        _add_holder(database)
        database.execute(
            "INSERT INTO audit (at, action, audience, purpose, run_id, holder)"
            " VALUES (?, ?, ?, ?, ?, ?)", line)


def _add_holder(database: sqlite3.Connection) -> None:
    """Logs that were begun before holders were kept have no column for them."""
    columns = {row[1] for row in database.execute("PRAGMA table_info(audit)")}
    if "holder" not in columns:
        # Another process may add it in the same moment; a real refusal shows at the next word.
        with suppress(sqlite3.OperationalError):
            database.execute("ALTER TABLE audit ADD COLUMN holder TEXT NOT NULL DEFAULT ''")
