"""From a source file to accepted rows and quarantined rows, with nothing lost between."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from layers.coerce import coerce_columns
from layers.errors import REMOVED, BrokenError, Fault, LayerError
from layers.geometry import FAULT_COLUMNS, locate_rows
from layers.layer import index_frame
from layers.schema import find_missing, find_violations
from layers.spec import ID_PATTERN, LayerSpec

if TYPE_CHECKING:
    import datetime as dt

MAX_QUARANTINED_SHARE = 0.20
EARLIEST = pd.Timestamp(1900, 1, 1)
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
    """

    today: dt.date | None = None
    area: tuple[float, float, float, float] | None = None


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
    """

    spec: LayerSpec
    accepted: pd.DataFrame
    faults: tuple[Fault, ...]
    read: int
    quarantined: int

    def __post_init__(self) -> None:
        if self.read != len(self.accepted) + self.quarantined:
            raise BrokenError(
                f"{self.spec.name}: {self.read} rows read, but {len(self.accepted)} accepted and "
                f"{self.quarantined} quarantined"
            )

    def count(self) -> dict[str, int]:
        """Counts for the manifest."""
        return {"read": self.read, "accepted": len(self.accepted), "quarantined": self.quarantined}


def take_in(
    raw: pd.DataFrame, spec: LayerSpec, *, source: str, limits: Limits | None = None
) -> Intake:
    """Sort the rows of a source into accepted and quarantined.

    Parameters
    ----------
    raw : DataFrame or GeoDataFrame
        As read: one record a row, in the file's order. Columns ``_source`` and ``_record``,
        where present, say which file and record a row came from.
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
    origin = _take_origin(raw, source)
    raw = raw.drop(columns=["_source", "_record"], errors="ignore").reset_index(drop=True)
    raw = _add_missing_ids(raw, spec)
    _check_columns(raw, spec, source)
    if not len(raw):
        raise LayerError([Fault(spec.name, source, None, "", "", "", "the file has no rows",
                                "leave the layer out of study.toml until there is one")])
    typed, found = _check_rows(raw, spec, limits or Limits())
    faults = _describe_faults(found, raw, spec, origin)
    typed = _remove_hidden(typed, spec)
    bad = typed.index.isin(found["row"])
    accepted = index_frame(typed[~bad], spec)
    intake = Intake(spec, accepted, faults, len(raw), int(bad.sum()))
    _check_enough(intake, source)
    return intake


def _take_origin(raw: pd.DataFrame, source: str) -> pd.DataFrame:
    rows = range(len(raw))
    sources = raw["_source"].to_numpy() if "_source" in raw else source
    records = raw["_record"].to_numpy() if "_record" in raw else [row + 1 for row in rows]
    return pd.DataFrame({"source": sources, "record": records}, index=rows)


