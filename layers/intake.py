"""From a source file to accepted rows and quarantined rows, with nothing lost between."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from layers.cells import release_memory, write_texts
from layers.coerce import read_columns
from layers.doubts import find_stated, weigh_rows
from layers.errors import REMOVED, BrokenError, Fault, LayerError
from layers.findings import join_findings, mark_rows
from layers.fixes import apply_fixes
from layers.geometry import locate_rows
from layers.layer import index_frame
from layers.missing import find_missing
from layers.plausibility import find_bad_counts, find_bad_dates, find_bad_ids, find_early_dates
from layers.quarantine import (
    REASON,
    SUGGESTION,
    describe_findings,
    describe_remarks,
    find_origin,
    keep_rows,
)
from layers.repair import repair_columns
from layers.schema import find_violations
from layers.sources import ASIDE_COLUMNS

if TYPE_CHECKING:
    import datetime as dt

    import numpy as np
    from numpy.typing import NDArray

    from layers.gazetteer import Gazetteer
    from layers.spec import LayerSpec

__all__ = ["MAX_QUARANTINED_SHARE", "Intake", "Limits", "apply_fixes", "take_in"]

MAX_QUARANTINED_SHARE = 0.20
MAX_TOLD = 100_000
_LOCATION = frozenset({"lon", "lat", "geometry"})


@dataclass(frozen=True)
class Limits:
    """What a study knows of its rows before it has read them.

    Attributes
    ----------
    today : datetime.date or None
        The real date: an incident dated later is a fault.
    area : tuple or None
        West, south, east, north in degrees. A position outside whose axes, swapped, lie inside
        is a fault; other positions outside are kept.
    gazetteer : Gazetteer or None
        To compare positions with the places that records name; None leaves that out.
    since : datetime.date or None
        When the register began: an incident dated earlier is accepted with a remark.
    """

    today: dt.date | None = None
    area: tuple[float, float, float, float] | None = None
    gazetteer: Gazetteer | None = None
    since: dt.date | None = None


@dataclass(frozen=True)
class Intake:
    """What came in.

    Attributes
    ----------
    spec : LayerSpec
    accepted : DataFrame or GeoDataFrame
        Typed rows, unique sorted id index.
    faults : tuple of Fault
        At least one for each quarantined row.
    read, quarantined : int
        Row counts; ``read == len(accepted) + quarantined`` always.
    remarks : tuple of Fault
        Doubts about rows that were accepted all the same; and, without a row, how a column was
        read that could have been read otherwise.
    quarantine : DataFrame
        The quarantined rows as `layers.quarantine.keep_rows` keeps them, one row each.
    """

    spec: LayerSpec
    accepted: pd.DataFrame
    faults: tuple[Fault, ...]
    read: int
    quarantined: int
    remarks: tuple[Fault, ...] = ()
    quarantine: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        if self.read != len(self.accepted) + self.quarantined:
            raise BrokenError(
                f"{self.spec.name}: {self.read} rows read, but {len(self.accepted)} accepted and "
                f"{self.quarantined} quarantined"
            )

    def count(self) -> dict[str, int]:
        """Counts for the manifest."""
        return {"read": self.read, "accepted": len(self.accepted), "quarantined": self.quarantined}


@dataclass(frozen=True)
class _Checked:
    """Rows with what was found: ``faults`` set ``bad`` rows aside, ``remarks`` do not.

    Of a layer that will be refused for its many faulty rows, the first faults are enough.
    """

    typed: pd.DataFrame
    bad: NDArray[np.bool_]
    faults: pd.DataFrame
    remarks: pd.DataFrame
    notes: dict[str, tuple[str, ...]]


def take_in(
    raw: pd.DataFrame, spec: LayerSpec, *, source: str, limits: Limits | None = None
) -> Intake:
    """Sort the rows of a source into accepted and quarantined.

    Parameters
    ----------
    raw : DataFrame or GeoDataFrame
        As read: one record a row, in the file's order. Columns of `layers.sources.ASIDE_COLUMNS`
        say where a row came from and which place it names; they are used and dropped.
    spec : LayerSpec
    source : str
        File name for messages.
    limits : Limits, optional
        Where and until when rows can be.

    Raises
    ------
    LayerError
        If columns are missing or unknown, the CRS is unknown, nothing was accepted, or more
        than a fifth of the rows had to be quarantined.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> import pandas as pd
    >>> raw = pd.DataFrame({"place_id": ["hn-x-1", "hn-x-1"], "month": ["2024-01"] * 2,
    ...     "service": ["water"] * 2, "people": ["10", "12"], "synthetic": ["true"] * 2})
    >>> take_in(raw, find_spec("activity"), source="a.csv").count()
    {'read': 2, 'accepted': 2, 'quarantined': 0}
    """
    limits = limits or Limits()
    _check_names(raw, spec, source)
    origin = find_origin(raw, source)
    aside = pd.DataFrame(raw).filter(items=list(ASIDE_COLUMNS)).reset_index(drop=True)
    raw = raw.drop(columns=[*ASIDE_COLUMNS, REASON, SUGGESTION], errors="ignore")
    raw = raw.reset_index(drop=True)
    raw = _add_missing_ids(raw, spec)
    _check_columns(raw, spec, source)
    if not len(raw):
        raise LayerError([Fault(spec.name, source, None, "", "", "", "the file has no rows",
                                "leave the layer out of study.toml until there is one")])
    checked = _check_rows(raw, spec, limits)
    release_memory()
    if limits.gazetteer is not None and spec.geometry == "Point":
        checked = _weigh(checked, raw, aside, spec, limits.gazetteer)
        release_memory()
    return _part_rows(checked, raw, spec, origin, source=source)


def _check_names(raw: pd.DataFrame, spec: LayerSpec, source: str) -> None:
    twice = sorted({str(name) for name in raw.columns[raw.columns.duplicated()]})
    if twice:
        raise LayerError([
            Fault(spec.name, source, None, "", name, "", "several columns have this name",
                  "keep one, or rename the others") for name in twice])


def _add_missing_ids(raw: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Number the rows of a table whose spec says that rows need no id of their own."""
    if spec.id in raw.columns or not spec.id.endswith("_row"):
        return raw
    width = max(6, len(str(len(raw))))
    return raw.assign(**{spec.id: [f"r{row + 1:0{width}d}" for row in range(len(raw))]})


