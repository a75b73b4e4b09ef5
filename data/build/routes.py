"""Turn the authored tables of waypoints and legs into the layers of the same names.

``tables/waypoints.csv`` and ``tables/legs.csv`` are written by hand; nothing here invents a
position. A waypoint takes its coordinate from the gazetteer where it has an identifier there, else
from its own row, which names a source and an accuracy. A leg is the line from its first waypoint
through the shape points of ``via`` to its last: schematic, never a path to follow.

``via`` holds parts separated by semicolons: ``lon lat`` in degrees, ``Name@geonameid`` (both must
agree with the gazetteer) or a waypoint id.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from gazetteer import find_homonyms, fold_name
from pyproj import Geod
from shapely.geometry import LineString, MultiLineString, Point

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

GEOD = Geod(ellps="WGS84")
DECIMALS = 5
LONGEST_SHARE = 1.5
SHORTEST_SHARE = 0.5
SEA_KM = 3.0
LAND_KM = 10.0
SOURCE = "Authored schematic line between named towns (data/build/tables/legs.csv)"
NOTE = "Schematic line between towns, not a path."
COUNTRIES = {
    "BZ": "Belize", "CO": "Colombia", "CR": "Costa Rica", "GT": "Guatemala", "HN": "Honduras",
    "MX": "México", "NI": "Nicaragua", "PA": "Panamá", "SV": "El Salvador",
    "US": "United States",
}  # fmt: skip
COMMON_STATES = {
    "Coahuila de Zaragoza": "Coahuila", "Michoacán de Ocampo": "Michoacán",
    "México": "Estado de México", "Veracruz de Ignacio de la Llave": "Veracruz",
}  # fmt: skip


@dataclass
class Faults:
    """What is wrong with the tables (``errors`` stop the build) and what to look at."""

    errors: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read_table(path: Path) -> pd.DataFrame:
    """Read an authored table as text, empty cells as empty strings."""
    with path.open(encoding="utf-8", newline="") as stream:
        return pd.DataFrame(list(csv.DictReader(stream)))


def build_waypoints(
    table: pd.DataFrame, gazetteer: pd.DataFrame, faults: Faults
) -> gpd.GeoDataFrame:
    """Give every waypoint its coordinate; index ``waypoint_id``, sorted, EPSG:4326."""
    points = [locate_waypoint(row, gazetteer, faults) for row in table.to_dict("records")]
    frame = gpd.GeoDataFrame(table, geometry=points, crs=4326)
    frame["geonameid"] = pd.to_numeric(frame["geonameid"]).astype("Int64")
    frame["accuracy_km"] = frame["accuracy_km"].astype(float)
    crossing = frame["official_crossing"].map({"yes": True, "no": False, "": None})
    frame["official_crossing"] = crossing.astype("object")
    frame["synthetic"] = False
    for waypoint_id in table["waypoint_id"][table["waypoint_id"].duplicated()]:
        faults.errors.append(f"waypoints {waypoint_id}: the id is given twice; rename one")
    frame["label"] = [label_place(row, frame, gazetteer) for row in frame.to_dict("records")]
    return frame.set_index("waypoint_id").sort_index()


def locate_waypoint(row: dict[str, str], gazetteer: pd.DataFrame, faults: Faults) -> Point:
    """Return the waypoint's point, noting an unknown identifier or a name that disagrees."""
    where = f"waypoints {row['waypoint_id']}"
    if not row["geonameid"]:
        if row["lon"] and row["lat"] and row["coord_source"]:
            return round_point(float(row["lon"]), float(row["lat"]))
        faults.errors.append(f"{where}: give geonameid, or lon, lat and coord_source")
        return Point()
    if int(row["geonameid"]) not in gazetteer.index:
        faults.errors.append(f"{where}: geonameid {row['geonameid']} is not in the gazetteer")
        return Point()
    place = gazetteer.loc[int(row["geonameid"])]
    if place["countrycode"] != row["country"]:
        faults.errors.append(f"{where}: the gazetteer says country {place['countrycode']}")
    known = fold_name(row["name"] + " " + row["name_note"])
    if place["key"] != fold_name(row["name"]) and place["key"] not in known:
        faults.errors.append(f"{where}: the gazetteer says {place['name']!r}; say so in name_note")
    return round_point(place["longitude"], place["latitude"])


