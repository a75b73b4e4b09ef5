"""Rasters: what is refused, and a relief that makes slopes instead of cliffs."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from layers.catalog import find_spec
from layers.errors import LayerError
from layers.layer import Provenance, RasterLayer
from layers.rasters import interpolate_relief, read_raster

NOWHERE = Provenance((), "", synthetic=False, inputs_level="public")
STEP = 1 / 12


def make_relief(values):
    height = len(values)
    transform = Affine(STEP, 0, -90, 0, -STEP, 14 + height * STEP)
    return RasterLayer(find_spec("hazard_relief"), np.array([values], dtype=np.float32), transform,
                       NOWHERE)


def write(path, values, *, crs="EPSG:4326", transform=None):
    profile = {"driver": "GTiff", "count": len(values), "height": values.shape[1],
               "width": values.shape[2], "dtype": "float32", "crs": crs,
               "transform": transform or Affine(STEP, 0, -90, 0, -STEP, 15)}
    with rasterio.open(path, "w", **profile) as target:
        target.write(values.astype(np.float32))
    return path


def test_a_step_between_two_cells_is_a_slope_over_nine_kilometres():
    """400 m from one cell of 9 km to the next: a slope of 4 %, not a cliff at the edge."""
    relief = make_relief([[0.0, 400.0]] * 2)
    lon = -90 + STEP / 2 + np.linspace(0, STEP, 10)
    level = interpolate_relief(relief, lon, np.full(10, 14 + STEP))
    assert np.allclose(np.diff(level), 400 / 9)


def test_the_sea_floor_is_level_zero():
    relief = make_relief([[-3000.0, 100.0]] * 2)
    middle = interpolate_relief(relief, np.array([-90 + STEP]), np.array([14 + STEP]))
    assert middle.tolist() == [pytest.approx(50.0)]


@given(st.lists(st.floats(0, 5000), min_size=9, max_size=9),
       st.floats(0, 3), st.floats(0, 3))
def test_a_height_in_between_lies_between_its_neighbours(values, x, y):
    relief = make_relief(np.reshape(values, (3, 3)).tolist())
    level = interpolate_relief(relief, np.array([-90 + x * STEP]), np.array([14 + y * STEP]))
    assert min(values) - 0.01 <= level[0] <= max(values) + 0.01


def test_outside_the_raster_is_unknown():
    relief = make_relief([[1.0, 2.0], [3.0, 4.0]])
    assert np.isnan(interpolate_relief(relief, np.array([-91.0]), np.array([14.1]))).all()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("hazard_relief", {"crs": None}, "does not say where it lies"),
        ("hazard_temperature", {}, "1 bands instead of 12"),
    ],
)
def test_an_unusable_raster_says_what_to_do(tmp_path, name, options, message):
    path = write(tmp_path / "r.tif", np.ones((1, 4, 4)), **options)
    with pytest.raises(LayerError, match=message):
        read_raster(path, find_spec(name), provenance=NOWHERE)


def test_values_in_another_unit_are_noticed(tmp_path):
    kelvin = write(tmp_path / "k.tif", np.full((12, 4, 4), 300.0))
    with pytest.raises(LayerError, match="leave the range -40 to 60 degC"):
        read_raster(kelvin, find_spec("hazard_temperature"), provenance=NOWHERE)


def test_a_text_file_is_no_raster(tmp_path):
    path = tmp_path / "r.tif"
    path.write_text("not a raster")
    with pytest.raises(LayerError, match="not a raster that GDAL can read"):
        read_raster(path, find_spec("hazard_relief"), provenance=NOWHERE)
