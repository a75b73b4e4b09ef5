"""Where keys are kept: a small database beside the audit log, without any secret."""

from __future__ import annotations

import datetime as dt
import hmac
import os
import secrets
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from api.keys.key import (
    DIGEST_BYTES,
    ID,
    OPENED,
    PEPPER_BYTES,
    SALT_BYTES,
    Key,
    draw_token,
    hash_token,
    seal_terms,
)
from api.private import keep_private, write_ahead
from layers.errors import CallError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE, PEPPER_FILE = "keys.sqlite", "keys.pepper"
_EDITION = 1
_BUSY_S = 10
_TABLE = """
CREATE TABLE IF NOT EXISTS keys (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    audience TEXT NOT NULL, holder TEXT NOT NULL, created TEXT NOT NULL, expires TEXT NOT NULL,
    rate_per_minute INTEGER NOT NULL, salt BLOB NOT NULL, digest BLOB NOT NULL,
    revoked TEXT NOT NULL, seal BLOB NOT NULL
)
"""
_COLUMNS = ("number, id, audience, holder, created, expires, rate_per_minute, salt, digest, "
            "revoked, seal")


class KeyFileError(InputError):
    """The keys cannot be read or written: until they can, no key is valid."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A key as it is kept."""

    key: Key
    salt: bytes
    digest: bytes


def add_key(state: Path, key: Key) -> str:
    """Keep a new key and return the whole of it: it can never be shown again.

    Parameters
    ----------
    state : Path
        Folder of the study's state; made with mode 0700.
    key : Key
        Its terms, from `api.keys.key.make_key`.

    Raises
    ------
    KeyFileError
        If the key cannot be kept for good.
    """
    token = draw_token(key)
    salt = secrets.token_bytes(SALT_BYTES)
    with _open_to_write(state) as database:
        pepper = _keep_pepper(state, database)
        digest = hash_token(token, salt=salt, pepper=pepper)
        database.execute(
            f"INSERT INTO keys ({_COLUMNS}) VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (key.id, key.audience, key.holder, key.created.isoformat(), key.expires.isoformat(),
             key.rate_per_minute, salt, digest, key.revoked,
             seal_terms(key, salt=salt, digest=digest, pepper=pepper)))
    return token


def revoke_key(state: Path, id_: str, *, now: dt.datetime) -> Key:
    """Revoke a key for good; one that is revoked already stays as it is.

    Returns
    -------
    Key
        As it was before: its ``revoked`` is empty if it was revoked by this call.

    Raises
    ------
    CallError
        If there is no such key.
    KeyFileError
        If that cannot be written.
    """
    unknown = CallError(f"there is no key {id_}: `georisk key list` shows those there are")
    if not (state / FILE).is_file():
        raise unknown
    with _open_to_write(state) as database:
        known = {sealed.key.id: sealed for sealed in read_keys(state, database)[0]}
        if id_ not in known:
            raise unknown
        sealed = known[id_]
        if not sealed.key.revoked:
            at = now.astimezone(dt.UTC).isoformat(timespec="seconds")
            seal = seal_terms(replace(sealed.key, revoked=at), salt=sealed.salt,
                              digest=sealed.digest, pepper=read_pepper(state))
            database.execute("UPDATE keys SET revoked = ?, seal = ? WHERE id = ?", (at, seal, id_))
        return sealed.key


def list_keys(state: Path) -> tuple[Key, ...]:
    """All keys there ever were, in the order in which they were made.

    Raises
    ------
    KeyFileError
        If they cannot be read.
    """
    if not (state / FILE).exists():
        return ()
    with closing(connect_keys(state)) as database:
        return tuple(sealed.key for sealed in read_keys(state, database)[0])


def connect_keys(state: Path) -> sqlite3.Connection:
    """Open the keys for reading; a file that is not there is not made.

    Raises
    ------
    KeyFileError
        If they cannot be opened.
    """
    path = state / FILE
    with _telling(path):
        database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=1,
                                   check_same_thread=False)
        try:
            database.execute("PRAGMA query_only=1")
        except sqlite3.Error:
            database.close()
            raise
        return database