def _check_columns(raw: pd.DataFrame, spec: LayerSpec, source: str) -> None:
    present = {str(name) for name in raw.columns}
    required = {spec.id} | {name for name, c in spec.columns.items() if c.required}
    known = {spec.id, *spec.columns, *(_LOCATION if spec.geometry != "none" else ())}
    unknown = sorted(present - known)
    faults = []
    for name in sorted(required - present):
        close = difflib.get_close_matches(name, unknown, n=1)
        advice = f"is it the column {close[0]!r}?" if close else "add it"
        reason = "required column missing"
        faults.append(Fault(spec.name, source, None, "", name, "", reason, advice))
    faults += [
        Fault(spec.name, source, None, "", name, "", "unknown column",
              "remove it, or declare it in the layer's spec")
        for name in unknown
    ]
    if faults:
        raise LayerError(faults)


def _check_rows(raw: pd.DataFrame, spec: LayerSpec, limits: Limits) -> _Checked:
    flat, mended = repair_columns(pd.DataFrame(raw.drop(columns="geometry", errors="ignore")), spec)
    table = read_columns(flat, spec)
    ids = write_texts(raw[spec.id])
    short, doubtful = find_bad_counts(table.typed, spec)
    found = [*table.findings, find_violations(table.typed, spec), *find_bad_ids(ids, spec),
             *find_bad_dates(table.typed, spec, limits.today), short]
    typed = table.typed.assign(**{spec.id: ids})
    notes = {name: (*mended.get(name, ()), *table.notes.get(name, ()))
             for name in (*spec.columns, *_LOCATION) if name in mended or name in table.notes}
    if spec.geometry != "none":
        located = locate_rows(raw, spec, area=limits.area)
        typed = gpd.GeoDataFrame(typed, geometry=located.geometry)
        found += located.findings
        notes |= located.notes
    remarks = join_findings([doubtful, find_early_dates(typed, spec, limits.since)])
    return _settle(_remove_hidden(typed, spec), found, remarks, notes)


