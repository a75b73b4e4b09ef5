"""What must hold of any scenario: closing never helps, opening never harms."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from grid_study import FLAT_KMH, PLACES, locate, write_grid_study
from hypothesis import given, settings
from hypothesis import strategies as st

from georisk.scenarios.comparing import compare_scenarios
from georisk.study import Study

few = settings(max_examples=settings().max_examples // 10)
legs = st.sampled_from(["n00", "n10", "n20", "e13", "n13", "e11", "n12", "n34"])
spots = st.tuples(st.floats(0, 4), st.sampled_from([0.0, 1.0, 4.0]))
HARM, HELP = {"appears", "widens", "graver", "same"}, {"vanishes", "shrinks", "milder", "same"}


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    file = write_grid_study(tmp_path_factory.mktemp("hold"))
    study = Study.open(file, today=dt.date(2025, 1, 1))
    return study.with_changes(inputs={name: study.made(name) for name in study.config.layers},
                              services=("water", "shelter"))


def compare(grid, scenario):
    return compare_scenarios(grid.with_changes(scenario={"x": scenario}), "base", "x")


@few
@given(st.sets(st.sampled_from(sorted(PLACES)), max_size=4), st.sets(legs, max_size=2))
def test_closing_never_shrinks_a_gap(grid, places, closed):
    found = compare(grid, {"close": sorted(places), "close_legs": sorted(closed)})
    assert set(found.gaps.frame["change"]) <= HARM
    assert set(found.segments.frame["state"]) <= {"in_reach", "out_of_reach", "lost"}
    table = found.table.frame
    assert (table["covered_km_b"] <= table["covered_km_a"] + 1e-6).all()
    assert (table["longest_gap_h_b"].fillna(0) >= table["longest_gap_h_a"].fillna(0) - 1e-6).all()


@few
@given(st.lists(spots, min_size=1, max_size=3))
def test_opening_never_widens_a_gap(grid, at):
    points = []
    for number, (row, column) in enumerate(at):
        lon, lat = locate(row, column)
        points.append({"place_id": f"gt-new-{number}", "lon": lon, "lat": lat,
                       "services": ["water", "shelter"]})
    found = compare(grid, {"open": points})
    assert set(found.gaps.frame["change"]) <= HELP
    assert set(found.segments.frame["state"]) <= {"in_reach", "out_of_reach", "won"}
    assert (found.points.frame["change"] == "opened").all()


def test_the_order_of_a_list_changes_nothing(grid):
    ids = ["gt-ex-1", "gt-ex-4", "gt-ex-3"]
    one, two = (compare(grid, {"close": order}) for order in (ids, ids[::-1]))
    for layer in one.layers:
        assert one.layers[layer].frame.equals(two.layers[layer].frame)


def add_flows(grid):
    """1,000 people a month northwards on n00, 200 southwards; nobody counts elsewhere."""
    rows = [f"n00,2024-{month:02d},{way},{people},invented,true"
            for month in range(1, 13) for way, people in (("forward", 1000), ("backward", 200))]
    head = "place_or_leg,month,direction,people,source,synthetic"
    (grid.file.parent / "flows.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    layers = {**grid.config.model_dump()["layers"], "flows": {"path": "flows.csv"}}
    return grid.with_changes(layers=layers)


def test_people_are_those_of_the_study_as_it_is(grid):
    """Closing n10 moves nobody: 5 km of n00 by 12,000 people a year are counted in both.

    Water stands at km 10 of column 0. Before, all of n00 is within 5.6 h of it; then nothing is
    ahead but (4, 4): at the entries of n00, 40 to 36 km, 7.9 h or less: out of reach, but there.
    """
    found = compare(add_flows(grid), {"close_legs": ["n10"]})
    whole = found.table.frame.loc["every-leg-water-forward"]
    daily = 12_000 / 365.25
    assert whole["counted_km"] == pytest.approx(5, rel=1e-3)
    assert whole["person_km"] == pytest.approx(5 * daily, rel=1e-3)
    assert whole["covered_person_km_a"] == pytest.approx(5 * daily, rel=1e-3)
    assert whole["covered_person_km_b"] == 0
    # at one time 5 km / 5.04 km/h / 10 h a day of each day's people are on the leg
    present = daily * 5 / FLAT_KMH / 10
    assert whole["person_h_a"] == pytest.approx(present * 8 / FLAT_KMH, rel=1e-2)  # 10, 9 ... 6 km
    assert whole["person_h_b"] == pytest.approx(present * 38 / FLAT_KMH, rel=1e-2)  # 40 ... 36 km
    assert whole["people_out_b"] == 0
    cut_off = compare(add_flows(grid), {"close_legs": ["n10", "e10", "e00"]})
    cut = cut_off.table.frame.loc["every-leg-water-forward"]
    assert cut["people_out_b"] == pytest.approx(present, rel=1e-3)
    assert cut["person_h_b"] == 0
    nobody = found.table.frame.loc["bend-water-forward"]
    assert np.isnan(nobody[["person_km", "covered_person_km_a", "person_h_b"]].astype(float)).all()


def test_without_flows_it_is_said(grid):
    assert "no flow data: person-km, person-hours and room are not told" in compare(grid, {}).notes
