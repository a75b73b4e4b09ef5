"""Downloading an upstream's file, with a checksum, whole or not at all.

Beside the downloads lies ``checksums.toml``: what was fetched from where and when, and its
sha256. A payload that has changed since is told; it replaces the old one only if that is asked.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from layers.errors import InputError
from layers.fetching.upstreams import Source, Wish, plan_download

if TYPE_CHECKING:
    import datetime as dt

    from layers.fetching.transports import Reply, Transport

RECORD_FILE = "checksums.toml"


@dataclass(frozen=True)
class Fetched:
    """A file that was downloaded.

    Attributes
    ----------
    path : Path
    url : str
        Address that answered in the end.
    sha256 : str
    retrieved : datetime.datetime
    size : int
        Bytes.
    before : str
        The sha256 on record before; empty the first time.
    """

    path: Path
    url: str
    sha256: str
    retrieved: dt.datetime
    size: int
    before: str = ""


def fetch(
    wish: Wish, *, to: Path, transport: Transport, now: dt.datetime,
    changed: Literal["refuse", "take"] = "refuse",
) -> Fetched:
    """Download a source's file into a folder.

    Parameters
    ----------
    wish : Wish
    to : Path
        Folder; made if it is not there.
    transport : callable
        `layers.fetching.transports.fetch_live`, ``record_with(...)`` or ``replay_from(...)``.
    now : datetime.datetime
        Time to put on record.
    changed : {"refuse", "take"}
        What to do with a payload that is not the one on record.

    Raises
    ------
    CallError
        If the source or one of its options does not exist, is missing or cannot be.
    InputError
        In one line: no network, a bad answer, or a payload that changed. The folder is then as
        it was.
    """
    source, name, ask = plan_download(wish, transport)
    try:
        to.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=to, prefix=".fetch-", delete=False) as stream:
            part = Path(stream.name)
            try:
                reply = transport(ask, stream)
                stream.flush()
                os.fsync(stream.fileno())
                before = _compare(to, name, reply, changed=changed)
                part.replace(to / name)
            finally:
                part.unlink(missing_ok=True)
        _write_record(to, name, reply, source=source, now=now)
    except OSError as error:
        raise InputError(f"{to.name}: cannot be written: {error.strerror or error}") from error
    return Fetched(to / name, reply.url, reply.sha256, now, reply.size, before)


def read_record(folder: Path) -> dict[str, dict[str, Any]]:
    """What is on record in a folder of downloads: file name to its entry."""
    try:
        table = tomllib.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(f"{RECORD_FILE}: cannot be read; mend or remove it") from error
    files = table.get("files", {})
    if not isinstance(files, dict) or not all(isinstance(row, dict) for row in files.values()):
        raise InputError(f"{RECORD_FILE}: cannot be read; mend or remove it")
    return files


def _compare(folder: Path, name: str, reply: Reply, *, changed: str) -> str:
    """The sha256 on record; refuse a payload that is another, unless that is asked for."""
    entry = read_record(folder).get(name, {})
    before = str(entry.get("sha256", ""))
    if changed == "refuse" and before and before != reply.sha256:
        raise InputError(
            f"{name}: changed since {str(entry.get('retrieved', ''))[:10]} (sha256 {before[:12]} is"
            f" now {reply.sha256[:12]}); the old file stays; to take the new one: --replace")
    path = folder / name
    if changed == "refuse" and path.exists() and _hash(path) not in {before, reply.sha256}:
        raise InputError(f"{name}: the file here is not the one that was fetched; it stays; to "
                         "replace it: --replace")
    return before


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_record(
    folder: Path, name: str, reply: Reply, *, source: Source, now: dt.datetime
) -> None:
    headers = {key.replace("-", "_"): value for key, value in reply.headers}
    entry = {"source": source.name, "url": reply.url, "sha256": reply.sha256, "size": reply.size,
             "retrieved": now.isoformat(timespec="seconds"), **headers}
    files = {**read_record(folder), name: entry}
    lines = ["# Written by georisk fetch: what was downloaded, from where, and its checksum."]
    for file, row in sorted(files.items()):
        lines += ["", f"[files.{_quote(file)}]"]
        lines += [f"{key} = {_quote(value)}" for key, value in sorted(row.items())]
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, prefix=".fetch-",
                                     delete=False) as stream:
        stream.write("\n".join(lines) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    Path(stream.name).replace(folder / RECORD_FILE)


def _quote(value: object) -> str:
    """A TOML value; JSON's escapes are TOML's, but for letters beyond the first plane."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    text = "".join(c for c in str(value) if " " <= c <= "~" or c > "\xa0")
    return json.dumps(text, ensure_ascii=False)
