"""The ring: which keys open now. Asked at every request, read from disk when they change."""

from __future__ import annotations

import datetime as dt
import hmac
import threading
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from api.keys.key import DIGEST_BYTES, PEPPER_BYTES, SALT_BYTES, TOKEN, Key, hash_token
from api.keys.store import (
    FILE,
    PEPPER_FILE,
    KeyFileError,
    Sealed,
    connect_keys,
    read_keys,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from layers.spec import Audience

CHECK_EVERY_S = 1.0
_NOBODY = Sealed(Key("", "public", "", dt.date.max, dt.date.min), bytes(SALT_BYTES),
                 bytes(DIGEST_BYTES))
_NO_PEPPER = bytes(PEPPER_BYTES)


def read_utc_day() -> dt.date:
    """Return the day it is (UTC)."""
    return dt.datetime.now(tz=dt.UTC).date()


class KeyRing:
    """The keys of a study, as they stand.

    Parameters
    ----------
    state : Path
        Folder of the study's state.
    read_day : callable
        The calendar (UTC): a key that ended yesterday opens nothing.
    read_clock_s : callable
        A clock that never goes back, in seconds.

    Notes
    -----
    At most once a second one request looks whether the files changed (three `stat` and SQLite's
    ``data_version``) and reads them again if so: a key that is revoked opens nothing from a second
    later on, in every process. In between nothing is read. Where the files cannot be read no key
    is valid until they can.
    """

    def __init__(
        self, state: Path, *, read_day: Callable[[], dt.date] = read_utc_day,
        read_clock_s: Callable[[], float] = monotonic,
    ) -> None:
        self._state = state
        self._read_day = read_day
        self._read_clock_s = read_clock_s
        self._lock = threading.Lock()
        self._due_s = float("-inf")
        self._marks: tuple[object, ...] | None = None
        self._version: int | None = None
        self._database: sqlite3.Connection | None = None
        self._held: tuple[dict[str, Sealed], bytes] | None = None

    def find(self, token: str) -> Key | None:
        """Find the key that somebody shows; None if it opens nothing.

        A key that is unknown, ended or revoked takes the same steps as one that opens.

        Raises
        ------
        KeyFileError
            If the keys cannot be read.
        """
        sealed_keys, pepper = self._look()
        written = TOKEN.fullmatch(token)
        sealed = sealed_keys.get(written[1] if written else "", _NOBODY)
        shown = hash_token(token, salt=sealed.salt, pepper=pepper)
        proven = hmac.compare_digest(shown, sealed.digest)
        live = sealed.key.is_live(self._read_day())
        return sealed.key if proven and live and sealed is not _NOBODY else None

    def has_live_keys(self, audience: Audience) -> bool:
        """Tell whether any key opens for an audience today.

        Raises
        ------
        KeyFileError
            If the keys cannot be read.
        """
        day = self._read_day()
        sealed_keys, _ = self._look()
        return any(s.key.audience == audience and s.key.is_live(day) for s in sealed_keys.values())

    def close(self) -> None:
        """Let go of the files; the next question opens them again."""
        with self._lock:
            self._forget()
            self._due_s = float("-inf")

    def _look(self) -> tuple[dict[str, Sealed], bytes]:
        now_s = self._read_clock_s()
        if now_s >= self._due_s and self._lock.acquire(blocking=self._held is None):
            try:
                if now_s >= self._due_s:
                    self._refresh()
                    self._due_s = now_s + CHECK_EVERY_S
            finally:
                self._lock.release()
        held = self._held
        if held is None:
            raise KeyFileError("the keys cannot be read: `georisk key list` says why")
        return held

    def _refresh(self) -> None:
        try:
            # Marked before reading: what changes meanwhile is seen at the next look.
            marks = (_mark(self._state / FILE), _mark(self._state / PEPPER_FILE))
            if marks != self._marks:
                # What is held stays until the new is read: others ask meanwhile.
                self._disconnect()
                self._database = None if marks[0] is None else connect_keys(self._state)
                self._marks = marks
            self._read()
        except KeyFileError:
            self._forget()
        except Exception:
            self._forget()
            raise

    def _read(self) -> None:
        database = self._database
        if database is None:
            self._held = ({}, _NO_PEPPER)
            return
        version = _find_version(database)
        if version != self._version or self._held is None:
            kept, pepper = read_keys(self._state, database)
            self._held = ({sealed.key.id: sealed for sealed in kept}, pepper)
            self._version = version

    def _forget(self) -> None:
        self._disconnect()
        self._held = None

    def _disconnect(self) -> None:
        if self._database is not None:
            with suppress(Exception):
                self._database.close()
        self._database = self._marks = self._version = None


def _mark(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _find_version(database: sqlite3.Connection) -> int:
    import sqlite3

    try:
        (version,) = database.execute("PRAGMA data_version").fetchone()
    except sqlite3.Error as error:
        raise KeyFileError(f"the keys cannot be read: {error}") from error
    return int(version)
