"""Where help is missing: the longest runs of a corridor without a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from georisk.gaps.walker import Need, Walker, count_days, measure_need, measure_reach_km
from georisk.services import WATER
from georisk.travel import DIRECTIONS
from georisk.walking.traveller import Traveller
from layers.crs import WGS84
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from georisk.network import BoolArray, IntArray
    from georisk.travel import Travel
    from layers.crs import FloatArray

_DECIMALS = 6
_COLUMNS = (
    "corridor", "service", "direction", "from_place", "to_place", "leg_ids", "length_km", "walk_h",
    "walk_h_p10", "walk_h_p50", "walk_h_p90", "days", "next_h", "beyond_h", "next_id", "litres",
    "carried_km", "reach_km", "severity", "synthetic",
)
_INTERVAL = ("walk_h_p10", "walk_h_p50", "walk_h_p90")
_WORDS = ("corridor", "service", "direction", "from_place", "to_place", "next_id", "severity")
_NUMBERS = ("length_km", "walk_h", *_INTERVAL, "days", "next_h", "beyond_h", "litres", "carried_km",
            "reach_km")
_ANYBODY = Traveller("adult_man", 1.0, 1.0, 70.0, 4.0, "men")


@dataclass(frozen=True, eq=False)
class _Field:
    """Coverage as arrays over segments, services and directions (forward, backward)."""

    covered: BoolArray
    time_h: FloatArray
    threshold_h: FloatArray
    next_id: NDArray[np.object_]
    services: tuple[str, ...]
    by_mode: BoolArray
    synthetic: bool


@dataclass(frozen=True, eq=False)
class _Ground:
    """What a gap's row says about its segments, as arrays."""

    ids: NDArray[np.object_]
    legs: NDArray[np.object_]
    near: NDArray[np.object_]
    length_km: FloatArray
    walk_h: FloatArray
    lines: NDArray[np.object_]


def find_gaps(
    segments: gpd.GeoDataFrame,
    coverage: pd.DataFrame,
    services: pd.DataFrame,
    *,
    corridors: Mapping[str, tuple[tuple[str, int], ...]],
    travel: Travel,
    walker: Walker | None = None,
) -> gpd.GeoDataFrame:
    """List the maximal uncovered runs of each corridor, per service and direction along it.

    Where a corridor lists a leg reversed, forward along the corridor is backward along the leg.

    Parameters
    ----------
    segments : GeoDataFrame
        Lines, index ``segment_id``; ``leg_id length_km`` and, where known, ``near_place``.
    coverage : DataFrame
        As `georisk.coverage.compute_coverage` makes it for these segments and services.
    services : DataFrame
        Index service; column ``measure``.
    corridors : mapping
        Legs in order, each with +1 as drawn or -1 reversed.
    travel : Travel
        In whose time ``walk_h`` is told.
    walker : Walker, optional
        An adult man over the whole year by default. Water is graded by what he carries.

    Returns
    -------
    GeoDataFrame
        As ``layers/specs/gaps.toml`` says: MultiLineString, EPSG:4326, drawn in the direction
        of travel. ``walk_h`` is missing where nobody can walk, the interval where the walker has
        no spread, ``litres`` for other services than water.

    Raises
    ------
    CallError
        If a corridor names a leg without segments.
    """
    walker = walker or Walker(_ANYBODY)
    field = _spread_coverage(segments, coverage, services)
    ground = _lay_ground(segments, travel)
    rows: list[dict[str, object]] = []
    by_kind: list[FloatArray] = []
    for corridor, steps in sorted(corridors.items()):
        way, sign = order_rows(segments, corridor, steps)
        for at, service in enumerate(field.services):
            for direction, along in DIRECTIONS:
                key = {"corridor": corridor, "service": service, "direction": direction}
                order, side = way[::along], (sign[::along] * along < 0).astype(int)
                for run in _find_runs(~field.covered[order, at, side]):
                    about = _describe_run(ground, order[run], side[run])
                    entry = (int(order[run.start]), at, int(side[run.start]))
                    ahead = _look_ahead(field, entry)
                    need = _judge_run(ground, walker, (order, side), run, (field, entry))
                    rows.append({**key, **about, **ahead, **need})
                    by_kind.append(_sort_hours(ground, walker, order[run], side[run]))
    return _frame_gaps(_add_interval(rows, by_kind, walker), synthetic=field.synthetic)


