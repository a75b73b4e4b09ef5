"""The container of old Office files (.xls) and of encrypted new ones, as far as safety needs it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.readers.guard import blame_file, check_size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST_SECTOR = 0xFFFFFFFA
_ENTRY_BYTES = 128
_MINI_BYTES = 64
_FILEPASS, _STRINGS = 0x002F, 0x00FC
# Records of a cell, or of a run of cells: each begins with its row and its first column.
_CELLS = frozenset({0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x0207, 0x027E,
                    0x0002, 0x0003, 0x0004, 0x0005})
_BOF = frozenset({0x0009, 0x0209, 0x0409, 0x0809})
_MULRK = 0x00BD


@dataclass(frozen=True)
class Container:
    """Streams of an OLE file by name.

    Attributes
    ----------
    data : bytes
    streams : tuple of (str, int, int)
        Name, first sector and size in bytes.
    """

    data: bytes
    streams: tuple[tuple[str, int, int], ...]


def open_container(path: Path) -> Container:
    """Read the directory of an OLE file.

    Raises
    ------
    ValueError
        If it is damaged.
    """
    check_size(path)
    data = path.read_bytes()
    with blame_file("an Office file"):
        _check_counts(data)
        streams = tuple(_list_streams(data))
        if any(size > len(data) for _, _, size in streams):
            raise ValueError("a stream longer than its file")
        return Container(data, streams)


def _check_counts(data: bytes) -> None:
    """Refuse counts that a library would set memory aside for."""
    sectors = len(data) // _find_sector_bytes(data) + 1
    if any(int.from_bytes(data[at:at + 4], "little") > sectors for at in (40, 44, 64, 72)):
        raise ValueError("more sectors than the file has")


def _find_sector_bytes(data: bytes) -> int:
    shift = int.from_bytes(data[30:32], "little")
    if shift not in {9, 12}:
        raise ValueError("sector size")
    return 1 << shift


def _read_table(data: bytes) -> list[int]:
    """The sector that follows each sector."""
    size = _find_sector_bytes(data)
    sectors = list(struct.unpack("<109I", data[76:512]))
    follow, seen = struct.unpack("<I", data[68:72])[0], 0
    while follow < _LAST_SECTOR and seen * size < len(data):
        block = struct.unpack(f"<{size // 4}I", _get_sector(data, follow, size))
        sectors += block[:-1]
        follow, seen = block[-1], seen + 1
    table: list[int] = []
    for sector in sectors[: len(data) // size + 1]:
        if sector < _LAST_SECTOR:
            table += struct.unpack(f"<{size // 4}I", _get_sector(data, sector, size))
    return table


def _get_sector(data: bytes, sector: int, size: int) -> bytes:
    block = data[(sector + 1) * size:(sector + 2) * size]
    return block + bytes(size - len(block))


def _follow(data: bytes, table: list[int], sector: int) -> Iterator[bytes]:
    size, left = _find_sector_bytes(data), len(table)
    while sector < len(table) and left:
        yield _get_sector(data, sector, size)
        sector, left = table[sector], left - 1


def _list_streams(data: bytes) -> Iterator[tuple[str, int, int]]:
    start = int.from_bytes(data[48:52], "little")
    directory = b"".join(_follow(data, _read_table(data), start))
    for at in range(0, len(directory) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        entry = directory[at:at + _ENTRY_BYTES]
        length = int.from_bytes(entry[64:66], "little")
        name = entry[:max(length - 2, 0)][:64].decode("utf-16-le", errors="replace")
        first, size = struct.unpack("<IQ", entry[116:128])
        if _find_sector_bytes(data) < 4096:  # noqa: PLR2004 - the old version has 32 bits
            size &= 0xFFFFFFFF
        if entry[66]:
            yield name, first, size


def read_stream(container: Container, name: str) -> bytes:
    """Bytes of one stream; short ones lie in a stream of their own kind.

    Raises
    ------
    ValueError
        If it is damaged.
    """
    with blame_file("an Office file"):
        found = {stream: (first, size) for stream, first, size in container.streams}
        first, size = found[name]
        data, table = container.data, _read_table(container.data)
        if size >= int.from_bytes(data[56:60], "little"):
            return b"".join(_follow(data, table, first))[:size]
        root = next(start for stream, start, _ in container.streams if stream == "Root Entry")
        mini = b"".join(_follow(data, table, root))
        links = b"".join(_follow(data, table, int.from_bytes(data[60:64], "little")))
        chain = struct.unpack(f"<{len(links) // 4}I", links)
        return b"".join(_follow_mini(mini, chain, first))[:size]


def _follow_mini(mini: bytes, chain: tuple[int, ...], sector: int) -> Iterator[bytes]:
    left = len(chain)
    while sector < len(chain) and left:
        yield mini[sector * _MINI_BYTES:(sector + 1) * _MINI_BYTES]
        sector, left = chain[sector], left - 1


def measure_workbook(book: bytes) -> int:
    """Cells in the rectangle of the largest sheet of an .xls workbook; -1 if it is encrypted.

    Cells are counted as a reader would set them out, empty ones between them too.
    """
    at, largest, top, bottom, left, right = 0, 0, 1 << 16, -1, 1 << 16, -1
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, at)
        if kind == _FILEPASS:
            return -1
        if kind == _STRINGS and int.from_bytes(book[at + 8:at + 12], "little") > len(book):
            raise ValueError("damaged: more texts than the spreadsheet could hold")
        if kind in _BOF:
            top, bottom, left, right = 1 << 16, -1, 1 << 16, -1
        elif kind in _CELLS and length >= 4 and at + 8 <= len(book):  # noqa: PLR2004
            row, column = struct.unpack_from("<HH", book, at + 4)
            last = column + (length - 6) // 6 if kind == _MULRK else column
            top, bottom = min(top, row), max(bottom, row)
            left, right = min(left, column), max(right, last)
            largest = max(largest, (bottom - top + 1) * (right - left + 1))
        at += 4 + length
    return largest
