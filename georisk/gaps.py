"""Where help is missing: the longest runs of a corridor without a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from georisk.travel import DIRECTIONS
from layers.crs import WGS84
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from georisk.network import BoolArray, IntArray
    from georisk.travel import Travel
    from layers.crs import FloatArray

_TOLERANCE_H = 1e-9
_DECIMALS = 6
_COLUMNS = (
    "corridor", "service", "direction", "from_place", "to_place", "leg_ids", "length_km", "walk_h",
    "next_h", "severity", "synthetic",
)


@dataclass(frozen=True)
class Water:
    """What a body needs and carries.

    Attributes
    ----------
    carried_l : float
        From a filled start, L.
    need_l_per_h : float
        For moderate walking, L/h.
    deficit_share : float
        Of body mass, beyond which walking on is critical.
    mass_kg : float

    Examples
    --------
    >>> water = Water()
    >>> round(water.carried_h, 3), round(water.critical_h, 3)  # 4 / 0.71, (4 + 0.05 * 70) / 0.71
    (5.634, 10.563)
    """

    carried_l: float = 4.0
    need_l_per_h: float = 0.71
    deficit_share: float = 0.05
    mass_kg: float = 70.0

    @property
    def carried_h(self) -> float:
        """Hours until what is carried is drunk."""
        return self.carried_l / self.need_l_per_h

    @property
    def critical_h(self) -> float:
        """Hours until the body lacks ``deficit_share`` of its mass."""
        return (self.carried_l + self.deficit_share * self.mass_kg) / self.need_l_per_h


@dataclass(frozen=True, eq=False)
class _Field:
    """Coverage as arrays over segments, services and directions (forward, backward)."""

    covered: BoolArray
    time_h: FloatArray
    services: tuple[str, ...]
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


def judge_severity(service: str, next_h: float, water: Water) -> str:
    """Say how bad a gap is; of water, ``unsafe`` or ``critical`` by the time to the next.

    Parameters
    ----------
    next_h : float
        From the entry to the next place with the service; NaN or infinite is unreachable.

    References
    ----------
    Montain, Latzka & Sawka 1999, Fluid replacement recommendations.

    Examples
    --------
    >>> [judge_severity("water", h, Water()) for h in (5.0, 6.0, 11.0, float("nan"))]
    ['uncovered', 'unsafe', 'critical', 'critical']
    >>> judge_severity("food", 11.0, Water())
    'uncovered'
    """
    if service != "water":
        return "uncovered"
    if not np.isfinite(next_h) or next_h > water.critical_h + _TOLERANCE_H:
        return "critical"
    return "unsafe" if next_h > water.carried_h + _TOLERANCE_H else "uncovered"


def find_gaps(
    segments: gpd.GeoDataFrame,
    coverage: pd.DataFrame,
    services: pd.DataFrame,
    *,
    corridors: Mapping[str, tuple[tuple[str, int], ...]],
    travel: Travel,
    water: Water | None = None,
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
    water : Water, optional

    Returns
    -------
    GeoDataFrame
        As ``layers/specs/gaps.toml`` says: MultiLineString, EPSG:4326, drawn in the direction
        of travel. ``walk_h`` is missing where nobody can walk.

    Raises
    ------
    CallError
        If a corridor names a leg without segments.
    """
    water = water or Water()
    field = _spread_coverage(segments, coverage, services)
    ground = _lay_ground(segments, travel)
    rows: list[dict[str, object]] = []
    for corridor, steps in sorted(corridors.items()):
        way, sign = _order_rows(segments, corridor, steps)
        for at, service in enumerate(field.services):
            for direction, along in DIRECTIONS:
                key = {"corridor": corridor, "service": service, "direction": direction}
                order, side = way[::along], (sign[::along] * along < 0).astype(int)
                for run in _find_runs(~field.covered[order, at, side]):
                    next_h = float(field.time_h[order[run.start], at, side[run.start]])
                    about = _describe_run(ground, order[run], side[run])
                    severity = judge_severity(service, next_h, water)
                    rows.append({**key, **about, "next_h": next_h, "severity": severity})
    return _frame_gaps(rows, synthetic=field.synthetic)


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
    hours = [coverage[name].to_numpy(float)[kept] for name in ("mode_h", "walk_h")]
    time_h = np.full(shape, np.nan)
    time_h[at] = np.where(ride, hours[0], hours[1])
    synthetic = "synthetic" in coverage and bool(coverage["synthetic"].any())
    return _Field(covered, time_h, names, synthetic)


def _order_rows(
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
    for name in ("corridor", "service", "direction", "from_place", "to_place", "severity"):
        table[name] = table[name].astype("str")
    for name in ("length_km", "walk_h", "next_h"):
        table[name] = table[name].astype("float64")
    table["next_h"] = table["next_h"].round(_DECIMALS)
    frame = gpd.GeoDataFrame(table[[*_COLUMNS, "geometry"]], geometry="geometry", crs=WGS84)
    return frame.sort_index()
