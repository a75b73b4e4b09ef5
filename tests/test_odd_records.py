"""Records and layers that make a fit hard: a sound answer with a word, or a clear error."""

from __future__ import annotations

import csv
import datetime as dt

import grid_study
import numpy as np
import pytest
import rasterio
from affine import Affine

from georisk.study import Study
from layers.errors import LayerError

TODAY = dt.date(2025, 1, 15)


def change_rows(folder, change):
    """Rewrite the incidents of a grid study row by row."""
    path = folder / "incidents.csv"
    with path.open() as file:
        rows = list(csv.DictReader(file))
    kept = [row for number, row in enumerate(rows) if change(number, row) is not False]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(kept)


def leave(count):
    return lambda number, row: number < count


def gather(number, row):
    del number
    row["lon"], row["lat"] = "-89.9", "14.05"


def hurry(number, row):
    row["date"] = f"2024-{1 + number % 12:02d}-05"


def drown(number, row):
    del number
    row["class"] = "wat"


ODD = {"ten": leave(10), "eleven": leave(11), "one": leave(1), "one spot": gather,
       "one year": hurry, "one class": drown}


@pytest.mark.parametrize("odd", list(ODD))
def test_every_record_gives_finite_numbers_and_no_confident_low(tmp_path, odd):
    grid_study.write_grid_study(tmp_path)
    change_rows(tmp_path, ODD[odd])
    study = Study.open(tmp_path, today=TODAY)
    frame = study.layer("segments").frame
    numbers = frame.filter(regex="^intensity|^base|^factor_").astype(float)
    given = numbers.dropna(axis=1, how="all")
    assert np.isfinite(given.to_numpy()).all()
    assert (frame["intensity_low"] <= frame["intensity_high"]).all()
    silent = frame["evidence"] == "insufficient"
    assert frame.loc[silent, "risk_score"].isna().all()
    assert frame.loc[~silent, "risk_score"].notna().all()
    if odd == "one":
        assert silent.all()
    values = study.raster("risk_surface").values
    assert (values[np.isfinite(values)] > 0).all()


def test_reports_near_the_ways_but_on_none_of_them_say_nothing_of_these(tmp_path):
    """Sixteen kilometres east of the grid: within 50 km of all of it, on no leg."""
    grid_study.write_grid_study(tmp_path)

    def move(number, row):
        row["lon"], row["lat"] = "-89.665", f"{14.0 + number % 20 / 100:.2f}"

    change_rows(tmp_path, move)
    study = Study.open(tmp_path, today=TODAY)
    frame = study.layer("segments").frame
    assert (frame["intensity_per_100km_year"] == 0).all()
    assert set(frame["risk_class"]) == {"insufficient"}
    assert frame["risk_score"].isna().all()
    assert any("too far from every leg" in note for note in study.made("route_intensity").warnings)


def write_raster(path, values, *, crs="EPSG:4326", transform=None):
    height, width = values.shape
    step = 0.1
    with rasterio.open(
        path, "w", driver="GTiff", count=1, height=height, width=width, dtype="float32", crs=crs,
        transform=transform or Affine(step, 0, -90.5, 0, -step, 14.9), nodata=-9999.0,
    ) as target:
        target.write(values.astype(np.float32)[None])


def add_relief(folder, name="relief.tif"):
    text = (folder / "study.toml").read_text()
    (folder / "study.toml").write_text(text.replace(
        "[layers.routes]", f'[layers.hazard_relief]\npath = "{name}"\n\n[layers.routes]'))


def test_a_condition_missing_on_half_the_area_is_told_and_does_no_harm(tmp_path):
    grid_study.write_grid_study(tmp_path)
    values = np.tile(np.linspace(3000, 0, 12)[:, None], (1, 12))
    values[:, 6:] = -9999.0
    write_raster(tmp_path / "relief.tif", values)
    add_relief(tmp_path)
    study = Study.open(tmp_path, today=TODAY)
    frame = study.layer("segments").frame
    made = study.made("route_intensity")
    assert any("elevation is unknown at" in note for note in made.warnings)
    factor = frame["factor_elevation"]
    east = study.value("lines")["mid_lon"] > -89.849
    assert np.isfinite(factor).all()
    assert east.any()
    assert np.allclose(factor[east], factor[east].iloc[0])
    product = frame["base_intensity"] * frame.filter(like="factor_").fillna(1.0).prod(axis=1)
    assert np.allclose(product, frame["intensity_per_100km_year"], rtol=1e-9)


