"""What a scenario comes to: who is covered, how far help is, where the gaps lie, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.scenarios.ways import WHOLE
from georisk.services import tabulate_services
from georisk.travel import DIRECTIONS

if TYPE_CHECKING:
    import geopandas as gpd

    from georisk.network import BoolArray
    from georisk.scenarios.ways import Way
    from georisk.study import Study
    from layers.crs import FloatArray


@dataclass(frozen=True, eq=False)
class Reading:
    """A scenario as arrays over segments, services and directions (as drawn, against it).

    Attributes
    ----------
    services : tuple of str
    covered : array of shape (n_segments, n_services, 2)
        Places of unknown months or hours count as open.
    verified : array of the same shape
        Covered by places whose months and hours are known.
    hours : array of the same shape
        To the nearest place; NaN where none can be reached.
    gaps : GeoDataFrame
        As `georisk.scenarios.matching.match_gaps` takes them, and ``geometry``.
    totals : DataFrame
        The layer ``capacity_totals``.
    """

    services: tuple[str, ...]
    covered: BoolArray
    verified: BoolArray
    hours: FloatArray
    gaps: gpd.GeoDataFrame
    totals: pd.DataFrame


def read_world(
    study: Study, services: tuple[str, ...], ways: list[Way], *, walk_h: FloatArray
) -> Reading:
    """Read a scenario's results.

    Parameters
    ----------
    walk_h : array of shape (n_segments, 2)
        Through each segment in the study as it is: what a gap over a closed leg is told by.
    """
    coverage = study.layer("coverage").frame
    coverage = coverage[coverage["service"].isin(services)]
    index = study.value("lines").index
    shape = (len(index), len(services), len(DIRECTIONS))
    at = (index.get_indexer(coverage["segment_id"]),
          pd.Index(services).get_indexer(coverage["service"]),
          (coverage["direction"] == DIRECTIONS[1][0]).to_numpy(np.int64))
    covered, verified = np.zeros(shape, bool), np.zeros(shape, bool)
    covered[at] = coverage["covered"].to_numpy(bool)
    verified[at] = coverage["covered_verified"].to_numpy(bool)
    hours = np.full(shape, np.nan)
    ride = tabulate_services(study.parameters, services)["measure"].reindex(services) == "mode"
    by_mode = ride.to_numpy(bool)[at[1]]
    hours[at] = np.where(by_mode, coverage["mode_h"].to_numpy(float),
                         coverage["walk_h"].to_numpy(float))
    own_h = study.value("travel")[0].segment_walk_h
    through_h = np.where(np.isfinite(own_h), own_h, walk_h)
    gaps = study.layer("gaps").frame
    gaps = place_gaps(gaps[gaps["service"].isin(services)], index, ways, through_h)
    return Reading(services, covered, verified, hours, gaps, study.layer("capacity_totals").frame)


def place_gaps(
    gaps: gpd.GeoDataFrame, index: pd.Index, ways: list[Way], through_h: FloatArray
) -> gpd.GeoDataFrame:
    """Add to each gap where it lies along its corridor, in the direction of travel.

    Parameters
    ----------
    gaps : GeoDataFrame
        The layer of that name.
    index : Index
        Of the segments.
    through_h : array of shape (n_segments, 2)
        Hours on foot through each segment.

    Returns
    -------
    GeoDataFrame
        With ``from_km to_km``; ``walk_h`` from ``through_h``, NaN where it is unknown.
    """
    from_km, to_km, walk_h = (np.full(len(gaps), np.nan) for _ in range(3))
    first = index.get_indexer(_find_first_segments(gaps))
    for way in ways:
        mine = np.flatnonzero(((gaps["corridor"] == way.corridor)
                               & (gaps["direction"] == way.direction)).to_numpy(bool))
        if way.corridor == WHOLE or not len(mine):
            continue
        position = np.full(len(index), -1)
        position[way.rows] = np.arange(len(way.rows))
        start = position[first[mine]]
        begin = np.r_[0.0, way.to_km]
        from_km[mine] = begin[start]
        length_km = gaps["length_km"].to_numpy(float)[mine]
        # Half a metre: lengths are published to 1e-6 km, and no segment is that short.
        stop = np.searchsorted(begin, from_km[mine] + length_km - 5e-4)
        to_km[mine] = begin[stop]
        passed_h = np.r_[0.0, np.cumsum(through_h[way.rows, way.side])]
        walk_h[mine] = passed_h[stop] - passed_h[start]
    known = np.isfinite(walk_h)
    return gaps.assign(from_km=from_km, to_km=to_km, walk_h=np.where(known, walk_h, np.nan))


def _find_first_segments(gaps: pd.DataFrame) -> list[str]:
    """Segment in which each gap is entered: the end of its id."""
    heads = ["-".join(parts).replace("_", "-") + "-" for parts in zip(
        gaps["corridor"], gaps["service"], gaps["direction"], strict=True)]
    return [str(id_).removeprefix(head) for id_, head in zip(gaps.index, heads, strict=True)]
