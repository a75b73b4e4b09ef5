"""Databases that are their owner's alone."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


_AGAIN_S = 0.01


def write_ahead(database: sqlite3.Connection, *, busy_s: float) -> None:
    """Turn a database to a log written ahead, once others who do the same are done.

    Raises
    ------
    sqlite3.OperationalError
        If it is still locked after ``busy_s`` (SQLite itself does not wait here), or at once if
        it cannot be written at all.
    """
    until_s = monotonic() + busy_s
    while True:
        try:
            database.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > until_s:
                raise
            sleep(_AGAIN_S)
        else:
            return


def keep_private(path: Path) -> None:
    """Make a database its owner's alone before SQLite opens it: its log takes its mode.

    A file that is there is not opened for that. This process may have it open already, and to
    close a file drops every lock that the process holds on it (POSIX): SQLite in another process
    would then believe that nobody reads it, and remove the log that is being written here.

    Raises
    ------
    OSError
        If it can be neither made nor changed.

    References
    ----------
    SQLite, How To Corrupt An SQLite Database File, section 2.2.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     keep_private(Path(folder, "keys.sqlite"))
    ...     oct(Path(folder, "keys.sqlite").stat().st_mode & 0o777)
    '0o600'
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    for one in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with suppress(FileNotFoundError):
            if one.stat().st_mode & 0o077:
                one.chmod(0o600)
