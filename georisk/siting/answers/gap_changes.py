"""What a site does to the gaps it touches: which close, and what is left of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.corridors import order_corridor
from georisk.siting.answers.answers import GapChange, GapHours
from georisk.siting.posing.problems import find_side
from georisk.travel import DIRECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from georisk.network import BoolArray, IntArray
    from layers.crs import FloatArray


@dataclass(frozen=True)
class Pace:
    """Another traveller or month: how hours on foot differ from those of the scene.

    Attributes
    ----------
    profile : str
    month : int or None
    times : array of shape (n_segments,) or one value
        Times the hours of the scene's own traveller.
    """

    profile: str
    month: int | None
    times: FloatArray | float = 1.0


@dataclass(frozen=True, eq=False)
class Run:
    """One gap: a maximal run of uncovered segments of a corridor.

    Attributes
    ----------
    rows : array of int
        Of the demand, in the direction of travel.
    segment : array of int
    length_km, walk_h : array
        Of each segment, entered in the direction of travel.
    """

    corridor: str
    service: str
    direction: str
    from_place: str
    to_place: str
    rows: IntArray
    segment: IntArray
    length_km: FloatArray
    walk_h: FloatArray


def list_runs(
    demand: pd.DataFrame, segments: pd.DataFrame,
    corridors: Mapping[str, tuple[tuple[str, int], ...]], walk_h: FloatArray,
) -> tuple[Run, ...]:
    """List the gaps that the demand makes, corridor by corridor, both ways, the longest first.

    A run that is the same in several corridors is told once.

    Parameters
    ----------
    demand : DataFrame
        Of `georisk.siting.posing.problems.list_demand`.
    walk_h : array of shape (n_segments, 2)
        Forward and backward.
    """
    position = _index_demand(demand, len(segments))
    near = _read_names(segments)
    length_km = segments["length_km"].to_numpy(float)
    runs: dict[tuple[int, ...], Run] = {}
    for corridor, steps in sorted(corridors.items()):
        order = order_corridor(segments, steps)
        row = segments.index.get_indexer(order["segment_id"])
        sign = order["sign"].to_numpy(int)
        for service in sorted(position):
            for direction, along in DIRECTIONS:
                way, turn = row[::along], sign[::along] * along
                side = (turn > 0).astype(int)  # columns as SORTED_DIRECTIONS
                at = position[service][way, side]
                for run in _find_runs(at >= 0):
                    rows = at[run]
                    found = Run(
                        corridor, service, direction, near[way[run][0]], near[way[run][-1]],
                        rows, way[run], length_km[way[run]],
                        walk_h[way[run], 1 - side[run]],
                    )
                    runs.setdefault(tuple(rows.tolist()), found)
    return tuple(sorted(runs.values(), key=lambda run: (-float(run.walk_h.sum()), run.corridor,
                                                        run.service, run.direction,
                                                        int(run.rows[0]))))


def _index_demand(demand: pd.DataFrame, n_segments: int) -> dict[str, IntArray]:
    """Demand row of each segment and side, by service; -1 where it is covered."""
    side, segment = find_side(demand), demand["segment"].to_numpy(np.int64)
    service = demand["service"].to_numpy(object)
    found = {}
    for name in sorted(set(service)):
        table = np.full((n_segments, 2), -1, np.int64)
        here = np.flatnonzero(service == name)
        table[segment[here], side[here]] = here
        found[str(name)] = table
    return found


def _read_names(segments: pd.DataFrame) -> list[str]:
    if "near_place" not in segments:
        return [""] * len(segments)
    return [name if isinstance(name, str) else "" for name in segments["near_place"]]


def _find_runs(missing: BoolArray) -> Iterator[slice]:
    edges = np.flatnonzero(np.diff(np.r_[False, missing, False].astype(np.int8)))
    for first, after in edges.reshape(-1, 2):
        yield slice(int(first), int(after))


def describe_changes(
    runs: Sequence[Run], served: BoolArray, paces: Sequence[Pace], *, most: int = 6
) -> tuple[GapChange, ...]:
    """What serving some demand does to each gap it touches, the longest gap first.

    Of gaps of several corridors that lose the same rows only the longest is told.

    Parameters
    ----------
    served : array of bool, shape (n_demand,)
        What one site brings within reach.
    paces : sequence of Pace
        The scene's own first.
    """
    told: dict[tuple[str, str, bytes], GapChange] = {}
    for run in runs:
        hit = served[run.rows]
        if not hit.any():
            continue
        key = (run.service, run.direction, np.sort(run.rows[hit]).tobytes())
        if key not in told:
            told[key] = _describe(run, ~hit, paces)
    return tuple(told.values())[:most]


def _describe(run: Run, stays: NDArray[np.bool_], paces: Sequence[Pace]) -> GapChange:
    parts = list(_find_runs(stays))
    left = max(parts, key=lambda part: float(run.walk_h[part].sum()), default=slice(0, 0))
    hours = []
    for pace in paces:
        times = pace.times if isinstance(pace.times, float) else pace.times[run.segment]
        walk_h = run.walk_h * times
        hours.append(GapHours(pace.profile, pace.month, float(walk_h.sum()),
                              max((float(walk_h[part].sum()) for part in parts), default=0.0)))
    return GapChange(
        run.corridor, run.service, run.direction, run.from_place, run.to_place,
        float(run.length_km.sum()), float(run.length_km[left].sum()), tuple(hours), not parts,
    )


def tell_reason(
    changes: Sequence[GapChange], newly_km: Mapping[tuple[str, str], float]
) -> str:
    """Say in one sentence which gap a site closes or shortens most, and what it reaches.

    Examples
    --------
    >>> hours = (GapHours("adult_man", None, 14.0, 0.0),)
    >>> gap = GapChange("west", "water", "forward", "A", "B", 70.0, 0.0, hours, True)
    >>> tell_reason([gap], {("water", "forward"): 70.0})
    'closes the water gap A - B forward, 14 h on foot; newly within reach: water 70 km forward'
    """
    km = [f"{service.replace('_', ' ')} {length:.0f} km {direction}"
          for (service, direction), length in sorted(newly_km.items())]
    reached = f"newly within reach: {', '.join(km)}"
    if not changes:
        return reached
    gap = max(changes, key=lambda one: (one.closed, _gain(one)))
    hours = gap.hours[0]
    ends = f"{gap.from_place or 'an unnamed place'} - {gap.to_place or 'an unnamed place'}"
    what = f"the {gap.service.replace('_', ' ')} gap {ends} {gap.direction}"
    if not np.isfinite(hours.before_h):
        told = f"shortens {what}, {gap.length_km:.0f} km, to {gap.left_km:.0f} km"
    elif gap.closed:
        told = f"closes {what}, {hours.before_h:.0f} h on foot"
    else:
        told = f"shortens {what}, {hours.before_h:.0f} h on foot, to {hours.after_h:.0f} h"
    return f"{told}; {reached}"


def _gain(change: GapChange) -> float:
    hours = change.hours[0]
    if not np.isfinite(hours.before_h):
        return change.length_km - change.left_km
    return hours.before_h - hours.after_h
