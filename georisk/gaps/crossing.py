"""Gaps from place to place: the walk from the last place before one to the first after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.gaps.passage import (
    BESIDE,
    Pieces,
    Steps,
    Tree,
    follow_from,
    follow_to,
    grow_tree,
    index_pieces,
    join_steps,
    turn_graph,
)
from georisk.gaps.runs import order_rows
from georisk.gaps.walker import Walker, count_days
from georisk.services import WATER
from georisk.travel import DIRECTIONS, find_entries
from georisk.walking.autonomy import TOLERANCE_L, march, measure_carried_km

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from georisk.network import BoolArray, IntArray
    from georisk.travel import Travel
    from layers.crs import FloatArray

WALKED = "walk"
ENDS = ("last_id", "last_h", "last_km", "last_off_km", "after_id", "after_h", "after_km",
        "after_off_km", "next_km", "next_off_km")
BETWEEN = ("between_km", "between_h", "between_h_p10", "between_h_p90", "between_days",
           "between_litres", "between_carried_km")
_DECIMALS = 6


@dataclass(frozen=True, eq=False)
class Goal:
    """What is looked for at both ends of a gap.

    Attributes
    ----------
    measure : str
        ``walk`` or ``mode``: by which time a place is the nearest.
    places : array of int
        Rows of the network's places that count, ascending.
    """

    measure: str
    places: IntArray


@dataclass(frozen=True, eq=False)
class _Scene:
    """Worlds with the node and heading of each entry, the edges, and who walks."""

    worlds: tuple[tuple[Travel, IntArray, IntArray], ...]
    pieces: Pieces
    length_km: FloatArray
    walker: Walker


@dataclass(frozen=True, eq=False)
class _Search:
    """Trees of one service, grown when they are first asked for."""

    scene: _Scene
    goal: Goal
    thirsty: bool
    trees: dict[tuple[int, int, str], Tree] = field(default_factory=dict)

    def find(self, world: int, heading: int, end: str) -> Tree:
        """Grow the tree of one world and heading: the places ``ahead``, or those ``behind``."""
        key = (world, heading, end)
        if key not in self.trees:
            graph = self.scene.worlds[world][0].graphs[self.goal.measure, heading]
            self.trees[key] = grow_tree(graph if end == "ahead" else turn_graph(graph),
                                        self.goal.places)
        return self.trees[key]


def cross_gaps(
    gaps: gpd.GeoDataFrame, segments: pd.DataFrame, *,
    corridors: Mapping[str, tuple[tuple[str, int], ...]], worlds: Sequence[Travel],
    goals: Mapping[str, Goal], walker: Walker,
) -> gpd.GeoDataFrame:
    """Say of each gap where the last place before it and the first after it lie, and the walk.

    The last place is the one from which the gap's entry is reached soonest, going the same way;
    the first after it is the nearest ahead of the gap's end. The walk goes from the one through
    the gap to the other. The next place, the nearest ahead of the entry, may lie elsewhere.
    What of a way leaves the corridor (the walk between a leg and a place, other legs, ways) is
    told apart; there the nearest segment of the way lends heat and ground.

    Parameters
    ----------
    gaps : GeoDataFrame
        As `georisk.gaps.find_gaps` lists them.
    segments : DataFrame
        Those of the network, index ``segment_id``; ``leg_id length_km``.
    corridors : mapping
        As for `georisk.gaps.find_gaps`.
    worlds : sequence of Travel
        Over one network; of several the quicker way counts.
    goals : mapping
        By service.
    walker : Walker
        His ``ground_km`` makes kilometres of legs as long as stated; without it, as drawn.

    Returns
    -------
    GeoDataFrame
        With columns `ENDS` and `BETWEEN`, as ``layers/specs/gaps.toml`` says.
    """
    legs = segments["leg_id"].to_numpy(object)
    scene = _Scene(tuple((travel, *find_entries(travel)) for travel in worlds),
                   index_pieces(worlds[0].network), segments["length_km"].to_numpy(float), walker)
    ways = {name: _Corridor(*order_rows(segments, name, steps),
                            np.isin(legs, [leg for leg, _ in steps]))
            for name, steps in corridors.items()}
    searches = {name: _Search(scene, goal, name == WATER) for name, goal in goals.items()}
    found = []
    names = ("corridor", "service", "direction", "length_km")
    for gap, *key, length_km in zip(gaps.index, *(gaps[name] for name in names), strict=True):
        corridor, service, direction = key
        entry = segments.index.get_loc(_name_entry(gap, *key))
        run = _find_run(scene, ways[corridor], direction, entry, length_km)
        found.append(_cross(searches[service], run, ways[corridor].here))
    return _add_columns(gaps, found)


@dataclass(frozen=True, eq=False)
class _Corridor:
    """Segments in order, the sign of each one's leg, and which of all segments it has."""

    rows: IntArray
    sign: IntArray
    here: BoolArray


def _name_entry(gap: str, *parts: str) -> str:
    """Segment at which a gap is entered: its id ends in it."""
    return gap.removeprefix("-".join([*parts, ""]).replace("_", "-"))


