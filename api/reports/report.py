"""What was reported: a place whose state changed, or an incident. Closed words and numbers only."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Status = Literal["CLOSED", "MOVED", "FULL", "OPEN"]


@dataclass(frozen=True)
class PlaceReport:
    """What somebody found at a place of help.

    Attributes
    ----------
    place_id : str
        Empty in a stored report of a place that no layer holds.
    date : datetime.date
        Day on which it was seen.
    synthetic : bool
        A drill: says nothing about the world.
    """

    place_id: str
    status: Status
    date: dt.date
    synthetic: bool = False


@dataclass(frozen=True)
class IncidentReport:
    """Deaths, disappearances or injuries; where, to one kilometre or by a place.

    Attributes
    ----------
    kind : str
        Class: ``sec acc env wat unk``.
    lon, lat : float or None
        Degrees, to 0.01; None where ``place_id`` says where, or no layer holds that place.
    """

    kind: str
    date: dt.date
    dead: int = 0
    missing: int = 0
    injured: int = 0
    lon: float | None = None
    lat: float | None = None
    place_id: str = ""
    synthetic: bool = False

    @property
    def n_victims(self) -> int:
        """Dead, missing and injured together."""
        return self.dead + self.missing + self.injured


Report = PlaceReport | IncidentReport


def name_known(report: Report, knows_place: Callable[[str], bool]) -> Report:
    """Leave the place out of a report where no layer holds its id: it may be any words.

    Examples
    --------
    >>> name_known(PlaceReport("ana-555", "FULL", dt.date(2026, 1, 5)), {"gt-ex-1"}.__contains__)
    PlaceReport(place_id='', status='FULL', date=datetime.date(2026, 1, 5), synthetic=False)
    """
    known = not report.place_id or knows_place(report.place_id)
    return report if known else replace(report, place_id="")


def write_report(report: Report) -> str:
    """Write a report as one canonical line of JSON: one report, one text.

    Examples
    --------
    >>> write_report(PlaceReport("gt-ex-1", "FULL", dt.date(2026, 1, 5)))
    '{"date":"2026-01-05","is":"place","place_id":"gt-ex-1","status":"FULL","synthetic":false}'
    """
    said: dict[str, Any] = {**asdict(report), "date": report.date.isoformat(),
                            "is": "place" if isinstance(report, PlaceReport) else "incident"}
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def read_stored(text: str) -> Report:
    """Read what `write_report` wrote.

    Examples
    --------
    >>> one = IncidentReport("wat", dt.date(2026, 1, 5), dead=1, lon=-92.15, lat=14.68)
    >>> read_stored(write_report(one)) == one
    True
    """
    said = json.loads(text)
    said["date"] = dt.date.fromisoformat(said["date"])
    return PlaceReport(**said) if said.pop("is") == "place" else IncidentReport(**said)


def hash_report(report: Report) -> str:
    """Hash by which two reports are the same; what is kept is sealed once more."""
    return hashlib.sha256(write_report(report).encode()).hexdigest()
