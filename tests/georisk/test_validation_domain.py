"""Where skill is measured: cells on land, of one side, and who belongs to them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from surroundings import EMBEDDED

from georisk.validation.domain import build_domains
from layers.crs import measure_distance_km, project_xy_m
from layers.errors import StudyError

CRS = "+proj=laea +lat_0=19 +lon_0=-97 +datum=WGS84 +units=m +no_defs"
AREA = (-118.0, 6.0, -76.0, 33.0)


def make_countries(**boxes):
    return gpd.GeoDataFrame(
        {"level": 0, "country": list(boxes)},
        geometry=[shapely.box(*box) for box in boxes.values()], crs="EPSG:4326")


@pytest.fixture(scope="module")
def embedded():
    frame = gpd.read_file(EMBEDDED / "layers" / "boundaries.geojson")
    return {one.name: one for one in build_domains(frame, area=AREA, crs_metric=CRS)}


def test_the_three_domains_of_the_embedded_land(embedded):
    assert list(embedded) == ["border", "mexico-central-america", "study"]
    assert [one.cell_km for one in embedded.values()] == [5.0, 10.0, 10.0]
    for one in embedded.values():
        # the study's CRS keeps areas: cells are what they say, on the earth
        assert np.allclose(one.area_km2, one.cell_km**2, rtol=1e-6)
        assert (one.lon >= AREA[0]).all()
        assert (one.lat <= AREA[3]).all()
    # Mexico and Central America are 2.48 million km2 (1.96 + 0.52)
    region = embedded["mexico-central-america"]
    assert region.area_km2.sum() == pytest.approx(2.48e6, rel=0.01)
    assert embedded["border"].novel_km == 5
    assert region.novel_km == 10


def test_the_border_reaches_120_km(embedded):
    border = embedded["border"]
    lonlat = np.array([[-110.95, 32.2], [-104.5, 30.7], [-112.07, 33.0], [-106.1, 28.6]])
    xy_km = project_xy_m(lonlat[:, 0], lonlat[:, 1], crs_metric=CRS) / 1000
    # Tucson and the Big Bend are near; Phoenix (160 km) and Chihuahua (220 km) are not
    assert (border.locate(xy_km) >= 0).tolist() == [True, True, False, False]


def test_what_happens_beyond_a_border_stays_there(embedded):
    # 6 km and 20 km north of the river at Laredo, on US land
    lon, lat = np.array([-99.45, -99.4]), np.array([27.58, 27.7])
    xy_km = project_xy_m(lon, lat, crs_metric=CRS) / 1000
    kind = np.array(["env", "wat"], object)
    assert embedded["mexico-central-america"].locate(xy_km, kind=kind).tolist() == [-1, -1]
    assert (embedded["border"].locate(xy_km, kind=kind) >= 0).all()


def test_a_drowning_off_the_coast_counts_ashore(embedded):
    # about 21 km off the coast of Chiapas, 15.5 N; and 60 km off
    region = embedded["mexico-central-america"]
    lon, lat = np.array([-93.45, -93.9]), np.array([15.5, 15.2])
    xy_km = project_xy_m(lon, lat, crs_metric=CRS) / 1000
    drowned = region.locate(xy_km, kind=np.array(["wat", "wat"], object))
    assert drowned[0] >= 0
    assert drowned[1] == -1
    assert (region.locate(xy_km, kind=np.array(["acc", "acc"], object)) == -1).all()
    cell = drowned[0]
    off = measure_distance_km(lon[:1], lat[:1], region.lon[[cell]], region.lat[[cell]])
    assert 15 < off[0] < 25


def test_another_part_of_the_world_has_its_own_land_alone():
    frame = make_countries(NE=(1.0, 13.0, 6.0, 18.0), ML=(-4.0, 13.0, 1.0, 18.0))
    crs = "+proj=laea +lat_0=15 +lon_0=1 +datum=WGS84"
    (land,) = build_domains(frame, area=(-2, 14, 4, 17), crs_metric=crs)
    assert land.name == "study"
    assert land.area_km2.sum() == pytest.approx(6 * 3 * 111.3 * 110.7 * np.cos(
        np.radians(15.5)), rel=0.02)


def test_areas_are_geodesic_in_a_crs_that_does_not_keep_them():
    (land,) = build_domains(None, area=(-98, 59, -96, 60),
                            crs_metric="+proj=merc +lon_0=-97 +datum=WGS84")
    # Mercator is stretched by 1 / cos(lat) both ways
    assert land.area_km2.mean() == pytest.approx(
        100 * np.cos(np.radians(land.lat.mean())) ** 2, rel=0.02)


def test_shapes_that_are_broken_or_cut_into_many_rows_are_land_too():
    bow = shapely.Polygon([(-97, 19), (-96, 20), (-96, 19), (-97, 20)])
    frame = gpd.GeoDataFrame({"level": [0, 0], "country": ["MX", "MX"]},
                             geometry=[bow, shapely.box(-98, 19, -97, 20)], crs="EPSG:4326")
    (land,) = build_domains(frame, area=(-99, 18, -95, 21), crs_metric=CRS)
    assert 120 < len(land) < 200


def test_no_land_in_the_area_is_told():
    with pytest.raises(StudyError, match="no land"):
        build_domains(make_countries(MX=(-98, 19, -97, 20)), area=(0, 0, 1, 1), crs_metric=CRS)
