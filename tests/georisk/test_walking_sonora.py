"""The stretch that the docs work by hand: the page, the hand and the program say the same."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from surroundings import EMBEDDED, ROOT

from georisk import Study
from georisk.walking import (
    When,
    grade_litres,
    march,
    measure_carried_km,
    measure_critical_km,
    read_traveller,
)
from georisk.walking.rules import read_walk_rules

LEGS = ("sasabe-arivaca", "arivaca-three-points")
PAGE = ROOT / "docs" / "explanation" / "walking.md"
JUNE, START_H = 6, 6.0


@pytest.fixture(scope="module")
def study():
    return Study.open(EMBEDDED)


@pytest.fixture(scope="module")
def stretch(study):
    """Cool hours of the family, flags of June and stated km, segment after segment."""
    lines = study.value("lines")
    leg = lines["leg_id"].to_numpy()
    parts = [np.flatnonzero(leg == name) for name in LEGS]
    rows = np.concatenate(parts)
    family = read_traveller(study.parameters, "family")
    reference = study.parameters.value("profile.adult_man.speed_factor")
    cool = study.value("bare_travel").segment_walk_h[rows, 0] * reference / family.speed_factor
    drawn = lines["length_km"].to_numpy(float)
    stated = study.layer("routes").frame["stated_km"]
    km = np.concatenate([drawn[part] * stated[name] / drawn[part].sum()
                         for name, part in zip(LEGS, parts, strict=True)])
    return cool, study.value("hourly_heat")[rows, JUNE - 1], km, family, len(parts[0])


@pytest.fixture(scope="module")
def walk(study, stretch):
    cool, flags, _, family, _ = stretch
    return march(cool, flags, [False], family, When(JUNE, START_H),
                 rules=read_walk_rules(study.parameters))


@pytest.fixture(scope="module")
def page():
    return " ".join(PAGE.read_text(encoding="utf-8").split())


def read_days():
    """The page's table: hours under way under flags 1 to 5 on each day."""
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| ([\d.| ]+) \|$", text, re.MULTILINE)
    return np.array([[float(cell) for cell in row.split("|")] for _, row in rows])


def count_hours(walk, flags):
    """Hours of each day under each flag, from the march."""
    table = np.zeros((walk.days, 5))
    steps = zip(pairwise(walk.at.tolist()), pairwise(walk.at_clock_h.tolist()), strict=True)
    for (at, after), (clock, later) in steps:
        if after > at:
            flag = flags[int(at + 1e-9), int(START_H + clock % 24 + 1e-9) % 24]
            table[int(clock / 24 + 1e-9), flag - 1] += later - clock
    return table


def test_the_layers_estimate_and_say_so(study):
    warnings = study.made("hourly_heat").warnings
    assert len(warnings) == 1
    assert "humidity are estimated" in warnings[0]
    assert study.value("hourly_heat").min() >= 1


def test_cool_hours_by_hand(stretch, page):
    """km x ground / off the path / (5.037 x 0.65); slopes move it by less than 2 %."""
    cool, *_, first = stretch
    flat = [km * 1.2 / 0.6 / (5.037 * 0.65) for km in (32, 62)]
    told = [cool[:first].sum(), cool[first:].sum()]
    assert told == pytest.approx(flat, rel=0.02)
    assert [round(hours, 2) for hours in told] == [19.78, 37.28]
    assert "19.55" in page
    assert "19.78" in page
    assert "37.28" in page


def test_days_in_the_page_are_those_of_the_march(walk, stretch):
    table = read_days()
    counted = count_hours(walk, stretch[1])
    assert table[:, :5] == pytest.approx(counted, abs=0.006)


def test_the_pages_days_add_up_to_the_way_and_its_water(walk, stretch, page):
    """By hand: hours x factor are cool hours; hours x 0.568 L and nights of 14 h x 0.1 L."""
    table = read_days()
    hours, cool, litres = table[:, :5], table[:, 5], table[:, 6]
    assert cool == pytest.approx(hours @ [1.0, 0.83, 0.67, 0.50, 0.33], abs=0.01)
    assert litres[:-1] == pytest.approx(hours[:-1].sum(axis=1) * 0.568 + 14 * 0.1, abs=0.006)
    assert litres[-1] == pytest.approx(hours[-1].sum() * 0.568, abs=0.006)
    assert cool.sum() == pytest.approx(stretch[0].sum(), abs=0.05)
    assert litres.sum() == pytest.approx(walk.litres[-1], abs=0.05)
    assert f"{walk.litres[-1]:.1f} L" in page
    assert f"{walk.clock_h[-1]:.1f} h" in page
    assert walk.days == len(table)


def test_grades_and_distances_in_the_page(study, walk, stretch, page):
    cool, flags, km, family, first = stretch
    rules = read_walk_rules(study.parameters)
    ends = walk.litres[[first, -1]]
    assert grade_litres(ends, family, rules=rules).tolist() == ["critical", "critical"]
    assert f"{ends[0]:.1f} L" in page
    carried = measure_carried_km(walk, km, family)
    critical = measure_critical_km(walk, km, family, rules=rules)
    assert f"D_carried` is {carried:.1f} km" in page
    assert f"D_crit` {critical:.1f} km" in page
    # by hand: 4 L / 0.568 L/h = 7.04 h after 6 o'clock, and 5 L / 0.568
    clock = np.interp([4.0, 5.0], walk.at_litres[:20], walk.at_clock_h[:20])
    assert clock == pytest.approx([4 / 0.568, 5 / 0.568])
    rest = march(cool[first:], flags[first:], [False], family, When(JUNE, START_H), rules=rules)
    assert f"{rest.litres[-1]:.1f} L" in page
    assert str(grade_litres(rest.litres[-1], family, rules=rules)) == "critical"


def test_without_a_month_the_stretch_is_what_it_was(stretch):
    cool, _, _, family, _ = stretch
    plain = march(cool, None, [False], family, When())
    assert plain.clock_h[-1] == pytest.approx(cool.sum())
    assert plain.litres[-1] == pytest.approx(cool.sum() * 0.71 * 0.8)
