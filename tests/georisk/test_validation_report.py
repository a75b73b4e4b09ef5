"""Gates as METHOD states them, and the report: complete, plain, the same bytes, no positions."""

from __future__ import annotations

import json
import math
import stat

import numpy as np
import pytest
import validation_world as world

from georisk.validation.domain import Domain
from georisk.validation.gates import BARS, SYNTHETIC, Bar, Measured, judge_bar, judge_gates
from georisk.validation.priorities import spread_priority
from georisk.validation.report import (
    dump_report,
    find_staleness,
    read_skill,
    summarise_skill,
    write_report,
)


@pytest.fixture(scope="module")
def report():
    return world.make_report()


def test_every_bar_of_the_method_is_there():
    stated = {
        ("G2", "border", "bits_over_plain", 0.25), ("G2", "border", "hit5_over_plain", 0.01),
        ("G2", "border", "hit20", 0.90),
        ("G3", "mexico-central-america", "bits_over_plain", 0.15),
        ("G3", "mexico-central-america", "hit20", 0.92),
        ("G4", "mexico-central-america", "novel20_over_plain", 0.05),
        ("G4", "border", "novel20_over_plain", 0.10),
        ("G5", "mexico-central-america", "bits_over_strong", -0.08),
        ("G5", "border", "bits_over_strong", 0.0),
        *(("G6", where, "deviation", 0.04) for where in ("border", "mexico-central-america")),
        *(("G7", where, "low20_over_plain", 0.03)
          for where in ("border", "mexico-central-america")),
        *(("G8", where, "priority20_ratio", 0.9)
          for where in ("border", "mexico-central-america")),
    }
    assert {(bar.gate, bar.domain, bar.quantity, bar.limit) for bar in BARS} == stated
    assert {bar.quantity for bar in BARS if bar.sure} == {"bits_over_plain"}
    assert {bar.sense for bar in BARS if bar.quantity == "deviation"} == {"at_most"}


@pytest.mark.parametrize(
    ("value", "low", "passed"),
    [(0.25, 0.01, True), (0.2499999, 0.2, False), (0.5, 0.0, False), (0.5, -0.1, False),
     (0.5, None, False), (None, None, None)],
)
def test_a_bar_that_must_be_sure(value, low, passed):
    bar = Bar("G2", "border", "bits_over_plain", 0.25, "at_least", "", sure=True)
    assert judge_bar(bar, Measured(value, low, 1.0, "why")).passed is passed


def test_no_gain_at_all_is_measured_and_judged():
    bar = next(bar for bar in BARS if bar.quantity == "bits_over_strong" and bar.limit == 0)
    assert judge_bar(bar, Measured(0.0)).passed is True
    assert judge_bar(BARS[0], Measured(0.0)).passed is False


def test_a_ceiling_is_a_ceiling():
    bar = next(bar for bar in BARS if bar.quantity == "deviation")
    assert judge_bar(bar, Measured(0.04)).passed is True
    assert judge_bar(bar, Measured(0.0401)).why == "above the bar"


def test_synthetic_incidents_pass_and_fail_nothing():
    rows = judge_gates({"border": {"hit20": Measured(0.95)}}, synthetic=True)
    assert all(row["passed"] is None and "synthetic" in row["why"] for row in rows)
    made = world.make_report(synthetic=True)
    assert made["heading"] == SYNTHETIC
    assert made["counts"]["passed"] == made["counts"]["failed"] == 0


def test_a_domain_that_is_not_there_is_not_applicable():
    rows = judge_gates({"border": {"hit20": Measured(0.95)}}, synthetic=False)
    away = [row for row in rows if row["domain"] == "mexico-central-america"]
    assert away
    assert all(row["passed"] is None and "not applicable" in row["why"] for row in away)


def walk(value):
    if isinstance(value, dict):
        for one in value.values():
            yield from walk(one)
    elif isinstance(value, list):
        for one in value:
            yield from walk(one)
    else:
        yield value


def test_the_report_is_plain_finite_and_whole(report):
    assert all(math.isfinite(one) for one in walk(report) if isinstance(one, float))
    assert {type(one) for one in walk(report)} <= {str, int, float, bool, type(None)}
    assert json.loads(dump_report(report)) == report
    (domain,) = report["domains"]
    assert [row["year"] for row in domain["years"] if row["tested"]] == [2018, 2019, 2020, 2021]
    assert [one["model"] for one in domain["models"]] == [
        "uniform", "last-year", "all-years", "plain-kde", "strong-kde", "model"]
    assert {one["name"] for one in report["not_applicable"]} == {
        "border", "mexico-central-america"}
    for model in domain["models"]:
        assert sum(model["all_years"]["bins"]) == pytest.approx(1, abs=1e-5)
        assert model["curve"] == sorted(model["curve"])
        assert model["curve"][-1] == 1
    events = domain["models"][0]["all_years"]["events"]
    assert events == sum(row["events"] for row in domain["years"] if row["tested"]) == 240
    classes = [row for row in domain["classes"] if row["model"] == "model"]
    assert sum(row["events"] for row in classes) == events
    assert {row["class"] for row in classes if "own" in row} == {"acc", "env", "sec", "wat"}
    assert len(domain["low_data"]) == len(domain["blocks"]) == 3


