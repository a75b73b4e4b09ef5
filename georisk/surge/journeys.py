"""Journeys: corridor after corridor from a town, each leg once, to a town or the last end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from georisk.surge.ways import cut_way, drop_beginnings, find_stop, list_onward, list_ways
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from georisk.network import IntArray
    from georisk.surge.ways import Way
    from layers.crs import FloatArray

Chain = tuple["Way", ...]
MOST_CHAINS = 60
_TOLERANCE_H = 1e-6


@dataclass(frozen=True, eq=False)
class Journey:
    """All that lies ahead of some of the group, as one way.

    Attributes
    ----------
    name : str
        Corridors in order, joined.
    row, side : array of int, shape (n,)
        As of `Way`.
    km : array of shape (n + 1,)
        From the town.
    end : str
        Town where it ends.
    parts : tuple of Way
    begin_km : tuple of float
        Where each part begins.
    """

    name: str
    row: IntArray
    side: IntArray
    km: FloatArray
    end: str
    parts: Chain
    begin_km: tuple[float, ...]


def join_ways(parts: Chain) -> Journey:
    """Lay ways end to end."""
    begin = np.concatenate([[0.0], np.cumsum([way.km[-1] for way in parts])])
    km = [way.km[1:] + at for way, at in zip(parts, begin[:-1], strict=True)]
    return Journey(
        " + ".join(way.name for way in parts), np.concatenate([way.row for way in parts]),
        np.concatenate([way.side for way in parts]), np.concatenate([[0.0], *km]), parts[-1].end,
        parts, tuple(begin[:-1].tolist()),
    )


def list_chains(
    along: pd.DataFrame, tracks: Sequence[Way], town: str, *, sign: int,
    chosen: tuple[str, ...] = (), to: str = "",
) -> tuple[tuple[Chain, ...], tuple[str, ...]]:
    """Corridors one after the other from a town; and what a reader must be told.

    Where a corridor ends, those that pass there lead on in the same direction, each leg once. One
    that begins by going back over the last legs is joined where the two part.

    Parameters
    ----------
    chosen : tuple of str
        Only these corridors.
    to : str
        Town at which all end; ways that do not come there are left out.

    Raises
    ------
    CallError
        As `list_ways`; if a corridor is chosen that nothing leads to, if no way comes to ``to``,
        or if there are more than 60 ways.
    """
    if to and to == town:
        raise CallError(f"--to {to}: the same town as --from")
    first, notes = list_ways(along, tracks, town, sign=sign, chosen=chosen)
    allowed = [track for track in tracks if not chosen or track.name in chosen]
    chains = []
    # Oldest first, so that the list of ways and not the depth of calls bounds the work.
    waiting: list[Chain] = [(way,) for way in first]
    while waiting:
        chain, waiting = waiting[0], waiting[1:]
        at = find_stop(along, chain[-1], to, sign=sign) if to else None
        if at:
            chains.append(_end_at(chain, at, to, sign=sign))
            continue
        onward = _go_on(chain, allowed, sign=sign)
        if not onward and not to:
            chains.append(chain)
        waiting += onward
        if len(waiting) + len(chains) > MOST_CHAINS:
            raise CallError(f"more than {MOST_CHAINS} ways lead on from {town}: name some "
                            "corridors with --corridor")
    if not chains:
        raise CallError(f"--to {to}: no way on from {town} in that direction comes there")
    passing = {way.name for way in tracks if find_stop(along, way, town, sign=sign) is not None}
    _check_used(set(chosen) - passing, chains, town)
    return tuple(sorted(chains, key=_name_chain)), notes


def _end_at(chain: Chain, at: int, to: str, *, sign: int) -> Chain:
    return (*chain[:-1], replace(cut_way(chain[-1], 0, at, sign=sign), end=to))


def _name_chain(chain: Chain) -> tuple[str, ...]:
    return tuple(way.name for way in chain)


def _check_used(beyond: set[str], chains: Sequence[Chain], town: str) -> None:
    unused = sorted(beyond - {way.name for chain in chains for way in chain})
    if unused:
        raise CallError(f"--corridor {', '.join(unused)}: does not pass {town}, nor lead on where "
                        "another of these ends; or only repeats another")


def _go_on(chain: Chain, tracks: Sequence[Way], *, sign: int) -> list[Chain]:
    last, walked = chain[-1], np.concatenate([way.row for way in chain])
    ways = {}
    for way in list_onward(last, tracks, sign=sign):
        back = _count_back(last, way)
        rest = cut_way(way, back, len(way.row), sign=sign)
        kept = len(walked) - back
        if back < min(len(last.row), len(way.row)) and not np.isin(rest.row, walked[:kept]).any():
            ways[way.name] = (rest, back)
    found = []
    for rest in drop_beginnings([rest for rest, _ in ways.values()]):
        back = ways[rest.name][1]
        found.append((*chain[:-1], _turn_off(last, back, sign=sign), rest))
    return found


def _count_back(last: Way, way: Way) -> int:
    """Segments at the beginning of a way that go back over the end of another."""
    size = min(len(last.row), len(way.row))
    same = last.row[::-1][:size] == way.row[:size]
    return size if same.all() else int(np.argmin(same))


def _turn_off(last: Way, back: int, *, sign: int) -> Way:
    return cut_way(last, 0, len(last.row) - back, sign=sign) if back else last


def tell_turns(chains: Sequence[Chain], tracks: Sequence[Way]) -> tuple[str, ...]:
    """Say where people leave a corridor before its end, as the next goes back over it."""
    ends = {track.name: (track.end, track.spot[-1]) for track in tracks}
    return tuple(sorted({
        f"{one.name}, then {two.name}: left where the two part, before {ends[one.name][0]}"
        for chain in chains for one, two in pairwise(chain)
        if not np.array_equal(one.spot[-1], ends[one.name][1])
    }))


def drop_unreached(
    chains: Sequence[Chain], shares: Sequence[float], hours: FloatArray, limit_h: float
) -> tuple[tuple[Chain, ...], list[float]]:
    """Leave out parts whose beginning nobody can reach; equal rests share their people.

    Parameters
    ----------
    hours : array of shape (n_segments, 2)
        Of the fastest, as drawn and against it.
    limit_h : float
        Under way in all days.
    """
    found: dict[tuple[str, ...], tuple[Chain, float]] = {}
    for chain, share in zip(chains, shares, strict=True):
        begin = np.cumsum([0.0, *(float(hours[way.row, way.side].sum()) for way in chain)])[:-1]
        kept = chain[: int((begin <= limit_h + _TOLERANCE_H).sum())]
        other, sum_so_far = found.get(_name_chain(kept), (kept, 0.0))
        # Of two that part later than anybody gets, the whole one goes on farther.
        longer = max(other, kept, key=lambda each: len(each[-1].row))
        found[_name_chain(kept)] = (longer, sum_so_far + share)
    names = sorted(found)
    return tuple(found[name][0] for name in names), [found[name][1] for name in names]


def keep_notes(
    notes: Mapping[tuple[str, ...], str], chains: Sequence[Chain]
) -> tuple[str, ...]:
    """Notes on partings that somebody comes to, in order."""
    names = [_name_chain(chain) for chain in chains]
    return tuple(notes[key] for key in sorted(notes)
                 if any(len(name) > len(key) and name[: len(key)] == key for name in names))
