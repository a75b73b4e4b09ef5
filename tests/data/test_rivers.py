"""The committed rivers: where they should be, and what the builder writes."""

import json
import sys
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from surroundings import require_shared

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "data" / "mesoamerica" / "layers" / "rivers.geojson"
BUILD = ROOT / "data" / "build"
AREA = shapely.box(-118.0, 6.0, -76.0, 33.0)


@pytest.fixture(scope="module")
def rivers():
    features = json.loads(FILE.read_text("utf-8"))["features"]
    return gpd.GeoDataFrame.from_features(features, crs=4326).set_index("river_id")


def test_rivers_lie_in_the_area(rivers):
    assert len(rivers) > 100
    assert rivers.index.is_unique
    assert (rivers.geom_type == "LineString").all()
    assert rivers.within(AREA.buffer(1e-9)).all()


@pytest.mark.parametrize(
    ("name", "lon", "lat"),
    [("Rio Grande", -99.51, 27.49), ("Usumacinta", -91.42, 17.44), ("Pánuco", -97.87, 22.2),
     ("Ulúa", -87.9, 15.4), ("Atrato", -76.9, 7.9)],
)
def test_rivers_run_where_they_are_known_to(rivers, name, lon, lat):
    lines = rivers.loc[rivers["name"] == name].geometry.to_numpy()
    assert shapely.distance(lines, shapely.Point(lon, lat)).min() < 0.15


def test_the_file_is_what_the_builder_writes(tmp_path):
    raw = require_shared("registry")
    sys.path.insert(0, str(BUILD))
    try:
        import rivers as builder
        from features import write_features

        frame = gpd.read_file(raw / "ne10m_bbox.gpkg", layer=builder.LAYER)
        built = builder.build_rivers(frame)
        write_features(built, tmp_path / "rivers.geojson", columns=builder.COLUMNS,
                       decimals=builder.DECIMALS)
    finally:
        sys.path.remove(str(BUILD))
    assert (tmp_path / "rivers.geojson").read_bytes() == FILE.read_bytes(), "run rivers.py again"
