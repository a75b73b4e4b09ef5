"""The whole road on the grid study: files in, snapshot out, and numbers worked out again."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import math
import pickle

import geopandas as gpd
import grid_study
import numpy as np
import pandas as pd
import pyproj
import pytest

import georisk.doors
from georisk.publishing import publish
from georisk.snapshot import Snapshot
from georisk.study import Study
from layers.errors import CallError, LayerError, NotShownError, StudyError

TODAY = dt.date(2025, 1, 15)
HALF_LIFE = 2.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("grid")
    grid_study.write_grid_study(path)
    return path


@pytest.fixture(scope="module")
def study(folder):
    return Study.open(folder, today=TODAY)


@pytest.fixture(scope="module")
def runs(folder, study):
    publish(study, folder / "runs")
    return folder / "runs"


def test_intensity_is_the_sum_that_the_method_says(folder, study):
    """Guided kernels, ground and even share written out with loops, from files and factors."""
    with (folder / "incidents.csv").open() as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["incident_id"])
    to_xy = pyproj.Transformer.from_crs("EPSG:4326", grid_study.CRS_METRIC, always_xy=True)
    at = [np.array(to_xy.transform(float(r["lon"]), float(r["lat"]))) / 1000 for r in rows]
    as_of = dt.date(2024, 12, 31)
    age = [(as_of - dt.date.fromisoformat(r["date"])).days / 365.25 for r in rows]
    weight = [2 ** (-a / HALF_LIFE) for a in age]
    window = (as_of - dt.date(2020, 1, 1)).days / 365.25
    big_w = HALF_LIFE / math.log(2) * (1 - 2 ** (-window / HALF_LIFE))
    rate = sum(weight) / big_w

    segments, lines = study.layer("segments").frame, study.value("lines")
    mids = [np.array(to_xy.transform(lon, lat)) / 1000
            for lon, lat in zip(lines["mid_lon"], lines["mid_lat"], strict=True)]
    length = lines["length_km"].to_numpy()
    factors = [n for n in segments if n.startswith("factor_") and n != "factor_incidents"]
    ground = segments["base_intensity"] * segments[factors].fillna(1.0).prod(axis=1)
    guide = ground.to_numpy() / 100 / rate
    assert (guide * length).sum() == pytest.approx(1.0, rel=1e-9)

    group = [{"wat": 0, "env": 1, "unk": 2}.get(r["class"], 3) for r in rows]
    expected = np.zeros(len(mids))
    for part in study.value("route_intensity").shares.itertuples():
        if part.part == "even":
            expected += rate * part.share / length.sum()
        elif part.part == "place":
            expected += rate * part.share * guide
        else:
            life = part.half_life_years
            decay = [1.0 if np.isnan(life) else 2 ** (-a / life) for a in age]
            decay = [d * (g == part.group) for d, g in zip(decay, group, strict=True)]
            for p, d in zip(at, decay, strict=True):
                h = math.hypot(part.width_km, 1.0)
                apart2 = np.array([((p - m) ** 2).sum() for m in mids])
                k = np.where(apart2 > (4.5 * h) ** 2, 0.0, np.exp(-apart2 / (2 * h**2))) * guide
                expected += rate * part.share * d / sum(decay) * k / (k * length).sum()
    found = segments["intensity_per_100km_year"].to_numpy()
    assert np.allclose(found, 100 * expected, rtol=1e-6)
    assert (found * length).sum() / 100 == pytest.approx(rate, rel=1e-9)


def test_parts_of_the_intensity_add_up(study):
    frame = study.layer("segments").frame
    total = frame["intensity_per_100km_year"]
    classes = frame[[f"intensity_{c}" for c in ("sec", "acc", "env", "wat")]].sum(axis=1)
    assert np.allclose(classes, total, rtol=1e-9)
    factors = frame.filter(like="factor_").fillna(1.0).prod(axis=1)
    assert np.allclose(frame["base_intensity"] * factors, total, rtol=1e-9)
    assert (frame["intensity_low"] <= frame["intensity_high"]).all()
    known = frame["evidence"] != "insufficient"
    score = 10 * np.clip((np.log10(total[known]) + 2) / 3, 0, 1)
    assert np.allclose(frame.loc[known, "risk_score"], score)
    assert frame.loc[~known, "risk_score"].isna().all()


def test_coverage_and_gaps_by_hand(study):
    """West corridor, water: points at 10 km (the crossing n10/n20) and 17.5 km (mid n30).

    Threshold: 4 L / 0.71 L/h = 5.634 h; at 5.0367 km/h these are 28.4 km, more than the 20 km
    corridor. Northwards everything up to 17.5 km is covered; from there nothing lies ahead on
    this way but the shelter gt-ex-4 in the far corner: 20 - 18 = 2 km, then 20 km east: 22 km =
    4.37 h from the last crossing, so all is covered. Southwards nothing lies ahead of the
    crossing at 10 km. The segment entered there counts 0 h and is covered; the nine after it are a
    gap of 9 / 5.0367 = 1.787 h.
    """
    coverage = study.layer("coverage").frame
    water = coverage[coverage["service"] == "water"].set_index(["segment_id", "direction"])
    first = water.loc[("n00-0001", "forward")]
    assert first["nearest_id"] == "gt-ex-1"
    assert first["walk_h"] == pytest.approx(10 / 5.0367, rel=2e-3)
    assert first["second_id"] == "gt-ex-3"
    assert first["second_walk_h"] == pytest.approx(17.5 / 5.0367, rel=2e-3)
    last = water.loc[("n30-0005", "forward")]
    assert last["nearest_id"] == "gt-ex-4"
    assert last["walk_h"] == pytest.approx(21 / 5.0367, rel=2e-3)
    gaps = study.layer("gaps").frame
    south = gaps[(gaps["corridor"] == "west") & (gaps["service"] == "water")]
    (row,) = south.itertuples()
    assert row.direction == "backward"
    assert row.length_km == pytest.approx(9, rel=2e-3)
    assert row.walk_h == pytest.approx(9 / 5.0367, rel=2e-3)
    assert math.isnan(row.next_h)
    assert row.severity == "critical"


def test_sites_are_the_best_pair_by_enumeration(study):
    siting = study.value("siting")
    frame = study.layer("proposed_sites").frame.sort_values("rank")
    assert list(frame["rank"]) == [1, 2]
    assert siting.proposal.risk.status == "optimal"
    assert (frame["bound_gap"] == 0).all()
    assert frame["benefit"].iloc[0] >= frame["benefit"].iloc[1] > 0
    assert frame["cumulative_share"].iloc[1] == pytest.approx(frame["benefit_share"].sum())
    assert frame["selection_frequency"].between(0, 1).all()


def test_two_runs_are_the_same_bytes(folder, tmp_path):
    def hash_run(name):
        snapshot = publish(Study.open(folder, today=TODAY), tmp_path / name)
        return {
            str(path.relative_to(snapshot.path)): hashlib.sha256(path.read_bytes()).hexdigest()
            for kind in ("layers", "rasters") for path in (snapshot.path / kind).iterdir()
        }

    one, two = hash_run("one"), hash_run("two")
    assert one == two
    assert len(one) > 10


def test_a_snapshot_is_whole_and_opens_elsewhere(runs):
    snapshot = Snapshot.open(runs)
    assert snapshot.find_damage() == []
    assert oct(runs.stat().st_mode)[-3:] == "700"
    frame = gpd.read_parquet(snapshot.path / "layers" / "segments.parquet")
    assert frame.crs == "EPSG:4326"
    assert frame["segment_id"].is_monotonic_increasing
    table = pd.read_parquet(snapshot.path / "layers" / "coverage.parquet")
    assert len(table) == 2 * len(frame) * table["service"].nunique()
    manifest = json.loads((snapshot.path / "manifest.json").read_text())
    assert manifest["synthetic"] is True
    for counts in manifest["layers"].values():
        assert counts["read"] == counts["accepted"] + counts["quarantined"]


def test_every_result_says_that_it_is_synthetic(runs):
    door = georisk.doors.open("restricted", runs=runs, today=TODAY)
    for name in door.names():
        if door.spec(name).role == "result" and door.spec(name).kind != "raster":
            assert door.layer(name).frame["synthetic"].all(), name


def test_what_each_audience_may_see(runs):
    expected = {
        "public": {"assistance_points", "boundaries", "corridors", "gaps", "risk_cells", "routes",
                   "shelters", "waypoints"},
        "partner": {"stretches"},
        "restricted": {"along", "capacity", "capacity_totals", "conditions", "corridor_summary",
                       "coverage", "fragility", "incidents", "listed_gaps", "priority",
                       "proposed_sites", "proposed_sites_km", "risk_surface", "segments"},
    }
    seen: set[str] = set()
    for audience, more in expected.items():
        seen |= more
        door = georisk.doors.open(audience, runs=runs, today=TODAY)
        assert set(door.names()) == seen
    public = georisk.doors.open("public", runs=runs, today=TODAY)
    for name in ("segments", "coverage", "no-such-layer"):
        with pytest.raises(NotShownError, match=f"no layer named '{name}'"):
            public.layer(name)
    assert set(public.manifest()) == {"run_id", "version", "as_of", "layers"}


def test_prepared_bytes_are_what_the_gate_shows(runs):
    for audience in ("public", "partner", "restricted"):
        door = georisk.doors.open(audience, runs=runs, today=TODAY)
        for name in door.names():
            if door.spec(name).kind == "raster":
                continue
            served = door.served(name)
            assert list(served.ids) == list(door.layer(name).frame.index)
            body = json.loads(b"[" + b",".join(served.encode(np.arange(served.count))) + b"]")
            for feature in body:
                assert set(feature["properties"]) == set(door.spec(name).columns)


def test_consent_that_ends_overnight_hides_the_place(runs):
    before = georisk.doors.open("public", runs=runs, today=dt.date(2025, 2, 28))
    after = before.reopen(dt.date(2025, 3, 1))
    assert before.served("shelters").count == 4
    assert after.served("shelters").count == 0


def test_a_layer_fault_leaves_the_last_snapshot_as_it_was(folder, runs, tmp_path):
    before = Snapshot.open(runs).path
    text = (folder / "incidents.csv").read_text()
    (folder / "broken.csv").write_text(text.replace("lon,", "longitude,"))
    broken = (folder / "study.toml").read_text().replace("incidents.csv", "broken.csv")
    (folder / "broken.toml").write_text(broken)
    study = Study.open(folder / "broken.toml", today=TODAY)
    with pytest.raises(LayerError):
        publish(study, runs)
    assert Snapshot.open(runs).path == before
    assert not list(runs.glob(".tmp-*"))


def test_two_runs_at_once_are_refused(folder, runs):
    import fcntl

    with (runs / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(CallError, match="another georisk command is at work"):
            publish(Study.open(folder, today=TODAY), runs)


def test_as_of_in_the_future_is_refused(folder):
    with pytest.raises(StudyError, match="lies in the future"):
        Study.open(folder, today=dt.date(2024, 1, 1))


def test_nothing_after_as_of_is_used(folder, study):
    early = study.with_changes(as_of=dt.date(2022, 12, 31))
    known = early.value("events").frame
    assert known["date"].max() <= pd.Timestamp(2022, 12, 31)
    assert len(known) < len(study.value("events").frame)


def test_a_study_travels_without_its_store(study):
    study.layer("segments")
    other = pickle.loads(pickle.dumps(study))
    assert other == study
    assert not other.everything_made()


def test_row_order_changes_nothing(folder, study, tmp_path):
    grid_study.write_grid_study(tmp_path)
    for name in ("incidents.csv", "shelters.csv", "assistance_points.csv"):
        lines = (tmp_path / name).read_text().splitlines()
        (tmp_path / name).write_text("\n".join([lines[0], *lines[:0:-1]]) + "\n")
    other = Study.open(tmp_path, today=TODAY)
    for name in ("segments", "coverage", "gaps", "proposed_sites"):
        one = study.layer(name).frame.drop(columns="geometry", errors="ignore")
        two = other.layer(name).frame.drop(columns="geometry", errors="ignore")
        pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(two), rtol=1e-9)


def test_a_study_without_incidents_or_places_says_so(folder):
    text = (folder / "study.toml").read_text()
    for name in ("incidents", "shelters", "assistance_points", "waypoints", "boundaries"):
        start = text.index(f"[layers.{name}]")
        text = text[:start] + text[text.index("\n\n", start) + 2 :]
    text = text.replace('services = ["water"]', 'services = ["water"]')
    (folder / "bare.toml").write_text(text)
    study = Study.open(folder / "bare.toml", today=TODAY)
    frame = study.layer("segments").frame
    assert set(frame["evidence"]) == {"insufficient"}
    assert set(frame["risk_class"]) == {"insufficient"}
    assert frame["risk_score"].isna().all()
    coverage = study.layer("coverage").frame
    assert not coverage["covered"].any()
    assert np.isnan(study.raster("risk_surface").values).all()
    assert any("insufficient everywhere" in w for w in study.made("events").warnings)


def test_the_relief_raster_is_used(folder, study):
    """A canary: 3000 m over 11 steps of 0.1 degree (11.06 km) is a slope of 0.02466 northwards.

    Up: 6 exp(-3.5 (0.02466 + 0.05)) = 4.620 km/h, 0.2164 h a kilometre. Down:
    6 exp(-3.5 (0.05 - 0.02466)) = 5.491 km/h, 0.1821 h. Flat: 0.1985 h.
    """
    import rasterio
    from affine import Affine

    ramp = np.tile(np.linspace(3000, 0, 12)[:, None], (1, 12)).astype(np.float32)
    step = 0.1
    with rasterio.open(
        folder / "ramp.tif", "w", driver="GTiff", count=1, height=12, width=12, dtype="float32",
        crs="EPSG:4326", transform=Affine(step, 0, -90.5, 0, -step, 14.9),
    ) as target:
        target.write(ramp[None])
    text = (folder / "study.toml").read_text()
    text = text.replace("[layers.routes]", '[layers.hazard_relief]\npath = "ramp.tif"\n\n'
                        "[layers.routes]")
    (folder / "steep.toml").write_text(text)
    steep = Study.open(folder / "steep.toml", today=TODAY)
    length_km = study.value("lines")["length_km"].to_numpy()
    flat_h = study.value("bare_travel").segment_walk_h / length_km[:, None]
    steep_h = steep.value("bare_travel").segment_walk_h
    north = steep.value("lines")["leg_id"].str.startswith("n").to_numpy()
    per_km = steep_h[north] / length_km[north, None]
    assert np.allclose(flat_h, 0.1985, rtol=1e-3)
    assert np.allclose(per_km[:, 0], 0.2164, rtol=2e-3)
    assert np.allclose(per_km[:, 1], 0.1821, rtol=2e-3)


def test_a_run_goes_on_where_no_site_can_be_proposed(folder):
    """Without towns there is no candidate: the layer is empty, and a warning says why."""
    text = (folder / "study.toml").read_text()
    start = text.index("[layers.waypoints]")
    text = text[:start] + text[text.index("\n\n", start) + 2 :]
    (folder / "townless.toml").write_text(text)
    townless = Study.open(folder / "townless.toml", today=TODAY)
    assert len(townless.layer("proposed_sites")) == 0
    assert any("no site is proposed" in w for w in townless.made("siting").warnings)
    publish(townless, folder / "townless-runs")


def test_hours_follow_the_stated_length_and_the_ground(folder, study):
    """A leg stated 1.4 times as long as drawn takes 1.4 times as long; off the path, / 0.6."""
    text = (folder / "routes.geojson").read_text()
    document = json.loads(text)
    for feature in document["features"]:
        properties = feature["properties"]
        properties["mode"], properties["terrain"] = "foot", "dirt"
        properties["off_road"] = properties["leg_id"] == "n00"
        properties["stated_km"] = 7.0 if properties["leg_id"] == "n10" else 5.0
    (folder / "longer.geojson").write_text(json.dumps(document))
    config = (folder / "study.toml").read_text().replace("routes.geojson", "longer.geojson")
    (folder / "longer.toml").write_text(config)
    longer = Study.open(folder / "longer.toml", today=TODAY)
    lines = longer.value("lines")
    per_km = longer.value("bare_travel").segment_walk_h[:, 0] / lines["length_km"].to_numpy()
    first = {leg: per_km[(lines["leg_id"] == leg).to_numpy()][0] for leg in ("n00", "n10", "n20")}
    assert first["n20"] == pytest.approx(1.1 / 5.0367, rel=2e-3)
    assert first["n10"] == pytest.approx(first["n20"] * 1.4, rel=2e-3)
    assert first["n00"] == pytest.approx(first["n20"] / 0.6, rel=2e-3)
