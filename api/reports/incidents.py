"""Accepted incidents: a file beside the study that the next import takes, never shown by itself."""

from __future__ import annotations

import csv
import fcntl
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING

from layers.store import sync_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from api.reports.report import IncidentReport

FILE = "accepted_incidents.csv"
PREFIX = "report-"
SOURCE = "report"
PRECISION_KM = 1.0
COLUMNS = ("incident_id", "date", "date_precision", "class", "dead", "missing", "injured",
           "n_victims", "coord_precision_km", "source", "synthetic", "lon", "lat")


def add_incident(
    state: Path, id_: str, report: IncidentReport, *, position: tuple[float, float]
) -> Path:
    """Write an accepted incident into the file for the next import, once, forced to disk.

    Parameters
    ----------
    id_ : str
        Of the report: an incident written twice is one.
    position : tuple of float
        Longitude and latitude to 0.01 degree.
    """
    line = {
        "incident_id": f"{PREFIX}{id_}", "date": report.date.isoformat(), "date_precision": "day",
        "class": report.kind, "dead": str(report.dead), "missing": str(report.missing),
        "injured": str(report.injured), "n_victims": str(report.n_victims),
        "coord_precision_km": str(PRECISION_KM), "source": SOURCE,
        "synthetic": "true" if report.synthetic else "false",
        "lon": f"{position[0]:.2f}", "lat": f"{position[1]:.2f}",
    }
    with _hold(state):
        lines = {one["incident_id"]: one for one in read_incidents(state)}
        _write(state / FILE, [*{**lines, line["incident_id"]: line}.values()])
    return state / FILE


def read_incidents(state: Path) -> list[dict[str, str]]:
    """Read the incidents that wait for an import."""
    path = state / FILE
    if not path.is_file():
        return []
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def drop_incidents(state: Path, ids: Collection[str]) -> int:
    """Erase incidents by the ids of their reports; returns how many went."""
    if not ids or not (state / FILE).is_file():
        return 0
    with _hold(state):
        lines = read_incidents(state)
        left = [one for one in lines if one["incident_id"].removeprefix(PREFIX) not in ids]
        if len(left) < len(lines):
            _write(state / FILE, left)
    return len(lines) - len(left)


@contextmanager
def _hold(state: Path) -> Iterator[None]:
    """Keep others from writing the file: a server purges while a reviewer accepts."""
    with (state / f".{FILE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(path: Path, lines: Iterable[dict[str, str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    aside = path.with_name(f".{path.name}.tmp")
    try:
        aside.write_text(text.getvalue(), encoding="utf-8")
        aside.chmod(0o600)
        sync_file(aside)
        aside.replace(path)
        sync_file(path.parent)
    finally:
        aside.unlink(missing_ok=True)
