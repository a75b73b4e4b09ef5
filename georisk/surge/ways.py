"""Ways: what lies ahead on one corridor from a town, or from where another corridor ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from georisk.corridors import JOIN_KM, order_corridor
from layers.crs import measure_distance_km
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from georisk.corridors import Corridors
    from georisk.network import IntArray
    from layers.crs import FloatArray

SAME_TOWN_KM = 15.0
_SHOWN = 60
# Wider than JOIN_KM anywhere; latitude alone, as degrees of longitude shrink.
_NEAR_DEG = 0.01
_ENDS = {1: "forward", -1: "backward"}


@dataclass(frozen=True, eq=False)
class Way:
    """What lies ahead on one corridor, in the order of travel.

    Attributes
    ----------
    name : str
        Corridor.
    row, side : array of int, shape (n,)
        Rows of the lines; 0 where a segment is passed as drawn, 1 against it.
    km : array of shape (n + 1,)
        From the beginning of the way, at the ends of segments.
    from_km : float
        Of that beginning along the corridor.
    end : str
        Town where it ends.
    spot : array of shape (n + 1, 2)
        Longitude and latitude of the ends of segments.
    first : int
        Segments of the corridor that come before, in the order of travel.
    left : str
        Town where it is left for another corridor, before its end.
    """

    name: str
    row: IntArray
    side: IntArray
    km: FloatArray
    from_km: float
    end: str
    spot: FloatArray
    first: int = 0
    left: str = ""


def list_tracks(
    along: pd.DataFrame, lines: gpd.GeoDataFrame, corridors: Corridors, *, sign: int
) -> tuple[Way, ...]:
    """Whole corridors as they are travelled, sorted by name.

    Parameters
    ----------
    sign : int
        +1 as corridors run (northwards), -1 against them.
    """
    return tuple(_lay_track(along, lines, name, corridors[name], sign=sign)
                 for name in sorted(corridors))


def _lay_track(
    along: pd.DataFrame, lines: gpd.GeoDataFrame, name: str, steps: tuple[tuple[str, int], ...],
    *, sign: int,
) -> Way:
    order = order_corridor(lines, steps).iloc[::sign]
    row = lines.index.get_indexer(order["segment_id"]).astype(np.int64)
    side = (order["sign"].to_numpy() * sign < 0).astype(np.int64)
    ends = np.stack([lines[["start_lon", "start_lat"]].to_numpy(float)[row],
                     lines[["end_lon", "end_lat"]].to_numpy(float)[row]])
    every = np.arange(len(row))
    spot = np.vstack([ends[side, every], ends[1 - side[-1], -1][None, :]])
    km = np.concatenate([[0.0], np.cumsum(order["length_km"].to_numpy(float))])
    stops = along[(along["kind"] == "stop") & (along["corridor"] == name)]
    end = stops.loc[stops["km"].idxmax() if sign > 0 else stops["km"].idxmin(), "ref"]
    return Way(name, row, side, km, 0.0 if sign > 0 else float(km[-1]), str(end), spot)


def cut_way(way: Way, first: int, last: int, *, sign: int) -> Way:
    """Segments of a way from one to before another."""
    km = way.km[first : last + 1]
    return replace(way, row=way.row[first:last], side=way.side[first:last], km=km - km[0],
                   from_km=way.from_km + sign * float(km[0]), spot=way.spot[first : last + 1],
                   first=way.first + first)


def find_stop(along: pd.DataFrame, way: Way, town: str, *, sign: int) -> int | None:
    """Number of segments of a way up to a town; None where it does not pass."""
    here = (along["ref"] == town) & (along["kind"] == "stop") & (along["corridor"] == way.name)
    km = along.loc[here, "km"].to_numpy(float)
    ahead = (km - way.from_km) * sign
    ahead = ahead[(ahead > -JOIN_KM) & (ahead < way.km[-1] + JOIN_KM)]
    return int(np.abs(way.km - ahead.min()).argmin()) if len(ahead) else None


def list_ways(
    along: pd.DataFrame, tracks: Sequence[Way], town: str, *, sign: int,
    chosen: tuple[str, ...] = (),
) -> tuple[tuple[Way, ...], tuple[str, ...]]:
    """Ways on from a town, one a corridor, sorted by name; and what a reader must be told.

    A corridor whose rest is only the beginning of another's is left out.

    Parameters
    ----------
    chosen : tuple of str
        Only these corridors.

    Raises
    ------
    CallError
        If none leads on, a corridor is unknown, none chosen passes the town, or the name stands
        for towns far apart.
    """
    names = [track.name for track in tracks]
    unknown = sorted(set(chosen) - set(names))
    if unknown:
        raise CallError(f"--corridor {', '.join(unknown)[:_SHOWN]!r}: there are "
                        f"{', '.join(names)}")
    mine = along[along["ref"] == town]
    at = {track.name: find_stop(mine, track, town, sign=sign) for track in tracks}
    passing = [name for name in names if at[name] is not None]
    wanted = [name for name in passing if not chosen or name in chosen]
    if not wanted:
        raise CallError(f"--corridor {', '.join(chosen)}: does not pass {town}; those that do: "
                        f"{', '.join(passing)}")
    here = [(track, at[track.name] or 0) for track in tracks if track.name in wanted]
    _check_one_town(town, passing, [track.spot[first] for track, first in here])
    ways = [cut_way(track, first, len(track.row), sign=sign) for track, first in here
            if first < len(track.row)]
    if not ways:
        raise CallError(f"{town} is the end of {', '.join(wanted)} in that direction; "
                        f"--direction {_ENDS[-sign]} leads the other way")
    kept = drop_beginnings(ways)
    left = sorted({way.name for way in ways} - {way.name for way in kept})
    note = f"{', '.join(left)}: only the beginning of another corridor; not counted apart"
    return kept, (note,) if left else ()


def _check_one_town(town: str, names: list[str], spots: list[FloatArray]) -> None:
    xy = np.array(spots)
    first = np.repeat(xy[:1], len(xy), axis=0)
    apart = measure_distance_km(first[:, 0], first[:, 1], xy[:, 0], xy[:, 1])
    if float(np.max(apart)) > SAME_TOWN_KM:
        raise CallError(f"--from {town!r} could be several towns, on {', '.join(names)}; name the "
                        "corridor with --corridor")


def drop_beginnings(ways: Sequence[Way]) -> tuple[Way, ...]:
    """Leave out what is only the beginning of another way; of equal ways the first name stays."""
    kept = [way for way in ways if not _is_beginning(way, ways)]
    return tuple(sorted(kept, key=lambda way: way.name))


def _is_beginning(way: Way, ways: Sequence[Way]) -> bool:
    count = len(way.row)
    return any(
        (-len(other.row), other.name) < (-count, way.name)
        and np.array_equal(other.row[:count], way.row)
        for other in ways if other is not way
    )


def list_onward(way: Way, tracks: Sequence[Way], *, sign: int) -> list[Way]:
    """Ways on from where one ends: every corridor that passes that spot."""
    found = []
    for track in tracks:
        rows = np.flatnonzero(np.abs(track.spot[:, 1] - way.spot[-1, 1]) < _NEAR_DEG)
        near, here = track.spot[rows], np.repeat(way.spot[-1:], len(rows), axis=0)
        apart = measure_distance_km(here[:, 0], here[:, 1], near[:, 0], near[:, 1])
        joined = rows[apart <= JOIN_KM]
        if len(joined) and joined[0] < len(track.row):
            found.append(cut_way(track, int(joined[0]), len(track.row), sign=sign))
    return found
