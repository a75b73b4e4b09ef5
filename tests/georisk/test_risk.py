"""Score, class, evidence and the segments table, by hand and by brute force."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString

from georisk.bootstrap import Interval
from georisk.fitting.routes import RouteFit
from georisk.incidents import Points
from georisk.risk import (
    EvidenceRules,
    assemble_segments,
    classify_score,
    grade_evidence,
    score_intensity,
)
from layers.catalog import find_spec

RULES = EvidenceRules()
LEAD_ADDS = {"corridor", "country", "near_place"}
MADE_LATER = {"incidents_per_100k_person_km", "intensity_equal_detection", "source_years_50km"}


def test_score_by_hand():
    # 10 (log10 0.1 + 2) / 3 = 3.333; 10 (log10 1 + 2) / 3 = 6.667
    score = score_intensity(np.array([0.0, 0.001, 0.01, 0.1, 1.0, 10.0, 99.0, np.nan]))
    assert score[:-1] == pytest.approx([0, 0, 0, 10 / 3, 20 / 3, 10, 10])
    assert np.isnan(score[-1])


@given(st.lists(st.floats(0, 1e9), min_size=2, max_size=20))
def test_score_stays_in_range_and_never_falls_with_intensity(values):
    score = score_intensity(np.sort(np.array(values)))
    assert ((score >= 0) & (score <= 10)).all()
    assert (np.diff(score) >= 0).all()


def test_classes_are_half_open_by_twos():
    score = np.array([0, 1.999, 2, 3.999, 4, 6, 7.999, 8, 10, np.nan])
    assert classify_score(score).tolist() == [
        "few_reported", "few_reported", "moderate", "moderate", "high", "very_high", "very_high",
        "extreme", "extreme", "insufficient",
    ]


def make_points(xy_km, age_years):
    n = len(age_years)
    return Points(np.asarray(xy_km, float), np.ones(n), np.asarray(age_years, float), np.ones(n))


def grade_at_origin(near, *, far=10):
    """Grade the origin: ``near`` holds (distance_km, age_years, sources); others lie far off."""
    rows = [*near, *[(900.0, 1.0, ("iom",))] * far]
    points = make_points([(x, 0.0) for x, _, _ in rows], [age for _, age, _ in rows])
    names = [sources for *_, sources in rows]
    return grade_evidence(np.zeros((1, 2)), points, names, rules=RULES)[0]


@pytest.mark.parametrize(
    ("near", "expected"),
    [
        ([(25, 5, ("a",)), (25, 5, ("b",)), (0, 0, ("a",))], "observed"),
        ([(25, 5, ("a", "b")), (25, 5, ("a",)), (0, 0, ("a",))], "observed"),
        ([(1, 4, ("a",)), (1, 4, ("b",))], "insufficient"),
        ([(1, 2, ("a",)), (1, 2, ("b",))], "modelled"),
        ([(1, 4, ("a",))] * 9, "insufficient"),
        ([(1, 2, ("a",))] * 9, "modelled"),
        ([(25.1, 4, ("a",)), (1, 4, ("b",)), (1, 4, ("a",))], "insufficient"),
        ([(1, 5.1, ("a",)), (1, 4, ("b",)), (1, 4, ("a",))], "insufficient"),
        ([(50, 3, ("a",))], "modelled"),
        ([(50.1, 3, ("a",))], "insufficient"),
        ([(50, 3.1, ("a",))], "insufficient"),
        ([(1, 1, ())], "insufficient"),
        ([], "insufficient"),
    ],
)
def test_evidence_at_its_bounds(near, expected):
    assert grade_at_origin(near) == expected


def test_fewer_than_ten_located_incidents_say_nothing():
    near = [(1, 1, ("a",)), (1, 1, ("b",)), (1, 1, ("c",))]
    assert grade_at_origin(near, far=6) == "insufficient"
    assert grade_at_origin(near, far=7) == "observed"


def test_evidence_equals_a_loop():
    rng = np.random.default_rng(4)
    n = 60
    points = make_points(rng.uniform(0, 300, (n, 2)), rng.uniform(0, 8, n))
    pools = [("a",), ("b",), ("c",), ("a", "b"), ("b", "c")]
    names = [pools[i] for i in rng.integers(0, 5, n)]
    places = rng.uniform(0, 300, (1500, 2))
    apart = np.hypot(*(places[:, None] - points.xy_km[None]).transpose(2, 0, 1))
    expected = []
    for row in apart:
        close = np.flatnonzero((row <= 25) & (points.age_years <= 5))
        who = {name for i in close for name in names[i]}
        filed = ((row <= 50) & (points.age_years <= 3)).any()
        observed = len(close) >= 3 and len(who) >= 2
        expected.append("observed" if observed else "modelled" if filed else "insufficient")
    assert set(expected) == {"observed", "modelled", "insufficient"}
    assert grade_evidence(places, points, names, rules=RULES).tolist() == expected


def frame_segments(n=3):
    return gpd.GeoDataFrame(
        {
            "leg_id": "a", "n": range(1, n + 1), "mode": "foot",
            "chainage_from_km": np.arange(n, dtype=float),
            "chainage_to_km": np.arange(n, dtype=float) + 1,
            "length_km": np.array([1.0, 1.0, 2.0]), "mid_lon": 0.0, "mid_lat": 0.0,
        },
        geometry=[LineString([(i, 0), (i + 1, 0)]) for i in range(n)],
        index=pd.Index([f"a-{i + 1:04d}" for i in range(n)], name="segment_id", dtype="str"),
        crs="EPSG:4326",
    )


def assemble(intensity, evidence=("observed", "modelled", "insufficient")):
    intensity = np.asarray(intensity, float)
    parts = pd.DataFrame(dict.fromkeys(("sec", "acc", "env", "wat"), intensity / 4))
    fit = RouteFit(
        intensity=intensity, base=2.0, classes=parts, harm=parts,
        factors=pd.DataFrame({"incidents": intensity / 4, "border": 2.0}),
        interval=Interval(intensity / 2, intensity * 2, np.zeros((3, 5), np.float32)),
    )
    return assemble_segments(
        frame_segments(), fit, evidence=np.array(evidence, object), synthetic=True)


def test_segments_carry_the_declared_columns_but_the_lead_s():
    frame = assemble([4.0, 0.0, 2.0])
    columns = find_spec("segments").columns
    assert set(frame.columns) == (set(columns) - LEAD_ADDS - MADE_LATER) | {"geometry"}
    assert frame.index.equals(frame_segments().index)
    assert frame.crs == "EPSG:4326"
    assert frame["synthetic"].all()
    assert frame.filter(like="priority").isna().all(axis=None)


def test_base_times_factors_is_the_intensity():
    frame = assemble([4.0, 0.0, 2.0])
    product = frame["base_intensity"] * frame["factor_incidents"] * frame["factor_border"]
    assert product.to_numpy() == pytest.approx(frame["intensity_per_100km_year"], rel=1e-9)


def test_no_score_without_evidence():
    frame = assemble([4.0, 0.0, 2.0])
    assert frame["risk_class"].tolist() == ["extreme", "few_reported", "insufficient"]
    assert frame["risk_score"].isna().tolist() == [False, False, True]
    assert frame["evidence"].tolist() == ["observed", "modelled", "insufficient"]
