"""Places as people found them since their layer was made: closed, moved, full, open again.

A decision about a report is a line of ``amendments.csv``, an input of the study like any other.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from layers.errors import StudyError
from layers.layer import Layer, hash_text
from layers.store import sync_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from georisk.made import Made

FILE = "amendments.csv"
COLUMNS = ("report_id", "place_id", "status", "date")
REMOVING = frozenset({"CLOSED", "MOVED"})
STATUSES = ("CLOSED", "MOVED", "FULL", "OPEN")
STATUS_COLUMN, DAY_COLUMN = "reported_status", "reported_on"


@dataclass(frozen=True)
class Amendment:
    """One decided report about a place.

    Attributes
    ----------
    report_id : str
        By which it is never written twice.
    status : {"CLOSED", "MOVED", "FULL", "OPEN"}
    date : datetime.date
        Day on which it was seen.
    """

    report_id: str
    place_id: str
    status: str
    date: dt.date

    def as_dict(self) -> dict[str, str]:
        """As the manifest tells it."""
        return {"report_id": self.report_id, "place_id": self.place_id, "status": self.status,
                "date": self.date.isoformat()}


@dataclass(frozen=True)
class Amendments:
    """All of a study, in the order of their decision, and the file that held them, with its hash.

    What is decided while a run is worked out does not change what that run rests on.
    """

    file: Path | None = None
    entries: tuple[Amendment, ...] = ()
    sha256: str = field(default="", compare=False)

    def read_again(self) -> Amendments:
        """Return what the file says now."""
        return self if self.file is None else read_amendments(self.file)


NOTHING_AMENDED = Amendments()


def find_file(folder: Path, *, read_only: bool, state: Path | None) -> Path:
    """Say where a study keeps its amendments: one that is read only, in its state folder."""
    return ((state or folder / "state") if read_only else folder) / FILE


def read_amendments(file: Path) -> Amendments:
    """Read the amendments of a study; a file that is not there holds none.

    Raises
    ------
    StudyError
        Naming every line at fault.
    """
    if not file.is_file():
        return Amendments(file)
    try:
        content = file.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{file.name}: cannot be read: {error}") from error
    try:
        return Amendments(file, _read_lines(text, file.name), hashlib.sha256(content).hexdigest())
    except csv.Error as error:
        raise StudyError(f"{file.name}: cannot be read: {error}") from error


def _read_lines(text: str, name: str) -> tuple[Amendment, ...]:
    lines = csv.DictReader(io.StringIO(text, newline=""))
    if lines.fieldnames is None or set(COLUMNS) - set(lines.fieldnames):
        raise StudyError(f"{name}: the columns are {', '.join(COLUMNS)}")
    entries, faults = [], []
    for number, line in enumerate(lines, start=2):
        try:
            entries.append(_read_line(line))
        except ValueError as error:
            faults.append(f"{name}, line {number}: {error}")
    if faults:
        raise StudyError("\n".join(faults))
    return tuple(entries)


def _read_line(line: Mapping[str, str | None]) -> Amendment:
    said = {name: (line.get(name) or "").strip() for name in COLUMNS}
    if not said["place_id"]:
        raise ValueError("no place_id")
    if said["status"] not in STATUSES:
        raise ValueError(f"status is one of {', '.join(STATUSES)}")
    try:
        day = dt.date.fromisoformat(said["date"])
    except ValueError:
        raise ValueError("date is a day as YYYY-MM-DD") from None
    return Amendment(said["report_id"], said["place_id"], said["status"], day)


def add_amendment(file: Path, amendment: Amendment) -> Amendments:
    """Write one more amendment, once, forced to disk; returns all there are then."""
    known = read_amendments(file)
    if any(one.report_id == amendment.report_id for one in known.entries):
        return known
    _write(file, (*known.entries, amendment))
    return read_amendments(file)


def drop_place(file: Path, place_id: str) -> int:
    """Erase what a file says of a place; returns how many lines went."""
    known = read_amendments(file).entries
    left = tuple(one for one in known if one.place_id != place_id)
    if len(left) < len(known):
        _write(file, left)
    return len(known) - len(left)


def _write(file: Path, entries: Iterable[Amendment]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(one.as_dict() for one in entries)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = file.with_name(f".{file.name}.tmp")
    try:
        aside.write_text(text.getvalue(), encoding="utf-8")
        aside.chmod(0o600)
        sync_file(aside)
        aside.replace(file)
        sync_file(file.parent)
    finally:
        aside.unlink(missing_ok=True)


def find_in_force(amendments: Iterable[Amendment]) -> dict[str, Amendment]:
    """Which amendment holds for each place: what was seen last; of one day, decided last.

    Examples
    --------
    >>> seen = [Amendment("r1", "gt-ex-1", "OPEN", dt.date(2026, 1, 9)),
    ...         Amendment("r2", "gt-ex-1", "CLOSED", dt.date(2026, 1, 5))]
    >>> find_in_force(seen)["gt-ex-1"].status
    'OPEN'
    """
    found: dict[str, Amendment] = {}
    for one in amendments:
        if one.place_id not in found or one.date >= found[one.place_id].date:
            found[one.place_id] = one
    return found


def amend_places(layer: Layer, amendments: Iterable[Amendment]) -> Layer:
    """Places as last seen: closed and moved ones gone, full ones marked, open ones as they were.

    Parameters
    ----------
    layer : Layer
        A facility layer as its source has it; index of place ids. Any other layer, and one that
        no amendment names, is returned as it is.
    amendments : iterable of Amendment
        In the order of their decision.

    Returns
    -------
    Layer
        ``reported_status`` (``full``) and ``reported_on`` are set where the layer has them; the
        hash in its provenance tells the amendments too.
    """
    if layer.spec.role != "facility":
        return layer
    held = {place: one for place, one in sorted(find_in_force(amendments).items())
            if place in layer.frame.index}
    if not held:
        return layer
    gone = [place for place, one in held.items() if one.status in REMOVING]
    frame = layer.frame.drop(index=gone)
    full = {place: one.date for place, one in held.items() if one.status == "FULL"}
    if full and {STATUS_COLUMN, DAY_COLUMN} <= set(frame.columns):
        days = pd.Series(frame.index.map(full), index=frame.index).astype("datetime64[s]")
        marked = days.notna()
        frame = frame.assign(**{
            STATUS_COLUMN: frame[STATUS_COLUMN].astype("object").mask(marked, "full").astype("str"),
            DAY_COLUMN: days.where(marked, frame[DAY_COLUMN]),
        })
    told = (text for one in held.values() for text in one.as_dict().values())
    sha256 = hash_text(layer.provenance.sha256, *told)
    return replace(layer, frame=frame, provenance=replace(layer.provenance, sha256=sha256))


def amend_input(made: Made, amendments: Amendments) -> Made:
    """A layer as it was read, with its places as last seen."""
    if not amendments.entries or not isinstance(made.value, Layer):
        return made
    layer = amend_places(made.value, amendments.entries)
    return replace(made, value=layer, key=layer.provenance.sha256, provenance=layer.provenance)


def list_removed(layer: Layer, amendments: Iterable[Amendment]) -> list[str]:
    """Ids of rows that `amend_places` takes out of a layer."""
    return [place for place, one in sorted(find_in_force(amendments).items())
            if one.status in REMOVING and layer.spec.role == "facility"
            and place in layer.frame.index]
