"""The network of a study: ways and ground taken where layers are, refused where they are not."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import grid_study as grid
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from georisk.slowing import rate_field
from georisk.study import Study
from georisk.walking.when import When
from layers.errors import CallError

TODAY = dt.date(2025, 6, 30)
BOX = (-91.0, 13.0, -89.0, 15.0)


def write_raster(path, values, dtype):
    profile = {"driver": "GTiff", "width": values.shape[1], "height": values.shape[0], "count": 1,
               "dtype": dtype, "crs": "EPSG:4326",
               "transform": Affine(2.0 / values.shape[1], 0, BOX[0], 0, -2.0 / values.shape[0],
                                   BOX[3])}
    with rasterio.open(path, "w", **profile) as out:
        out.write(values.astype(dtype), 1)


def write_ways(path):
    """A path from the leg's 3 km to place 6 north, and an island of its own in the far east."""
    rows = [("a", "b", [(3.0, 0.0), (3.0, -1.0), (16.0, -1.0), (16.0, 0.0)]),
            ("x", "y", [(2.5, 5.6), (2.5, 5.7)])]
    frame = gpd.GeoDataFrame({
        "way_id": [f"{one}-{two}" for one, two, _ in rows], "road_class": "path",
        "terrain": "dirt", "surface": "", "walkable": True, "drivable": False, "oneway": False,
        "ford": False, "max_speed_kmh": np.nan, "length_km": 75.0,
        "from_node": [one for one, _, _ in rows], "to_node": [two for _, two, _ in rows],
        "source": "invented", "synthetic": True,
    }, geometry=[shapely.LineString([grid.locate(*at) for at in points]) for *_, points in rows],
        crs="EPSG:4326")
    frame.to_file(path, driver="GeoJSON")


def open_study(folder, extra="", *, east_degrees=0.0, **layers):
    file = grid.write_grid_study(folder)
    if east_degrees:
        for name in ("shelters.csv", "assistance_points.csv"):
            table = pd.read_csv(folder / name)
            table.assign(lon=table["lon"] + east_degrees).to_csv(folder / name, index=False)
    text = file.read_text(encoding="utf-8").replace("area = [-90.3, 13.7", "area = [-91, 13")
    named = "".join(f'[layers.{name}]\npath = "{path}"\n' for name, path in layers.items())
    file.write_text(f"{text}\n{named}\n{extra}\n", encoding="utf-8")
    return Study.open(file, today=TODAY)


def walk_hours(study):
    frame = study.layer("coverage").frame
    return frame.set_index(["segment_id", "service", "direction"])["walk_h"].sort_index()


def test_canary_the_relief_raster_is_used_on_legs_and_off_them(tmp_path):
    plain = open_study(tmp_path / "plain", east_degrees=0.01)  # places 1 km beside the legs
    steep = np.tile(np.arange(200) * 40.0, (200, 1))  # 37 m a km eastwards
    folder = tmp_path / "steep"
    folder.mkdir()
    write_raster(folder / "hazard_relief.tif", steep, "float32")
    hilly = open_study(folder, east_degrees=0.01, hazard_relief="hazard_relief.tif")
    assert plain.value("ground") is None
    assert hilly.value("ground") is not None
    east = [f"e20-{n:04d}" for n in range(1, 6)]
    flat_h, hill_h = (walk_hours(study).loc[east] for study in (plain, hilly))
    assert np.nanmax(np.abs(hill_h - flat_h)) > 0.05
    off = [study.value("travel")[0].network.access for study in (plain, hilly)]
    assert (off[0].effort_km == off[0].distance_km).all()
    assert (np.abs(off[1].effort_km - off[1].distance_km) > 0.01).any()
    line = open_study(folder, '[network]\naccess = "line"', hazard_relief="hazard_relief.tif")
    assert line.value("ground") is None


def test_ways_reach_a_place_that_no_leg_reaches_and_say_what_they_leave_out(tmp_path):
    folder = tmp_path / "ways"
    folder.mkdir()
    write_ways(folder / "ways.geojson")
    both = open_study(folder, ways="ways.geojson")
    network = both.value("network")
    told = both.made("network").warnings
    assert any("legs and ways meet at 1 points" in text for text in told)
    assert any("1 ways (0.5 of" in text and "left out" in text for text in told)
    joined = both.value("travel")[0].network
    assert joined.unattached == ()
    assert "gt-ex-6" in set(joined.snapping.dropna(subset="way_id")["place_id"])
    alone = open_study(folder, '[network]\nsource = "routes"', ways="ways.geojson")
    assert alone.value("travel")[0].network.unattached == ("gt-ex-6",)
    assert any("serve nobody: gt-ex-6" in text for text in alone.made("travel").warnings)
    less, more = walk_hours(alone), walk_hours(both)
    assert (more.fillna(np.inf) <= less.fillna(np.inf) + 1e-9).all()
    assert network.ways is not None
    only = open_study(folder, '[network]\nsource = "ways"', ways="ways.geojson")
    assert (only.value("travel")[0].network.access.way >= 0).all()


