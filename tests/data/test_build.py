"""The committed layers of the embedded study: illustrative places, synthetic rows, hazards."""

import csv
import json
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from layers.catalog import find_spec

ROOT = Path(__file__).resolve().parents[2]
STUDY = ROOT / "data" / "mesoamerica"
LAYERS = STUDY / "layers"
BUILD = ROOT / "data" / "build"
AREA = (-118.0, 6.0, -76.0, 33.0)
FACILITIES = ("assistance_points", "shelters", "health_facilities")
SERVICES = set(find_spec("shelters").columns["services"].one_of)
SUBTYPES = {
    "sec": {"kidnapping", "homicide", "assault", "robbery", "extortion"},
    "acc": {"train_fall", "train_strike", "vehicle", "fall"},
    "env": {"heat", "cold", "dehydration", "illness"},
    "wat": {"drowning"},
    "unk": {"unknown"},
}


def read_rows(name):
    with (LAYERS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def sample(name, lon, lat):
    with rasterio.open(LAYERS / f"{name}.tif") as source:
        return next(source.sample([(lon, lat)]))


@pytest.fixture(scope="module")
def generator():
    sys.path.insert(0, str(BUILD))
    try:
        import incidents

        yield incidents
    finally:
        sys.path.remove(str(BUILD))


@pytest.fixture(scope="module")
def world(generator):
    return generator.read_world(LAYERS)


def test_twelve_assistance_points_as_the_fact_sheet_counts_them():
    rows = read_rows("assistance_points")
    countries = [row["country"] for row in rows]
    assert {c: countries.count(c) for c in countries} == {"MX": 9, "GT": 2, "HN": 1}
    assert {row["services"] for row in rows} == {"water;hygiene;medical;phone"}
    assert {row["operator_kind"] for row in rows} == {"red_cross"}


def test_shelters_cover_the_countries_and_the_cases_of_disclosure():
    rows = read_rows("shelters")
    assert len(rows) >= 40
    countries = {row["country"] for row in rows}
    assert countries == {"MX", "GT", "HN", "SV", "NI", "CR", "PA", "CO", "US"}
    assert sum(row["country"] == "MX" for row in rows) >= 24
    kinds = {row["place_kind"] for row in rows}
    assert {"unaccompanied_children", "trafficking_survivors", "gbv_survivors", "detention"} < kinds
    assert {row["publish_ok"] for row in rows} == {"true", "false", ""}


@pytest.mark.parametrize("name", FACILITIES)
def test_no_real_place_is_told(name):
    for row in read_rows(name):
        assert row["name"].startswith("EXAMPLE - ")
        assert row["synthetic"] == "true"
        assert row["phone"] == ""
        assert row["place_id"].startswith(row["country"].lower() + "-ex-")
        assert float(row["coord_precision_km"]) >= 3
        assert set(row["services"].split(";")) <= SERVICES


def test_place_ids_are_unique_over_the_three_layers():
    ids = [row["place_id"] for name in FACILITIES for row in read_rows(name)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", FACILITIES)
def test_verification_lasts_at_most_ninety_days(name):
    for row in read_rows(name):
        if row["last_verified"]:
            days = date.fromisoformat(row["verify_by"]) - date.fromisoformat(row["last_verified"])
            assert 0 < days.days <= 90
        else:
            assert row["verify_by"] == row["consent_until"] == row["publish_ok"] == ""


def test_places_lie_beside_their_town_and_not_on_it():
    features = json.loads((LAYERS / "waypoints.geojson").read_text(encoding="utf-8"))["features"]
    towns = {f["properties"]["waypoint_id"]: f["geometry"]["coordinates"] for f in features}
    for name in FACILITIES:
        for row in read_rows(name):
            lon, lat = towns[row["town"]]
            east = (float(row["lon"]) - lon) * 111.2 * np.cos(np.radians(lat))
            north = (float(row["lat"]) - lat) * 111.2
            assert 0.7 < np.hypot(east, north) < 3.1, row["place_id"]


def test_incidents_add_up():
    rows = read_rows("incidents")
    assert 2500 <= len(rows) <= 3500
    assert [row["incident_id"] for row in rows] == [f"syn-{n:05d}" for n in range(1, len(rows) + 1)]
    for row in rows:
        parts = int(row["dead"]) + int(row["missing"]) + int(row["injured"])
        assert int(row["n_victims"]) == parts >= 1
        assert row["subtype"] in SUBTYPES[row["class"]]
        assert "2014-01-01" <= date.fromisoformat(row["date"]).isoformat() <= "2024-12-31"
        assert AREA[0] <= float(row["lon"]) <= AREA[2]
        assert AREA[1] <= float(row["lat"]) <= AREA[3]
        assert row["synthetic"] == "true"
        assert row["source_url"] == ""
        assert all(source.startswith("SYN-") for source in row["source"].split(";"))
    assert {row["class"] for row in rows} == set(SUBTYPES)


def test_incidents_are_what_the_generator_writes(generator, world, tmp_path):
    for name in ("one.csv", "two.csv"):
        generator.write_incidents(generator.generate_incidents(world), tmp_path / name)
    one = (tmp_path / "one.csv").read_bytes()
    assert one == (tmp_path / "two.csv").read_bytes()
    assert one == (LAYERS / "incidents.csv").read_bytes(), "run data/build/incidents.py again"


def test_declared_silences_hold_no_incident(generator):
    for row in read_rows("incidents"):
        place = (float(row["lon"]), float(row["lat"]))
        assert not generator.is_silent(*place, int(row["date"][:4])), row["incident_id"]


def test_only_boat_legs_have_incidents_on_water(world):
    boats = shapely.MultiLineString([leg.lonlat for leg in world.legs if leg.mode == "boat"])
    wet = [
        (float(row["lon"]), float(row["lat"]))
        for row in read_rows("incidents")
        if not world.land.contains_point(float(row["lon"]), float(row["lat"]))
    ]
    assert len(wet) > 20
    # Two sigma of the coarsest precision is 60 km, east and north.
    assert max(boats.distance(shapely.Point(place)) for place in wet) < 0.9


def test_a_silence_must_be_declared_to_hold(generator):
    assert generator.is_silent(-85.5, 11.0, 2014)
    assert generator.is_silent(-90.0, 17.0, 2021)
    assert not generator.is_silent(-90.0, 17.0, 2020)


def test_activity_and_flows_name_what_exists():
    places = {row["place_id"] for name in FACILITIES for row in read_rows(name)}
    activity = read_rows("activity")
    assert {row["place_id"] for row in activity} <= places
    assert {row["service"] for row in activity} <= SERVICES
    legs = json.loads((LAYERS / "routes.geojson").read_text(encoding="utf-8"))["features"]
    flows = read_rows("flows")
    assert {row["place_or_leg"] for row in flows} <= {f["properties"]["leg_id"] for f in legs}
    assert {row["direction"] for row in flows} == {"forward", "backward"}
    assert all(row["synthetic"] == "true" and int(row["people"]) >= 0 for row in activity + flows)


@pytest.mark.parametrize(
    ("name", "bands", "dtype", "units"),
    [
        ("hazard_temperature", 12, "float32", "degC"),
        ("hazard_rain", 12, "float32", "mm/month"),
        ("hazard_relief", 1, "int16", "m"),
        ("hazard_landcover", 1, "uint8", "class"),
    ],
)
def test_rasters_cover_the_area(name, bands, dtype, units):
    with rasterio.open(LAYERS / f"{name}.tif") as source:
        assert (source.count, source.dtypes[0], source.crs.to_epsg()) == (bands, dtype, 4326)
        assert source.nodata is not None
        west, south, east, north = source.bounds
        assert west <= AREA[0] + 1e-6
        assert south <= AREA[1] + 1e-6
        assert east >= AREA[2] - 1e-6
        assert north >= AREA[3] - 1e-6
        tags = source.tags()
        assert tags["units"] == units
        assert tags["source"]
        assert tags["licence"]
        if bands == 12:
            assert source.descriptions == tuple(f"{month:02d}" for month in range(1, 13))


def test_climate_is_sane():
    desert, forest = (-112.5, 32.5), (-77.5, 8.25)
    june, january = sample("hazard_temperature", *desert)[[5, 0]]
    assert 28 < june < 40
    assert 5 < january < 16
    assert np.ptp(sample("hazard_temperature", *forest)) < 4
    assert sample("hazard_rain", *forest).sum() > 5 * sample("hazard_rain", *desert).sum()


def test_relief_and_land_cover_are_sane():
    assert sample("hazard_relief", -99.13, 19.43)[0] > 2000
    assert sample("hazard_relief", -100.0, 12.0)[0] < -2000
    with rasterio.open(LAYERS / "hazard_landcover.tif") as source:
        classes = json.loads(source.tags()["classes"])
    assert classes[str(sample("hazard_landcover", -100.0, 12.0)[0])] == "water bodies"
    assert classes[str(sample("hazard_landcover", -112.5, 32.2)[0])] in {
        "open shrublands",
        "barren",
    }


def test_storm_passages_are_lines_inside_the_area():
    features = json.loads((LAYERS / "hazard_storms.geojson").read_text(encoding="utf-8"))[
        "features"
    ]
    ids = [feature["properties"]["storm_id"] for feature in features]
    assert ids == sorted(set(ids))
    for feature in features:
        assert feature["properties"]["max_wind_kt"] >= 34
        points = np.array(feature["geometry"]["coordinates"])
        assert len(points) >= 2
        assert (points >= AREA[:2]).all()
        assert (points <= AREA[2:]).all()


def test_the_study_is_small():
    files = [path for path in STUDY.rglob("*") if path.is_file() and "runs" not in path.parts]
    assert sum(path.stat().st_size for path in files) < 10e6
