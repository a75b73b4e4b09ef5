"""Journeys: corridor after corridor from a town, each leg once, to a town or the last end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.corridors import JOIN_KM
from georisk.surge.branches import (
    find_branches,
    join_pieces,
    leads_back,
    leave_way,
    number_stops,
    part_way,
)
from georisk.surge.ways import cut_way, drop_beginnings, list_onward, list_ways
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from georisk.network import IntArray
    from georisk.surge.branches import Branch
    from georisk.surge.ways import Way
    from layers.crs import FloatArray

Chain = tuple["Way", ...]
MOST_CHAINS = 100
_DECIMALS = 6
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
        _name_journey(parts), np.concatenate([way.row for way in parts]),
        np.concatenate([way.side for way in parts]), np.concatenate([[0.0], *km]), parts[-1].end,
        parts, tuple(begin[:-1].tolist()),
    )


def _name_journey(parts: Chain) -> str:
    """Corridors in order, each once as long as it lasts; and where one is left half-way."""
    lasting = [*(one.name == two.name for one, two in pairwise(parts)), False]
    return " + ".join(f"{way.name} to {way.left}" if way.left else way.name
                      for way, lasts in zip(parts, lasting, strict=True) if not lasts)


def list_chains(
    along: pd.DataFrame, tracks: Sequence[Way], town: str, *, sign: int,
    chosen: tuple[str, ...] = (), to: str = "",
) -> tuple[tuple[Chain, ...], tuple[str, ...]]:
    """Corridors one after the other from a town; and what a reader must be told.

    Where a corridor ends, those that pass there lead on in the same direction, each leg once; so
    do those that leave it half-way, from a town that both pass.

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
        or if there are more than 100 ways.
    """
    if to and to == town:
        raise CallError(f"--to {to}: the same town as --from")
    first, notes = list_ways(along, tracks, town, sign=sign, chosen=chosen)
    allowed = [track for track in tracks if not chosen or track.name in chosen]
    stops = number_stops(along, tracks, sign=sign)
    chains = []
    known = [way.row for way in first]
    # Oldest first, so that the list of ways and not the depth of calls bounds the work.
    waiting: list[Chain] = [(way,) for way in first]
    while waiting:
        chain, waiting = waiting[0], waiting[1:]
        at = stops[chain[-1].name].get(to, -1) - chain[-1].first
        ends = 0 < at <= len(chain[-1].row)
        if ends:
            chain = _end_at(chain, at, to, sign=sign)
        branches = find_branches(chain[-1], _list_rows(chain[:-1]), allowed, stops, known,
                                 sign=sign)
        whole, onward = _branch_off(chain, branches, sign=sign)
        later = [] if ends else _go_on(whole, allowed, sign=sign)
        lost = not later and (bool(to) or leads_back(chain[-1], allowed, branches))
        if ends or not (later or lost):
            chains.append(whole)
        waiting += [*onward, *later]
        known += [_list_rows(each) for each in (*onward, *later)]
        if len(waiting) + len(chains) > MOST_CHAINS:
            raise CallError(f"more than {MOST_CHAINS} ways lead on from {town}: name some "
                            "corridors with --corridor")
    if not chains:
        raise CallError(f"--to {to}: no way on from {town} in that direction comes there")
    _check_used({name for name in chosen if town not in stops[name]}, chains, town)
    return tuple(sorted(_mend_chains(chains), key=_name_chain)), notes


def _list_rows(chain: Chain) -> IntArray:
    return np.concatenate([np.array([], np.int64), *(way.row for way in chain)])


def _branch_off(
    chain: Chain, branches: Sequence[Branch], *, sign: int
) -> tuple[Chain, list[Chain]]:
    """The chain with its last way parted where others leave it; and those others."""
    pieces = part_way(chain[-1], branches, sign=sign)
    found = []
    for n, branch in enumerate(branches):
        passed = (*chain[:-1], *pieces[:n], leave_way(pieces[n], branch.town))
        found += [(*passed, way) for way in branch.ways]
    return (*chain[:-1], *pieces), found


def _mend_chains(chains: Sequence[Chain]) -> list[Chain]:
    """Join pieces again where nobody leaves after all."""
    names = [_name_chain(chain) for chain in chains]
    onward: dict[tuple[str, ...], set[str]] = {}
    for name in names:
        for n in range(1, len(name)):
            onward.setdefault(name[:n], set()).add(name[n])
    found = []
    for chain, name in zip(chains, names, strict=True):
        groups: list[list[Way]] = [[chain[0]]]
        for n in range(1, len(chain)):
            if name[n] == name[n - 1] and len(onward[name[:n]]) == 1:
                groups[-1].append(chain[n])
            else:
                groups.append([chain[n]])
        found.append(tuple(join_pieces(group) for group in groups))
    return found


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
    walked = _list_rows(chain)
    ways = [way for way in list_onward(chain[-1], tracks, sign=sign)
            if not np.isin(way.row, walked).any()]
    return [(*chain, way) for way in drop_beginnings(ways)]


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
        count = int((begin <= limit_h + _TOLERANCE_H).sum())
        kept, last = chain[:count], _last_of_corridor(chain, count)
        whole = (*chain[: count - 1], join_pieces(chain[count - 1 : last]))
        other, sum_so_far = found.get(_name_chain(kept), (whole, 0.0))
        # Of two that part later than anybody gets, the one that keeps to the corridor is told.
        longer = max(other, whole, key=lambda each: len(_list_rows(each)))
        found[_name_chain(kept)] = (longer, sum_so_far + share)
    names = sorted(found)
    return tuple(found[name][0] for name in names), [found[name][1] for name in names]


def _last_of_corridor(chain: Chain, count: int) -> int:
    """How many parts it is to where the corridor of a part is left."""
    while count < len(chain) and chain[count].name == chain[count - 1].name:
        count += 1
    return count


def keep_notes(
    notes: Mapping[tuple[str, ...], str], chains: Sequence[Chain]
) -> tuple[str, ...]:
    """Notes on partings that somebody comes to, in order."""
    names = [_name_chain(chain) for chain in chains]
    return tuple(notes[key] for key in sorted(notes)
                 if any(len(name) > len(key) and name[: len(key)] == key for name in names))


def list_towns(along: pd.DataFrame, ways: Sequence[Journey], *, sign: int) -> pd.DataFrame:
    """Towns ahead on each way but the first one: ``way town km``, in order of travel.

    Parameters
    ----------
    along : DataFrame
        Layer ``along``; stops are read.
    """
    stops = along[along["kind"] == "stop"]
    found = [pd.DataFrame({"way": [], "town": [], "km": []})]
    for way in ways:
        for part, begin_km in zip(way.parts, way.begin_km, strict=True):
            mine = stops[stops["corridor"] == part.name]
            km = (mine["km"].to_numpy(float) - part.from_km) * sign
            here = (km > JOIN_KM) & (km <= part.km[-1] + JOIN_KM)
            found.append(pd.DataFrame({
                "way": way.name, "town": mine["ref"].astype(str).to_numpy()[here],
                "km": np.round(np.minimum(km[here], part.km[-1]) + begin_km, _DECIMALS)}))
    frame = pd.concat([each for each in found if len(each)] or found)
    frame = frame.drop_duplicates(["way", "town"])
    return frame.sort_values(["way", "km", "town"], kind="stable").reset_index(drop=True)