def read_keys(
    state: Path, database: sqlite3.Connection
) -> tuple[tuple[Sealed, ...], bytes]:
    """Read every key, or none: a file with one damaged row is a damaged file.

    Returns
    -------
    tuple of Sealed, bytes
        The keys in the order of their making, and the pepper; zeros before the first key.

    Raises
    ------
    KeyFileError
        Saying what is wrong.
    """
    path = state / FILE
    with _telling(path):
        _check_edition(path, database)
        (health,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if health != "ok":
            raise KeyFileError(_tell_damage(path, "the database is damaged"))
        rows = database.execute(f"SELECT {_COLUMNS} FROM keys ORDER BY number").fetchall()  # noqa: S608
    pepper = read_pepper(state) if rows else bytes(PEPPER_BYTES)
    try:
        return tuple(_read_row(row, pepper) for row in rows), pepper
    except (ValueError, TypeError, OverflowError) as error:
        raise KeyFileError(_tell_damage(path, "a row is damaged, or the other file is not its "
                                        "own")) from error


def read_pepper(state: Path) -> bytes:
    """Read the secret of this study that every key is sealed with.

    Raises
    ------
    KeyFileError
        If it is not there or not whole: without it no key can be checked.
    """
    path = state / PEPPER_FILE
    with _telling(path):
        pepper = path.read_bytes()
    if len(pepper) != PEPPER_BYTES:
        raise KeyFileError(_tell_damage(path, f"{len(pepper)} bytes instead of {PEPPER_BYTES}"))
    return pepper


@contextmanager
def _open_to_write(state: Path) -> Iterator[sqlite3.Connection]:
    """One transaction that is on disk when the block ends, or did not happen."""
    path = state / FILE
    with _telling(path):
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        state.chmod(0o700)
        keep_private(path)
        with closing(sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)) as database:
            write_ahead(database, busy_s=_BUSY_S)
            database.execute("PRAGMA synchronous=FULL")
            database.execute("BEGIN IMMEDIATE")
            _check_edition(path, database)
            database.execute(_TABLE)
            database.execute(f"PRAGMA user_version={_EDITION}")
            yield database
            database.execute("COMMIT")


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise KeyFileError(_tell_damage(path, reason)) from error


def _tell_damage(path: Path, reason: str) -> str:
    return (f"{path}: keys cannot be read or written ({reason}); until they can no key is valid. "
            f"Put {FILE} and {PEPPER_FILE} back from a copy, or remove both and make new keys")


def _check_edition(path: Path, database: sqlite3.Connection) -> None:
    (edition,) = database.execute("PRAGMA user_version").fetchone()
    if edition > _EDITION:
        raise KeyFileError(_tell_damage(path, "written by a later version of georisk"))


def _keep_pepper(state: Path, database: sqlite3.Connection) -> bytes:
    """Read the pepper, or make it for the first key; the database's lock keeps others waiting."""
    path = state / PEPPER_FILE
    kept, _ = read_keys(state, database)
    if kept or path.exists():
        return read_pepper(state)
    pepper = secrets.token_bytes(PEPPER_BYTES)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(pepper)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(state, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return pepper


def _read_row(row: tuple[Any, ...], pepper: bytes) -> Sealed:
    """One key of the table; ValueError or TypeError if any cell is not as we wrote it."""
    number, id_, audience, holder, created, expires, rate, salt, digest, revoked, seal = row
    texts, sealed = (id_, audience, holder, revoked), (salt, digest, seal)
    if not (isinstance(rate, int) and all(isinstance(text, str) for text in texts)
            and all(isinstance(part, bytes) for part in sealed)):
        raise TypeError("a cell of this row is of another kind")
    key = Key(id_, audience, holder, dt.date.fromisoformat(created),
              dt.date.fromisoformat(expires), rate, number, revoked)
    expected = seal_terms(key, salt=salt, digest=digest, pepper=pepper)
    sound = (hmac.compare_digest(expected, seal) and ID.fullmatch(id_) and audience in OPENED
             and len(salt) == SALT_BYTES and len(digest) == DIGEST_BYTES)
    if not sound:
        raise ValueError("a cell of this row was altered")
    return Sealed(key, salt, digest)
