"""Questions about the embedded study: as its layers, by month, in time; the Sonoran stretch."""

from __future__ import annotations

import datetime as dt
import sys
import time

import numpy as np
import pandas as pd
import pytest
from surroundings import EMBEDDED, ROOT

from georisk import Study
from georisk.coverage import judge_places
from georisk.coverage.asking import Question, ask_coverage, ask_gaps
from georisk.coverage.telling import list_ways, rank_gaps, tabulate_gaps, tabulate_shares
from georisk.services import GROUP_OF_PROFILE
from layers.errors import CallError

TODAY = dt.date(2026, 1, 1)
TEN = ("water", "food", "shelter", "medical", "emergency_care", "hygiene", "phone", "internet",
       "legal", "psychosocial")
STRETCH = ("sasabe-arivaca", "arivaca-three-points")
BAR_S = 20.0


@pytest.fixture(scope="module")
def study():
    return Study.open(EMBEDDED, today=TODAY)


def test_over_the_year_it_is_the_layer_of_a_run(study):
    answer = ask_coverage(study, Question("adult_man"))
    layer = study.layer("coverage").frame
    pd.testing.assert_frame_equal(answer.tabulate()[list(layer.columns)], layer)
    gaps = ask_gaps(study, Question("adult_man"))
    run = study.layer("gaps").frame
    pd.testing.assert_frame_equal(pd.DataFrame(gaps).drop(columns=["geometry", "synthetic"]),
                                  pd.DataFrame(run).drop(columns=["geometry", "synthetic"]),
                                  check_dtype=False)
    assert ask_coverage(study, Question("adult_man")) is answer  # kept


def test_a_month_in_the_study_file_is_the_same_question(study):
    answer = ask_coverage(study, Question("family", 6, 7.0))
    hot = study.with_changes(reference={"profile": "family", "month": 6, "start_hour": 7.0},
                             inputs={name: study.made(name) for name in study.config.layers})
    frame = hot.layer("coverage").frame
    pd.testing.assert_frame_equal(answer.tabulate()[list(frame.columns)], frame)
    assert any("humidity are estimated" in note for note in hot.made("season").warnings)
    totals = hot.layer("capacity_totals").frame
    parts = totals[["with_service", "short", "unreachable"]].sum(axis=1)
    counted = totals["demand"].notna()
    assert parts[counted].to_numpy() == pytest.approx(totals["demand"][counted].to_numpy(),
                                                      abs=0.01)


def test_eight_profiles_ten_services_two_directions_in_time(study, capsys):
    study.layer("coverage")
    started = time.process_time()
    covered = {
        profile: ask_coverage(study, Question(profile, services=TEN)).tabulate()["covered"].mean()
        for profile in GROUP_OF_PROFILE
    }
    spent = time.process_time() - started
    with capsys.disabled():
        sys.stdout.write(f"\n10 services x 2 directions x 8 profiles: {spent:.1f} s CPU\n")
    assert spent <= BAR_S
    assert covered["injured"] < covered["family"] < covered["adult_man"]


def test_the_hotter_month_covers_less_of_every_corridor(study):
    """July is hotter than October at every hour of every segment of these two corridors.

    Both are wet months, and the same places are open in them.
    """
    ways = {name: study.settings().corridors[name] for name in ("sonora-arizona", "sonoyta-ajo")}
    legs = {leg for steps in ways.values() for leg, _ in steps}
    rows = study.value("lines")["leg_id"].isin(legs).to_numpy()
    heat = study.value("hourly_heat")[rows]
    assert (heat[:, 6] >= heat[:, 9]).all()
    places = study.value("facilities")
    assert judge_places(places, 7).equals(judge_places(places, 10))
    october, july = (
        tabulate_shares(study, {month: Question("family", month)}, ways) for month in (10, 7))
    key = ["corridor", "service", "direction"]
    assert october[key].equals(july[key])
    assert (july["uncovered_km"] >= october["uncovered_km"] - 1e-9).all()
    assert july["uncovered_km"].sum() > october["uncovered_km"].sum()
    worst = tabulate_shares(
        study, {month: Question("family", month) for month in (7, 10)}, ways)
    assert (worst["uncovered_km"] == july["uncovered_km"]).all()
    assert (worst.loc[july["uncovered_km"] > october["uncovered_km"], "month"] == 7).all()


