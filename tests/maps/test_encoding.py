from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from map_door import make_gaps, make_legs, make_segments

from maps.encoding import dump_island, encode_lines, encode_points, encode_runs, to_plain
from maps.gaps import pack_gaps
from maps.segments import pack_segments


@given(st.text())
def test_an_island_reads_back_and_cannot_end_its_element(text):
    packed = dump_island({"a": text})
    assert json.loads(packed) == {"a": text}
    assert not set("<>&\u2028\u2029") & set(packed)


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=50))
def test_points_read_back_to_half_a_step(points):
    xy = np.array(points)
    steps = np.array(encode_points(xy, per_degree=10_000)).reshape(-1, 2)
    assert np.abs(np.cumsum(steps, axis=0) / 10_000 - xy).max() <= 0.5001e-4


@given(st.lists(st.integers(-1, 5), max_size=60))
def test_runs_read_back(values):
    runs = encode_runs(values)
    assert [v for v, n in zip(runs[::2], runs[1::2], strict=True) for _ in range(n)] == values


def test_a_short_line_keeps_its_ends():
    line = shapely.LineString([(0, 0), (0.0001, 0), (0.0002, 0)])
    assert encode_lines(line, per_degree=10) == [[0, 0, 0, 0]]


@pytest.mark.parametrize(("value", "plain"), [
    (pd.NA, None), (pd.NaT, None), (np.nan, None), ("", None), (np.True_, True), (np.int64(3), 3),
    (pd.Timestamp("2025-01-02"), "2025-01-02"), (dt.date(2025, 1, 2), "2025-01-02"), ((), []),
])  # fmt: skip
def test_cells_become_plain_values(value, plain):
    assert to_plain(value) == plain
    assert type(to_plain(value)) is type(plain)


def test_segments_keep_order_class_and_numbers():
    segments = make_segments(300)
    packed = pack_segments(segments, make_legs())
    assert [piece["leg"] for piece in packed["pieces"]] == ["leg-0", "leg-1", "leg-2"]
    first = packed["pieces"][0]
    assert first["count"] == 100
    assert first["steps"] is None
    assert len(first["xy"]) == 2 * 101
    # Runs of seven: insufficient, few reported, ... and scores 1, 3, 5, 7, 9 in tenths.
    assert first["cls"][:6] == [0, 7, 1, 7, 2, 7]
    assert first["score"][6:9] == [None, 10, 10]
    # Score 1 is 10 ** -1.7 per 100 km and year; half and double lie 30 hundredths away.
    assert first["intensity"][7] == -170
    assert (first["low"][7], first["high"][7]) == (-30, 30)


def test_a_leg_with_a_hole_becomes_two_pieces():
    segments = make_segments(300).drop("leg-0-0050")
    pieces = pack_segments(segments, None)["pieces"]
    assert [(piece["leg"], piece["first"], piece["count"]) for piece in pieces[:2]] == [
        ("leg-0", 1, 49), ("leg-0", 51, 50)]  # fmt: skip
    assert pieces[1]["km"] == 50.0


def test_gaps_run_northwards_whatever_way_they_were_authored():
    gaps = make_gaps(make_segments())
    turned = gaps.set_geometry(shapely.reverse(gaps.geometry.to_numpy()), crs=4326)
    assert pack_gaps(turned, {}) == pack_gaps(gaps, {})


def test_no_number_is_packed_where_evidence_is_insufficient():
    segments = make_segments(300)
    segments["intensity_per_100km_year"] = segments["intensity_per_100km_year"].fillna(1.0)
    first = pack_segments(segments, make_legs())["pieces"][0]
    for name in ("score", "intensity", "low", "high"):
        assert first[name][:7] == [None] * 7
        assert None not in first[name][7:42]
