"""Shelters and points along a corridor, a leg or between two towns, in order of travel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from georisk.towns import find_town
from layers.catalog import find_spec
from layers.errors import CallError

if TYPE_CHECKING:
    import datetime as dt

COLUMNS = (
    "order", "place_id", "name", "town", "country", "km", "walk_h", "walk_h_from_previous",
    "access_km", "services", "admits", "opens", "months", "phone", "last_verified", "verify_by",
    "check", "synthetic",
)
GROUPS = (
    "men", "women", "women_with_children", "families", "unaccompanied_children", "lgbtiq",
    "disabled",
)


@dataclass(frozen=True)
class PlaceQuery:
    """What to list.

    Exactly one of a corridor, a leg, or two towns; ``today`` decides what reads "call first".
    """

    layer: str
    today: dt.date
    corridor: str = ""
    leg: str = ""
    start: str = ""
    end: str = ""
    service: str = ""
    admits: str = ""

    def __post_init__(self) -> None:
        ways = sum([bool(self.corridor), bool(self.leg), bool(self.start or self.end)])
        if ways != 1 or bool(self.start) != bool(self.end):
            raise CallError("give one of --corridor, --leg, or --from with --to")
        for option, word, known in (
            ("--service", self.service, list_services()), ("--admits", self.admits, GROUPS)
        ):
            if word and word not in known:
                raise CallError(f"{option} {word!r}: there are {', '.join(known)}")


def list_services() -> tuple[str, ...]:
    """Name the services that a place may offer.

    Examples
    --------
    >>> list_services()[:3]
    ('water', 'food', 'shelter')
    """
    return tuple(find_spec("shelters").columns["services"].one_of or ())


@dataclass(frozen=True)
class _Stretch:
    """Part of a corridor: from one distance to another; -1 is southwards."""

    corridor: str
    from_km: float
    to_km: float
    sign: int


def list_places(
    along: pd.DataFrame, facilities: pd.DataFrame, query: PlaceQuery
) -> pd.DataFrame:
    """Places of a layer along a way, in order, with hours on foot.

    Parameters
    ----------
    along : DataFrame
        The ``along`` layer.
    facilities : DataFrame
        Disclosed rows of one facility layer: nothing else is listed.
    query : PlaceQuery

    Returns
    -------
    DataFrame
        `COLUMNS`; ``km`` and ``walk_h`` count from the start of the stretch in the direction of
        travel, on foot along the way, the way to the door excluded. ``attrs["way"]`` says which
        way was taken: ``corridor``, ``from``, ``to`` (towns) and ``km``.

    Raises
    ------
    CallError
        If a corridor, leg or town is unknown, or no corridor joins two towns.
    """
    stretch = _find_stretch(along, query)
    rows = along[
        (along["corridor"] == stretch.corridor) & (along["kind"] == "place")
        & (along["layer"] == query.layer)
        & along["km"].between(min(stretch.from_km, stretch.to_km) - 1e-9,
                              max(stretch.from_km, stretch.to_km) + 1e-9)
        & along["ref"].isin(facilities.index)
    ]
    if query.leg:
        rows = rows[rows["leg_id"] == query.leg]
    rows = _order(rows, along, stretch)
    table = facilities.loc[rows["ref"]].reset_index()
    table = table.assign(**{name: rows[name].to_numpy() for name in ("km", "walk_h", "access_km")})
    table = _filter(table, query)
    table["walk_h_from_previous"] = table["walk_h"].diff().round(1) + 0.0
    table["order"] = range(1, len(table) + 1)
    table["check"] = judge_freshness(table, query.today)
    table = table.reindex(columns=list(COLUMNS))
    table.attrs["way"] = _describe_way(along, stretch)
    return table


def _describe_way(along: pd.DataFrame, stretch: _Stretch) -> dict[str, object]:
    stops = along[(along["corridor"] == stretch.corridor) & (along["kind"] == "stop")]
    towns = [
        str(stops["ref"].iloc[int((stops["km"] - km).abs().to_numpy().argmin())])
        for km in (stretch.from_km, stretch.to_km)
    ]
    km = round(abs(stretch.to_km - stretch.from_km), 1)
    return {"corridor": stretch.corridor, "from": towns[0], "to": towns[1], "km": km}


def coarsen_places(table: pd.DataFrame) -> pd.DataFrame:
    """Distances for audiences that may not see the line: whole hours, 5 km, no offset to it.

    A place's own position, with its exact distance along the way, would give the way away.
    """
    walk_h = table["walk_h"].round()
    coarse = table.assign(
        km=(table["km"] / 5).round() * 5, walk_h=walk_h,
        walk_h_from_previous=walk_h.diff(), access_km=float("nan"),
    )
    if "way" in table.attrs:
        way = table.attrs["way"]
        coarse.attrs["way"] = {**way, "km": round(way["km"] / 5) * 5}
    return coarse


def _order(rows: pd.DataFrame, along: pd.DataFrame, stretch: _Stretch) -> pd.DataFrame:
    column = "forward_h" if stretch.sign > 0 else "backward_h"
    stops = along[(along["corridor"] == stretch.corridor) & (along["kind"] == "stop")]
    start = stops.iloc[(stops["km"] - stretch.from_km).abs().to_numpy().argmin()]
    rows = rows.assign(
        # Zero is added because a distance of minus zero would be printed as such.
        walk_h=(rows[column] - start[column]).clip(lower=0).round(1) + 0.0,
        km=((rows["km"] - stretch.from_km) * stretch.sign).clip(lower=0).round(1) + 0.0,
        access_km=rows["access_km"].round(1),
    )
    return rows.sort_values(["km", "ref"], kind="stable").drop_duplicates("ref")


def _filter(table: pd.DataFrame, query: PlaceQuery) -> pd.DataFrame:
    if query.service:
        table = table[table["services"].map(lambda items: query.service in items).astype(bool)]
    if query.admits:
        yes = {query.admits, f"{query.admits}:yes"}
        table = table[table["admits"].map(lambda items: bool(yes & set(items))).astype(bool)]
    return table.reset_index(drop=True)


def judge_freshness(table: pd.DataFrame, today: dt.date) -> list[str]:
    """Say "call first" of each place that nobody checked in time."""
    fresh = (table["verify_by"] >= pd.Timestamp(today)).fillna(value=False)
    told = ["" if ok else "call first" for ok in fresh]
    if "reported_status" not in table:
        return told
    full = table["reported_status"].eq("full").fillna(value=False)
    return ["; ".join(filter(None, (f"full on {day:%Y-%m-%d}" if is_full else "", text)))
            for is_full, day, text in zip(full, table["reported_on"], told, strict=True)]


def _find_stretch(along: pd.DataFrame, query: PlaceQuery) -> _Stretch:
    if query.corridor:
        rows = along[along["corridor"] == query.corridor]
        if not len(rows):
            raise _unknown("corridor", query.corridor, along["corridor"])
        return _Stretch(query.corridor, 0.0, float(rows["km"].max()), 1)
    stops = along[along["kind"] == "stop"]
    if query.leg:
        rows = stops[stops["leg_id"] == query.leg]
        if not len(rows):
            raise _unknown("leg", query.leg, along["leg_id"])
        first = rows[rows["corridor"] == rows["corridor"].iloc[0]]
        return _Stretch(str(first["corridor"].iloc[0]), float(first["km"].min()),
                        float(first["km"].max()), 1)
    return _join_towns(stops, query.start, query.end)


def _join_towns(stops: pd.DataFrame, start: str, end: str) -> _Stretch:
    stops = list_named(stops)
    starts, ends = (stops[stops["ref"] == find_town(stops, name)] for name in (start, end))
    if set(starts["ref"]) == set(ends["ref"]):
        raise CallError(f"the two towns are the same: {starts['ref'].iloc[0]}")
    pairs = starts.merge(ends, on="corridor", suffixes=("", "_end"))
    pairs = pairs[pairs["km"] != pairs["km_end"]]
    if not len(pairs):
        raise CallError(f"no corridor joins {start!r} and {end!r}; see `georisk list corridors`")
    distance = (pairs["km_end"] - pairs["km"]).abs()
    best = pairs.loc[distance.sort_values(kind="stable").index[0]]
    sign = 1 if best["km_end"] > best["km"] else -1
    return _Stretch(str(best["corridor"]), float(best["km"]), float(best["km_end"]), sign)


def list_named(stops: pd.DataFrame) -> pd.DataFrame:
    """Stops that go by their own name."""
    return stops[~stops["unnamed"].astype(bool)] if "unnamed" in stops else stops


def _unknown(kind: str, name: str, known: pd.Series) -> CallError:
    names = sorted({str(item) for item in known.unique()})
    shown = ", ".join(names[:40]) + (" …" if len(names) > 40 else "")  # noqa: PLR2004 - a screenful
    return CallError(f"no {kind} named {name!r}; there are: {shown}")
