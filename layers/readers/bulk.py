"""Large and well-formed CSV in one go; whatever is not well-formed is left to `text`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK_BYTES = 1 << 22
_BLOCK_BYTES = 1 << 23


def read_bulk(path: Path, separator: str, *, width: int) -> list[pa.ChunkedArray] | None:
    """Read UTF-8 text whose rows are all equally wide and whose quotes stand only around cells.

    Returns
    -------
    list of ChunkedArray or None
        One a column, all text; None if the file is not so: a row more careful reader must say
        what it is.
    """
    if width < 2 or not _has_plain_quotes(path, separator.encode()):  # noqa: PLR2004
        return None
    from pyarrow import csv

    names = [str(k) for k in range(width)]
    try:
        table = csv.read_csv(
            path,
            read_options=csv.ReadOptions(column_names=names, block_size=_BLOCK_BYTES),
            parse_options=csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, ignore_empty_lines=False,
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False,
            ),
        )
    except pa.ArrowException:
        return None
    return [table[name] for name in names]


def _has_plain_quotes(path: Path, separator: bytes) -> bool:
    """Tell whether the quotes, taken in pairs, open a cell where it begins and close it at its end.

    The first does where it stands behind a separator or a line break; if the second stands before
    one, the third is outside a cell again, and so on: then no reader can take them otherwise.
    """
    around = np.frombuffer(separator + b"\r\n", dtype=np.uint8)
    seen = 0
    for piece in _read_pieces(path):
        if b'"' not in piece[1:-1]:
            continue
        signs = np.frombuffer(piece, dtype=np.uint8)
        quotes = np.flatnonzero(signs[1:-1] == ord('"')) + 1
        opening, closing = quotes[seen % 2::2], quotes[1 - seen % 2::2]
        if not (np.isin(signs[opening - 1], around).all()
                and np.isin(signs[closing + 1], around).all()):
            return False
        seen += len(quotes)
    return seen % 2 == 0


def _read_pieces(path: Path) -> Iterator[bytes]:
    """Parts of a file, each with the sign before it and the sign behind it."""
    before = b"\n"
    with path.open("rb") as file:
        chunk = file.read(_CHUNK_BYTES)
        while chunk:
            following = file.read(_CHUNK_BYTES)
            yield before + chunk + (following[:1] or b"\n")
            before, chunk = chunk[-1:], following
