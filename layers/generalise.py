"""Generalisations: how a layer may be shown to an audience below its level.

Each takes the rows of a layer and returns rows that stand on their own: new ids where the old
ones say where something is, rounded numbers, and no raw vertex.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.crs import WGS84

if TYPE_CHECKING:
    from numpy.typing import NDArray

KM_PER_DEGREE = 111.2
_DECIMALS_PUBLIC = 1
_DECIMALS_PARTNER = 2
_HOURS_A_DAY = 10.0
_MIN_GAP_H = 1.0
UNNAMED = "a place without a name"


def draw_schematic_legs(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """Legs for the public: lines on a 0.1 degree grid; off the road, a band without a line.

    The band runs straight from town to town and is at least twice the leg's accuracy wide, so
    nothing in it points at a way to walk. A foot leg of which nobody said whether it follows a
    road counts as one that does not.

    Parameters
    ----------
    frame : GeoDataFrame
        The ``routes`` layer.

    Returns
    -------
    GeoDataFrame
        Same rows, column ``band`` added; LineString or Polygon, EPSG:4326.
    """
    off_road = frame["off_road"].fillna(value=True).astype(bool) & (frame["mode"] == "foot")
    shapes = [
        _draw_band(line, accuracy_km) if band else _round_line(line)
        for line, band, accuracy_km in zip(
            frame.geometry, off_road, frame["accuracy_km"].fillna(25.0), strict=True
        )
    ]
    out = frame.assign(band=off_road.astype("boolean"))
    return gpd.GeoDataFrame(out.drop(columns="geometry"), geometry=shapes, crs=WGS84)


def _round_line(line: shapely.LineString) -> shapely.LineString | None:
    xy = np.round(shapely.get_coordinates(line), _DECIMALS_PUBLIC)
    changed = np.r_[True, np.any(xy[1:] != xy[:-1], axis=1)]
    kept = xy[changed]
    # A leg within one cell of the grid has no line to show: its towns say where it is.
    return shapely.LineString(kept) if len(kept) > 1 else None


def _draw_band(line: shapely.LineString, accuracy_km: float) -> shapely.Polygon:
    """A straight band; vertices on the 0.1 degree grid can pull it in by 0.071 degree."""
    ends = shapely.get_coordinates(line)[[0, -1]]
    shrink = np.cos(np.radians(ends[:, 1].mean()))
    half_deg = float(accuracy_km) / KM_PER_DEGREE / shrink + 0.1
    straight = shapely.LineString(ends) if np.any(ends[0] != ends[1]) else shapely.Point(ends[0])
    band = shapely.buffer(straight, half_deg, quad_segs=2)
    rounded = shapely.transform(band, lambda xy: np.round(xy, _DECIMALS_PUBLIC))
    return shapely.make_valid(rounded) if not rounded.is_valid else rounded


def tell_gaps_in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Gaps for the public: between which towns, and how many hours on foot at least.

    Gaps shorter than an hour are left out. Ids count along the corridor, so that none says
    where a gap begins.

    Examples
    --------
    >>> import pandas as pd
    >>> gap = pd.DataFrame({"corridor": ["c"], "service": ["water"], "direction": ["forward"],
    ...     "from_place": ["A"], "to_place": ["B"], "walk_h": [13.6], "synthetic": [False]},
    ...     index=["c-water-forward-l-0007"])
    >>> tell_gaps_in_words(gap)["words"].iloc[0]
    'no known water between A and B: at least 14 h walking (2 days)'
    """
    kept = frame[~(frame["walk_h"] < _MIN_GAP_H)]
    hours = kept["walk_h"].round().astype("Int64")
    days = np.ceil(kept["walk_h"] / _HOURS_A_DAY).astype("Int64")
    columns = ["corridor", "service", "direction", "from_place", "to_place", "synthetic"]
    out = pd.DataFrame(kept[columns]).assign(walk_h=hours, walk_days=days)
    out["words"] = [_tell_gap(*row) for row in zip(
        out["service"], out["from_place"], out["to_place"], hours, days, strict=True)]
    out["caveat"] = _no_text(out.index)
    order = out.groupby(["corridor", "service", "direction"], sort=False).cumcount() + 1
    out.index = _number(out, order)
    return out.sort_index()


def _tell_gap(service: str, start: str, end: str, hours: int, days: int) -> str:
    start, end = (UNNAMED if pd.isna(town) else town for town in (start, end))
    where = f"around {start}" if start == end else f"between {start} and {end}"
    if pd.isna(hours):
        return f"no known {service.replace('_', ' ')} {where}: nobody can walk it"
    tail = f" ({days} days)" if days > 1 else ""
    return f"no known {service.replace('_', ' ')} {where}: at least {hours} h walking{tail}"


def _number(out: pd.DataFrame, order: pd.Series) -> pd.Index:
    parts = zip(out["corridor"], out["service"], out["direction"], order, strict=True)
    names = [f"{c}-{s.replace('_', '-')}-{d}-{n:02d}" for c, s, d, n in parts]
    return pd.Index(names, dtype="str")


def draw_gap_lines(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Gaps for partners: lines to 0.01 degree, length to 10 km, whole hours."""
    kept = frame[~(frame["walk_h"] < _MIN_GAP_H)]
    lines = _drop_repeats(shapely.transform(
        kept.geometry.to_numpy(), lambda xy: np.round(xy, _DECIMALS_PARTNER)
    ))
    out = pd.DataFrame(kept.drop(columns=["geometry", "leg_ids", "next_h"], errors="ignore"))
    out = out.assign(
        length_km=(np.ceil(kept["length_km"] / 10) * 10).astype("Int64"),
        walk_h=kept["walk_h"].round().astype("Int64"),
        caveat=_no_text(out.index),
    )
    order = out.groupby(["corridor", "service", "direction"], sort=False).cumcount() + 1
    out.index = _number(out, order)
    return gpd.GeoDataFrame(out, geometry=lines, crs=WGS84).sort_index()


def _no_text(index: pd.Index) -> pd.Series:
    return pd.Series(None, index=index, dtype="str")


def _drop_repeats(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    """Lines without points said twice; one that rounding left without length is none."""
    kept = np.asarray(shapely.remove_repeated_points(lines), dtype=object)
    kept[shapely.length(kept) == 0] = None
    return kept


def blur_incidents(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Incidents for planners: month, class, and a point on a grid as coarse as its precision.

    The grid is at least 0.01 degree; ids are counted anew, so that none leads back to a register.
    """
    precision_km = frame["coord_precision_km"].fillna(10.0).to_numpy(float)
    step_deg = np.maximum(0.01, np.ceil(precision_km / KM_PER_DEGREE * 100) / 100)
    xy = shapely.get_coordinates(frame.geometry.to_numpy())
    grid = np.round((np.floor(xy / step_deg[:, None]) + 0.5) * step_deg[:, None], 3)
    out = frame[["class", "n_victims", "coord_precision_km", "synthetic"]]
    out = pd.DataFrame(out).assign(month=frame["date"].dt.strftime("%Y-%m").astype("str"))
    out["_x"], out["_y"] = grid[:, 0], grid[:, 1]
    out = out.sort_values(["month", "_x", "_y", "class", "n_victims"], kind="stable")
    points = shapely.points(out.pop("_x").to_numpy(), out.pop("_y").to_numpy())
    out.index = pd.Index([f"i{n + 1:06d}" for n in range(len(out))], dtype="str")
    return gpd.GeoDataFrame(out, geometry=points, crs=WGS84)
