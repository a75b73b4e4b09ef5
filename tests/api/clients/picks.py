"""Questions for every collection: a box and a condition that some rows meet and others do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely


@dataclass(frozen=True, eq=False)
class Pick:
    """A condition as OGR, QGIS and CQL2 all write it, its column, and the rows that meet it."""

    text: str
    column: str
    rows: np.ndarray


def pick_box(expected):
    """The middle half of where a collection lies: west, south, east, north."""
    west, south, east, north = shapely.total_bounds(expected.shapes)
    x, y = (east - west) / 4, (north - south) / 4
    return tuple(round(float(side), 3) for side in (west + x, south + y, east - x, north - y))


def pick_condition(expected):
    """A condition on the first column that tells rows apart; None where there is no such."""
    for name, spec in expected.spec.columns.items():
        values = expected.columns[name]
        known = sorted({value for value in values if value is not None}, key=str)
        if len(known) < 2 or spec.dtype not in {"string", "number", "integer"}:
            continue
        if spec.dtype == "string":
            word = known[len(known) // 2].replace("'", "''")
            rows = [value == known[len(known) // 2] for value in values]
            return Pick(f"{name} = '{word}'", name, np.array(rows))
        least, *_, most = sorted(known)
        middle = round((least + most) / 2, 4)
        if least < middle < most and middle not in known:
            rows = [value is not None and value < middle for value in values]
            return Pick(f"{name} < {middle}", name, np.array(rows))
    return None