def test_skill_is_found_where_there_is_some(report):
    scores = {one["model"]: one["all_years"] for one in report["domains"][0]["models"]}
    assert scores["uniform"]["bits"] == pytest.approx(0, abs=1e-6)
    assert scores["plain-kde"]["bits"] > 1.5
    assert scores["model"]["hit"]["20"] > 0.8
    assert abs(scores["uniform"]["hit"]["20"] - 0.2) < 0.12
    assert scores["model"]["auc"] > 0.85
    for one in scores.values():
        # no forecast catches more than the best choice of cells would have
        assert all(one["hit"][share] < one["pei"][share] <= 1 for share in ("1", "5"))
        assert one["pei"]["20"] == pytest.approx(one["hit"]["20"], abs=0.08)


def test_a_perfect_copy_of_the_baseline_wins_nothing():
    same = (world.Kde("plain-kde"), world.Kde("strong-kde"), world.Kde("model"))
    rows = world.make_report(contenders=same)["domains"][0]["differences"]
    zero = [row for row in rows if row["against"] == "plain-kde"]
    assert all(row["value"] == row["low"] == row["high"] == row["years_won"] == 0 for row in zero)


def test_the_same_bytes_whatever_the_order_of_rows(report):
    record = world.make_record()
    mixed = record.take(np.random.default_rng(5).permutation(len(record)))
    assert dump_report(world.make_report()) == dump_report(report)
    other = world.make_report(record=mixed)
    assert other["counts"] == report["counts"]
    assert other["domains"][0]["map"] == report["domains"][0]["map"]
    for one, two in zip(other["domains"][0]["models"], report["domains"][0]["models"],
                        strict=True):
        assert one["all_years"]["bits"] == pytest.approx(two["all_years"]["bits"], abs=2e-6)


def test_no_position_of_an_event_is_in_the_report(report):
    numbers = {round(one, 3) for one in walk(report) if isinstance(one, float)}
    spots = {round(float(x), 3) for x in world.make_record().xy_km.ravel()}
    drawn = report["domains"][0]["map"]
    assert all(isinstance(one, int) for key in ("caught", "missed", "runs")
               for row in drawn[key] for one in row)
    assert all(row == [int(x) for x in row] for row in drawn["caught"] + drawn["missed"])
    assert len(numbers & spots) < 5  # by chance at most


@pytest.mark.parametrize("rows", [0, 10, 40])
def test_few_events_are_a_sound_answer_that_says_which_years_lack_them(rows):
    record = world.make_record()
    few = record.take(np.arange(len(record)) < rows)
    made = world.make_report(record=few)
    assert made["counts"]["not_measured"] == len(made["gates"])
    assert made["warnings"]
    assert ("2014" in made["warnings"][0]) == (rows > 0)
    assert summarise_skill(made)["domains"]["study"]["bits"] is None


def test_all_on_one_spot_is_scored():
    record = world.make_record()
    spot = record.take(np.arange(len(record)))
    spot.xy_km[:] = [55.0, 55.0]
    made = world.make_report(record=spot)
    scores = {one["model"]: one["all_years"] for one in made["domains"][0]["models"]}
    assert scores["plain-kde"]["bits"] > 3
    assert scores["model"]["novel20"] is None
    assert all(math.isfinite(one) for one in walk(made) if isinstance(one, float))


def test_priority_is_judged_against_plain_kde():
    land = world.make_domain()
    best = world.Kde("x").forecast(land, world.make_record(), year=2022)
    made = world.make_report(priority=dict.fromkeys(range(2018, 2022), best))
    gate = next(row for row in made["gates"] if row["gate"] == "G8")
    assert gate["passed"] is True
    assert "240 events" in gate["why"]
    wrong = world.make_report(priority=dict.fromkeys(range(2018, 2022), -best))
    gate = next(row for row in wrong["gates"] if row["gate"] == "G8")
    assert gate["passed"] is False
    assert gate["value"] < 0.5
    nothing = np.full(len(land), np.nan)
    blind = world.make_report(priority=dict.fromkeys(range(2018, 2022), nothing))
    assert next(row for row in blind["gates"] if row["gate"] == "G8")["passed"] is None
    half = np.where(land.xy_km[:, 0] < 100, best, np.nan)
    part = world.make_report(priority=dict.fromkeys(range(2018, 2022), half))
    gate = next(row for row in part["gates"] if row["gate"] == "G8")
    assert 0 < int(gate["why"].split(", ")[1].split()[0]) < 240
    late = world.make_report(priority={2021: best})
    assert "2018" in next(row for row in late["gates"] if row["gate"] == "G8")["why"]


def test_priority_of_cells_is_the_highest_of_their_segments():
    land = Domain("a", "A", 10.0, np.array([[5.0, 5.0], [15.0, 5.0]]), np.zeros(2), np.zeros(2),
                  np.ones(2))
    spread = spread_priority(land, np.array([[1.0, 1.0], [2.0, 2.0], [14.0, 5.0]]),
                             np.array([3.0, 4.0, np.nan]))
    assert spread[0] == 4
    assert np.isnan(spread[1])


def test_the_kept_summary_is_read_back_and_known_when_stale(report, tmp_path):
    write_report(tmp_path / "runs" / "skill.json", report)
    path = tmp_path / "runs" / "skill.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    summary = read_skill(tmp_path / "runs")
    assert summary == summarise_skill(report)
    assert find_staleness(summary, parameters_sha256="p", inputs_sha256="x",
                          as_of="2022-01-01") == ("inputs", "as_of")
    for text in ("", "[]", "{}", '{"schema": 1}', '{"schema": 99}', "\xff"):
        path.write_text(text, encoding="latin-1")
        assert read_skill(tmp_path / "runs") is None
    assert read_skill(tmp_path / "nowhere") is None
