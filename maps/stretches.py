"""Stretches that differ: drawn thick from end to end with a number, and told in words beside."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from maps.encoding import encode_lines, to_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from maps.catalogues import Words
    from maps.frames import Bounds

MOST_LISTED = 40
_PER_DEGREE = 10_000
_JOIN_KM = 1e-3


@dataclass(frozen=True, eq=False)
class Stretch:
    """A run of segments of which the same is to be said.

    Attributes
    ----------
    look : str
        Style of ``theme["lines"]``.
    where, what : str
        In words: which stretch, and what is to be said of it.
    segments : GeoDataFrame
        In order of chainage.
    """

    look: str
    where: str
    what: str
    segments: pd.DataFrame


def gather_runs(segments: pd.DataFrame, column: str, looks: Sequence[str]) -> list[pd.DataFrame]:
    """Cut segments into runs: one leg, one value, each begins where the last one ended.

    Parameters
    ----------
    segments : GeoDataFrame
        With ``leg_id chainage_from_km chainage_to_km``.
    looks : sequence of str
        Values of ``column`` that matter; others are left out.

    Returns
    -------
    list of GeoDataFrame
        The longest first.
    """
    rows = segments[segments[column].isin(looks)].sort_values(
        ["leg_id", "chainage_from_km"], kind="stable")
    if not len(rows):
        return []
    begin, end = rows["chainage_from_km"].to_numpy(float), rows["chainage_to_km"].to_numpy(float)
    leg, look = rows["leg_id"].to_numpy(str), rows[column].to_numpy(str)
    new = (leg[1:] != leg[:-1]) | (look[1:] != look[:-1])
    new |= np.abs(begin[1:] - end[:-1]) > _JOIN_KM
    edges = [0, *(np.flatnonzero(new) + 1).tolist(), len(rows)]
    runs = [rows.iloc[a:b] for a, b in pairwise(edges)]
    return sorted(runs, key=lambda run: (-round(measure_km(run), 3), str(run["leg_id"].iloc[0]),
                                         float(run["chainage_from_km"].iloc[0])))


def measure_km(run: pd.DataFrame) -> float:
    """Length of a run."""
    return float(run["chainage_to_km"].max() - run["chainage_from_km"].min())


def tell_where(run: pd.DataFrame, legs: pd.DataFrame | None, words: Words) -> str:
    """Name a run by the towns of its leg, the km along it, and what it lies near."""
    leg = str(run["leg_id"].iloc[0])
    named = leg
    if legs is not None and leg in legs.index:
        named = words.say("from_to", a=legs.loc[leg, "from_place"], b=legs.loc[leg, "to_place"])
    km = words.say("km_short", a=f"{run['chainage_from_km'].min():.0f}",
                   b=f"{run['chainage_to_km'].max():.0f}")
    near = to_plain(run["near_place"].iloc[len(run) // 2])
    return f"{named}, {km}" + (f" ({words['near'].lower()} {near})" if near else "")


def pack_stretches(stretches: Sequence[Stretch]) -> list[dict[str, Any]]:
    """Pack stretches for the painter, in the order of their numbers."""
    return [{
        "look": stretch.look, "where": stretch.where, "what": stretch.what,
        "xy": encode_lines(_join(stretch.segments), per_degree=_PER_DEGREE),
        "synthetic": bool(stretch.segments["synthetic"].any()),
    } for stretch in stretches]


def _join(segments: pd.DataFrame) -> shapely.Geometry:
    shapes = shapely.simplify(segments.geometry.to_numpy(), 1 / _PER_DEGREE)
    lines = shapely.get_parts(shapes)
    return shapely.line_merge(shapely.multilinestrings(list(lines)))


def find_window(runs: Sequence[pd.DataFrame], whole: Bounds, *, around_deg: float) -> Bounds:
    """What holds all runs with some ground around; the whole where there are none."""
    if not runs:
        return whole
    boxes = np.array([run.total_bounds for run in runs])
    west, south = boxes[:, :2].min(axis=0) - around_deg
    east, north = boxes[:, 2:].max(axis=0) + around_deg
    return float(west), float(south), float(east), float(north)