def _add_missing_ids(raw: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Number the rows of a table whose spec says that rows need no id of their own."""
    if spec.id in raw.columns or not spec.id.endswith("_row"):
        return raw
    width = max(6, len(str(len(raw))))
    return raw.assign(**{spec.id: [f"r{row + 1:0{width}d}" for row in range(len(raw))]})


def _check_columns(raw: pd.DataFrame, spec: LayerSpec, source: str) -> None:
    present = set(raw.columns)
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


def _check_rows(
    raw: pd.DataFrame, spec: LayerSpec, limits: Limits
) -> tuple[pd.DataFrame, pd.DataFrame]:
    flat = pd.DataFrame(raw.drop(columns="geometry", errors="ignore"))
    typed, unread = coerce_columns(flat, spec)
    broken = find_violations(typed, spec)
    ids = raw[spec.id].astype("str").str.strip()
    found = [unread, broken, _find_bad_ids(ids, spec), _find_bad_dates(typed, spec, limits.today)]
    typed = typed.assign(**{spec.id: ids})
    if spec.geometry != "none":
        geometry, off = locate_rows(raw, spec, area=limits.area)
        typed = gpd.GeoDataFrame(typed, geometry=geometry)
        found.append(off)
    frames = [frame for frame in found if len(frame)]
    merged = pd.concat(frames) if frames else pd.DataFrame(columns=FAULT_COLUMNS)
    merged = merged.reindex(columns=FAULT_COLUMNS)
    first = ~merged.duplicated(["row", "column"])
    return typed, merged[first].sort_values(["row", "column"], kind="stable").reset_index(drop=True)


def _find_bad_ids(ids: pd.Series, spec: LayerSpec) -> pd.DataFrame:
    blank = ids.isin(["", "nan", "None", "<NA>"]) | ids.isna()
    shaped = ids.str.fullmatch(ID_PATTERN[1:-1]).fillna(value=False).astype(bool)
    twice = ids.duplicated(keep=False) & ~blank
    faults = [
        (mask, reason)
        for mask, reason in (
            (blank, "the id is missing"),
            (~blank & ~shaped, "an id has only a-z, 0-9 and -"),
            (twice & shaped, "the same id stands on several rows: every copy is set aside"),
        )
        if mask.any()
    ]
    rows = [(row, spec.id, reason) for mask, reason in faults for row in ids.index[mask]]
    return pd.DataFrame(rows, columns=["row", "column", "reason"])


def _find_bad_dates(typed: pd.DataFrame, spec: LayerSpec, today: dt.date | None) -> pd.DataFrame:
    """Dates that cannot be: before 1900 anywhere, and incidents of tomorrow."""
    rows = []
    for name, column in spec.columns.items():
        if column.dtype != "date" or name not in typed:
            continue
        early = typed[name] < EARLIEST
        rows += [(row, name, "an impossible date") for row in typed.index[early]]
        if spec.role == "incident" and today is not None:
            late = typed[name] > pd.Timestamp(today)
            rows += [(row, name, "a date in the future") for row in typed.index[late]]
    return pd.DataFrame(rows, columns=["row", "column", "reason"])


def _remove_hidden(typed: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Replace free text and personal values: nothing past this point can repeat them."""
    hidden = {
        name: typed[name].astype("str").mask(~find_missing(typed[name]), REMOVED)
        for name in spec.hidden_columns if name in typed
    }
    return typed.assign(**hidden) if hidden else typed


def _describe_faults(
    found: pd.DataFrame, raw: pd.DataFrame, spec: LayerSpec, origin: pd.DataFrame
) -> tuple[Fault, ...]:
    faults = []
    for row, column, value, reason, suggestion in found.itertuples(index=False):
        if column in spec.hidden_columns:
            shown = REMOVED
        elif pd.isna(value):
            shown = str(raw.at[row, column]) if column in raw else ""
        else:
            shown = str(value)
        id_ = str(raw.at[row, spec.id]).strip()
        if not re.fullmatch(ID_PATTERN, id_):
            id_, shown = "", REMOVED if column == spec.id and shown.strip() else shown
        faults.append(
            Fault(spec.name, origin.at[row, "source"], int(origin.at[row, "record"]), id_,
                  column, shown[:80], reason, "" if pd.isna(suggestion) else str(suggestion))
        )
    return tuple(faults)


def _check_enough(intake: Intake, source: str) -> None:
    name = intake.spec.name
    if intake.spec.role == "route" and intake.quarantined:
        raise LayerError(list(intake.faults))
    if intake.read and not len(intake.accepted):
        summary = Fault(name, source, None, "", "", "", f"none of {intake.read} rows is usable")
        raise LayerError([summary, *intake.faults])
    if intake.quarantined > MAX_QUARANTINED_SHARE * intake.read:
        reason = (f"{intake.quarantined} of {intake.read} rows are faulty, more than "
                  f"{MAX_QUARANTINED_SHARE:.0%}")
        advice = "mend the file; the rows follow"
        summary = Fault(name, source, None, "", "", "", reason, advice)
        raise LayerError([summary, *intake.faults])