def test_the_sonoran_stretch_is_that_of_the_page(study):
    """docs/explanation/walking.md works it out by hand: June, a family, days from 6 o'clock."""
    page = " ".join((ROOT / "docs" / "explanation" / "walking.md").read_text("utf-8").split())
    ways = list_ways(study, legs=STRETCH)
    gaps = ask_gaps(study, Question("family", 6, services=("water",)), corridors=ways)
    (row,) = gaps[gaps["direction"] == "forward"].itertuples()
    assert (row.from_place, row.to_place) == ("Sásabe", "Three Points")
    assert row.severity == "critical"
    assert f"{row.litres:.1f} L per person" in page
    assert f"`D_carried` is {row.carried_km:.1f} km" in page
    assert row.days == 9
    assert "on the ninth day" in page
    assert row.walk_h_p10 < row.walk_h < row.walk_h_p90
    plain = ask_gaps(study, Question("family", services=("water",)), corridors=ways)
    (row,) = plain[plain["direction"] == "forward"].itertuples()
    assert row.walk_h == pytest.approx(57.06, abs=0.01)
    assert "57.06 h" in page


def test_a_leg_walked_the_other_way_swaps_the_directions(study):
    question = Question("family", 6, services=("water", "shelter"))
    one, two = (
        ask_gaps(study, question, corridors={"w": tuple((leg, sign) for leg in STRETCH[::sign])})
        for sign in (1, -1))
    swapped = two.assign(direction=two["direction"].map(
        {"forward": "backward", "backward": "forward"}))
    columns = ["service", "direction", "length_km", "walk_h", "walk_h_p90", "next_h", "litres",
               "carried_km", "severity"]
    one, swapped = (frame[columns].sort_values(columns[:3]).reset_index(drop=True)
                    for frame in (one, swapped))
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(swapped), atol=1e-5)


def test_intervals_and_severities_hold_together(study):
    gaps = tabulate_gaps(study, {6: Question("injured", 6)}, list_ways(study, whole=False))
    walked = gaps[gaps["walk_h"].notna()]
    assert (walked["walk_h_p10"] <= walked["walk_h_p50"]).all()
    assert (walked["walk_h_p50"] <= walked["walk_h_p90"]).all()
    assert (walked["days"] == np.ceil(walked["walk_h"] / 10 - 1e-9)).all()
    water = gaps[gaps["service"] == "water"]
    assert (water.loc[water["severity"] == "uncovered", "litres"] <= 4 + 1e-6).all()
    assert (water.loc[water["severity"] == "unsafe", "litres"] > 4 - 1e-6).all()
    assert (water.loc[water["next_h"].isna(), "severity"] == "critical").all()
    assert gaps.loc[gaps["service"] != "water", "litres"].isna().all()
    ranked = rank_gaps(gaps)
    assert ranked["severity"].iloc[0] == "critical"
    assert (ranked["severity"] == "critical").sum() == (gaps["severity"] == "critical").sum()


def test_more_water_carried_is_never_graver(study):
    grade = {"uncovered": 0, "unsafe": 1, "critical": 2}
    found = {
        litres: ask_gaps(study, Question("adult_man", 6, services=("water",), carried_l=litres))
        for litres in (2.0, 8.0)}
    assert found[8.0]["length_km"].sum() < found[2.0]["length_km"].sum()
    shared = found[8.0].index.intersection(found[2.0].index)
    one, two = (found[litres].loc[shared, "severity"].map(grade) for litres in (2.0, 8.0))
    assert len(shared)
    assert (two <= one).all()


@pytest.mark.parametrize(
    ("question", "message"),
    [(Question("giant"), "no profile named 'giant'"), (Question("family", 13), "month: 13"),
     (Question("family", 6, 24.0), "start hour"), (Question("family", mode="sea"), "no mode 'sea'"),
     (Question("family", services=("gold",)), "no service named gold"),
     (Question("family", carried_l=40.0), "outside 2 to 8")],
)
def test_a_wrong_question_is_refused(study, question, message):
    with pytest.raises(CallError, match=message):
        ask_coverage(study, question)
