"""Who asked for more than public, and why: kept with the study, never with coordinates."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = """
CREATE TABLE IF NOT EXISTS audit (
    at TEXT NOT NULL, action TEXT NOT NULL, audience TEXT NOT NULL,
    purpose TEXT NOT NULL, run_id TEXT NOT NULL
)
"""
_MAX_PURPOSE = 500


def record(state: Path, *, action: str, audience: str, purpose: str, run_id: str) -> None:
    """Write one line to the audit log and wait until it is on disk."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    state.chmod(0o700)
    now = dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds")
    with closing(sqlite3.connect(state / "audit.sqlite", timeout=10)) as database, database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute(_TABLE)
        database.execute(
            "INSERT INTO audit VALUES (?, ?, ?, ?, ?)",
            (now, action, audience, purpose[:_MAX_PURPOSE], run_id),
        )


def read_log(state: Path) -> list[tuple[str, str, str, str, str]]:
    """All lines, oldest first: time, action, audience, purpose, run."""
    if not (state / "audit.sqlite").is_file():
        return []
    with closing(sqlite3.connect(state / "audit.sqlite")) as database:
        return list(database.execute("SELECT at, action, audience, purpose, run_id FROM audit"))
