"""Which incidents count, how much, and over how long a window."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point

from georisk.incidents import (
    find_window_start,
    measure_window_years,
    pair_within,
    place_incidents,
    select_incidents,
    split_sources,
    weigh_decay,
)
from layers.errors import StudyError

AS_OF = dt.date(2024, 12, 31)
AREA = (-100.0, 10.0, -90.0, 20.0)
METRIC = "+proj=laea +lat_0=15 +lon_0=-95 +datum=WGS84"


def frame_incidents(rows):
    """Rows of (id, date, precision or None, point or None)."""
    ids, dates, sigmas, points = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {
            "date": pd.to_datetime(list(dates)).astype("datetime64[s]"),
            "coord_precision_km": pd.Series(sigmas, dtype="float64").to_numpy(),
        },
        geometry=list(points),
        index=pd.Index(ids, dtype="str", name="incident_id"),
        crs="EPSG:4326",
    )


ROWS = [
    ("i-7", "2024-12-31", None, Point(-95, 15)),
    ("i-1", "2020-01-01", 0.1, Point(-95, 15)),
    ("i-2", "2025-01-01", 0.1, Point(-95, 15)),
    ("i-3", "2020-01-01", 80.0, Point(-95, 15)),
    ("i-4", "2020-01-01", 0.1, None),
    ("i-5", "2020-01-01", 0.1, Point(-89, 15)),
    ("i-6", "2009-12-31", 0.1, Point(-90, 20)),
    ("i-8", "2025-01-01", 80.0, Point(0, 0)),
    ("i-9", "2020-01-01", None, Point()),
]


def test_every_row_is_kept_or_counted_once_under_its_first_reason():
    kept, counts = select_incidents(
        frame_incidents(ROWS), as_of=AS_OF, area=AREA, max_precision_km=50,
        observed_from=dt.date(2010, 1, 1),
    )
    assert list(kept.index) == ["i-1", "i-7"]
    assert kept["sigma_km"].tolist() == [0.1, 10.0]
    assert counts == {
        "read": 9, "after_as_of": 2, "before_window": 1, "no_position": 2, "imprecise": 1,
        "outside_area": 1, "kept": 2, "assumed_precision": 1,
    }


def test_unstated_precision_takes_the_default():
    kept, _ = select_incidents(
        frame_incidents(ROWS), as_of=AS_OF, area=AREA, max_precision_km=50, default_precision_km=7
    )
    assert kept.loc["i-7", "sigma_km"] == 7.0


def test_the_last_day_and_the_edge_of_the_area_belong_to_the_study():
    kept, _ = select_incidents(frame_incidents(ROWS), as_of=AS_OF, area=AREA, max_precision_km=80)
    assert {"i-7", "i-6", "i-3"} <= set(kept.index)


def test_selecting_from_nothing_keeps_nothing():
    kept, counts = select_incidents(
        frame_incidents(ROWS).iloc[:0], as_of=AS_OF, area=AREA, max_precision_km=50
    )
    assert len(kept) == 0
    assert counts["read"] == counts["kept"] == 0


def test_placed_incidents_have_age_and_weight():
    kept, _ = select_incidents(frame_incidents(ROWS), as_of=AS_OF, area=AREA, max_precision_km=50)
    points = place_incidents(kept, as_of=AS_OF, half_life_years=4.0, crs_metric=METRIC)
    days = (AS_OF - dt.date(2020, 1, 1)).days
    assert points.age_years[0] == pytest.approx(days / 365.25, abs=1e-12)
    assert points.weight[0] == pytest.approx(2 ** (-days / 365.25 / 4), abs=1e-12)
    assert points.weight[-1] == 1.0
    assert np.abs(points.xy_km[0]).max() < 1e-6


@pytest.mark.parametrize("half_life", [0.5, 2.0, 8.0])
def test_window_is_the_integral_of_the_decay(half_life):
    start = dt.date(2014, 1, 1)
    length = (AS_OF - start).days / 365.25
    step = length / 200_000
    age = (np.arange(200_000) + 0.5) * step
    by_hand = weigh_decay(age, half_life).sum() * step
    assert measure_window_years(start, AS_OF, half_life) == pytest.approx(by_hand, rel=1e-8)


@pytest.mark.parametrize("endless", [None, float("inf")])
def test_without_decay_the_window_is_its_plain_length(endless):
    assert measure_window_years(dt.date(2024, 1, 1), AS_OF, endless) == pytest.approx(365 / 365.25)
    assert weigh_decay(np.array([0.0, 50.0]), endless).tolist() == [1.0, 1.0]


def test_empty_windows_and_half_lives_of_nothing_are_refused():
    with pytest.raises(StudyError, match="observed_from"):
        measure_window_years(AS_OF, AS_OF, 4.0)
    with pytest.raises(StudyError, match="half_life_years"):
        weigh_decay(np.zeros(1), 0.0)
    with pytest.raises(StudyError, match="half_life_years"):
        measure_window_years(dt.date(2020, 1, 1), AS_OF, -1.0)


def test_observation_starts_as_stated_or_with_the_earliest_year():
    frame = frame_incidents(ROWS)
    assert find_window_start(frame) == dt.date(2009, 1, 1)
    assert find_window_start(frame, observed_from=dt.date(2014, 5, 1)) == dt.date(2014, 5, 1)
    with pytest.raises(StudyError, match="observed_from"):
        find_window_start(frame.iloc[:0])


def test_sources_are_split_and_compared_without_case_or_spaces():
    names = split_sources(pd.Series(["A;b", " a ;", "B  c", None, ";"], dtype="str"))
    assert names == [("a", "b"), ("a",), ("b c",), (), ()]


def test_pairs_include_the_radius_itself_and_come_sorted():
    rng = np.random.default_rng(3)
    one, other = rng.integers(0, 9, (20, 2)) * 1.0, rng.integers(0, 9, (30, 2)) * 1.0
    radius = rng.integers(1, 5, 20).astype(float)
    apart = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1))
    rows, columns = np.nonzero(apart <= radius[:, None])
    found = pair_within(one, other, radius)
    assert found[0].tolist() == rows.tolist()
    assert found[1].tolist() == columns.tolist()
    assert found[2] == pytest.approx(apart[rows, columns])
