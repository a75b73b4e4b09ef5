"""How precise a position is, and which place its record names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from layers.quality.crowds import DESCRIBED_KM, find_crowds, measure_crowds_km
from layers.quality.decimals import count_written
from layers.quality.middles import find_middles, list_middles
from layers.quality.stated import pick_stated, read_stated, tell_stated

if TYPE_CHECKING:
    import geopandas as gpd

    from layers.gazetteer import Gazetteer
    from layers.gazetteer.shapes import FloatArray
    from layers.quality.stated import Stated
    from layers.spec import LayerSpec

# METHOD 2.2, km, by decimals of the finer coordinate; more than two are an address, 0.3.
DECIMAL_KM = {0: 80.0, 1: 10.0, 2: 2.0}
FINE_KM = 0.3
# Roles whose rows someone may have located by the name of an area.
LOCATED_ROLES = frozenset({"incident", "facility"})
COLUMN = "coord_precision_km"


def take_positions(rows: gpd.GeoDataFrame) -> tuple[FloatArray, FloatArray]:
    """Longitudes and latitudes of points; NaN where a row has none."""
    shapes = rows.geometry.to_numpy()
    points = np.where(shapely.get_type_id(shapes) == 0, shapes, None)
    return np.asarray(shapely.get_x(points)), np.asarray(shapely.get_y(points))


def estimate_precision_km(
    rows: gpd.GeoDataFrame, stated: pd.DataFrame, spec: LayerSpec, *,
    gazetteer: Gazetteer | None, said: Stated | None = None,
) -> pd.Series:
    """One sigma of each position, km (METHOD 2.2).

    Never finer than what a row states of itself. Coarser where the numbers are: few decimals;
    the middle of an area, sqrt(area / 2 pi) of it; a spot that ten incidents share, as coarse
    as the place that they name.

    Parameters
    ----------
    said : Stated, optional
        Of `layers.quality.stated.read_stated`, where it has been read already.

    Returns
    -------
    Series of float
        Same index; km, at most what the layer allows.

    References
    ----------
    METHOD 2.2.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from layers.catalog import find_spec
    >>> rows = gpd.GeoDataFrame(geometry=gpd.points_from_xy([-77.0, -92.26123], [8.0, 14.9]))
    >>> estimate_precision_km(rows, pd.DataFrame(index=rows.index), find_spec("incidents"),
    ...                       gazetteer=None).tolist()
    [80.0, 0.3]
    """
    lon, lat = (np.nan_to_num(axis) for axis in take_positions(rows))
    told = rows[COLUMN].to_numpy(dtype=float) if COLUMN in rows else np.full(len(rows), np.nan)
    decimals = pd.Series(count_written(lon, lat, stated))
    digits_km = decimals.map(DECIMAL_KM).fillna(FINE_KM).to_numpy(dtype=float)
    # Who states how precise a row is knows better than two decimals do, but not than one.
    digits_km = np.where(np.isnan(told) | (decimals <= 1), digits_km, 0.0)
    found = np.fmax(told, digits_km)
    if spec.role in LOCATED_ROLES and gazetteer is not None:
        found = np.maximum(found, _measure_middles_km(lon, lat, gazetteer))
    if spec.role == "incident":
        found = np.maximum(found, _measure_crowds_km(lon, lat, stated, gazetteer, said))
    limits = spec.columns[COLUMN].range if COLUMN in spec.columns else None
    return pd.Series(np.minimum(found, limits[1]) if limits else found, index=rows.index,
                     dtype=float)


def _measure_middles_km(lon: FloatArray, lat: FloatArray, gazetteer: Gazetteer) -> FloatArray:
    """Sigma of positions that lie on the middle of an area; 0 elsewhere."""
    which = find_middles(lon, lat, gazetteer=gazetteer)
    return np.where(which >= 0, list_middles(gazetteer).sigma_km[which], 0.0)


def _measure_crowds_km(
    lon: FloatArray, lat: FloatArray, stated: pd.DataFrame, gazetteer: Gazetteer | None,
    said: Stated | None,
) -> FloatArray:
    """Sigma of positions that ten rows share; 0 elsewhere."""
    found = np.zeros(len(lon))
    crowd = find_crowds(lon, lat)
    if not len(crowd):
        return found
    if gazetteer is None:
        found[crowd] = DESCRIBED_KM
        return found
    said = (read_stated(stated.iloc[crowd], gazetteer=gazetteer) if said is None
            else pick_stated(said, crowd))
    found[crowd] = measure_crowds_km(lon[crowd], lat[crowd], said, gazetteer=gazetteer)
    return found


def name_places(
    stated: pd.DataFrame, *, gazetteer: Gazetteer | None, said: Stated | None = None
) -> pd.Series:
    """The gazetteer's name of the place that each record names; empty if none.

    The smallest kind wins (a town before its county), then the longer name, then the larger
    place.

    Examples
    --------
    >>> from layers.gazetteer import load_gazetteer
    >>> said = pd.DataFrame({"_country": ["MX"], "_place": ["afueras de Tapachula, Chiapas"]})
    >>> name_places(said, gazetteer=load_gazetteer()).tolist()
    ['Tapachula']
    """
    names = pd.Series("", index=stated.index, dtype=object)
    if gazetteer is None or not tell_stated(stated).any():
        return names
    matches = (said or read_stated(stated, gazetteer=gazetteer)).matches
    places = gazetteer.places.iloc[matches["place"].to_numpy(dtype=int)].reset_index(drop=True)
    ranked = matches.assign(name=places["name"], level=places["level"], size=places["radius_km"])
    ranked = ranked.sort_values(["text", "level", "words", "size", "place"],
                                ascending=[True, False, False, False, True])  # fmt: skip
    best = ranked.drop_duplicates("text")
    names.iloc[best["text"].to_numpy(dtype=int)] = best["name"].to_numpy()
    return names
