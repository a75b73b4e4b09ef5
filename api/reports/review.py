"""Deciding about reports: who may, what follows, and that it is written down first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from api.logs.audit import record
from api.reports.editions import EditionsError, find_editions
from api.reports.incidents import add_incident
from api.reports.reading import DECIMALS
from api.reports.report import IncidentReport, PlaceReport
from api.reports.reviewer import check_reviewer
from georisk.amending import REMOVING, Amendment, add_amendment, find_in_force
from georisk.locking import hold_switch
from georisk.originals import list_place_ids, read_original
from georisk.republishing import is_in_force, republish
from georisk.snapshot import Snapshot
from layers.disclosure import find_sealed_places
from layers.errors import CallError, NoSnapshotError

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    import pandas as pd

    from api.reports.store import Kept, State, Store
    from georisk.study import Study


@dataclass(frozen=True)
class Review:
    """Where a decision is made: the study with its runs, and the folder of reports and audit."""

    study: Study
    runs: Path
    state: Path
    store: Store
    today: dt.date


@dataclass(frozen=True)
class Place:
    """A place of the current run, as its files have it: one row for each layer that holds it."""

    rows: dict[str, pd.Series]
    position: tuple[float, float]
    sealed: bool
    synthetic: bool

    @property
    def steward(self) -> str:
        """Office that keeps the place; empty where its layers say none, or not the same."""
        named = [row.get("steward") for row in self.rows.values()]
        said = {one.strip() if isinstance(one, str) else "" for one in named}
        return said.pop() if len(said) == 1 else ""


@dataclass(frozen=True)
class Decision:
    """What a decision did.

    Attributes
    ----------
    run_id : str
        Snapshot that shows it; empty where none was published.
    layers : tuple of str
        That hold the place.
    editions : tuple of str or None
        Printed editions that carry it; None where none is recorded, or they cannot be read.
    editions_unreadable : bool
        Then any edition may carry it.
    stands : Amendment or None
        A later report of the place, which stands instead.
    written : Path or None
        File that holds an incident until it is imported.
    """

    id: str
    state: State
    run_id: str = ""
    layers: tuple[str, ...] = ()
    editions: tuple[str, ...] | None = None
    editions_unreadable: bool = False
    stands: Amendment | None = None
    written: Path | None = None


def accept_report(review: Review, id_: str, *, by: str, publish: bool) -> Decision:
    """Accept a report; with ``publish`` a place is changed in maps and API within seconds.

    Accepting once more does what is still to be done, so that a call that was cut off can simply
    be repeated.

    Raises
    ------
    CallError
        If the place is not known, the reviewer may not decide this or is not named in a form
        that may be logged, or the report was rejected.
    NoSnapshotError
        If there is no run yet to find the place in.
    """
    by, kept = check_reviewer(by), review.store.find(id_)
    if kept.state == "rejected":
        raise CallError(f"report {id_} was rejected on {kept.decided}")
    with hold_switch(review.runs):
        if isinstance(kept.report, IncidentReport):
            return _accept_incident(review, kept, kept.report, by=by)
        return _accept_place(review, kept, kept.report, by=by, publish=publish)


def reject_report(review: Review, id_: str, *, by: str) -> Decision:
    """Reject a report."""
    by, kept = check_reviewer(by), review.store.find(id_)
    if kept.state == "accepted":
        raise CallError(f"report {id_} was accepted on {kept.decided}")
    _audit(review, "reject", kept, by=by)
    review.store.decide(id_, "rejected", day=review.today)
    return Decision(id_, "rejected")


def read_places(snapshot: Snapshot) -> dict[str, pd.DataFrame]:
    """Read the places of a run by layer, with those that reports have taken out."""
    return {
        name: read_original(snapshot, name).frame for name, spec in sorted(snapshot.specs.items())
        if spec.role == "facility" and spec.kind == "vector"
    }


def find_place(places: dict[str, pd.DataFrame], place_id: str) -> Place | None:
    """Find a place of `read_places` by its id."""
    rows = {name: frame.loc[[place_id]] for name, frame in places.items()
            if place_id in frame.index}
    if not rows:
        return None
    first = next(iter(rows.values()))
    point = first.geometry.iloc[0]
    return Place(
        {name: row.iloc[0] for name, row in rows.items()},
        (round(point.x, DECIMALS) + 0.0, round(point.y, DECIMALS) + 0.0),
        sealed=any(bool(find_sealed_places(row).iloc[0]) for row in rows.values()),
        synthetic=all(bool(row["synthetic"].iloc[0]) for row in rows.values()),
    )


def _accept_place(
    review: Review, kept: Kept, report: PlaceReport, *, by: str, publish: bool
) -> Decision:
    snapshot = Snapshot.open(review.runs)
    place = find_place(read_places(snapshot), report.place_id)
    if place is None:
        raise CallError("no layer of the current run holds this place: reject the report, or "
                        "import the place and `georisk run` first")
    if report.synthetic and not place.synthetic:
        raise CallError("a drill changes EXAMPLE places only: reject it")
    if report.status == "OPEN":
        _require_steward(review, report, place, by=by)
    _audit(review, "accept", kept, by=by)
    file = review.study.amendments.file
    if file is None:
        raise CallError("this study keeps no amendments")
    amended = add_amendment(file, Amendment(kept.id, report.place_id, report.status, report.date))
    review.store.decide(kept.id, "accepted", day=review.today)
    stands = find_in_force(amended.entries)[report.place_id]
    if publish and not is_in_force(snapshot, amended):
        snapshot = republish(review.study, review.runs)
    run_id = str(snapshot.manifest["run_id"]) if is_in_force(snapshot, amended) else ""
    decision = Decision(kept.id, "accepted", run_id, tuple(place.rows),
                        stands=None if stands.report_id == kept.id else stands)
    try:
        return replace(decision, editions=find_editions(review.state, report.place_id))
    except EditionsError:  # the place is closed whatever becomes of what was printed
        return replace(decision, editions_unreadable=True)


def _require_steward(review: Review, report: PlaceReport, place: Place, *, by: str) -> None:
    """Let nobody but its steward say that a closed place is open again."""
    known = find_in_force(review.study.amendments.read_again().entries).get(report.place_id)
    if known is None or known.status not in REMOVING:
        return
    if not place.steward:
        raise CallError(f"{report.place_id} was reported {known.status} and its row names no "
                        "steward, who alone may open it: name one there and `georisk run`")
    if by != place.steward:
        raise CallError(f"{report.place_id} was reported {known.status}: only its steward may "
                        f"open it (--by must be {place.steward!r})")


def _accept_incident(
    review: Review, kept: Kept, report: IncidentReport, *, by: str
) -> Decision:
    position = _locate(review, report)
    _audit(review, "accept", kept, by=by)
    written = add_incident(review.state, kept.id, report, position=position)
    review.store.decide(kept.id, "accepted", day=review.today)
    return Decision(kept.id, "accepted", written=written)


def _locate(review: Review, report: IncidentReport) -> tuple[float, float]:
    if report.lon is not None and report.lat is not None:
        return report.lon, report.lat
    place = find_place(read_places(Snapshot.open(review.runs)), report.place_id)
    if place is None:
        raise CallError("no layer of the current run holds the place that says where: reject the "
                        "report")
    if place.sealed:
        raise CallError("the place is of a sealed kind, whose position goes into no other layer: "
                        "reject the report")
    return place.position


def _audit(review: Review, action: str, kept: Kept, *, by: str) -> None:
    """Write down who decides what, before it is done; no coordinate, and no id but a place's."""
    what = (f"{kept.report.status} {kept.report.date}" if isinstance(kept.report, PlaceReport)
            else f"incident {kept.report.kind} {kept.report.date}")
    run_id, place = "", kept.report.place_id
    try:
        snapshot = Snapshot.open(review.runs)
        run_id = str(snapshot.manifest["run_id"])
        named = f" {place}" if place and place in list_place_ids(snapshot) else ""
    except NoSnapshotError:
        named = ""
    record(review.state, action=f"reports {action} {kept.id}", audience="restricted",
           purpose=f"{what}{named}", run_id=run_id, holder=by)
