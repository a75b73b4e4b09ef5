"""Which encoding a text is in: Unicode by proof, older ones by their letters."""

from __future__ import annotations

import codecs
import re
from itertools import islice
from typing import TYPE_CHECKING

from layers.readers.guard import MAX_TEXT_BYTES, check_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

HEAD_BYTES = 1 << 18
_CHUNK_BYTES = 1 << 22
_MAX_LINE_BYTES = 1 << 24
_MAX_WIDE_BYTES = 256_000_000
_STRANGE_LINES = 200
_GUESS_BYTES = 1 << 16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What the offices' languages (Spanish, English, French, Portuguese, Creole) are written in by
# spreadsheets of Windows, of old Macs and of DOS; the first wins where they fit equally well.
_LEGACY = ("cp1252", "mac_roman", "cp850")
_LETTERS = frozenset(
    "áéíóúüñàâçèêëîïôùûœãõòÁÉÍÓÚÜÑÀÂÇÈÊËÎÏÔÙÛŒÃÕÒ¿¡ºª°«»“”…·\u2018\u2019\u2013\u2014"
)
_LEAST_LETTERS = 0.6
_MIXED_SHARE = 0.2
ZEROS = "holds zero bytes: damaged, or not a text file"


def decode_text(data: bytes) -> tuple[str, str]:
    """Turn bytes into text, and say which encoding was found.

    Returns
    -------
    text : str
        Line ends as they stand.
    note : str
        The encoding for a person; empty for UTF-8.

    Raises
    ------
    ValueError
        If it is no text.

    Examples
    --------
    >>> decode_text("año".encode("latin-1"))
    ('año', 'encoding cp1252, guessed: the file is not UTF-8')
    """
    encoding = _choose_encoding(data[:HEAD_BYTES], (data,))
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(tell_undecodable(encoding)) from error
    if "\0" in text:
        raise ValueError(ZEROS)
    return text, describe_encoding(encoding)


def describe_encoding(encoding: str) -> str:
    """Say which encoding was found; nothing for UTF-8."""
    if encoding.startswith("utf-8"):
        return ""
    if encoding.startswith("utf"):
        return f"encoding {encoding.upper()}"
    return f"encoding {encoding}, guessed: the file is not UTF-8"


def decode_head(head: bytes) -> str:
    """Text of the beginning of a file, the last sign perhaps cut off.

    Raises
    ------
    ValueError
        If it holds zero bytes.
    """
    return head.decode(_choose_encoding(head, (head,)), errors="ignore")


def find_encoding(path: Path) -> str:
    """Find the encoding of a whole text file without holding it in memory.

    Raises
    ------
    ValueError
        If the file is empty, too large, holds zero bytes or a line of more than 16 MB.
    """
    size = check_size(path, MAX_TEXT_BYTES)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    encoding = _choose_encoding(head, _read_chunks(path))
    if encoding.startswith(("utf-16", "utf-32")) and size > _MAX_WIDE_BYTES:
        raise ValueError(f"a large file in {encoding.upper()}: save it again as CSV UTF-8")
    return encoding


def _read_chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _choose_encoding(head: bytes, chunks: Iterable[bytes]) -> str:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if wide := _find_wide(head):
        return wide
    bad_line, strange = _collect_strange(chunks)
    if not bad_line:
        return "utf-8"
    if _is_mixed(strange):
        raise ValueError(f"line {bad_line} is not UTF-8 though others are: save as CSV UTF-8")
    return _guess_legacy(strange)


def _collect_strange(chunks: Iterable[bytes]) -> tuple[int, bytes]:
    """First line that is not UTF-8 (0: none), and lines with strange signs from there on."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    strange, bad_line, lines, open_bytes = b"", 0, 1, 0
    for chunk in chunks:
        if b"\0" in chunk:
            raise ValueError(ZEROS)
        open_bytes = _measure_line(chunk, open_bytes)
        if not bad_line:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                bad_line = lines + chunk.count(b"\n", 0, error.start)
            lines += chunk.count(b"\n")
        if bad_line and len(strange) < _GUESS_BYTES:
            strange += _pick_strange(chunk)
    return bad_line, strange


def _is_mixed(strange: bytes) -> bool:
    """Tell UTF-8 with damage from another encoding, whose words hardly ever are UTF-8."""
    lines = strange.splitlines()
    sound = 0
    for line in lines:
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            continue
        sound += 1
    return sound > _MIXED_SHARE * len(lines)


def _find_wide(head: bytes) -> str:
    """UTF-16 without its mark: every other byte is mostly zero."""
    half = len(head) // 2
    if half < 2:  # noqa: PLR2004 - too short to tell
        return ""
    even, odd = head[0::2].count(0) / half, head[1::2].count(0) / half
    if odd > 0.5 > 5 * even:  # noqa: PLR2004
        return "utf-16-le"
    return "utf-16-be" if even > 0.5 > 5 * odd else ""  # noqa: PLR2004


def _measure_line(chunk: bytes, open_bytes: int) -> int:
    last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
    open_bytes = open_bytes + len(chunk) if last < 0 else len(chunk) - last
    if open_bytes > _MAX_LINE_BYTES:
        raise ValueError("a line of more than 16 MB: damaged, or not a table")
    return open_bytes


def _pick_strange(chunk: bytes) -> bytes:
    lines = (line for line in chunk.splitlines(keepends=True) if not line.isascii())
    return b"".join(islice(lines, _STRANGE_LINES))[:_GUESS_BYTES]


def _guess_legacy(strange: bytes) -> str:
    """The encoding that turns most strange bytes into letters of the offices' languages."""
    fits = {name: _count_letters(strange, name) for name in _LEGACY}
    best = max(_LEGACY, key=lambda name: (fits[name], -_LEGACY.index(name)))
    if fits[best] < _LEAST_LETTERS or _is_foreign(strange):
        best = _guess_any(strange)
    try:
        strange.decode(best)
    except UnicodeDecodeError:
        return "latin-1"
    return best


def _is_foreign(strange: bytes) -> bool:
    """Whole words of strange signs: another script, where accents stand alone among letters."""
    runs = re.findall(rb"[\x80-\xff]+", strange)
    return sum(len(run) for run in runs if len(run) > 2) > sum(map(len, runs)) / 2  # noqa: PLR2004


def _count_letters(strange: bytes, encoding: str) -> float:
    signs = [sign for sign in strange.decode(encoding, errors="replace") if not sign.isascii()]
    return sum(sign in _LETTERS for sign in signs) / max(len(signs), 1)


def _guess_any(strange: bytes) -> str:
    from charset_normalizer import from_bytes

    found = from_bytes(strange).best()
    return found.encoding if found and not found.encoding.startswith("utf") else "cp1252"


def tell_undecodable(encoding: str) -> str:
    """What to tell where part of a file is not in its encoding."""
    return f"not all of the file is {encoding.upper()}: save it again as CSV UTF-8"