def _settle(
    typed: pd.DataFrame, found: list[pd.DataFrame], remarks: pd.DataFrame,
    notes: dict[str, tuple[str, ...]],
) -> _Checked:
    bad = mark_rows(found, typed.index)
    if bad.sum() > MAX_QUARANTINED_SHARE * len(typed):
        found = [frame.head(MAX_TOLD) for frame in found]
    return _Checked(typed, bad, join_findings(found), remarks, notes)


def _weigh(
    checked: _Checked, raw: pd.DataFrame, aside: pd.DataFrame, spec: LayerSpec,
    gazetteer: Gazetteer,
) -> _Checked:
    """Compare rows that are sound by themselves with the world."""
    sound = ~checked.bad
    stated = _keep(find_stated(checked.typed, raw, aside), sound)
    weighed = weigh_rows(_keep(checked.typed, sound), stated, spec, gazetteer)
    del stated
    typed = checked.typed.copy(deep=False)
    for name, values in weighed.filled.items():
        known = values if sound.all() else values.reindex(typed.index)
        typed[name] = known.where(sound, typed[name]) if name in typed else known
    bad = checked.bad | mark_rows([weighed.faults], typed.index)
    return _Checked(typed, bad, join_findings([checked.faults, weighed.faults]),
                    join_findings([checked.remarks, weighed.remarks]), checked.notes)


def _keep(rows: pd.DataFrame, mask: NDArray[np.bool_]) -> pd.DataFrame:
    """Marked rows; all of them, as it mostly is, without a copy."""
    return rows if mask.all() else rows[mask]


def _remove_hidden(typed: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Replace free text and personal values: nothing past this point can repeat them."""
    hidden = {
        name: typed[name].astype("str").mask(~find_missing(typed[name]), REMOVED)
        for name in spec.hidden_columns if name in typed
    }
    return typed.assign(**hidden) if hidden else typed


def _part_rows(
    checked: _Checked, raw: pd.DataFrame, spec: LayerSpec, origin: pd.DataFrame, *, source: str
) -> Intake:
    bad, quarantined = checked.bad, int(checked.bad.sum())
    refusal = _refuse(quarantined, len(raw), spec, source)
    told = checked.faults if refusal is None else checked.faults.head(MAX_TOLD)
    faults = describe_findings(told, raw, spec, origin)
    if refusal is not None:
        raise LayerError([*refusal, *faults])
    accepted = index_frame(_keep(checked.typed, ~bad), spec)
    quarantine = keep_rows(raw, checked.faults, spec, origin)
    notes, doubts = checked.notes, checked.remarks[~bad[checked.remarks["row"].astype("int64")]]
    del checked  # of a million rows, not two copies beside their remarks
    remarks = describe_remarks(notes, doubts, raw, spec, origin)
    return Intake(spec, accepted, faults, len(raw), quarantined, remarks, quarantine)


def _refuse(quarantined: int, read: int, spec: LayerSpec, source: str) -> list[Fault] | None:
    """Why a layer cannot be used for what its rows are; None where it can."""
    if spec.role == "route" and quarantined:
        return []
    if quarantined == read:
        return [Fault(spec.name, source, None, "", "", "", f"none of {read} rows is usable")]
    if quarantined > MAX_QUARANTINED_SHARE * read:
        reason = f"{quarantined} of {read} rows are faulty, more than {MAX_QUARANTINED_SHARE:.0%}"
        return [Fault(spec.name, source, None, "", "", "", reason, "mend it; the rows follow")]
    return None
