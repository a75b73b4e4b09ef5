"""Where a way ends: hours to the end of the corridor, where whoever walks it has arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.corridors import order_corridor
from georisk.siting.posing.problems import find_side
from georisk.travel import DIRECTIONS

if TYPE_CHECKING:
    import pandas as pd

    from georisk.siting.posing.scene import Scene
    from layers.crs import FloatArray


def measure_arrival_h(scene: Scene, rows: pd.DataFrame) -> FloatArray:
    """Hours from where each row is entered to the end of its corridor, in its direction.

    Of several corridors the longest counts; off corridors, and where nobody can pass, no end is
    known: infinite.

    Parameters
    ----------
    rows : DataFrame
        Columns ``segment direction measure``.

    Returns
    -------
    array of shape (n_rows,)
    """
    travel = scene.worlds[0]
    segment, side = rows["segment"].to_numpy(np.int64), find_side(rows)
    measure = rows["measure"].to_numpy(object)
    found = np.full(len(rows), np.inf)
    for name, hours in (("walk", travel.segment_walk_h), ("mode", travel.segment_mode_h)):
        here = np.asarray(measure == name, bool)
        if here.any():
            found[here] = _measure(scene, hours)[segment[here], side[here]]
    return found


def _measure(scene: Scene, hours: FloatArray) -> FloatArray:
    """Shape (n_segments, 2), columns as `georisk.coverage.SORTED_DIRECTIONS`."""
    segments = scene.ground.segments
    longest = np.full((len(segments), 2), -np.inf)
    for _, steps in sorted(scene.ground.corridors.items()):
        order = order_corridor(segments, steps)
        row = segments.index.get_indexer(order["segment_id"])
        sign = order["sign"].to_numpy(int)
        for _, along in DIRECTIONS:
            way, side = row[::along], (sign[::along] * along > 0).astype(np.int64)
            to_end = np.cumsum(hours[way, 1 - side][::-1])[::-1]
            np.maximum.at(longest, (way, side), to_end)
    return np.where(np.isfinite(longest), longest, np.inf)
