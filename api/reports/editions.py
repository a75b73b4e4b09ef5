"""Printed editions that carry a place: what was handed out cannot be called back, but named."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE, TABLE = "editions.sqlite", "editions"
NONE_RECORDED = "no editions are recorded: what was printed or handed out with it cannot be named"


def find_editions(state: Path, place_id: str) -> tuple[str, ...] | None:
    """Name the editions that carry a place; None where no edition was ever recorded.

    Parameters
    ----------
    state : Path
        Folder with ``editions.sqlite``, table ``editions (edition TEXT, place_id TEXT)``. Nothing
        writes it yet: it is for whatever prints pamphlets.

    Examples
    --------
    >>> from pathlib import Path
    >>> find_editions(Path("nowhere"), "gt-ex-1") is None
    True
    """
    path = state / FILE
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute(
                f"SELECT DISTINCT edition FROM {TABLE} WHERE place_id = ? ORDER BY edition",  # noqa: S608 - our own name
                (place_id,)).fetchall()
    except sqlite3.Error:
        return None
    return tuple(str(row[0]) for row in rows)