def round_point(lon: float, lat: float) -> Point:
    """Return a point rounded to ``DECIMALS`` decimals of a degree."""
    return Point(round(float(lon), DECIMALS), round(float(lat), DECIMALS))


def label_place(row: dict[str, object], frame: pd.DataFrame, gazetteer: pd.DataFrame) -> str:
    """Name a place for readers, with its state or country where the name alone is ambiguous."""
    name, country = str(row["name"]), str(row["country"])
    same = find_homonyms(gazetteer, name)
    same = same[same.index != (row["geonameid"] if pd.notna(row["geonameid"]) else -1)]
    twins = frame[(frame["name"] == name) & (frame["waypoint_id"] != row["waypoint_id"])]
    if same.empty and twins.empty:
        return name
    admin1 = str(row["admin1"])
    at_home = (same["countrycode"] == country).any() or country in {"MX", "US"}
    at_home = at_home and admin1 != name
    return f"{name} ({COMMON_STATES.get(admin1, admin1) if at_home else COUNTRIES[country]})"


def build_legs(
    table: pd.DataFrame, waypoints: gpd.GeoDataFrame, gazetteer: pd.DataFrame, faults: Faults
) -> gpd.GeoDataFrame:
    """Draw every leg; index ``leg_id``, sorted, EPSG:4326, with ``length_km`` on the ellipsoid."""
    for leg_id in table["leg_id"][table["leg_id"].duplicated()]:
        faults.errors.append(f"legs {leg_id}: the id is given twice; rename one")
    for row in table.to_dict("records"):
        for end in ("from_place", "to_place"):
            if row[end] not in waypoints.index:
                faults.errors.append(f"legs {row['leg_id']}: {end} {row[end]!r} is no waypoint")
    if faults.errors:
        return gpd.GeoDataFrame()
    lines = [draw_leg(row, waypoints, gazetteer, faults) for row in table.to_dict("records")]
    frame = gpd.GeoDataFrame(table.drop(columns="via"), geometry=lines, crs=4326)
    frame = frame.rename(columns={"from_place": "from_waypoint", "to_place": "to_waypoint"})
    frame["from_place"] = frame["from_waypoint"].map(waypoints["label"])
    frame["to_place"] = frame["to_waypoint"].map(waypoints["label"])
    frame["leg_no"] = frame["leg_no"].astype(int)
    frame[["stated_km", "accuracy_km"]] = frame[["stated_km", "accuracy_km"]].astype(float)
    frame["off_road"] = frame["off_road"] == "yes"
    frame["synthetic"] = False
    frame["source"] = SOURCE
    frame["note"] = (NOTE + " " + frame["note"]).str.strip()
    frame["length_km"] = [measure_km(line) for line in frame.geometry]
    return frame.set_index("leg_id").sort_index()


def draw_leg(
    row: dict[str, str], waypoints: gpd.GeoDataFrame, gazetteer: pd.DataFrame, faults: Faults
) -> LineString:
    """Join a leg's ends through its shape points."""
    shape = [locate_via(part, row["leg_id"], waypoints, gazetteer, faults)
             for part in row["via"].split(";") if part.strip()]  # fmt: skip
    ends = waypoints.geometry[row["from_place"]], waypoints.geometry[row["to_place"]]
    return LineString([ends[0], *shape, ends[1]])


