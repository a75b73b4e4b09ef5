"""What still holds an erased record, for people to clear: snapshots, reports and source files.

Looking is best effort and bounded; what was not looked into is said too.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from georisk.validation.report import SKILL_FILE
from layers.errors import StudyError
from layers.register.history import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MOST_BYTES = 200_000_000
_CHUNK = 1 << 20
_NOT_SOURCES = frozenset({"runs", "register", "state"})
_REFERENCE = re.compile(r"(.+_)?ids?")
_TALLY = ("cells in which incidents fell, by year, and totals, without any id: whether this one is "
          "among them cannot be seen; run `georisk validate` again, or delete it")


@dataclass(frozen=True)
class Found:
    """Where a record still stands.

    Attributes
    ----------
    holders : tuple of str
        Names of snapshots, or of files below the study folder.
    unsearched : tuple of str
        What was damaged or too much to look into.
    """

    holders: tuple[str, ...]
    unsearched: tuple[str, ...] = ()


def find_carriers(runs: Path, layer: str, id_column: str, id_: str) -> Found:
    """Published snapshots that hold a record: its row, a merged one, a result, the quarantine."""
    found, unsearched = [], []
    for folder in sorted(runs.glob("*")):
        if folder.is_symlink() or not folder.is_dir() or folder.name.startswith("."):
            continue
        try:
            if _carries(folder, layer, id_column, id_):
                found.append(folder.name)
        except (OSError, ValueError, StudyError):
            unsearched.append(folder.name)
    return Found(tuple(found), tuple(unsearched))


def _carries(folder: Path, layer: str, id_column: str, id_: str) -> bool:
    kept = (path for part in ("layers", "originals") for path in folder.glob(f"{part}/*.parquet"))
    for path in sorted(kept, key=lambda path: (path.stem != layer, path)):
        if _holds_id(path, id_column, id_):
            return True
    table = folder / "quarantine" / f"{layer}.csv"
    if not table.is_file():
        return False
    lines = read_table(table)
    return any(lines[name].str.strip().str.casefold().eq(id_.casefold()).any()
               for name in ("id", id_column) if name in lines)


def _holds_id(path: Path, id_column: str, id_: str) -> bool:
    """Look into columns of ids; not into another layer's own, the first one, which may be alike."""
    schema = pq.read_schema(path)
    names = [
        name for place, name in enumerate(schema.names)
        if name == id_column or (place and _REFERENCE.fullmatch(name))
    ]
    columns = (pq.read_table(path, columns=[name])[name] for name in names)
    flat = (pc.list_flatten(one) if _is_list(one.type) else one for one in columns)
    return any(bool(pc.any(pc.equal(one, id_)).as_py()) for one in flat if _is_text(one.type))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def find_tallies(runs: Path, *, role: str) -> tuple[str, ...]:
    """Reports beside the snapshots that may have counted a record of a role, and what they hold.

    Examples
    --------
    Nobody is counted in places of help.

    >>> from pathlib import Path
    >>> find_tallies(Path("runs"), role="facility")
    ()
    """
    if role != "incident" or not (runs / SKILL_FILE).is_file():
        return ()
    return (f"{SKILL_FILE}: {_TALLY}",)


def find_files(folder: Path, id_: str, *, leaving_out: Iterable[Path], most: int = MOST_BYTES
               ) -> Found:
    """Files of a study that still hold an id as text, sheets included.

    Parameters
    ----------
    folder : Path
        Of the study; its snapshots, register and state are not looked into.
    leaving_out : iterable of Path
        Files and folders that are not looked into either.
    most : int
        Bytes that are read at most, all in all.
    """
    skipped = {path.resolve() for path in leaving_out}
    word = _word_id(id_)
    found, unsearched, left = [], [], most
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if (parts[0] in _NOT_SOURCES or any(part.startswith(".") for part in parts)
                or not path.is_file() or skipped & {path.resolve(), *path.resolve().parents}):
            continue
        name = "/".join(parts)
        try:
            held, left = _search_file(path, word, left)
        except (OSError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
            unsearched.append(name)
            continue
        if held:
            found.append(name)
        elif left < 0:
            unsearched.append(name)
            left = 0
    return Found(tuple(found), tuple(unsearched))


def _word_id(id_: str) -> re.Pattern[bytes]:
    """An id that stands by itself, as UTF-8 or as UTF-16, which older programs write."""
    plain = re.escape(id_.encode())
    wide = re.escape(id_.encode("utf-16-le"))
    return re.compile(rb"(?<![\w.-])" + plain + rb"(?![\w-]|\.\d)|" + wide, re.IGNORECASE)


def _search_file(path: Path, word: re.Pattern[bytes], left: int) -> tuple[bool, int]:
    """Whether a file holds a word, and how many bytes may still be read; below 0: unfinished."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            return _search_chunks(iter(lambda: file.read(_CHUNK), b""), word, left)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as part:
                chunks: Iterator[bytes] = iter(lambda part=part: part.read(_CHUNK), b"")  # type: ignore[misc]
                held, left = _search_chunks(chunks, word, left)
            if held or left < 0:
                return held, left
    return False, left


def _search_chunks(
    chunks: Iterator[bytes], word: re.Pattern[bytes], left: int
) -> tuple[bool, int]:
    tail = b""
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            return False, left
        if word.search(tail + chunk):
            return True, left
        tail = chunk[-1024:]
    return False, left
