"""How much a PBF file unfolds to, told from the sizes that its blocks state.

The reader refuses a block that unfolds to another size than it states, so the sum of what is
stated is what will be read: a bomb shows before it goes off.

References
----------
OpenStreetMap wiki, "PBF Format": BlobHeader and Blob.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

MAX_FOLDING = 25
_SLACK_BYTES = 1_000_000
_MAX_HEADER_BYTES = 64 * 1024
_MAX_VARINT_BYTES = 10
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_DATASIZE, _RAW, _RAW_SIZE = 3, 1, 2


def check_folding(path: Path) -> None:
    """Refuse a PBF file that unfolds to more than 25 times its size, or breaks off.

    Raises
    ------
    ValueError
        If it does.
    """
    limit = MAX_FOLDING * path.stat().st_size + _SLACK_BYTES
    total = 0
    with path.open("rb") as stream:
        end = stream.seek(0, 2)
        stream.seek(0)
        while stream.tell() < end:
            start, length = _read_header(stream)
            if start + length > end:
                raise ValueError("not a sound OpenStreetMap file: it breaks off")
            total += _read_raw_size(stream, start + length)
            if total > limit:
                raise ValueError("the file unfolds to far more than its size: not an extract")
            stream.seek(start + length)


def _read_header(stream: BinaryIO) -> tuple[int, int]:
    """Where the blob that follows begins, and its length."""
    size = int.from_bytes(stream.read(4), "big")
    end = stream.tell() + size
    length = -1
    if size <= _MAX_HEADER_BYTES:
        while stream.tell() < end:
            field, value = _read_field(stream)
            length = value if field == _DATASIZE else length
    if length < 0 or stream.tell() != end:
        raise ValueError("not a sound OpenStreetMap file: a block without a size")
    return end, length


def _read_raw_size(stream: BinaryIO, end: int) -> int:
    size = 0
    while stream.tell() < end:
        field, value = _read_field(stream)
        if field in {_RAW, _RAW_SIZE}:
            size = max(size, value)
    return size


def _read_field(stream: BinaryIO) -> tuple[int, int]:
    """Number of a protobuf field, and its value or, of bytes, their length; bytes are skipped."""
    key = _read_varint(stream)
    field, kind = key >> 3, key & 7
    if kind == _VARINT:
        return field, _read_varint(stream)
    if kind not in {_FIXED64, _BYTES, _FIXED32}:
        raise ValueError("not a sound OpenStreetMap file: a block that cannot be read")
    length = {_FIXED64: 8, _FIXED32: 4}.get(kind) or _read_varint(stream)
    stream.seek(min(length, 1 << 32), 1)
    return field, length


def _read_varint(stream: BinaryIO) -> int:
    value = 0
    for place in range(_MAX_VARINT_BYTES):
        byte = stream.read(1)
        if not byte:
            raise ValueError("not a sound OpenStreetMap file: it breaks off")
        value |= (byte[0] & 0x7F) << (7 * place)
        if byte[0] < 0x80:  # noqa: PLR2004 - the last byte of a varint
            return value
    raise ValueError("not a sound OpenStreetMap file: a number without end")
