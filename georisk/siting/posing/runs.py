"""Gaps that the demand makes: runs of uncovered segments along each corridor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.corridors import order_corridor
from georisk.siting.posing.problems import find_side
from georisk.travel import DIRECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from georisk.network import BoolArray, IntArray
    from layers.crs import FloatArray


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
                for run in find_runs(at >= 0):
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


def find_runs(marked: BoolArray) -> Iterator[slice]:
    """Slices of the rows that are marked one after another."""
    edges = np.flatnonzero(np.diff(np.r_[False, marked, False].astype(np.int8)))
    for first, after in edges.reshape(-1, 2):
        yield slice(int(first), int(after))
