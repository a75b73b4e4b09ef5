"""Invented points in Mexico: one table that every server is given, and our study of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from pathlib import Path

LAYER, ID = "points", "point_id"
AREA = (-106.0, 16.0, -94.0, 26.0)
KINDS = ("well", "market", "clinic", "chapel", "station", "school", "kiosk", "camp")
COLUMNS = {
    "name": ("string", "text", "Invented name"),
    "kind": ("string", "text", "Invented kind"),
    "region": ("string", "text", "Invented region"),
    "people": ("integer", "integer", "Invented number of people"),
    "beds": ("integer", "integer", "Invented number of beds; empty here and there"),
    "height_m": ("number", "double precision", "Invented height"),
    "share": ("number", "double precision", "Invented share; empty here and there"),
    "open_now": ("boolean", "boolean", "Invented"),
    "seen_on": ("date", "date", "Invented day"),
    "synthetic": ("boolean", "boolean", "All rows are invented"),
}
BOX_DEGREES = 2.5


def make_points(count: int, *, seed: int = 7) -> gpd.GeoDataFrame:
    """Points with ten attributes of mixed types, in order of id; each row carries ``synthetic``.

    No number has more digits than any of the servers keeps: 6 decimals of a degree, 5 significant
    ones elsewhere.
    """
    rng = np.random.default_rng(seed)
    row = np.arange(count)
    west, south, east, north = AREA
    frame = pd.DataFrame({
        "name": [f"EXAMPLE - Peña {n} «{KINDS[n % 8]}»" for n in row],
        "kind": np.array(KINDS)[rng.integers(0, len(KINDS), count)],
        "region": [f"Región {n}" for n in rng.integers(1, 33, count)],
        "people": rng.integers(0, 100_000, count),
        "beds": pd.array(rng.integers(0, 500, count), dtype="Int64"),
        "height_m": np.round(rng.uniform(0, 3000, count), 1),
        "share": np.round(rng.uniform(0, 1, count), 4),
        "open_now": rng.random(count) < 0.7,
        "seen_on": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1800, count), "D"),
        "synthetic": True,
    })
    frame.loc[rng.random(count) < 0.05, "beds"] = pd.NA
    frame.loc[rng.random(count) < 0.05, "share"] = np.nan
    frame.insert(0, ID, [f"p-{n:07d}" for n in row])
    xy = np.round(rng.uniform((west, south), (east, north), (count, 2)), 6)
    return gpd.GeoDataFrame(frame, geometry=shapely.points(xy), crs="EPSG:4326")


def make_boxes(count: int, *, seed: int) -> list[str]:
    """Boxes to ask for, no two alike, each with several times 1,000 of 100,000 points."""
    rng = np.random.default_rng(seed)
    west, south, east, north = AREA
    lower = rng.uniform((west, south), (east - BOX_DEGREES, north - BOX_DEGREES), (count, 2))
    corners = np.round(np.hstack([lower, lower + BOX_DEGREES]), 3)
    return [",".join(f"{number:.3f}" for number in box) for box in corners]


def write_study(points: gpd.GeoDataFrame, folder: Path) -> Path:
    """Write a study of one leg and the points as a restricted layer that it declares itself."""
    folder.mkdir(parents=True, exist_ok=True)
    points.to_parquet(folder / f"{LAYER}.parquet")
    (folder / f"{LAYER}.toml").write_text(_describe(), encoding="utf-8")
    west, south, east, north = AREA
    properties = {
        "leg_id": "leg-1", "route_id": "one", "leg_no": 1, "mode": "foot", "from_place": "One",
        "to_place": "Two", "stated_km": 11.0, "terrain": "road", "off_road": False,
        "accuracy_km": 1.0, "status": "open", "status_as_of": "2024-12-31", "source": "invented",
        "synthetic": True,
    }
    leg = {"type": "LineString", "coordinates": [[west + 1, south + 1], [west + 1.1, south + 1]]}
    routes = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": properties, "geometry": leg}]}
    (folder / "routes.geojson").write_text(json.dumps(routes), encoding="utf-8")
    (folder / "study.toml").write_text("\n".join([
        'name = "EXAMPLE - points to serve"', "as_of = 2024-12-31",
        f"area = [{west}, {south}, {east}, {north}]",
        'crs_metric = "+proj=laea +lat_0=21 +lon_0=-100 +datum=WGS84 +units=m"',
        "[layers.routes]", 'path = "routes.geojson"',
        f"[layers.{LAYER}]", f'path = "{LAYER}.parquet"', f'spec = "{LAYER}.toml"', "",
    ]), encoding="utf-8")
    return folder / "study.toml"


def _describe() -> str:
    columns = [
        f'{name} = {{ dtype = "{dtype}", meaning = "{meaning}", level = "restricted" }}'
        for name, (dtype, _, meaning) in COLUMNS.items()
    ]
    return "\n".join([
        f'name = "{LAYER}"', 'kind = "vector"', 'role = "context"', 'geometry = "Point"',
        f'id = "{ID}"', 'meaning = "Invented points"', 'level = "restricted"',
        'geometry_level = "restricted"', 'title = { en = "EXAMPLE - points" }', "[columns]",
        *columns, "",
    ])
