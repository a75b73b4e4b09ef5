"""Legs into segments of equal length with chainage; corridors as ordered legs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.crs import WGS84, measure_distance_km, measure_length_km, measure_step_km
from layers.errors import Fault

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_DETOUR = 1.5
_SEGMENT_LIKE = re.compile(r"-\d{4}$")
JOIN_KM = 0.05
_MAX_SEGMENTS = 9999
_ROUND = 7
_SHOWN_ID = 80

Corridors = dict[str, tuple[tuple[str, int], ...]]


@dataclass(frozen=True)
class _Cut:
    """One leg cut into pieces: points at the cuts, and the coordinates of each piece."""

    chainage_km: NDArray[np.float64]
    pieces: list[NDArray[np.float64]]
    middles: NDArray[np.float64]


def split_legs(routes: gpd.GeoDataFrame, *, segment_km: float) -> gpd.GeoDataFrame:
    """Cut each leg into equal pieces of about ``segment_km``.

    A leg of length L becomes ``max(1, round(L / segment_km))`` pieces; lengths are geodesic.

    Parameters
    ----------
    routes : GeoDataFrame
        The ``routes`` layer: one LineString a leg, EPSG:4326, index ``leg_id``.
    segment_km : float
        Wanted length, km.

    Returns
    -------
    GeoDataFrame
        Index ``segment_id`` (``{leg_id}-{n:04d}``, n from 1), sorted; columns ``leg_id n mode
        chainage_from_km chainage_to_km length_km start_lon start_lat end_lon end_lat mid_lon
        mid_lat geometry``.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> leg = gpd.GeoDataFrame({"mode": ["foot"]}, index=["a"], crs="EPSG:4326",
    ...     geometry=[shapely.LineString([(0, 0), (0, 0.1)])])
    >>> pieces = split_legs(leg, segment_km=1.0)
    >>> len(pieces), round(float(pieces["length_km"].sum()), 3)
    (11, 11.057)
    """
    frames = [
        _describe_leg(leg_id, mode, _cut_line(line, segment_km))
        for leg_id, mode, line in zip(routes.index, routes["mode"], routes.geometry, strict=True)
    ]
    frame = pd.concat(frames).sort_index()
    frame.index.name = "segment_id"
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=WGS84)


def _cut_line(line: shapely.LineString, segment_km: float) -> _Cut:
    xy = shapely.get_coordinates(line)
    along = np.concatenate([[0.0], np.cumsum(measure_step_km(xy[:, 0], xy[:, 1]))])
    total = float(along[-1])
    count = min(max(1, round(total / segment_km)), _MAX_SEGMENTS)
    cuts = np.linspace(0.0, total, 2 * count + 1)
    points = np.column_stack([np.interp(cuts, along, xy[:, 0]), np.interp(cuts, along, xy[:, 1])])
    points[0], points[-1] = xy[0], xy[-1]
    ends, middles = points[::2], points[1::2]
    chainage = cuts[::2]
    pieces = []
    for n in range(count):
        inside = xy[(along > chainage[n]) & (along < chainage[n + 1])]
        pieces.append(np.vstack([ends[n], inside, ends[n + 1]]))
    return _Cut(chainage, pieces, middles)


def _describe_leg(leg_id: str, mode: str, cut: _Cut) -> pd.DataFrame:
    count = len(cut.pieces)
    starts = np.array([piece[0] for piece in cut.pieces])
    ends = np.array([piece[-1] for piece in cut.pieces])
    lines = [shapely.LineString(np.round(piece, _ROUND)) for piece in cut.pieces]
    return pd.DataFrame(
        {
            "leg_id": leg_id,
            "n": np.arange(1, count + 1),
            "mode": mode,
            "chainage_from_km": cut.chainage_km[:-1],
            "chainage_to_km": cut.chainage_km[1:],
            "length_km": np.diff(cut.chainage_km),
            "start_lon": starts[:, 0], "start_lat": starts[:, 1],
            "end_lon": ends[:, 0], "end_lat": ends[:, 1],
            "mid_lon": cut.middles[:, 0], "mid_lat": cut.middles[:, 1],
            "geometry": lines,
        },
        index=[f"{leg_id}-{n:04d}" for n in range(1, count + 1)],
    )


def find_leg_faults(routes: gpd.GeoDataFrame, *, segment_km: float) -> list[Fault]:
    """Legs longer than 1.5 times their stated length, of no length, or of too many segments."""
    length_km = measure_length_km(routes.geometry.to_numpy())
    stated = routes["stated_km"].to_numpy(float)
    faults = []
    kinds = zip(routes["mode"], routes["terrain"], strict=True)
    for leg_id, drawn, said, (mode, ground) in zip(
        routes.index, length_km, stated, kinds, strict=True
    ):
        if drawn <= 0:
            faults.append(_fault(leg_id, "geometry", "0 km", "the leg has no length"))
        elif drawn > MAX_DETOUR * said:
            faults.append(
                _fault(leg_id, "stated_km", f"{said:g}",
                       f"the line is {drawn:.0f} km long, more than {MAX_DETOUR} times as stated",
                       "a point of the line is probably in a town of the same name elsewhere")
            )
        elif _SEGMENT_LIKE.search(leg_id):
            faults.append(_fault(leg_id, "leg_id", leg_id, "ends like the id of a segment",
                                 "let no leg id end in - and four digits"))
        elif mode != "boat" and ground == "water":
            faults.append(_fault(leg_id, "terrain", "water", f"nobody goes by {mode} on water",
                                 "make it a boat leg, or name the ground"))
        elif drawn / segment_km > _MAX_SEGMENTS:
            faults.append(_fault(leg_id, "geometry", f"{drawn:.0f} km",
                                 f"more than {_MAX_SEGMENTS} segments", "split the leg"))
    return faults


def _fault(leg_id: str, column: str, value: str, reason: str, suggestion: str = "") -> Fault:
    return Fault("routes", "", None, leg_id, column, value, reason, suggestion)


def find_corridor_faults(routes: gpd.GeoDataFrame, corridors: Corridors) -> list[Fault]:
    """Corridors that name unknown legs, or legs that do not meet end to end."""
    faults = []
    ends = {leg: shapely.get_coordinates(line)[[0, -1]] for leg, line in routes.geometry.items()}
    for name, steps in corridors.items():
        legs = [leg for leg, _ in steps]
        faults += [
            Fault("routes", "study.toml", None, leg, f"corridors.{name}", leg, "listed twice",
                  "a corridor passes each leg once; make two corridors of it")
            for leg in sorted({leg for leg in legs if legs.count(leg) > 1})
        ]
        unknown = [leg for leg, _ in steps if leg not in ends]
        faults += [
            Fault("routes", "study.toml", None, leg, f"corridors.{name}", leg, "no such leg")
            for leg in unknown
        ]
        known = [(leg, sign) for leg, sign in steps if leg in ends]
        for (one, sign), (two, sign_two) in pairwise(known):
            a, b = ends[one][::sign][1], ends[two][::sign_two][0]
            apart = float(measure_distance_km(a[:1], a[1:], b[:1], b[1:])[0])
            if apart > JOIN_KM:
                faults.append(
                    Fault("routes", "study.toml", None, two, f"corridors.{name}", "",
                          f"begins {apart:.1f} km from the end of {one}",
                          "put the legs in order; write -leg for a reversed one")
                )
    return faults


def find_owners(corridors: Corridors) -> dict[str, str]:
    """Owning corridor of each leg: the first that lists it."""
    owners: dict[str, str] = {}
    for name, steps in corridors.items():
        for leg, _ in steps:
            owners.setdefault(leg, name)
    return owners


def find_turned_legs(corridors: Corridors) -> frozenset[str]:
    """Legs that are part of one way northwards as drawn and of another against it."""
    seen: dict[str, set[int]] = {}
    for steps in corridors.values():
        for leg, sign in steps:
            seen.setdefault(leg, set()).add(sign)
    return frozenset(leg for leg, signs in seen.items() if len(signs) > 1)


def find_signs(corridors: Corridors) -> dict[str, int]:
    """Direction in which each leg is travelled northwards: -1 if every corridor reverses it."""
    seen: dict[str, set[int]] = {}
    for steps in corridors.values():
        for leg, sign in steps:
            seen.setdefault(leg, set()).add(sign)
    return {leg: -1 if signs == {-1} else 1 for leg, signs in seen.items()}


def name_near_places(
    lines: gpd.GeoDataFrame, places: gpd.GeoDataFrame | None, *, min_population: int = 0
) -> pd.Series:
    """Name of the populated place nearest to the middle of each segment; empty without places."""
    if places is None or not len(places):
        return pd.Series([None] * len(lines), index=lines.index, dtype="str")
    kept = places[places["population"].fillna(0) >= min_population]
    kept = kept if len(kept) else places
    tree = shapely.STRtree(kept.geometry.to_numpy())
    middles = shapely.points(lines["mid_lon"], lines["mid_lat"])
    return pd.Series(kept["name"].to_numpy()[tree.nearest(middles)], index=lines.index, dtype="str")


def find_countries(lines: gpd.GeoDataFrame, boundaries: gpd.GeoDataFrame | None) -> pd.Series:
    """Country of the middle of each segment: the one it lies in, else the nearest."""
    empty = pd.Series([None] * len(lines), index=lines.index, dtype="str")
    if boundaries is None:
        return empty
    countries = boundaries[boundaries["level"] == 0]
    if not len(countries):
        return empty
    tree = shapely.STRtree(countries.geometry.to_numpy())
    middles = shapely.points(lines["mid_lon"], lines["mid_lat"])
    inside = tree.query(middles, predicate="within")
    codes = countries["country"].to_numpy()
    found = np.full(len(lines), None, dtype=object)
    found[inside[0]] = codes[inside[1]]
    outside = np.flatnonzero(pd.isna(found))
    found[outside] = codes[tree.nearest(middles[outside])]
    return pd.Series(found, index=lines.index, dtype="str")


def order_corridor(lines: gpd.GeoDataFrame, steps: tuple[tuple[str, int], ...]) -> pd.DataFrame:
    """Segments of a corridor in the order of travel.

    Returns
    -------
    DataFrame
        Columns ``segment_id leg_id sign length_km from_km to_km`` (along the corridor).
    """
    code, legs = pd.factorize(lines["leg_id"])
    first = np.searchsorted(code, np.arange(len(legs) + 1))
    where = {leg: np.arange(first[n], first[n + 1]) for n, leg in enumerate(legs)}
    rows = np.concatenate([where[leg][::sign] for leg, sign in steps])
    sign = np.repeat([sign for _, sign in steps], [len(where[leg]) for leg, _ in steps])
    length = lines["length_km"].to_numpy(float)[rows]
    to_km = np.cumsum(length)
    return pd.DataFrame({
        "segment_id": lines.index.to_numpy()[rows], "leg_id": lines["leg_id"].to_numpy()[rows],
        "sign": sign, "length_km": length, "from_km": to_km - length, "to_km": to_km,
    })


def tell_unknown_segment(segments: pd.DataFrame, segment_id: str) -> str:
    """Say that there is no such segment, and which ids are near.

    Examples
    --------
    >>> legs = pd.DataFrame({"leg_id": "a"}, index=["a-0001", "a-0002"])
    >>> tell_unknown_segment(legs, "a-0009")
    "no segment 'a-0009': those of leg a are a-0001 to a-0002"
    """
    from rapidfuzz import process

    shown = repr(segment_id[:_SHOWN_ID])
    leg = segment_id if (segments["leg_id"] == segment_id).any() else segment_id[:-5]
    mine = segments.index[segments["leg_id"] == leg]
    if len(mine):
        return f"no segment {shown}: those of leg {leg} are {mine.min()} to {mine.max()}"
    ids = segments.index.astype("str").tolist()
    near = process.extract(segment_id[:_SHOWN_ID].strip().lower(), ids, limit=3, score_cutoff=60)
    names = ", ".join(found for found, _, _ in near)
    tail = f"did you mean {names}?" if names else "`georisk list legs` names the legs"
    return f"no segment {shown}: an id is a leg and four digits; {tail}"
