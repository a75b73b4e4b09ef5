"""Printed editions that carry a place: what was handed out cannot be called back, but named."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from layers.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

FILE, TABLE = "editions.sqlite", "editions"
NONE_RECORDED = "no editions are recorded: what was printed or handed out with it cannot be named"
UNREADABLE = (f"{FILE} cannot be read: what was printed or handed out may carry the place, and "
              "cannot be named; put the file back from a copy and accept once more")


class EditionsError(InputError):
    """The editions cannot be read: any of them may carry the place."""


def find_editions(state: Path, place_id: str) -> tuple[str, ...] | None:
    """Name the editions that carry a place; None where no edition was ever recorded.

    Parameters
    ----------
    state : Path
        Folder with ``editions.sqlite``, table ``editions (edition TEXT, place_id TEXT)``. Nothing
        writes it yet: it is for whatever prints pamphlets.

    Raises
    ------
    EditionsError
        If there is such a file, and it cannot be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> find_editions(Path("nowhere"), "gt-ex-1") is None
    True
    """
    path = state / FILE
    try:
        path.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EditionsError(UNREADABLE) from error
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute(
                f"SELECT DISTINCT edition FROM {TABLE} WHERE place_id = ? ORDER BY edition",  # noqa: S608 - our own name
                (place_id,)).fetchall()
    except sqlite3.Error as error:
        raise EditionsError(UNREADABLE) from error
    return tuple(str(row[0]) for row in rows)
