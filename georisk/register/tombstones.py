"""What is left of an erased record beside its id: proof that a row is it, and not what it said.

A row that comes without an id would come back under a new number. So the name, town and country
of an erased place are kept as a digest, with a salt of the study's own: who has the file alone
cannot read a name from it, and cannot look one up in a table made elsewhere.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

import pandas as pd

from georisk.register.keeping import write_json
from layers.errors import StudyError
from layers.register.history import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from georisk.register.keeping import Shelf

_SALT = "salt"
_SALT_BYTES = 16


def find_keys_file(shelf: Shelf) -> Path:
    """Where the digests of a layer's erased rows are."""
    return shelf.history / "tombstone-keys.json"


def read_keys(shelf: Shelf) -> dict[str, str]:
    """Digests of erased rows with the day of it, and the salt; empty where none was erased.

    Raises
    ------
    StudyError
        If the file is damaged.
    """
    path = find_keys_file(shelf)
    if not path.is_file():
        return {}
    keys = read_json(path)
    if not isinstance(keys, dict) or not isinstance(keys.get(_SALT), str):
        raise StudyError(f"{path.parent.name}/{path.name}: damaged (no salt): put a copy back")
    return keys


def add_key(shelf: Shelf, key_text: str, day: str) -> None:
    """Remember that the row of a key was erased; a key that names nothing is left out."""
    if not key_text.split("/", maxsplit=1)[0]:
        return
    keys = read_keys(shelf) or {_SALT: secrets.token_hex(_SALT_BYTES)}
    write_json(find_keys_file(shelf), {**keys, _hash_key(key_text, keys[_SALT]): day})


def matches(shelf: Shelf, keys: pd.Series) -> pd.Series:
    """Tell which rows have the key of an erased one.

    Parameters
    ----------
    keys : Series
        `layers.register.identity.key_places` of rows that no known id was found for.

    Returns
    -------
    Series of bool
        Same index.
    """
    stones = read_keys(shelf)
    if not stones:
        return pd.Series(data=False, index=keys.index, dtype=bool)
    salt = stones[_SALT]
    erased = {key for key in keys.unique() if _hash_key(key, salt) in stones}
    return keys.isin(erased)


def _hash_key(key: str, salt: str) -> str:
    return hashlib.sha256(f"{salt}/{key}".encode()).hexdigest()
