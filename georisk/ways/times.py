"""How long ways take, on foot and riding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.ways.edges import FERRY, RAIL, ROAD
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from georisk.ways.edges import Ways
    from layers.crs import FloatArray


def time_ways(
    ways: Ways,
    walk_kmh: Callable[[FloatArray], FloatArray],
    *,
    mode_kmh: Mapping[str, float],
    terrain_factor: Mapping[str, float],
    closed: Collection[str] = (),
) -> tuple[FloatArray, FloatArray]:
    """Hours on each piece, on foot and by mode, shape (n_pieces, 2): as drawn, and against it.

    Riders take the quicker of riding and walking. A one-way holds for vehicles only. Ferries
    carry whoever comes; trains are ridden, never walked. What can neither be walked nor driven
    carries nobody.

    Parameters
    ----------
    ways : Ways
    walk_kmh : callable
        The traveller's speed on a firm road, km/h, for signed slopes.
    mode_kmh : mapping
        ``train``, ``road``, ``boat``; a signed limit below the speed of the road holds.
    terrain_factor : mapping
    closed : collection of str
        Ways that nobody passes.

    Raises
    ------
    CallError
        If a terrain has no factor, or a mode no speed above zero.
    """
    for name in ("road", "train", "boat"):
        if not mode_kmh.get(name, 0.0) > 0:
            raise CallError(f"ways, mode = {name}: has no speed above zero")
    kind = ways.kind[ways.way]
    factor = np.array([_find_factor(name, terrain_factor) for name in ways.terrain])[ways.way]
    slope = ways.rise_m / np.maximum(ways.length_km * 1000.0, 1e-9)
    km = ways.length_km[:, None]
    walk_h = km * factor[:, None] / walk_kmh(np.column_stack([slope, -slope]))
    walk_h = np.where((ways.walkable[ways.way] & (kind == ROAD))[:, None], walk_h, np.inf)
    ferry = (kind == FERRY)[:, None]
    walk_h = np.where(ferry, km / mode_kmh["boat"], walk_h)
    limit = np.fmin(ways.speed_kmh[ways.way], mode_kmh["road"])
    ride_h = np.repeat(km / limit[:, None], 2, axis=1)
    ride_h[~(ways.drivable[ways.way] & (kind == ROAD))] = np.inf
    ride_h[ways.oneway[ways.way], 1] = np.inf
    ride_h = np.where((kind == RAIL)[:, None], km / mode_kmh["train"], ride_h)
    shut = np.isin(np.array(ways.way_ids), list(closed))[ways.way] if closed else None
    mode_h = np.fmin(walk_h, ride_h)
    if shut is not None:
        walk_h[shut] = np.inf
        mode_h[shut] = np.inf
    return walk_h, mode_h


def _find_factor(ground: str, factors: Mapping[str, float]) -> float:
    if ground == "water":
        return 1.0  # a ferry: its time does not hang on the ground
    if ground not in factors:
        raise CallError(f"ways, terrain = {ground}: has no factor; there are: "
                        f"{', '.join(sorted(factors))}")
    return float(factors[ground])