def test_a_raster_in_another_crs_is_warped_and_one_without_is_refused(tmp_path):
    grid_study.write_grid_study(tmp_path)
    values = np.tile(np.linspace(3000, 0, 30)[:, None], (1, 30))
    west, north = 130_000.0, 1_650_000.0
    write_raster(tmp_path / "relief.tif", values, crs="EPSG:32616",
                 transform=Affine(10_000, 0, west, 0, -10_000, north))
    add_relief(tmp_path)
    conditions = Study.open(tmp_path, today=TODAY).layer("conditions").frame
    assert conditions["elevation_m"].notna().all()
    write_raster(tmp_path / "relief.tif", values, crs=None)
    with pytest.raises(LayerError, match="relief"):
        Study.open(tmp_path, today=TODAY).layer("conditions")


def open_with_flows(folder, flows):
    """The grid study with people counted each month of 2024 on some legs."""
    grid_study.write_grid_study(folder)
    rows = ["flow_row,place_or_leg,month,direction,people,source,synthetic"]
    rows += [f"f-{leg}-{m},{leg},2024-{m:02d},forward,{people},invented,true"
             for leg, people in flows.items() for m in range(1, 13)]
    (folder / "flows.csv").write_text("\n".join(rows) + "\n")
    text = (folder / "study.toml").read_text()
    (folder / "study.toml").write_text(text.replace(
        "[layers.routes]", '[layers.flows]\npath = "flows.csv"\n\n[layers.routes]'))
    return Study.open(folder, today=TODAY)


def test_flows_give_a_rate_where_people_are_counted_and_leave_the_headline_alone(tmp_path):
    grid_study.write_grid_study(tmp_path / "plain")
    bare = Study.open(tmp_path / "plain", today=TODAY)
    plain = bare.layer("segments").frame
    assert plain["incidents_per_100k_person_km"].isna().all()
    assert not [note for note in bare.made("route_intensity").warnings if "person" in note]
    legs = plain["leg_id"].unique()
    flows = {leg: 1000 * (1 + n % 3) for n, leg in enumerate(legs[:-2])} | {legs[-1]: 0}
    study = open_with_flows(tmp_path / "counted", flows)
    frame = study.layer("segments").frame
    rate = frame["incidents_per_100k_person_km"]
    told = ~frame["leg_id"].isin(legs[-2:]) & (frame["evidence"] != "insufficient")
    assert told.any()
    assert (rate.notna() == told).all()
    assert (rate[told] > 0).all()
    same = [name for name in plain if name != "incidents_per_100k_person_km"]
    assert plain[same].equals(frame[same])
    notes = study.made("route_intensity").warnings
    assert any("flow of 0" in note for note in notes)
    assert any("second fit" in note for note in notes)


def test_flows_on_legs_with_few_incidents_give_no_rate_and_a_word(tmp_path):
    study = open_with_flows(tmp_path, {"e00": 0, "n00": 1000})
    assert study.layer("segments").frame["incidents_per_100k_person_km"].isna().all()
    notes = study.made("route_intensity").warnings
    assert any("flow of 0" in note for note in notes)
    assert any("too few incidents" in note for note in notes)


def test_kernels_along_the_network_are_another_choice(tmp_path):
    grid_study.write_grid_study(tmp_path)
    text = (tmp_path / "study.toml").read_text()
    (tmp_path / "network.toml").write_text(text + '\n[risk]\nkernel = "network"\n')
    plane = Study.open(tmp_path, today=TODAY).layer("segments").frame
    network = Study.open(tmp_path / "network.toml", today=TODAY).layer("segments").frame
    km = plane["length_km"]
    totals = [(one["intensity_per_100km_year"] * km).sum() for one in (plane, network)]
    assert totals[0] == pytest.approx(totals[1], rel=1e-9)
    assert not np.allclose(plane["intensity_per_100km_year"], network["intensity_per_100km_year"])


def test_the_surface_without_trees_is_another_choice(tmp_path):
    grid_study.write_grid_study(tmp_path)
    text = (tmp_path / "study.toml").read_text()
    (tmp_path / "plain.toml").write_text(text + '\n[risk]\nsurface = "explained"\n')
    study = Study.open(tmp_path / "plain.toml", today=TODAY)
    values = study.raster("risk_surface").values
    assert (values[np.isfinite(values)] > 0).all()
