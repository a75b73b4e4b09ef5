"""The committed geography: legs, waypoints, corridors, boundaries and places agree."""

import csv
import json
import re
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod

ROOT = Path(__file__).resolve().parents[2]
STUDY = ROOT / "data" / "mesoamerica"
LAYERS = STUDY / "layers"
BUILD = ROOT / "data" / "build"
AREA = (-118.0, 6.0, -76.0, 33.0)
ID = re.compile(r"^[a-z0-9-]+$")
GEOD = Geod(ellps="WGS84")
METRIC = "+proj=laea +lat_0=19 +lon_0=-97 +datum=WGS84 +units=m +no_defs"
HOMONYMS = {
    "mx-nogales": ("MX", "Sonora", 4004886),
    "mx-matamoros": ("MX", "Tamaulipas", 3523466),
    "mx-ciudad-hidalgo": ("MX", "Chiapas", 3530595),
    "hn-corinto": ("HN", "Cortés", 3613191),
    "mx-tonala": ("MX", "Chiapas", 3816721),
    "mx-san-blas-sinaloa": ("MX", "Sinaloa", 3987538),
    "mx-frontera": ("MX", "Coahuila de Zaragoza", 3980180),
    "mx-piedras-negras": ("MX", "Coahuila de Zaragoza", 3992619),
    "mx-ixtepec": ("MX", "Oaxaca", 3526674),
    "sv-santa-ana": ("SV", "Santa Ana", 3583334),
    "gt-flores": ("GT", "Petén", 3595725),
    "cr-san-jose": ("CR", "San José", 3621849),
}


def read_layer(name, column):
    features = json.loads((LAYERS / f"{name}.geojson").read_text("utf-8"))["features"]
    frame = gpd.GeoDataFrame.from_features(features, crs=4326)
    return frame.set_index(column)


@pytest.fixture(scope="module")
def legs():
    return read_layer("routes", "leg_id")


@pytest.fixture(scope="module")
def waypoints():
    return read_layer("waypoints", "waypoint_id")


@pytest.fixture(scope="module")
def boundaries():
    return read_layer("boundaries", "boundary_id")


@pytest.fixture(scope="module")
def build():
    sys.path.insert(0, str(BUILD))
    try:
        import corridors
        import features
        import routes

        yield {"corridors": corridors, "features": features, "routes": routes}
    finally:
        sys.path.remove(str(BUILD))


def read_config():
    for name in ("study.toml", "corridors.toml"):
        path = STUDY / name
        if path.exists() and "corridors" in (config := tomllib.loads(path.read_text("utf-8"))):
            return config
    raise AssertionError("no corridors in study.toml or corridors.toml")


def length_km(line):
    return abs(GEOD.geometry_length(line)) / 1000.0


def test_ids_are_unique_sorted_and_plain(legs, waypoints, boundaries):
    for frame in (legs, waypoints, boundaries):
        assert frame.index.is_unique
        assert frame.index.is_monotonic_increasing
        assert all(ID.match(name) for name in frame.index)


def test_every_leg_runs_from_its_waypoint_to_its_waypoint(legs, waypoints):
    for leg_id, leg in legs.iterrows():
        ends = [shapely.Point(leg.geometry.coords[n]) for n in (0, -1)]
        assert ends[0] == waypoints.geometry[leg["from_waypoint"]], leg_id
        assert ends[1] == waypoints.geometry[leg["to_waypoint"]], leg_id
        assert leg["from_waypoint"] != leg["to_waypoint"], leg_id


def test_readers_see_the_name_of_the_waypoint(legs, waypoints):
    for leg_id, leg in legs.iterrows():
        for end in ("from", "to"):
            name = waypoints["name"][leg[f"{end}_waypoint"]]
            assert leg[f"{end}_place"].startswith(name), leg_id


def test_no_place_name_means_two_waypoints(legs):
    ends = {(leg[f"{end}_place"], leg[f"{end}_waypoint"])
            for _, leg in legs.iterrows() for end in ("from", "to")}  # fmt: skip
    assert len({place for place, _ in ends}) == len(ends)


def test_no_leg_is_longer_than_one_and_a_half_times_its_stated_length(legs):
    share = legs.geometry.map(length_km) / legs["stated_km"]
    assert share.max() <= 1.5
    assert share.min() >= 0.5


def test_leg_numbers_count_up_along_each_route(legs):
    for route, group in legs.groupby("route_id"):
        assert sorted(group["leg_no"]) == list(range(1, len(group) + 1)), route


def test_no_two_legs_share_ground(legs):
    lines = legs.geometry.to_crs(METRIC)
    bands = lines.buffer(100.0)
    first, second = lines.sindex.query(bands, predicate="intersects")
    for a, b in zip(first, second, strict=True):
        if a != b:
            shared_m = lines.iloc[b].intersection(bands.iloc[a]).length
            assert shared_m <= 2000.0, (legs.index[a], legs.index[b])


def test_dates_and_rows_say_what_they_are(legs, waypoints):
    assert legs["status_as_of"].str.fullmatch(r"\d{4}-\d{2}-\d{2}").all()
    assert legs["note"].str.startswith("Schematic line between towns").all()
    assert not legs["synthetic"].any()
    assert not waypoints["synthetic"].any()
    assert (legs["mode"] == "foot")[legs["off_road"].astype(bool)].all()
    assert set(legs["terrain"][legs["mode"] == "train"]) == {"rail"}
    assert set(legs["terrain"][legs["mode"] == "boat"]) == {"water"}
    assert waypoints["coord_source"].str.len().gt(0).all()