def _look_ahead(field: _Field, at: tuple[int, int, int]) -> dict[str, object]:
    """What a row says of the next place, seen from its entry."""
    return {"next_h": float(field.time_h[at]), "next_id": field.next_id[at],
            "beyond_h": float(field.time_h[at] - field.threshold_h[at])}


def _judge_run(
    ground: _Ground, walker: Walker, way: tuple[IntArray, IntArray], run: slice,
    asked: tuple[_Field, tuple[int, int, int]],
) -> dict[str, object]:
    """Water, days, reach and severity of a run."""
    order, side = (part[run.start:] for part in way)
    field, entry = asked
    hours = ground.walk_h[order, side]
    inside = run.stop - run.start
    reach_km = np.nan
    if field.services[entry[1]] == WATER:
        need = measure_need(walker, order, side, hours, inside=inside,
                            next_h=float(field.time_h[entry]))
    else:
        days = count_days(float(hours[:inside].sum()), walker.rules)
        need = Need(np.nan, np.nan, days, "uncovered")
        if not field.by_mode[entry[1]] and walker.ground_km is not None:
            reach_km = measure_reach_km(hours, walker.ground_km[order],
                                        float(field.threshold_h[entry]))
    return {"litres": need.litres, "carried_km": need.carried_km, "days": need.days,
            "reach_km": reach_km, "severity": need.severity}


def _sort_hours(
    ground: _Ground, walker: Walker, rows: IntArray, side: IntArray
) -> FloatArray:
    if walker.spread is None:
        return np.empty(0)
    return walker.spread.add_up(rows, ground.walk_h[rows, side])


def _add_interval(
    rows: list[dict[str, object]], by_kind: list[FloatArray], walker: Walker
) -> list[dict[str, object]]:
    """Hours that 10, 50 and 90 % of drawn paces do not exceed."""
    if walker.spread is None or not rows:
        return [{**row, **dict.fromkeys(_INTERVAL, np.nan)} for row in rows]
    found = walker.spread.measure_interval(np.vstack(by_kind))
    walked = np.isfinite([float(str(row["walk_h"])) for row in rows])
    found = np.where(walked, found, np.nan)
    return [{**row, **dict(zip(_INTERVAL, found[:, n].tolist(), strict=True))}
            for n, row in enumerate(rows)]


def _lay_ground(segments: gpd.GeoDataFrame, travel: Travel) -> _Ground:
    nowhere = np.full(len(segments), None, dtype=object)
    return _Ground(
        ids=segments.index.to_numpy(object),
        legs=segments["leg_id"].to_numpy(object),
        near=segments["near_place"].to_numpy(object) if "near_place" in segments else nowhere,
        length_km=segments["length_km"].to_numpy(float),
        walk_h=travel.segment_walk_h,
        lines=segments.geometry.to_numpy(),
    )


def _spread_coverage(
    segments: pd.DataFrame, coverage: pd.DataFrame, services: pd.DataFrame
) -> _Field:
    names = tuple(sorted(map(str, services.index)))
    shape = (len(segments), len(names), len(DIRECTIONS))
    at = (
        segments.index.get_indexer(coverage["segment_id"]),
        pd.Index(names).get_indexer(coverage["service"]),
        (coverage["direction"] == DIRECTIONS[1][0]).to_numpy(int),
    )
    kept = (at[0] >= 0) & (at[1] >= 0)
    at = (at[0][kept], at[1][kept], at[2][kept])
    covered = np.zeros(shape, bool)
    covered[at] = coverage["covered"].to_numpy(bool)[kept]
    ride = (services["measure"].reindex(names) == "mode").to_numpy(bool)[at[1]]
    mode_h, on_foot = (coverage[name].to_numpy(float)[kept] for name in ("mode_h", "walk_h"))
    hours = np.where(ride, mode_h, on_foot)
    next_id = coverage["nearest_id"].to_numpy(object)[kept]
    # The nearest place is told by foot; of a service by mode it need not be the one that counts.
    next_id = np.where((ride & np.isfinite(on_foot)) | pd.isna(next_id), None, next_id)
    time_h, limit_h, ids = (np.full(shape, none, kind) for none, kind in
                            ((np.nan, float), (np.nan, float), (None, object)))
    time_h[at], ids[at] = hours, next_id
    limit_h[at] = coverage["threshold_h"].to_numpy(float)[kept]
    synthetic = "synthetic" in coverage and bool(coverage["synthetic"].any())
    by_mode = (services["measure"].reindex(names) == "mode").to_numpy(bool)
    return _Field(covered, time_h, limit_h, ids, names, by_mode, synthetic)


