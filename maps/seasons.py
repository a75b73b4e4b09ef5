"""Heat and rain by month along the legs, in words: when to rest in shade, never when to walk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from maps.frames import name_corridors, read_frame

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from georisk.doors import Door
    from layers.layer import RasterLayer
    from maps.catalogues import Words

HEAT_DEGC = 28.0
RAIN_MM = 200.0
_MONTHS = 12


@dataclass(frozen=True)
class Season:
    """Months (1-12) in which heat or rain is reached somewhere on a leg."""

    hot: tuple[int, ...]
    rainy: tuple[int, ...]


@dataclass(frozen=True)
class LegSeason:
    """A line of the table: leg, hot months and rainy months in words."""

    title: str
    hot: str
    rainy: str


@dataclass(frozen=True)
class CorridorSeasons:
    """A corridor's name and the lines of its table."""

    title: str
    legs: list[LegSeason]


def find_seasons(door: Door, legs: pd.DataFrame | None) -> dict[str, Season]:
    """Months with a mean temperature of 28 degC or 200 mm of rain, for each leg.

    Returns
    -------
    dict
        Leg id -> Season; empty where the door shows neither raster.
    """
    if legs is None:
        return {}
    names = door.names()
    heat = door.raster("hazard_temperature") if "hazard_temperature" in names else None
    rain = door.raster("hazard_rain") if "hazard_rain" in names else None
    if heat is None and rain is None:
        return {}
    return {
        str(key): Season(
            hot=_find_months(heat, shape, at_least=HEAT_DEGC),
            rainy=_find_months(rain, shape, at_least=RAIN_MM),
        )
        for key, shape in legs.geometry.items()
    }


def _find_months(
    raster: RasterLayer | None, shape: shapely.Geometry, *, at_least: float
) -> tuple[int, ...]:
    if raster is None or len(raster.values) != _MONTHS:
        return ()
    values = sample_cells(raster, shape)
    with np.errstate(invalid="ignore"):
        reached = (values >= at_least).any(axis=1)
    return tuple(int(month) + 1 for month in np.flatnonzero(reached))


def sample_cells(raster: RasterLayer, shape: shapely.Geometry) -> NDArray[np.float32]:
    """Values of the cells that a line, or the edge and middle of an area, passes through.

    Returns
    -------
    array of shape (bands, points)
        NaN where there is no data or the raster ends.
    """
    step = abs(raster.transform.a) / 2
    points = shapely.get_coordinates(shapely.segmentize(shape, step))
    points = np.vstack([points, shapely.get_coordinates(shapely.point_on_surface(shape))])
    inverse = ~raster.transform
    columns = np.floor(inverse.a * points[:, 0] + inverse.b * points[:, 1] + inverse.c).astype(int)
    rows = np.floor(inverse.d * points[:, 0] + inverse.e * points[:, 1] + inverse.f).astype(int)
    grid = raster.values
    _, height, width = grid.shape
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    cells = np.unique(np.column_stack([rows[inside], columns[inside]]), axis=0)
    return grid[:, cells[:, 0], cells[:, 1]]


def tell_seasons(door: Door, seasons: dict[str, Season], words: Words) -> list[CorridorSeasons]:
    """Tables by corridor; legs that no corridor lists come last under a heading of their own."""
    legs = read_frame(door, "routes")
    if legs is None or not seasons:
        return []
    told, used = [], set()
    corridors = read_frame(door, "corridors")
    titles = name_corridors(door, words)
    for key, leg_ids in () if corridors is None else corridors["leg_ids"].items():
        mine = [str(leg).lstrip("-") for leg in leg_ids]
        used.update(mine)
        told.append(_tell_corridor(titles[str(key)], mine, legs, seasons, words))
    others = [str(leg) for leg in legs.index if leg not in used]
    told.append(_tell_corridor(words["other_legs"], others, legs, seasons, words))
    return [corridor for corridor in told if corridor.legs]


def _tell_corridor(
    title: str,
    leg_ids: list[str],
    legs: pd.DataFrame,
    seasons: dict[str, Season],
    words: Words,
) -> CorridorSeasons:
    rows = []
    for leg in leg_ids:
        if leg not in seasons:
            continue
        ends = words.say("from_to", a=legs.loc[leg, "from_place"], b=legs.loc[leg, "to_place"])
        hot, rainy = seasons[leg].hot, seasons[leg].rainy
        rows.append(LegSeason(ends, words.list_months(hot), words.list_months(rainy)))
    return CorridorSeasons(title, rows)
