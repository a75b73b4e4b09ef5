"""Public cells: shown only where many reports, sources and places agree."""

import datetime as dt
import re

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely

from georisk.cells import CellRules, classify_cells, cover_land
from georisk.risk import EvidenceRules
from layers.catalog import find_spec

AS_OF = dt.date(2024, 12, 31)
CELL = h3.latlng_to_cell(15.0, -92.0, 4)
LAT, LON = h3.cell_to_latlng(CELL)
RULES = CellRules()


def frame_reports(n=12, *, sources=("a", "b", "c"), places=3, day="2024-06-01", sigma_km=1.0):
    rows = range(n)
    return gpd.GeoDataFrame(
        {
            "date": pd.to_datetime([day] * n).astype("datetime64[s]"),
            "coord_precision_km": np.full(n, sigma_km),
            "source": [sources[i % len(sources)] for i in rows],
            "synthetic": pd.Series([False] * n, dtype="boolean").to_numpy(),
        },
        geometry=[shapely.Point(LON + 0.05 * (i % places), LAT) for i in rows],
        index=[f"i-{i:03d}" for i in rows],
        crs="EPSG:4326",
    )


def classify(reports, *, as_of=AS_OF, today=AS_OF, rules=RULES, cells=(CELL,)):
    return classify_cells(
        reports, cells=cells, as_of=as_of, today=today, rules=rules, evidence=EvidenceRules()
    )


def test_a_class_worked_out_by_hand():
    # Cutoff 90 days before 31 December 2024 is 2 October; window from 1 January = 275 days.
    # Without decay: 100 * 12 / (275 / 365.25 * area) with an area near 1 700 km2: about 0.93,
    # so the score is 10 (log10 0.93 + 2) / 3 = 6.6.
    shown = classify(frame_reports(), rules=CellRules(half_life_years=None))
    area_km2 = h3.cell_area(CELL, unit="km^2")
    intensity = 100 * 12 / (275 / 365.25 * area_km2)
    assert 6 < 10 * (np.log10(intensity) + 2) / 3 < 8
    assert shown.loc[CELL, ["risk_class", "evidence"]].tolist() == ["very_high", "observed"]


@pytest.mark.parametrize(
    "reports",
    [
        frame_reports(9),
        frame_reports(sources=("a", "b")),
        frame_reports(sources=("a", "A ; b")),
        frame_reports(places=2),
        frame_reports(sigma_km=25.1),
        frame_reports(day="2024-10-03"),
        frame_reports(day="2018-01-01"),
    ],
    ids=["reports", "sources", "joined sources", "places", "vague", "too new", "too old"],
)
def test_too_little_is_insufficient(reports):
    shown = classify(reports)
    assert shown.loc[CELL, ["risk_class", "evidence"]].tolist() == ["insufficient"] * 2


@pytest.mark.parametrize(
    "reports",
    [
        frame_reports(10),
        frame_reports(sources=("a;b", "c")),
        frame_reports(sigma_km=25.0),
        frame_reports(sigma_km=np.nan),
        frame_reports(day="2024-10-02"),
    ],
    ids=["reports", "joined sources", "vague", "unstated precision", "old enough"],
)
def test_just_enough_is_shown(reports):
    assert classify(reports).loc[CELL, "risk_class"] != "insufficient"


def test_delay_counts_from_the_earlier_of_as_of_and_today():
    reports = frame_reports(day="2024-06-01")
    for as_of, today in [(dt.date(2024, 8, 1), AS_OF), (AS_OF, dt.date(2024, 8, 1))]:
        assert classify(reports, as_of=as_of, today=today).loc[CELL, "risk_class"] == "insufficient"


def test_coordinates_jittered_within_a_kilometre_are_one_place():
    reports = frame_reports(places=1)
    moved = reports.set_geometry(
        shapely.points(np.round(LON, 2) + np.linspace(-0.004, 0.004, 12), np.round(LAT, 2)),
        crs="EPSG:4326",
    )
    assert classify(moved).loc[CELL, "risk_class"] == "insufficient"


def test_only_class_leaves_and_ids_and_outlines_are_clean():
    shown = classify(frame_reports(), cells=cover_land(
        np.array([shapely.box(-93, 14, -91, 16)]), area=(-92.5, 14.5, -91.5, 15.5)
    ))
    assert set(shown.columns) == {*find_spec("risk_cells").columns, "geometry"}
    assert list(shown.index) == sorted(shown.index)
    assert shown.index.name == "cell"
    assert all(re.fullmatch("[0-9a-f]{15}", cell) for cell in shown.index)
    corners = shapely.get_coordinates(shown.geometry.to_numpy())
    assert (corners == np.round(corners, 3)).all()
    assert shown.geometry.is_valid.all()
    assert (shown["risk_class"] != "insufficient").sum() == 1


def test_synthetic_does_not_tell_where_suppressed_rows_lie():
    reports = frame_reports()
    far = h3.latlng_to_cell(20.0, -100.0, 4)
    assert not classify(reports, cells=(CELL, far))["synthetic"].any()
    reports.loc["i-003", "synthetic"] = True
    assert classify(reports, cells=(CELL, far))["synthetic"].all()


def test_cells_are_there_whether_or_not_anything_happened_and_order_is_nothing():
    cells = cover_land(np.array([shapely.box(-93, 14, -91, 16)]), area=(-93, 14, -91, 16))
    nothing = classify(frame_reports().iloc[:0], cells=cells)
    assert list(nothing.index) == list(cells)
    assert (nothing["risk_class"] == "insufficient").all()
    reports = frame_reports(40)
    one, two = classify(reports, cells=cells), classify(reports.iloc[::-1], cells=cells[::-1])
    assert one.equals(two)


def test_unstated_precision_takes_the_default_and_may_be_too_vague():
    vague = CellRules(default_precision_km=30.0)
    shown = classify(frame_reports(sigma_km=np.nan), rules=vague)
    assert shown.loc[CELL, "risk_class"] == "insufficient"


def test_reports_without_a_position_are_not_counted():
    reports = frame_reports(10)
    reports.geometry = [None, shapely.Point(), *reports.geometry[2:]]
    assert classify(reports).loc[CELL, "risk_class"] == "insufficient"


def test_cells_cover_all_land_of_the_area():
    land = shapely.union_all([shapely.box(-93, 14, -91, 16), shapely.Point(-89.0, 15).buffer(0.01)])
    cells = cover_land(np.array([land]), area=(-92, 14, -88, 16))
    rng = np.random.default_rng(0)
    for lon, lat in rng.uniform((-92, 14), (-91, 16), (200, 2)):
        assert h3.latlng_to_cell(lat, lon, 4) in cells
    assert h3.latlng_to_cell(15.0, -89.0, 4) in cells
    assert cover_land(np.array([land]), area=(0, 0, 1, 1)) == ()
