"""Conditions of the embedded study at places whose ground is known, and how long they take."""

import time

import numpy as np
import pytest
import shapely
from surroundings import EMBEDDED

from georisk import Study
from georisk.covariates import COVARIATES, measure_covariates, place_sites, transform_covariates
from georisk.covariates.climate import name_aridity
from georisk.covariates.distances import split_outlines
from georisk.covariates.steps import COVARIATE_STEPS, measure_conditions, read_rules
from layers.catalog import find_spec

KNOWN = {
    "tijuana": (-117.038, 32.515),
    "mexico-city": (-99.133, 19.433),
    "necocli": (-76.785, 8.426),
    "gran-desierto": (-114.3, 32.0),
    "nuevo-laredo": (-99.507, 27.477),
    "tapachula": (-92.26, 14.9),
    "darien": (-77.6, 8.2),
}


@pytest.fixture(scope="module")
def study():
    return Study.open(EMBEDDED)


@pytest.fixture(scope="module")
def layers(study):
    gathered = study._gather(COVARIATE_STEPS[0])
    return {name: made.value if made else None for name, made in gathered.items()}


def measure(study, layers, lonlat, **options):
    lon, lat = np.array(lonlat, float).T
    crs_metric = study.config.crs_metric
    return measure_covariates(place_sites(lon, lat, crs_metric=crs_metric), layers,
                              crs_metric=crs_metric, **options)


@pytest.fixture(scope="module")
def known(study, layers):
    measured = measure(study, layers, list(KNOWN.values()))
    assert measured.warnings == ()
    return measured.values.set_axis(list(KNOWN))


def test_every_covariate_is_measured(known):
    assert known.columns.tolist() == [covariate.column for covariate in COVARIATES]
    assert known.notna().all(axis=None)
    scaled = transform_covariates(known)
    assert np.isfinite(scaled.to_numpy()).all()


@pytest.mark.parametrize(
    ("place", "column", "low", "high"),
    [
        ("tijuana", "border_km", 0, 5), ("tijuana", "coast_km", 3, 15),
        ("mexico-city", "elevation_m", 2150, 2350), ("mexico-city", "coast_km", 220, 290),
        ("mexico-city", "population_15km", 10e6, 30e6), ("mexico-city", "border_km", 650, 800),
        ("necocli", "coast_km", 0, 3), ("necocli", "border_km", 50, 80),
        ("gran-desierto", "aridity", 0, 0.2), ("gran-desierto", "heat_degc", 30, 37),
        ("gran-desierto", "land_cover", 16, 16), ("gran-desierto", "settlement_km", 25, 60),
        ("nuevo-laredo", "border_km", 0, 4), ("nuevo-laredo", "river_km", 0, 4),
        ("nuevo-laredo", "rail_km", 0, 3), ("nuevo-laredo", "aridity", 0.2, 0.5),
        ("tapachula", "border_km", 5, 20), ("tapachula", "coast_km", 20, 35),
        ("tapachula", "relief_m", 300, 3500), ("darien", "land_cover", 2, 2),
        ("darien", "aridity", 0.65, 10), ("darien", "border_km", 0, 30),
    ],
)
def test_known_places(known, place, column, low, high):
    assert low <= known.loc[place, column] <= high


def test_the_desert_is_called_by_its_class(known):
    assert name_aridity(known.loc["gran-desierto", "aridity"]) in {"arid", "hyper-arid"}


def test_no_edge_of_the_map_is_taken_for_a_coast_or_a_border(study, layers):
    land = layers["boundaries"].frame
    land = land[land["level"] == 0]
    edges = split_outlines(land.geometry.to_numpy(), land["country"].to_numpy(),
                           crs_metric=study.config.crs_metric, gap_km=0.5)
    # Natural Earth's own border lines in the area are 6,330 km long; ours, simplified, 6,196
    assert 6_000 < shapely.length(edges.border).sum() / 2 < 6_400
    # Dallas and the desert north of Tucson: the clipped edge lies 20 km north of them
    values = measure(study, layers, [(-97.0, 32.8), (-110.97, 32.8), (-76.2, 6.1)]).values
    assert values["coast_km"].round(-1).tolist() == pytest.approx([380, 270, 130], abs=30)
    assert values["border_km"][2] > 100


def test_the_order_of_sites_changes_nothing(study, layers):
    rng = np.random.default_rng(4)
    lonlat = np.column_stack([rng.uniform(-118, -76, 300), rng.uniform(6, 33, 300)])
    order = rng.permutation(300)
    one = measure(study, layers, lonlat).values
    two = measure(study, layers, lonlat[order]).values
    assert one.iloc[order].to_numpy().tobytes() == two.to_numpy().tobytes()


def test_thirty_thousand_sites_take_few_seconds(study, layers):
    rng = np.random.default_rng(4)
    lonlat = np.column_stack([rng.uniform(-118, -76, 30_000), rng.uniform(6, 33, 30_000)])
    started = time.process_time()
    values = measure(study, layers, lonlat).values
    used = time.process_time() - started
    assert values.notna().all(axis=None)
    assert used < 8  # 2.5 s of CPU where nothing else runs


def test_conditions_of_every_segment(study, layers):
    outcome = measure_conditions(layers | {"lines": study.value("lines")}, study.settings())
    frame, spec = outcome.value, find_spec("conditions")
    assert outcome.warnings == ()
    assert frame.index.equals(study.value("lines").index)
    assert set(frame) == set(spec.columns) - {"synthetic"}
    assert frame.notna().all(axis=None)
    assert frame["settlement_km"].median() < 15
    assert spec.effective_level == "restricted"
    for name, column in spec.columns.items():
        assert column.effective_level == ("public" if name == "synthetic" else "restricted")


def test_rules_come_from_the_parameters(study):
    assert read_rules(study.settings()).town_people == 50_000