def order_rows(
    segments: pd.DataFrame, corridor: str, steps: tuple[tuple[str, int], ...]
) -> tuple[IntArray, IntArray]:
    """Rows of a corridor's segments in its order, and the sign of each one's leg."""
    of_leg = segments.groupby("leg_id", sort=False).indices
    absent = [leg for leg, _ in steps if leg not in of_leg]
    if absent:
        raise CallError(
            f"corridors.{corridor}: no such leg: {', '.join(absent)}; see `georisk list legs`"
        )
    rows = [np.sort(of_leg[leg])[::sign] for leg, sign in steps]
    signs = [np.full(len(part), sign) for part, (_, sign) in zip(rows, steps, strict=True)]
    return np.concatenate(rows), np.concatenate(signs)


def _find_runs(missing: BoolArray) -> Iterator[slice]:
    edges = np.flatnonzero(np.diff(np.r_[False, missing, False].astype(np.int8)))
    for first, after in edges.reshape(-1, 2):
        yield slice(int(first), int(after))


def _describe_run(ground: _Ground, rows: IntArray, side: IntArray) -> dict[str, object]:
    walk_h = float(ground.walk_h[rows, side].sum())
    return {
        "gap_id": ground.ids[rows[0]],
        "from_place": ground.near[rows[0]],
        "to_place": ground.near[rows[-1]],
        "leg_ids": tuple(sorted(set(ground.legs[rows]))),
        "length_km": round(float(ground.length_km[rows].sum()), _DECIMALS),
        "walk_h": round(walk_h, _DECIMALS) if np.isfinite(walk_h) else np.nan,
        "geometry": _merge_lines(ground.lines[rows], side, ground.legs[rows]),
    }


def _merge_lines(
    lines: NDArray[np.object_], side: IntArray, legs: NDArray[np.object_]
) -> shapely.MultiLineString:
    """One line a leg, in the direction of travel."""
    turned = np.where(side == 1, shapely.reverse(lines), lines)
    xy, owner = shapely.get_coordinates(turned, return_index=True)
    part = np.r_[0, np.cumsum(legs[1:] != legs[:-1])][owner]
    repeated = np.r_[False, (part[1:] == part[:-1]) & np.all(xy[1:] == xy[:-1], axis=1)]
    return shapely.multilinestrings(shapely.linestrings(xy[~repeated], indices=part[~repeated]))


def _frame_gaps(rows: list[dict[str, object]], *, synthetic: bool) -> gpd.GeoDataFrame:
    parts = ("corridor", "service", "direction", "gap_id")
    ids = ["-".join(str(row[part]) for part in parts).replace("_", "-") for row in rows]
    table = pd.DataFrame(rows, columns=[*_COLUMNS[:-1], "geometry"])
    table["synthetic"] = pd.array([synthetic] * len(rows), dtype="boolean")
    table.index = pd.Index(ids, dtype="str", name="gap_id")
    for name in _WORDS:
        table[name] = table[name].astype("str")
    for name in _NUMBERS:
        table[name] = table[name].astype("float64").round(_DECIMALS)
    frame = gpd.GeoDataFrame(table[[*_COLUMNS, "geometry"]], geometry="geometry", crs=WGS84)
    return frame.sort_index()
