"""The ways that a comparison goes along, and the people counted on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.capacity.presence import DAYS_A_YEAR, measure_presence
from georisk.corridors import order_corridor
from georisk.flows import measure_flows
from georisk.travel import DIRECTIONS

if TYPE_CHECKING:
    import geopandas as gpd

    from georisk.network import IntArray
    from georisk.study import Study
    from georisk.travel import Travel
    from layers.crs import FloatArray

WHOLE = ""


@dataclass(frozen=True, eq=False)
class Way:
    """Segments in the order in which people pass them.

    Attributes
    ----------
    corridor : str
        Empty: every leg once, in no order.
    direction : str
        ``forward`` (northwards) or ``backward`` along the corridor.
    rows : array of int
        Rows of the segments frame.
    side : array of int
        0 where a segment is passed as its leg is drawn, 1 against it.
    to_km : array
        Length up to the end of each.
    """

    corridor: str
    direction: str
    rows: IntArray
    side: IntArray
    to_km: FloatArray

    @property
    def key(self) -> tuple[str, str]:
        """Corridor and direction."""
        return self.corridor, self.direction


@dataclass(frozen=True, eq=False)
class People:
    """People on segments as the study counts them, arrays of shape (n_segments, 2).

    Columns: as the leg is drawn, and against it; NaN where nobody counted. They are the same for
    every scenario: nobody knows where people would go instead.

    Attributes
    ----------
    daily : array
        Passing on a mean day.
    present : array
        On the segment at one time, days of rest on the way included.
    """

    daily: FloatArray
    present: FloatArray


def list_ways(study: Study) -> list[Way]:
    """Every corridor both ways, and every leg once both ways."""
    lines = study.value("lines")
    length_km = lines["length_km"].to_numpy(float)
    ways = []
    for corridor, steps in sorted(study.settings().corridors.items()):
        order = order_corridor(lines, steps)
        rows = lines.index.get_indexer(order["segment_id"])
        against = (order["sign"].to_numpy() < 0).astype(np.int64)
        for direction, along in DIRECTIONS:
            side = against[::along] if along > 0 else 1 - against[::along]
            order_rows = rows[::along]
            to_km = np.cumsum(length_km[order_rows])
            ways.append(Way(corridor, direction, order_rows, side, to_km))
    against = (find_leg_sign(study.value("travel")[0], lines) < 0).astype(np.int64)
    every = np.arange(len(lines))
    for direction, along in DIRECTIONS:
        side = against if along > 0 else 1 - against
        ways.append(Way(WHOLE, direction, every, side, np.cumsum(length_km)))
    return ways


def find_leg_sign(travel: Travel, lines: gpd.GeoDataFrame) -> IntArray:
    """+1 for segments whose leg is drawn northwards, -1 for others."""
    sign = dict(zip(travel.network.leg_ids, travel.leg_sign.tolist(), strict=True))
    return np.asarray(lines["leg_id"].map(sign), np.int64)


def count_people(study: Study) -> People:
    """People on the segments of a study, by its layer ``flows``; NaN without one."""
    lines, travel, settings = study.value("lines"), study.value("travel")[0], study.settings()
    flows = study.layer("flows").frame if "flows" in study.config.layers else None
    north, south = (
        measure_flows(None if flows is None else flows[flows["direction"] == direction],
                      lines["leg_id"], as_of=settings.as_of) / DAYS_A_YEAR
        for direction, _ in DIRECTIONS
    )
    drawn_north = find_leg_sign(travel, lines) > 0
    daily = np.column_stack([np.where(drawn_north, north, south),
                             np.where(drawn_north, south, north)])
    present = measure_presence(flows, lines, travel, as_of=settings.as_of,
                               walking_day_h=settings.value("work.max_walk_h"))
    return People(daily, present[:, ::-1])
