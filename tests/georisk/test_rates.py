"""Rates per person-km: a fit with flow as offset, against a GLM and against a known hazard."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitting_world import RULES, lay_ground, make_lines, make_sources, make_values

from georisk.fitting.design import Design
from georisk.fitting.lines import LineSupport
from georisk.fitting.newton import fit_poisson
from georisk.fitting.place import Fitting, fit_place
from georisk.fitting.rates import choose_counted, fit_rates
from georisk.fitting.stack import fit_stack
from georisk.flows import measure_flows, tell_flows
from georisk.incidents import Points

YEARS = 8.0


def point_at(xy_km):
    n = len(xy_km)
    return Points(xy_km, np.full(n, 0.5), np.zeros(n), np.ones(n))


def test_exposure_is_an_offset_as_statsmodels_has_it():
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(4)
    columns = rng.normal(size=(300, 3))
    km, people = rng.uniform(0.5, 2, 300), np.exp(rng.normal(8, 2, 300))
    truth = 3e-4 * km * people * np.exp(columns @ [0.5, -0.3, 0.0])
    count = rng.poisson(truth).astype(float)
    found = fit_poisson(columns, count, km * people, np.zeros(3))
    theirs = sm.GLM(count, sm.add_constant(columns), family=sm.families.Poisson(),
                    offset=np.log(km) + np.log(people)).fit(tol=1e-12)
    assert found == pytest.approx(theirs.params, rel=1e-6, abs=1e-8)


def test_the_place_model_of_counted_segments_is_a_glm_with_flow_as_offset():
    sm = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(7)
    support = make_lines(150)
    people = np.where(np.arange(150) < 75, 2e4, 3e5)
    column = rng.normal(size=(150, 1))
    rate = 2.0 * support.size * people / 1e5 * np.exp(0.6 * column[:, 0])
    count = rng.poisson(rate).astype(float)
    counted = choose_counted(support, people).support
    fitting = Fitting(np.arange(150), np.ones(150, bool), counted.size)
    found = fit_place(Design(column, ("heat",)), count, fitting, ridge=1e-9)
    theirs = sm.GLM(count, sm.add_constant(column), family=sm.families.Poisson(),
                    offset=np.log(support.size) + np.log(people / 1e5)).fit(tol=1e-12)
    assert found.coefficients[0] == pytest.approx(theirs.params[1], rel=1e-5)


def test_by_hand_one_incident_beside_a_busy_and_a_quiet_segment():
    # 1 km each; 300,000 and 100,000 people a year: 3 and 1 units of 100,000 person-km.
    # A kernel 1,000 km wide sees both alike, so each person on either is in the same danger:
    # one incident in four units is 0.25 per 100,000 person-km on both.
    from fitting_world import RouteSegments, StackRules, shapely

    ends = np.array([[[0.0, 0], [1, 0]], [[1.0, 0], [2, 0]]])
    segments = RouteSegments(np.array(["a-0001", "a-0002"], object), ends.mean(axis=1),
                             np.ones(2), np.asarray(shapely.linestrings(ends)))
    support = LineSupport(segments, np.arange(2))
    rules = StackRules(widths_km=(1000.0,), half_lives_years=(None,), trees_from=10**9,
                       rate_half_life_years=1e9)
    xy_km = np.array([[0.4, 0.0]])
    sources = make_sources(support, xy_km, [0.0], [0], rules=rules, window=1.0)
    ground = lay_ground(support, pd.DataFrame({"flat": np.ones(2)}))
    people = np.array([3e5, 1e5])
    found = fit_rates(choose_counted(support, people), ground, sources, point_at(xy_km), rules,
                      least=1)
    assert found == pytest.approx([0.25, 0.25], rel=1e-6)
    # the plain fit has half an incident on each, and divided by flow blames the quiet one
    plain = fit_stack(support, ground, sources, rules).estimate(sources)
    assert plain / people * 1e5 == pytest.approx([0.5 / 3, 0.5], rel=1e-5)


def draw_world(seed):
    """Stretches of 25 segments with flows that differ 30 times, and a danger that varies."""
    rng = np.random.default_rng(seed)
    support = make_lines(300, seed=seed)
    values = make_values(support)
    hazard = 0.5 * np.exp(0.8 * values["relief"].to_numpy())  # per 100,000 person-km
    people = np.repeat(10 ** rng.uniform(3.5, 5, 12), 25)
    count = rng.poisson(hazard * support.size * people / 1e5 * YEARS)
    unit = np.repeat(np.arange(300), count)
    xy_km = support.xy_km[unit]
    ages, group = rng.uniform(0, YEARS, len(unit)), np.zeros(len(unit), int)
    sources = make_sources(support, xy_km, ages, group, window=YEARS)
    return support, lay_ground(support, values), sources, point_at(xy_km), people, hazard


def miss(found, truth, size):
    """Spread of the log of the error: how far apart places are told that are alike."""
    error = np.log(found / truth)
    return float(np.sqrt(np.average((error - np.average(error, weights=size)) ** 2,
                                    weights=size)))


def test_the_offset_fit_recovers_danger_per_person_better_than_division():
    missed = []
    for seed in range(6):
        support, ground, sources, points, people, hazard = draw_world(seed)
        own = fit_rates(choose_counted(support, people), ground, sources, points, RULES, least=5)
        divided = fit_stack(support, ground, sources, RULES).estimate(sources) / people * 1e5
        missed.append((miss(own, hazard, support.size), miss(divided, hazard, support.size)))
    with_offset, without = np.array(missed).T
    assert (with_offset < without).all()
    assert with_offset.mean() < 0.7 * without.mean()


def test_only_counted_segments_take_part_and_their_incidents_are_all_told():
    support, ground, sources, points, people, _ = draw_world(3)
    people = people.copy()
    people[:50], people[100:125] = np.nan, 0.0
    kept = np.isfinite(people) & (people > 0)
    counted = choose_counted(support, people)
    found = fit_rates(counted, ground, sources, points, RULES, least=5)
    assert (np.isfinite(found) == kept).all()
    assert counted.support.size == pytest.approx(support.size[kept] * people[kept] / 1e5)
    mine = np.isin(sources.unit, np.flatnonzero(kept))
    ages = sources.age_years[mine]
    life = RULES.rate_half_life_years
    window = (1 - 2 ** (-YEARS / life)) * life / np.log(2)
    a_year = (2 ** (-ages / life)).sum() / window
    told = (found * support.size * people / 1e5)[kept].sum()
    assert told == pytest.approx(a_year, rel=1e-6)


def test_too_few_incidents_give_no_rate_and_a_word():
    support, ground, sources, points, people, _ = draw_world(1)
    n = int((sources.unit >= 0).sum())
    found = fit_rates(choose_counted(support, people), ground, sources, points, RULES,
                      least=n + 1)
    assert np.isnan(found).all()
    notes = tell_flows(people, support.size, found)
    assert any("too few incidents" in note for note in notes)
    nobody = choose_counted(support, np.full(300, np.nan))
    assert np.isnan(fit_rates(nobody, ground, sources, points, RULES, least=1)).all()


def test_notes_say_what_is_fitted_where():
    notes = tell_flows(np.array([100.0, 0.0, np.nan]), np.array([2.0, 3.0, 5.0]),
                       np.array([0.1, np.nan, np.nan]))
    assert "counted on 5 of 10 km" in notes[0]
    assert "second fit" in notes[1]
    assert "offset" in notes[1]
    assert "3 km with a flow of 0" in notes[2]
    assert tell_flows(np.full(2, np.nan), np.ones(2), np.full(2, np.nan)) == ()


def test_flows_after_the_day_do_not_count():
    import datetime as dt

    rows = pd.DataFrame({"place_or_leg": "a", "month": ["2024-01", "2024-03"],
                         "people": [10.0, 1e6]})
    assert measure_flows(rows, pd.Series(["a"]), as_of=dt.date(2024, 2, 29)).tolist() == [120.0]
