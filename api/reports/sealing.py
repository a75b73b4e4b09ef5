"""What a sender calls a report, and what it said, as a keyed hash: known again, never readable."""

from __future__ import annotations

import os
import secrets
from hashlib import blake2b
from typing import TYPE_CHECKING

from layers.errors import CallError
from layers.store import sync_file

if TYPE_CHECKING:
    from pathlib import Path

PEPPER_FILE = "reports.pepper"
PEPPER_BYTES, SEAL_BYTES = 32, 32


def seal(pepper: bytes, text: str) -> str:
    """Work out what is kept of a text: 64 hexadecimal digits.

    Without the pepper nobody can try names or numbers until one fits, which with a plain hash
    takes seconds.

    Examples
    --------
    >>> len(seal(b"a" * 32, "x")), seal(b"a" * 32, "x") == seal(b"b" * 32, "x")
    (64, False)
    """
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=SEAL_BYTES, key=pepper,
                   person=b"georisk report 1").hexdigest()


def seal_request(pepper: bytes, holder: str, request: str) -> str:
    """Seal what tells a request again; two holders' alike words come out different."""
    return seal(pepper, f"{holder}\n{request}")


def keep_pepper(state: Path) -> bytes:
    """Read the secret of a state folder, or make it, forced to disk.

    Whoever calls this holds the write lock of the reports: two would make two.

    Raises
    ------
    CallError
        If it cannot be read or made, or is not whole.
    """
    path = state / PEPPER_FILE
    try:
        if not path.exists():
            _write_pepper(path)
        pepper = path.read_bytes()
    except OSError as error:
        raise CallError(f"{path}: cannot be read or written: {error.strerror}") from error
    if len(pepper) != PEPPER_BYTES:
        raise CallError(f"{path}: {len(pepper)} bytes instead of {PEPPER_BYTES}: put it back from "
                        "a copy, or remove it, after which a report sent again is stored again")
    return pepper


def _write_pepper(path: Path) -> None:
    aside = path.with_name(f".{path.name}.tmp")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(secrets.token_bytes(PEPPER_BYTES))
    sync_file(aside)
    aside.replace(path)
    sync_file(path.parent)
