"""Opening an OpenStreetMap extract, `.osm` or `.osm.pbf`, as a stream.

pyosmium reads it: the core of the OpenStreetMap project's own tools, with node positions in a
file on disk, so that memory follows what is kept and not the size of the country.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers.osm.blobs import check_folding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

INSTALL = "OpenStreetMap files need an extra: pip install georisk[osm]"
SOURCE = "OpenStreetMap contributors, ODbL 1.0"
_HEAD_BYTES = 4096
_IN_MEMORY_BYTES = 8_000_000
_PBF_MARK = b"OSMHeader"


def import_osmium() -> ModuleType:
    """The reader, or one line that says how to get it.

    Raises
    ------
    ValueError
        If the extra is not installed.
    """
    try:
        import osmium
    except ImportError as error:
        raise ValueError(INSTALL) from error
    module: ModuleType = osmium
    return module


def tell_format(path: Path) -> str:
    """``pbf`` or ``osm`` by the first bytes of a file, whatever its name.

    Raises
    ------
    ValueError
        If it is neither.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if not head:
        raise ValueError("the file is empty")
    if _PBF_MARK in head[:32]:
        return "pbf"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if b"<osmChange" in head:
        raise ValueError("a list of changes (osmChange), not an extract; give the extract itself")
    if text.startswith((b"<?xml", b"<osm")) and b"<osm" in head:
        return "osm"
    raise ValueError("neither an .osm nor an .osm.pbf file")


@contextmanager
def open_extract(path: Path) -> Iterator[Any]:
    """Yield a pyosmium file processor whose ways know where their nodes lie.

    Node positions of a file above 8 MB go to a temporary file that is gone afterwards. Whatever
    goes wrong with the file while it is read becomes one clear line.

    Raises
    ------
    ValueError
        If the file is damaged, truncated, hostile or not an extract, or the extra is missing.
    OSError
        If it cannot be opened.
    """
    osmium = import_osmium()
    format_ = tell_format(path)
    if format_ == "pbf":
        check_folding(path)
    with tempfile.TemporaryDirectory(prefix="georisk-osm-") as folder:
        large = path.stat().st_size > _IN_MEMORY_BYTES
        storage = f"sparse_file_array,{Path(folder) / 'nodes'}" if large else "flex_mem"
        try:
            file = osmium.io.File(str(path), format_)
            yield osmium.FileProcessor(file).with_locations(storage)
        except (RuntimeError, ArithmeticError, UnicodeError, osmium.InvalidLocationError) as error:
            raise ValueError(f"not a sound OpenStreetMap file: {_clean(error)}") from error
        except ValueError as error:
            raise ValueError(f"not a sound OpenStreetMap file: {_clean(error)}") from error


def _clean(error: Exception) -> str:
    """The reason without what the file held: tags may be anything."""
    if isinstance(error, UnicodeError):
        return "text that is not UTF-8"
    return str(error).partition("'")[0].strip(" :")[:80] or "cannot be read"