def _find_run(
    scene: _Scene, way: _Corridor, direction: str, entry: int, length_km: float
) -> Steps:
    """Steps through the gap that begins at a segment and is so long."""
    along = dict(DIRECTIONS)[direction]
    rows, sign = way.rows[::along], way.sign[::along] * along
    first = int(np.flatnonzero(rows == entry)[0])
    km = scene.length_km[rows[first:]]
    count = int(np.abs(np.cumsum(km) - length_km).argmin()) + 1
    inside = rows[first: first + count]
    side = (sign[first: first + count] < 0).astype(np.int64)
    return Steps(inside, side, scene.worlds[0][0].segment_walk_h[inside, side], km[:count])


def _cross(search: _Search, run: Steps, here: BoolArray) -> dict[str, object]:
    """Both ends of one gap, and the walk from one to the other."""
    scene = search.scene
    first, last = ((int(run.segment[at]), int(run.side[at])) for at in (0, -1))
    ways = {"last": _find_way(search, first, "behind"), "after": _find_way(search, last, "beyond"),
            "next": _find_way(search, first, "ahead")}
    row: dict[str, object] = {}
    for name, way in ways.items():
        if way is not None:
            km = _measure_km(scene, way.steps)
            aside = (way.steps.segment == BESIDE) | ~here[way.steps.segment]
            row |= {f"{name}_id": way.place, f"{name}_h": float(way.steps.hours.sum()),
                    f"{name}_km": float(km.sum()), f"{name}_off_km": float(km[aside].sum())}
    before, after = ways["last"], ways["after"]
    walked = search.goal.measure == WALKED and bool(np.isfinite(run.hours).all())
    if walked and before is not None and after is not None:
        row |= _walk(search, join_steps([before.steps, run, after.steps]))
    return row


@dataclass(frozen=True, eq=False)
class _Way:
    place: str
    steps: Steps


def _find_way(search: _Search, at: tuple[int, int], end: str) -> _Way | None:
    """The quickest way of any world, or None.

    Parameters
    ----------
    at : tuple
        A segment and the side from which it is entered.
    end : str
        ``behind`` its entry, ``ahead`` of it, or ``beyond`` its other end.
    """
    segment, side = at
    best: tuple[float, Tree, int] | None = None
    for world, (travel, entry, heading) in enumerate(search.scene.worlds):
        tree = search.find(world, int(heading[segment, 1 - side]),
                           "behind" if end == "behind" else "ahead")
        node = int(travel.network.segment_node[segment, 1 - side] if end == "beyond"
                   else entry[segment, 1 - side])
        if np.isfinite(tree.hours[node]) and (best is None or tree.hours[node] < best[0]):
            best = (float(tree.hours[node]), tree, node)
    if best is None:
        return None
    _, tree, node = best
    follow = follow_from if end == "behind" else follow_to
    place = search.scene.worlds[0][0].network.place_ids[
        tree.list_nodes(node)[-1] - tree.graph.n_nodes]
    return _Way(place, follow(tree, node, search.scene.pieces))


def _measure_km(scene: _Scene, steps: Steps) -> FloatArray:
    """Kilometres on the ground: those of legs are as much longer as stated."""
    ground_km = scene.walker.ground_km
    longer = np.ones(len(scene.length_km)) if ground_km is None else ground_km / scene.length_km
    return np.where(steps.segment == BESIDE, steps.km, steps.km * longer[steps.segment])


def _walk(search: _Search, steps: Steps) -> dict[str, object]:
    """What the walk takes; water only where water is missing."""
    walker = search.scene.walker
    hours, km = steps.hours, _measure_km(search.scene, steps)
    total_h = float(hours.sum())
    at = _lend_ground(steps.segment)
    row: dict[str, object] = {"between_km": float(km.sum()), "between_h": total_h,
                              "between_days": count_days(total_h, walker.rules)}
    if walker.spread is not None:
        low, _, high = walker.spread.measure_interval(walker.spread.add_up(at, hours)[None])[:, 0]
        row |= {"between_h_p10": float(low), "between_h_p90": float(high)}
    if not search.thirsty:
        return row
    rate = 1.0 if walker.rate is None else walker.rate[at]
    hard = False if walker.hard is None else (
        walker.hard[at, steps.side] & (steps.segment != BESIDE))
    walk = march(hours * rate, None if walker.flags is None else walker.flags[at], hard,
                 walker.traveller, walker.when, rules=walker.rules)
    litres = float(walk.litres[-1])
    row["between_litres"] = litres
    if litres > walker.traveller.carried_l + TOLERANCE_L:
        row["between_carried_km"] = measure_carried_km(walk, km, walker.traveller)
    return row


def _lend_ground(segment: IntArray) -> IntArray:
    """Segment of each step; beside the legs that of the step before, or of the first after.

    Examples
    --------
    >>> _lend_ground(np.array([-1, 4, -1, -1, 7, -1])).tolist()
    [4, 4, 4, 4, 7, 7]
    """
    known = np.flatnonzero(segment != BESIDE)
    last = np.searchsorted(known, np.arange(len(segment)), side="right") - 1
    return np.asarray(segment[known[np.maximum(last, 0)]])


def _add_columns(gaps: gpd.GeoDataFrame, rows: list[dict[str, object]]) -> gpd.GeoDataFrame:
    columns = {}
    for name in (*ENDS, *BETWEEN):
        values = [row.get(name) for row in rows]
        columns[name] = (pd.array(values, dtype="str") if name.endswith("_id")
                         else np.round(np.array(values, float), _DECIMALS))
    names = list(gaps.columns)
    at = names.index("severity")
    whole = gaps.join(pd.DataFrame(columns, index=gaps.index))
    return whole[[*names[:at], *columns, *names[at:]]]
