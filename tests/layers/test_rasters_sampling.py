"""Rasters sampled and averaged: by hand, against brute force, warped, with holes, hostile."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from surroundings import CAMPAIGN

from layers.catalog import find_spec
from layers.errors import LayerError
from layers.layer import Provenance
from layers.raster_sampling import average_along, sample_raster
from layers.rasters import read_raster

NOWHERE = Provenance((), "", synthetic=False, inputs_level="public")
STEP = 0.1
UPRIGHT = Affine(STEP, 0, -90, 0, -STEP, 15)
UTM = Transformer.from_crs("EPSG:4326", "EPSG:32615", always_xy=True)
WEST_M, NORTH_M = UTM.transform(-93, 16)


def write(path, values, *, crs="EPSG:4326", transform=UPRIGHT, **options):
    profile = {"driver": "GTiff", "count": len(values), "height": values.shape[1],
               "width": values.shape[2], "dtype": values.dtype.name, "crs": crs,
               "transform": transform}
    with rasterio.open(path, "w", **profile, **options) as target:
        target.write(values)
    return path


def read(path, name="hazard_relief", **options):
    return read_raster(path, find_spec(name), provenance=NOWHERE, **options)


def write_utm(path, **options):
    """Height = x + 2 y in km: bilinear warping keeps a plane."""
    x, y = WEST_M + 1000 * (np.arange(200) + 0.5), NORTH_M - 1000 * (np.arange(150) + 0.5)
    values = ((x[None] + 2 * y[:, None]) / 1000).astype(np.float32)[None]
    return write(path, values, crs="EPSG:32615",
                 transform=Affine(1000, 0, WEST_M, 0, -1000, NORTH_M), **options)


def test_a_projected_raster_is_warped(tmp_path):
    path = write_utm(tmp_path / "utm.tif")
    lon, lat = np.array([-92.5, -92.0, -91.7]), np.array([15.6, 15.2, 15.0])
    x, y = UTM.transform(lon, lat)
    expected = (x + 2 * y) / 1000
    raster = read(path)
    assert raster.transform.a > 0 > raster.transform.e
    assert sample_raster(raster, lon, lat) == pytest.approx(expected, abs=0.2)
    assert sample_raster(path, lon, lat) == pytest.approx(expected, abs=0.01)
    line = shapely.LineString([(-92.5, 15.6), (-92.0, 15.2)])
    assert average_along(path, np.array([line]))[0] == pytest.approx(expected[:2].mean(), abs=0.5)


def test_only_the_area_and_two_pixels_are_read(tmp_path):
    values = np.arange(100 * 200, dtype=np.float32).reshape(1, 100, 200) / 10
    path = write(tmp_path / "r.tif", values)
    part = read(path, area=(-85.0, 10.0, -84.0, 11.0))
    assert part.values.shape == (1, 14, 14)
    whole, at = read(path), (np.array([-85.0, -84.03]), np.array([10.01, 10.99]))
    assert sample_raster(part, *at).tolist() == sample_raster(whole, *at).tolist()
    with pytest.raises(LayerError, match="does not touch the study area"):
        read(path, area=(10.0, 10.0, 11.0, 11.0))


def test_holes_are_holes_whatever_says_so(tmp_path):
    values = np.full((1, 20, 20), 7.0, np.float32)
    values[0, 5:10] = -9999
    place = {"crs": "EPSG:32615", "transform": Affine(1000, 0, WEST_M, 0, -1000, NORTH_M)}
    said = read(write(tmp_path / "a.tif", values, nodata=-9999, **place)).values
    unsaid = read(write(tmp_path / "b.tif", np.where(values < 0, np.nan, values), **place)).values
    path = write(tmp_path / "c.tif", np.full_like(values, 7.0), **place)
    with rasterio.open(path, "r+") as target:
        target.write_mask(values[0] > 0)
    masked = read(path).values
    for found in (said, unsaid, masked):
        assert np.unique(found[np.isfinite(found)]).tolist() == [7.0]
        assert 0.2 <= np.isnan(found).mean() <= 0.4


@pytest.mark.parametrize(("kind", "hole"), [
    ("uint8", 255), ("int16", -9999), ("int64", -9999), ("float32", -9999.0), ("float64", -0.1),
    ("float32", 0.0), ("float32", -3.4028234663852886e38), ("float32", np.nan), ("uint8", None),
    ("float32", None), ("float32", 0.1), ("float32", np.inf)])
def test_holes_are_those_of_a_masked_read(tmp_path, kind, hole):
    rng = np.random.default_rng(1)
    values = rng.integers(0, 90, (1, 40, 600)).astype(kind)
    if hole is not None:
        values[0, rng.random((40, 600)) < 0.3] = hole
        if kind.startswith("float"):
            values[0, :5] = np.nextafter(values[0, :5], np.float32(5))
            values[0, 5, ::2] += np.dtype(kind).type(1e-3)
    path = write(tmp_path / "r.tif", values, nodata=hole)
    with rasterio.open(path) as source:
        expected = source.read(1, masked=True).astype(float).filled(np.nan).ravel()
    row, column = (axis.ravel() for axis in np.mgrid[:40, :600])
    lon, lat = -90 + STEP * (column + 0.5), 15 - STEP * (row + 0.5)
    found = sample_raster(path, lon, lat, method="nearest")
    expected[~np.isfinite(expected)] = np.nan
    np.testing.assert_array_equal(found, expected)


def test_a_turned_raster_of_classes_keeps_its_classes(tmp_path):
    values = np.random.default_rng(0).choice([1, 9], (1, 30, 30)).astype(np.uint8)
    path = write(tmp_path / "c.tif", values, transform=Affine(0.1, 0.03, -90, 0.03, -0.1, 15))
    found = read(path, "hazard_landcover").values
    assert np.unique(found[np.isfinite(found)]).tolist() == [1.0, 9.0]
    assert np.isnan(found).any()


def test_bilinear_around_a_hole_by_hand(tmp_path):
    # Pixels 0, 8 / hole, 4. A quarter right and a quarter down from the first centre: weights
    # 9/16, 3/16, (3/16), 1/16: (3 * 8 + 1 * 4) / 13 = 28 / 13.
    path = write(tmp_path / "r.tif", np.array([[[0, 8], [-1, 4]]], np.float32), nodata=-1)
    lon, lat = np.array([-90 + 0.075, -89.95, 0.0]), np.array([15 - 0.075, 14.85, 14.9])
    for raster in (path, read(path)):
        found = sample_raster(raster, lon, lat)
        assert found[:2] == pytest.approx([28 / 13, 4.0])
        assert np.isnan(found[2])
        assert sample_raster(raster, lon[:1], lat[:1], method="nearest").tolist() == [0.0]
    assert np.isnan(sample_raster(path, lon[1:2], lat[1:2], method="nearest")).all()


@settings(max_examples=10_000 if CAMPAIGN else 100)
@given(seed=st.integers(0, 2**32), tiled=st.booleans(), size=st.sampled_from([3, 40, 300]))
def test_averages_equal_very_many_samples(tmp_path_factory, seed, tiled, size):
    rng = np.random.default_rng(seed)
    values = rng.uniform(0, 9, (1, size, size + 1)).astype(np.float32)
    values[rng.random(values.shape) < 0.1] = -1
    options = {"tiled": True, "blockxsize": 16, "blockysize": 32} if tiled else {}
    path = write(tmp_path_factory.mktemp("r") / "r.tif", values, nodata=-1, **options)
    start = np.array([-90, 15]) + rng.uniform(-2, size + 2, (6, 2)) * [STEP, -STEP]
    corners = start[:, None] + rng.normal(0, 3 * STEP, (6, 3, 2))
    lines = np.array([*shapely.linestrings(corners), None, shapely.LineString()], object)
    found = average_along(path, lines)
    assert np.isnan(found[6:]).all()
    for line, mean in zip(lines[:6], found, strict=False):
        at = shapely.get_coordinates(
            shapely.line_interpolate_point(line, (np.arange(4000) + 0.5) / 4000, normalized=True))
        seen = sample_raster(path, at[:, 0], at[:, 1], method="nearest")
        known = np.isfinite(seen)
        if known.sum() > 100:
            assert mean == pytest.approx(seen[known].mean(), abs=0.1)
    order = rng.permutation(8)
    assert average_along(path, lines[order]).tobytes() == found[order].tobytes()


def test_a_line_without_length_has_the_value_of_its_pixel(tmp_path):
    path = write(tmp_path / "r.tif", np.array([[[3, 8]]], np.float32))
    lines = np.array([shapely.LineString([(-89.85, 14.95)] * 2),
                      shapely.MultiLineString([[(-90, 14.95), (-89.9, 14.95)],
                                               [(-89.9, 14.95), (-89.8, 14.95)]])])
    assert average_along(path, lines) == pytest.approx([8.0, 5.5])


@pytest.mark.parametrize(
    ("options", "message"),
    [({"crs": None}, "does not say where it lies"),
     ({"transform": Affine.identity()}, "does not say where it lies")],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_without_a_place_is_refused(tmp_path, options, message):
    path = write(tmp_path / "r.tif", np.ones((1, 4, 4), np.float32), **options)
    with pytest.raises(LayerError, match=message):
        read(path)
    with pytest.raises(ValueError, match=message):
        sample_raster(path, np.zeros(1), np.zeros(1))


def test_a_raster_too_large_to_hold_is_refused_unless_an_area_is_named(tmp_path):
    profile = {"driver": "GTiff", "count": 1, "height": 40_000, "width": 40_000, "dtype": "uint8",
               "crs": "EPSG:4326", "transform": Affine(0.001, 0, -110, 0, -0.001, 40),
               "sparse_ok": True, "tiled": True}
    path = tmp_path / "r.tif"
    with rasterio.open(path, "w", **profile):
        pass
    with pytest.raises(LayerError, match=r"more than the 2.5e\+08 that can be held"):
        read(path)
    assert read(path, area=(-100.0, 20.0, -99.9, 20.1)).values.shape == (1, 104, 104)


@settings(max_examples=10_000 if CAMPAIGN else 200)
@given(seed=st.integers(0, 2**32), cut=st.integers(0, 700), flips=st.integers(0, 6))
def test_a_damaged_file_is_read_or_refused(tmp_path_factory, seed, cut, flips):
    folder, rng = tmp_path_factory.mktemp("d"), np.random.default_rng(seed)
    data = bytearray(write(folder / "r.tif", np.ones((1, 8, 8), np.float32)).read_bytes())
    for at in rng.integers(0, len(data), flips):
        data[at] = rng.integers(0, 256)
    path = folder / "broken.tif"
    path.write_bytes(data[: len(data) - cut % len(data)])
    line = np.array([shapely.LineString([(-89.9, 14.9), (-89.5, 14.5)])])
    with contextlib.suppress(LayerError):
        read(path)
    with contextlib.suppress(ValueError, OSError):
        average_along(path, line)
        sample_raster(path, np.array([-89.9]), np.array([14.9]))


def test_bands_methods_and_shapes_that_do_not_exist_are_refused(tmp_path):
    path = write(tmp_path / "r.tif", np.ones((1, 4, 4), np.float32))
    one = np.zeros(1)
    with pytest.raises(ValueError, match="band: expected 1 to 1"):
        sample_raster(path, one, one, band=2)
    with pytest.raises(ValueError, match="method"):
        sample_raster(path, one, one, method="cubic")
    with pytest.raises(ValueError, match="lon, lat"):
        sample_raster(path, one, np.zeros(2))
    with pytest.raises(ValueError, match="lines"):
        average_along(path, np.array([shapely.Point(0, 0)]))
    with pytest.raises(OSError, match="file not found"):
        average_along(tmp_path / "none.tif", np.array([], object))
    with pytest.raises(ValueError, match="area"):
        read(path, area=(1.0, 0.0, 0.0, 1.0))
