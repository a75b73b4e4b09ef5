"""Places as a scenario has them: rows left out, added, moved or changed; nothing else touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from layers.crs import WGS84
from layers.layer import empty_column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georisk.scenario_config import OpenedPoint, ScenarioConfig
    from layers.spec import LayerSpec

_FIRST_LAYER = "assistance_points"
_COORD_KM = 0.1


def edit_places(
    frame: gpd.GeoDataFrame, spec: LayerSpec, scenario: ScenarioConfig, *, opened_here: bool
) -> gpd.GeoDataFrame:
    """Rows of one facility layer in a scenario.

    Parameters
    ----------
    frame : GeoDataFrame
        As read, index ``place_id``; stays as it is.
    opened_here : bool
        Whether points that name no layer open in this one.

    Returns
    -------
    GeoDataFrame
        The same columns, sorted by id.
    """
    kept = frame[~frame.index.isin(scenario.close)].copy()
    for id_, (lon, lat) in scenario.move.items():
        if id_ in kept.index:
            kept.loc[[id_], "geometry"] = gpd.GeoSeries([shapely.Point(lon, lat)], index=[id_],
                                                        crs=WGS84)
    for id_, room in scenario.capacity.items():
        if id_ in kept.index:
            kept.loc[id_, "capacity"] = room.value
            if room.unit:
                kept.loc[id_, "capacity_unit"] = room.unit
    kept["services"] = _add_services(kept["services"], scenario.add_services)
    added = [point for point in scenario.open
             if point.layer == spec.name or (opened_here and not point.layer)]
    if added:
        kept = pd.concat([kept, _make_rows(added, spec, kept)])
    return kept.sort_index()


def choose_layer(layers: tuple[str, ...]) -> str:
    """Layer in which a point opens that names none: of assistance points, else the first.

    Examples
    --------
    >>> choose_layer(("health_facilities", "shelters"))
    'health_facilities'
    """
    return _FIRST_LAYER if _FIRST_LAYER in layers else next(iter(layers), "")


def _add_services(
    services: pd.Series, added: Mapping[str, tuple[str, ...]]
) -> pd.Series:
    values = [
        tuple(dict.fromkeys((*items, *added.get(str(id_), ()))))
        for id_, items in services.items()
    ]
    return pd.Series(values, index=services.index, dtype=object)


def _make_rows(
    points: list[OpenedPoint], spec: LayerSpec, like: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Rows of points that are not there yet; what nobody said of them stays empty."""
    index = pd.Index([point.place_id for point in points], dtype="str", name=spec.id)
    frame = pd.DataFrame({
        name: empty_column(column, len(points)).set_axis(index)
        for name, column in spec.columns.items()
    }, index=index)
    said = {
        "name": [point.name or point.place_id for point in points],
        "country": [point.country or None for point in points],
        "capacity": [point.capacity for point in points],
        "capacity_unit": [point.capacity_unit or None for point in points],
        "opens": [point.opens or None for point in points],
        "months": [point.months or None for point in points],
        "coord_precision_km": [_COORD_KM] * len(points),
        "synthetic": [point.is_invented for point in points],
    }
    for name, values in said.items():
        frame[name] = pd.Series(values, index=index).astype(frame[name].dtype)
    for name, lists in (("services", [point.services for point in points]),
                        ("admits", [point.admits for point in points])):
        frame[name] = pd.Series(lists, index=index, dtype=object)
    shapes = [shapely.Point(point.lon, point.lat) for point in points]
    made = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=index, crs=WGS84))
    return made.reindex(columns=like.columns)
