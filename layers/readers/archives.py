"""Zip archives of strangers: looked through before anything is unpacked."""

from __future__ import annotations

import os
import re
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from layers.readers.guard import GB, blame_file, check_size

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_UNPACKED_BYTES = 1 * GB
MAX_MEMBERS = 1_000
MAX_RATIO = 200
_RATIO_FROM_BYTES = 10_000_000
_COPY_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 16
_HEADER_BYTES = 30
_SIGNS = re.compile(r"[^\w.\- ]")
_ENCRYPTED = 0x1
# Archives in archives are refused; office files are zip inside, and are read from an archive.
_NESTED = frozenset({".zip", ".7z", ".rar", ".gz", ".tgz", ".bz2", ".xz", ".tar", ".zst", ".kmz"})


def list_members(path: Path) -> tuple[zipfile.ZipInfo, ...]:
    """Members of a zip archive that may be unpacked safely, folders left out.

    Raises
    ------
    ValueError
        If it is damaged or encrypted, holds more than `MAX_MEMBERS`, names outside its folder,
        links or archives, or unpacks to more than `MAX_UNPACKED_BYTES` or `MAX_RATIO` times
        its size.
    """
    size = check_size(path)
    with blame_file("a zip archive"), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise ValueError(f"an archive of {len(members):,} files, more than {MAX_MEMBERS:,}")
    for member in members:
        _check_member(member)
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED_BYTES:
        raise ValueError(f"an archive that unpacks to {unpacked / GB:,.1f} GB, more than "
                         f"{MAX_UNPACKED_BYTES / GB:,.0f} GB")
    if unpacked > max(_RATIO_FROM_BYTES, MAX_RATIO * size):
        raise ValueError(f"an archive that unpacks to {unpacked // size:,} times its size, more "
                         f"than {MAX_RATIO}: taken for a zip bomb")
    return tuple(member for member in members if not member.is_dir())


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename.replace("\\", "/")
    if not name:
        raise ValueError("an archive with a member that has no name: damaged")
    if name.startswith("/") or name[1:2] == ":" or ".." in PurePosixPath(name).parts:
        raise ValueError("an archive with a name that leads out of its folder: not unpacked")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise ValueError("an archive that holds a link to another file: not unpacked")
    if member.flag_bits & _ENCRYPTED:
        raise ValueError("an encrypted archive: unpack it with its password first")
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ValueError("an archive packed in an unusual way: pack it again as plain zip")


def find_nested(members: tuple[zipfile.ZipInfo, ...]) -> bool:
    """Tell whether an archive holds further archives."""
    return any(PurePosixPath(member.filename).suffix.lower() in _NESTED for member in members)


def stream_member(path: Path, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Contents of a member that `list_members` passed, piece by piece.

    Python's own reader stops where the archive says that a member ends; other libraries read
    on. So what really comes out is counted and compared.

    Raises
    ------
    ValueError
        If it is damaged, or its size or checksum is not what the archive says.
    """
    size = checksum = 0
    with blame_file("a zip archive"), path.open("rb") as file:
        for piece in _inflate(file, member):
            size, checksum = size + len(piece), zlib.crc32(piece, checksum)
            if size > member.file_size:
                raise ValueError("longer than the archive says")
            yield piece
        if size != member.file_size or checksum != member.CRC:
            raise ValueError("not what the archive says")


def _inflate(file: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    file.seek(member.header_offset)
    header = file.read(_HEADER_BYTES)
    if header[:4] != b"PK\x03\x04":
        raise ValueError("no member where the archive says")
    file.seek(sum(struct.unpack("<HH", header[26:30])), os.SEEK_CUR)
    left = member.compress_size
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    while left > 0 and (block := file.read(min(_BLOCK_BYTES, left))):
        left -= len(block)
        if member.compress_type == zipfile.ZIP_STORED:
            yield block
            continue
        while block and not engine.eof:
            yield engine.decompress(block, _COPY_BYTES)
            block = engine.unconsumed_tail


def read_member(path: Path, member: zipfile.ZipInfo, *, limit_bytes: int) -> bytes:
    """First bytes of a member that `list_members` passed."""
    out = b""
    for piece in stream_member(path, member):
        out += piece
        if len(out) >= limit_bytes:
            break
    return out[:limit_bytes]


@contextmanager
def unpack(path: Path, suffixes: frozenset[str] = frozenset()) -> Iterator[Path]:
    """Unpack an archive into a folder of its own, which is removed on leaving.

    Parameters
    ----------
    suffixes : frozenset of str
        Only members ending so, in lower case with the dot; empty unpacks all.

    Raises
    ------
    ValueError
        As `list_members`; or if a member is longer than the archive says, or is an archive.
    """
    members = [m for m in list_members(path) if _is_data(m.filename)]
    if find_nested(tuple(members)):
        raise ValueError("an archive within an archive: unpack the outer one first")
    chosen = [m for m in members
              if not suffixes or PurePosixPath(m.filename).suffix.lower() in suffixes]
    folder = Path(tempfile.mkdtemp(prefix="georisk-"))
    try:
        for number, member in enumerate(chosen):
            _copy(path, member, folder, number)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_data(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return bool(parts) and parts[0] != "__MACOSX" and not parts[-1].startswith(".")


def _copy(path: Path, member: zipfile.ZipInfo, folder: Path, number: int) -> None:
    """Unpack one member under its bare name; one that is taken gets a folder of its own."""
    name = _SIGNS.sub("_", PurePosixPath(member.filename.replace("\\", "/")).name)[-100:]
    target = folder / name
    if target.exists():
        target = folder / str(number) / name
        target.parent.mkdir()
    with target.open("xb") as out:
        for piece in stream_member(path, member):
            out.write(piece)
