"""Branches: where other corridors leave one half-way, at a town that both pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from georisk.corridors import JOIN_KM
from georisk.surge.ways import cut_way, drop_beginnings
from layers.crs import measure_distance_km

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from georisk.network import IntArray
    from georisk.surge.ways import Way
    from layers.crs import FloatArray

_NEAR_DEG = 1e-3

Stops = dict[str, dict[str, int]]


@dataclass(frozen=True, eq=False)
class Branch:
    """Corridors that lead on from a town half-way along another.

    Attributes
    ----------
    at : int
        Segments of the way up to the town.
    town : str
    ways : tuple of Way
        What lies ahead on them, sorted by name.
    """

    at: int
    town: str
    ways: tuple[Way, ...]


def number_stops(along: pd.DataFrame, tracks: Sequence[Way], *, sign: int) -> Stops:
    """Towns of each corridor, and the segments up to them in the order of travel."""
    stops = dict(iter(along[along["kind"] == "stop"].groupby("corridor")))
    found: dict[str, dict[str, int]] = {}
    for track in tracks:
        mine = stops[track.name]
        ahead = (mine["km"].to_numpy(float) - track.from_km) * sign
        after = np.searchsorted(track.km, ahead).clip(1, len(track.km) - 1)
        at = after - (ahead - track.km[after - 1] < track.km[after] - ahead)
        first: dict[str, int] = {}
        for town, here in zip(mine["ref"].astype(str), at.tolist(), strict=True):
            first[town] = min(here, first.get(town, here))
        found[track.name] = dict(sorted(first.items()))
    return found


def find_branches(
    way: Way, before: IntArray, tracks: Sequence[Way], stops: Stops,
    known: Sequence[IntArray], *, sign: int,
) -> tuple[Branch, ...]:
    """Find where other corridors leave a way before its end, in the order of travel.

    One leaves where both pass a town and the next leg is another. It is left out if it would
    pass a leg again that was passed before, or if somebody takes that same path already.

    Parameters
    ----------
    before : array of int
        Rows passed before the way begins.
    tracks : sequence of Way
        Whole corridors that may be taken.
    stops : mapping
        Of `number_stops`.
    known : sequence of arrays of int
        Rows of all paths that are taken already, from the town where all begin.
    """
    found: dict[int, tuple[str, list[Way]]] = {}
    for track in tracks:
        mine = stops[track.name] if track.name != way.name else {}
        for town, at in mine.items():
            here = stops[way.name].get(town, -1) - way.first
            if not (0 < here < len(way.row) and at < len(track.row)):
                continue
            if track.row[at] == way.row[here] or not _is_one_spot(way, here, track, at):
                continue
            rest = cut_way(track, at, len(track.row), sign=sign)
            passed = np.concatenate([before, way.row[:here]])
            if np.isin(rest.row, passed).any() or _is_known(passed, rest.row, known):
                continue
            found.setdefault(here, (town, []))[1].append(rest)
    return tuple(Branch(here, found[here][0], drop_beginnings(found[here][1]))
                 for here in sorted(found))


def part_way(way: Way, branches: Sequence[Branch], *, sign: int) -> tuple[Way, ...]:
    """Cut a way where others leave it; the pieces follow on one another."""
    edges = [0, *(branch.at for branch in branches), len(way.row)]
    return tuple(cut_way(way, a, b, sign=sign) for a, b in pairwise(edges))


def join_pieces(pieces: Sequence[Way]) -> Way:
    """Lay pieces of one corridor, which follow on one another, together again."""
    begin = np.cumsum([0.0, *(piece.km[-1] for piece in pieces)])
    km = [piece.km[1:] + at for piece, at in zip(pieces, begin[:-1], strict=True)]
    return replace(
        pieces[0], end=pieces[-1].end, left=pieces[-1].left, km=np.concatenate([[0.0], *km]),
        row=np.concatenate([piece.row for piece in pieces]),
        side=np.concatenate([piece.side for piece in pieces]),
        spot=np.vstack([pieces[0].spot[:1], *(piece.spot[1:] for piece in pieces)]))


def leads_back(way: Way, tracks: Sequence[Way], branches: Sequence[Branch]) -> bool:
    """Whether a corridor leaves half-way that from the end could only be had by going back."""
    leaving = {each.name for branch in branches for each in branch.ways}
    return any(track.name in leaving and track.row[at] == way.row[-1]
               for track in tracks for at in _find_spots(track, way.spot[-1]))


def _find_spots(track: Way, spot: FloatArray) -> list[int]:
    near = np.abs(track.spot[:-1] - spot).max(axis=1) < _NEAR_DEG
    return [int(at) for at in np.flatnonzero(near)]


def leave_way(piece: Way, town: str) -> Way:
    """Mark a piece as left for another corridor in a town."""
    return replace(piece, left=town, end=town)


def _is_one_spot(way: Way, here: int, track: Way, at: int) -> bool:
    one, two = way.spot[here : here + 1], track.spot[at : at + 1]
    return float(measure_distance_km(one[:, 0], one[:, 1], two[:, 0], two[:, 1])[0]) <= JOIN_KM


def _is_known(passed: IntArray, rest: IntArray, known: Sequence[IntArray]) -> bool:
    """Whether a path is the same as another, or only its beginning."""
    size = len(passed) + len(rest)
    return any(
        len(path) >= size and np.array_equal(path[: len(passed)], passed)
        and np.array_equal(path[len(passed) : size], rest)
        for path in known
    )
