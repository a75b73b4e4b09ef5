"""Water whose heat nobody knows is unverified, over some segments or all."""

from __future__ import annotations

import datetime as dt

import grid_study as grid
import numpy as np
import pandas as pd
import pytest

from georisk.coverage import cover_services
from georisk.coverage.asking import Question, ask_coverage
from georisk.coverage.doubts import doubt_water, find_unknown_heat
from georisk.season import Season
from georisk.study import Study
from georisk.walking import When


def test_only_land_in_a_month_can_have_unknown_heat():
    modes = pd.Series(["foot", "boat", "train"])
    flags = np.ones((3, 24), int)
    flags[0, 13] = 0  # one hour is enough
    flags[1] = 0
    assert find_unknown_heat(Season(When(6, 6.0), flags), modes).tolist() == [True, False, False]
    assert find_unknown_heat(Season(When(6, 6.0)), modes).tolist() == [True, False, True]
    assert not find_unknown_heat(Season(When(None, 6.0)), modes).any()


def test_water_there_is_unverified_and_nothing_else_changes():
    segments, places = grid.make_segments(), grid.make_places()
    travel = grid.make_travel(segments, places)
    known = cover_services([travel], places.assign(opens="24/7", months="1-12"),
                           grid.make_services(water=4.0, food=4.0))
    unknown = np.zeros(len(segments), bool)
    unknown[::2] = True
    found = doubt_water(known, unknown)
    at = list(known.services.index).index("water")
    assert known.covered_verified[:, at].any()
    assert not found.covered_verified[unknown, at].any()
    assert np.array_equal(found.covered_verified[~unknown], known.covered_verified[~unknown])
    other = [n for n in range(len(known.services)) if n != at]
    assert np.array_equal(found.covered_verified[:, other], known.covered_verified[:, other])
    assert np.array_equal(found.covered, known.covered)
    assert doubt_water(known, np.zeros(len(segments), bool)) is known


@pytest.mark.parametrize(("month", "unknown"), [(None, False), (6, True)])
def test_a_study_without_climate_says_how_many_km(tmp_path, month, unknown):
    study = Study.open(grid.write_grid_study(tmp_path), today=dt.date(2025, 1, 1))
    answer = ask_coverage(study, Question("adult_man", month, known_only=True))
    whole_km = answer.lines["length_km"].sum()
    assert answer.unknown_heat_km == pytest.approx(whole_km if unknown else 0)
    water = answer.tabulate().query("service == 'water'")
    assert not (unknown and (water["status"] == "covered").any())