@pytest.mark.parametrize(("choice", "message"), [
    ('source = "ways"', "there is no layer `ways`"), ('source = "both"', "no layer `ways`"),
    ('access = "surface"', "neither hazard_relief nor hazard_landcover"),
])
def test_a_choice_without_its_layer_is_refused(tmp_path, choice, message):
    study = open_study(tmp_path / "bare", f"[network]\n{choice}")
    with pytest.raises(CallError, match=message):
        study.value("travel")


def write_climate(folder):
    """Twelve dry months, the hotter the farther east."""
    east = np.linspace(0.0, 1.0, 40)[None, :].repeat(40, axis=0)
    for name, values in (("temperature", 22.0 + 14.0 * east), ("rain", np.full((40, 40), 30.0))):
        profile = {"driver": "GTiff", "width": 40, "height": 40, "count": 12, "dtype": "float32",
                   "crs": "EPSG:4326", "transform": Affine(0.05, 0, BOX[0], 0, -0.05, BOX[3])}
        with rasterio.open(folder / f"hazard_{name}.tif", "w", **profile) as out:
            out.write(np.repeat(values[None], 12, axis=0).astype("float32"))
    return {f"hazard_{name}": f"hazard_{name}.tif" for name in ("temperature", "rain")}


def test_a_month_heats_the_ways_where_they_lie_and_no_month_changes_nothing(tmp_path):
    folder = tmp_path / "hot"
    folder.mkdir()
    write_ways(folder / "ways.geojson")
    climate = write_climate(folder)
    without = open_study(folder, ways="ways.geojson")
    year = open_study(folder, ways="ways.geojson", **climate)
    june = open_study(folder, "[reference]\nmonth = 6", ways="ways.geojson", **climate)
    pd.testing.assert_frame_equal(without.layer("coverage").frame, year.layer("coverage").frame)
    for one, two in zip(without.value("travel"), year.value("travel"), strict=True):
        for key, graph in one.graphs.items():
            assert graph.reverse.data.tobytes() == two.graphs[key].reverse.data.tobytes()
    field = june.value("network").heat
    assert field.flags.shape == (len(field.lon), 12, 24)
    cool, hot = (study.value("travel")[0].graphs["walk", 1].reverse for study in (year, june))
    assert (hot.data >= cool.data).all()
    assert (hot.data > cool.data).any()
    assert without.value("network").heat is None
    # The east is hotter than the legs: ways that lie there slow more than the nearest leg would.
    rate = rate_field(field, When(6))
    assert rate.rate[rate.lon > rate.lon.mean()].max() < rate.rate[rate.lon < rate.lon.mean()].min()


def test_a_river_costs_what_the_month_says(tmp_path):
    """Full from May to October, so half of the year: 2 h, 0.5 h, and 1.25 h without a month."""
    folder = tmp_path / "river"
    folder.mkdir()
    write_raster(folder / "hazard_landcover.tif", np.full((100, 100), 10.0), "float32")
    line = shapely.LineString([grid.locate(-1, 0.05), grid.locate(6, 0.05)])
    river = gpd.GeoDataFrame({"river_id": ["r"], "name": ["EXAMPLE"], "source": ["invented"]},
                             geometry=[line], crs="EPSG:4326")
    river.to_file(folder / "rivers.geojson", driver="GeoJSON")
    layers = {"hazard_landcover": "hazard_landcover.tif", "rivers": "rivers.geojson"}
    hours = {}
    for month in (None, 2, 8):
        extra = "" if month is None else f"[reference]\nmonth = {month}"
        study = open_study(folder, extra, east_degrees=0.01, **layers)  # places beyond the river
        network = study.value("travel")[0].network
        # gt-ex-3 is beside one leg only; no other leads over the river to it.
        here = network.access.place == network.place_ids.index("gt-ex-3")
        hours[month] = network.access.effort_km[here].min() / (0.6 * grid.FLAT_KMH)
    assert hours[None] - hours[2] == pytest.approx(0.75)
    assert hours[8] - hours[2] == pytest.approx(1.5)