def test_darien_legs_carry_the_date_of_their_status(legs):
    for leg_id in ("bajo-chiquito-lajas-blancas", "lajas-blancas-meteti"):
        assert legs["status"][leg_id] == "reduced"
        assert legs["status_as_of"][leg_id] == "2025-05-14"


@pytest.mark.parametrize("waypoint_id", sorted(HOMONYMS))
def test_homonyms_are_the_right_town(waypoints, boundaries, waypoint_id):
    country, admin1, geonameid = HOMONYMS[waypoint_id]
    row = waypoints.loc[waypoint_id]
    assert (row["country"], row["admin1"], row["geonameid"]) == (country, admin1, geonameid)
    state = boundaries[(boundaries["country"] == country) & (boundaries["name"] == admin1)
                       & (boundaries["level"] == 1)]  # fmt: skip
    assert state.geometry.iloc[0].buffer(0.03).contains(row.geometry)


def test_every_waypoint_lies_in_its_country_and_division(build, waypoints, boundaries):
    faults = build["routes"].Faults()
    frame = waypoints.reset_index().set_index("waypoint_id")
    build["routes"].check_countries(frame, boundaries.reset_index(), faults)
    assert faults.errors == []


def test_a_waypoint_in_the_wrong_state_is_a_fault(build, waypoints, boundaries):
    moved = waypoints.loc[["mx-nogales"]].assign(admin1="Veracruz de Ignacio de la Llave")
    faults = build["routes"].Faults()
    build["routes"].check_countries(moved, boundaries.reset_index(), faults)
    assert len(faults.errors) == 1
    assert "mx-nogales" in faults.errors[0]


def test_corridors_are_connected_named_and_cover_every_leg(build, legs):
    config = read_config()
    assert build["corridors"].check_corridors(config, legs) == []
    assert len(config["sheets"]) >= 5
    assert all(ID.match(name) for kind in ("corridors", "sheets") for name in config[kind])


def test_a_broken_corridor_is_a_fault(build, legs):
    ids = ["meteti-torti", "chepo-panama", "no-such-leg"]
    names = dict.fromkeys(("es", "en", "fr"), "x")
    faults = build["corridors"].check_way({"legs": ids[:2], "name": names}, legs)
    assert faults == ["no name in ht", "chepo-panama does not begin where meteti-torti ends"]
    assert "no-such-leg" in build["corridors"].check_way({"legs": ids, "name": names}, legs)[1]


def test_a_reversed_leg_is_turned(build, legs):
    ends = build["corridors"].find_ends
    assert ends("-guatemala-escuintla", legs) == ("gt-escuintla", "gt-guatemala")


def test_legs_join_end_to_end_on_the_ground(legs, build):
    for entry in read_config()["corridors"].values():
        for before, after in pairwise(entry["legs"]):
            points = []
            for leg, end in ((before, -1), (after, 0)):
                coords = list(legs.geometry[leg.removeprefix("-")].coords)
                points.append((coords[::-1] if leg.startswith("-") else coords)[end])
            assert points[0] == points[1], (before, after)


def test_the_layers_are_what_the_tables_say(legs, waypoints):
    for name, frame, column in (("legs", legs, "leg_id"), ("waypoints", waypoints, "waypoint_id")):
        with (BUILD / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            rows = {row[column]: row for row in csv.DictReader(stream)}
        assert set(rows) == set(frame.index)
        assert all(float(rows[i]["accuracy_km"]) == frame["accuracy_km"][i] for i in rows)
        assert all(rows[i]["note"] in (frame["note"][i] or "") for i in rows)


def test_boundaries_are_valid_and_unique(boundaries):
    assert boundaries.geometry.is_valid.all()
    assert set(boundaries.geometry.geom_type) <= {"Polygon", "MultiPolygon"}
    west, south, east, north = boundaries.total_bounds
    assert AREA[0] <= west < east <= AREA[2]
    assert AREA[1] <= south < north <= AREA[3]
    assert (boundaries["level"] == 1)[boundaries["country"] == "MX"].sum() == 32
    assert (LAYERS / "boundaries.geojson").stat().st_size < 1_200_000


def test_divisions_do_not_overlap(boundaries):
    for level in (0, 1):
        shapes = boundaries.geometry[boundaries["level"] == level].to_crs(METRIC)
        whole = shapes.union_all().area
        assert shapes.area.sum() <= whole * 1.0005


def test_places_are_real_rows_in_the_area_with_towns_and_near_hamlets(legs):
    with (LAYERS / "places.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["geonameid", "name", "lat", "lon", "country", "admin1_code",
                             "population"]  # fmt: skip
    ids = [int(row["geonameid"]) for row in rows]
    assert ids == sorted(set(ids))
    small = [row for row in rows if int(row["population"]) < 5000][::40]
    along = shapely.get_coordinates(shapely.segmentize(legs.geometry.to_numpy(), 0.05))
    for row in small:
        lon, lat = float(row["lon"]), float(row["lat"])
        n = np.argmin(np.hypot(along[:, 0] - lon, along[:, 1] - lat))
        assert GEOD.inv(lon, lat, *along[n])[2] < 66_000
    assert sum(path.stat().st_size for path in (
        LAYERS / "places.csv", LAYERS / "routes.geojson", LAYERS / "waypoints.geojson",
        LAYERS / "boundaries.geojson")) < 4_000_000  # fmt: skip


def test_writing_again_gives_the_same_bytes(build, tmp_path, boundaries):
    columns = ("boundary_id", "level", "country", "name", "iso", "source")
    target = tmp_path / "boundaries.geojson"
    build["features"].write_features(boundaries, target, columns=columns, decimals=3)
    assert target.read_bytes() == (LAYERS / "boundaries.geojson").read_bytes()