def locate_via(
    part: str, leg_id: str, waypoints: gpd.GeoDataFrame, gazetteer: pd.DataFrame, faults: Faults
) -> Point:
    """Return one shape point of a leg."""
    part = part.strip()
    if "@" in part:
        name, number = part.split("@")
        if int(number) in gazetteer.index:
            place = gazetteer.loc[int(number)]
            if place["key"] == fold_name(name):
                return round_point(place["longitude"], place["latitude"])
        faults.errors.append(f"legs {leg_id}: via {part!r}: no such name with that identifier")
        return waypoints.geometry.iloc[0]
    if part in waypoints.index:
        return waypoints.geometry[part]
    lon, lat = part.split()
    return round_point(float(lon), float(lat))


def measure_km(line: BaseGeometry) -> float:
    """Measure a line on the WGS84 ellipsoid, kilometres.

    Examples
    --------
    >>> round(measure_km(LineString([(0, 0), (1, 0)])), 2)
    111.32
    """
    return abs(GEOD.geometry_length(line)) / 1000.0


def check_legs(legs: gpd.GeoDataFrame, land: BaseGeometry, faults: Faults) -> None:
    """Compare drawn with stated lengths, and look for roads at sea and boats on land.

    Parameters
    ----------
    legs
        As from ``build_legs``.
    land
        Every country in one geometry, EPSG:4326.
    """
    for leg_id, leg in legs.iterrows():
        share = leg["length_km"] / leg["stated_km"]
        size = f"legs {leg_id}: drawn {leg['length_km']:.1f} km, stated {leg['stated_km']:.1f} km"
        if share > LONGEST_SHARE:
            faults.errors.append(f"{size}: longer than {LONGEST_SHARE} times; correct one of them")
        elif share < SHORTEST_SHARE or share > 1.0:
            faults.remarks.append(f"{size}: share {share:.2f}")
        sea_km = measure_km(line_parts(leg.geometry.difference(land)))
        if leg["mode"] != "boat" and sea_km > SEA_KM:
            faults.errors.append(f"legs {leg_id}: {sea_km:.1f} km over the sea; add shape points")
        elif leg["mode"] != "boat" and sea_km > 0:
            faults.remarks.append(f"legs {leg_id}: {sea_km:.1f} km over the sea")


def line_parts(geometry: BaseGeometry) -> MultiLineString:
    """Keep the lines of a geometry."""
    parts = getattr(geometry, "geoms", [geometry])
    return MultiLineString(
        [part for part in parts if part.geom_type == "LineString" and not part.is_empty]
    )


def check_countries(
    waypoints: gpd.GeoDataFrame, boundaries: gpd.GeoDataFrame, faults: Faults
) -> None:
    """Require every waypoint inside its country and its admin-1, within its accuracy."""
    names = boundaries.set_index(["level", "country", "name"]).geometry
    countries = boundaries[boundaries["level"] == 0].set_index("country").geometry
    for waypoint_id, row in waypoints.iterrows():
        key = (1, row["country"], row["admin1"])
        if row["country"] not in countries.index or key not in names.index:
            faults.errors.append(f"waypoints {waypoint_id}: no boundary for {key}")
            continue
        for what, shape in (("country", countries[row["country"]]), ("admin1", names[key])):
            gap_km = measure_gap_km(row.geometry, shape)
            if gap_km > row["accuracy_km"]:
                faults.errors.append(
                    f"waypoints {waypoint_id}: {gap_km:.1f} km outside its {what} {row[what]!r}"
                )


def measure_gap_km(point: Point, shape: BaseGeometry) -> float:
    """Return how far a point lies outside a polygon, kilometres; 0 inside (planar, local)."""
    if shape.intersects(point):
        return 0.0
    squeeze = np.array([np.cos(np.radians(point.y)), 1.0])
    ring = np.concatenate([part.segmentize(0.005).coords for part in rings_of(shape)])
    return float(np.hypot(*((ring - point.coords[0]) * squeeze * 111.2).T).min())


def rings_of(shape: BaseGeometry) -> list[LineString]:
    """List the outlines of a polygon as lines."""
    outline = shape.boundary
    return list(getattr(outline, "geoms", [outline]))
