"""What a reader may cost, and who is to blame when it fails: the file, in one line."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GB = 1_000_000_000
MAX_TEXT_BYTES = 2 * GB  # CSV and other delimited text: read as a stream
MAX_BYTES = 1 * GB  # every other format: held in memory or handed to a library
MAX_JSON_BYTES = 512_000_000  # plain JSON takes about ten times its size while it is parsed
MAX_CELLS = 100_000_000
MAX_COLUMNS = 16_384  # as many as a spreadsheet has
_DAMAGED = "damaged, or not really {what}: open it in its own program and save it again"


def check_size(path: Path, limit_bytes: int = MAX_BYTES) -> int:
    """Size of a file in bytes, refused beyond a limit.

    Raises
    ------
    ValueError
        If the file is empty or larger than the limit.
    """
    size = path.stat().st_size
    if size == 0:
        raise ValueError("the file is empty")
    if size > limit_bytes:
        raise ValueError(
            f"{size / GB:,.1f} GB, more than the {limit_bytes / GB:,.1f} GB that are read: "
            "cut it to the region and the columns that are needed"
        )
    return size


@contextmanager
def blame_file(what: str) -> Iterator[None]:
    """Turn whatever a library raises on a strange file into one clear ValueError.

    A library's own message may quote cells, and cells may hold names of persons: it is left out.
    So nothing but the library's calls belongs inside.

    Examples
    --------
    >>> with blame_file("a spreadsheet"):
    ...     raise KeyError("xl/workbook.xml")
    Traceback (most recent call last):
    ValueError: damaged, or not really a spreadsheet: open it in its own program and save it again
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except OSError as error:
        if error.errno is not None:
            raise
        raise ValueError(_DAMAGED.format(what=what)) from error
    except MemoryError as error:
        raise ValueError("too large for the memory of this machine") from error
    except BaseException as error:  # a panic of a Rust library is no Exception
        raise ValueError(_DAMAGED.format(what=what)) from error
