"""The fitted intensity: its sum, what one more incident does, order, place and the past."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fitting_world import (
    RULES,
    draw_sources,
    fit,
    lay_ground,
    make_degree_grid,
    make_grid,
    make_lines,
    make_sources,
    make_values,
    with_trees,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.fitting.parts import PLACE, TREES, list_parts
from georisk.fitting.sources import Sources
from georisk.fitting.stack import _open_origin, _test_origin, fit_stack, measure_rate

EXAMPLES = 1000 if CAMPAIGN else 20
GRID = make_grid(18, 14, kept=np.arange(252) % 17 != 3)
LINES = make_lines(90)
SUPPORTS = pytest.mark.parametrize("support", [GRID, LINES, make_degree_grid(14, 12)],
                                   ids=["grid", "lines", "degrees"])


def move(sources, support, *, xy_km=None, rows=None, more=None):
    """Make sources anew: other rows, or one incident more."""
    prepared = sources.prepared
    xy = prepared_xy(sources, support) if xy_km is None else xy_km
    rows = np.arange(len(xy)) if rows is None else rows
    age, group, sigma = sources.age_years[rows], sources.group[rows], prepared.sigma_km[rows]
    xy = xy[rows]
    if more is not None:
        xy, age = np.vstack([xy, more[0]]), np.append(age, more[1])
        group, sigma = np.append(group, more[2]), np.append(sigma, 1.0)
    return Sources(age, group, support.prepare(xy, sigma, prepared.widths_km),
                   sources.window_years)


def prepared_xy(sources, support):
    return sources.prepared.axis_xy if hasattr(sources.prepared, "axis_xy") else (
        sources.prepared.xy_km)


@SUPPORTS
@pytest.mark.parametrize("trees", [10**9, 60])
def test_intensity_sums_to_the_rate_and_is_above_0(support, trees):
    rules = with_trees(RULES, trees)
    sources = draw_sources(support, 160, rules=rules)
    stack = fit(support, sources, rules=rules)
    found = stack.estimate(sources)
    assert np.isfinite(found).all()
    assert found.min() > 0
    assert (found * support.size).sum() == pytest.approx(stack.rate, rel=1e-9)
    assert stack.rate == pytest.approx(measure_rate(sources, rules))
    assert stack.share.sum() == pytest.approx(1)
    assert (stack.share > 0).all()
    assert {part.guide for part in stack.parts} == ({PLACE, TREES} if trees == 60 else {PLACE})


def test_rate_by_hand():
    """One incident today and one four years ago, half-life two: 1.25 over 8 years' decay."""
    xy_km = GRID.xy_km[:2]
    rules = replace(RULES, rate_half_life_years=2.0)
    sources = make_sources(GRID, xy_km, [0.0, 4.0], [0, 1])
    window = (1 - 2**-4) * 2 / np.log(2)
    assert measure_rate(sources, rules) == pytest.approx(1.25 / window)
    steady = make_sources(GRID, np.repeat(xy_km, 400, axis=0), np.arange(800) / 100, [0] * 800)
    assert measure_rate(steady, rules) == pytest.approx(100, rel=0.01)


def estimate_anew(stack, sources):
    """By the formula, with c_k and the guides of a fit and kernels of other incidents."""
    rows = np.flatnonzero(sources.unit >= 0)
    spreads = {key: sources.prepared.spread(key[1], rows, stack.origin.guides[key[0]])
               for key in stack.origin.spreads}
    anew = replace(stack, origin=replace(stack.origin, rows=rows, spreads=spreads))
    return anew.estimate(sources)


@pytest.mark.parametrize("support", [GRID, LINES], ids=["grid", "lines"])
def test_one_more_incident_never_lowers_the_intensity(support):
    sources = draw_sources(support, 80)
    stack = fit(support, sources)
    before = stack.estimate(sources)
    np.testing.assert_array_equal(estimate_anew(stack, sources), before)
    low, high = support.xy_km.min(axis=0) - 30, support.xy_km.max(axis=0) + 30

    @settings(max_examples=EXAMPLES * 5)
    @given(x=st.floats(0, 1), y=st.floats(0, 1), age=st.floats(0, 8), group=st.integers(0, 2))
    def check(x, y, age, group):
        more = (low + np.array([x, y]) * (high - low), age, group)
        grown = move(sources, support, more=more)
        after = estimate_anew(stack, grown)
        assert (after >= before * (1 - 1e-12)).all()
        if grown.unit[-1] >= 0:
            assert after[grown.unit[-1]] > before[grown.unit[-1]]

    check()


@pytest.mark.parametrize("support", [GRID, LINES], ids=["grid", "lines"])
@settings(max_examples=6)
@given(seed=st.integers(0, 2**32))
def test_order_of_incidents_changes_nothing(support, seed):
    sources = draw_sources(support, 60, seed=seed)
    turn = np.random.default_rng(seed).permutation(60)
    turned = move(sources, support, rows=turn)
    once, again = fit(support, sources), fit(support, turned)
    np.testing.assert_allclose(again.share, once.share, atol=1e-9)
    np.testing.assert_allclose(again.estimate(turned), once.estimate(sources), rtol=1e-9)


def test_order_of_cells_turns_the_answer_with_it():
    sources = draw_sources(GRID, 120)
    turn = np.random.default_rng(1).permutation(len(GRID))
    other = replace(GRID, column=GRID.column[turn], row=GRID.row[turn], xy_km=GRID.xy_km[turn],
                    size=GRID.size[turn])
    moved = move(sources, other, xy_km=prepared_xy(sources, GRID))
    values = make_values(GRID)
    np.testing.assert_allclose(
        fit(other, moved, values=values.iloc[turn]).estimate(moved),
        fit(GRID, sources, values=values).estimate(sources)[turn], rtol=1e-7)


@pytest.mark.parametrize("shift", [(1234.5, -678.9), (-1e4, 1 / 3)])
def test_moving_everything_changes_nothing(shift):
    sources, lined = draw_sources(GRID, 120), draw_sources(LINES, 120)
    away = make_grid(18, 14, corner=shift, kept=np.arange(252) % 17 != 3)
    moved = move(sources, away, xy_km=prepared_xy(sources, GRID) + shift)
    np.testing.assert_allclose(fit(away, moved, values=make_values(GRID)).estimate(moved),
                               fit(GRID, sources).estimate(sources), rtol=1e-6)
    roads = make_lines(90, corner=shift)
    moved = move(lined, roads, xy_km=prepared_xy(lined, LINES) + shift)
    np.testing.assert_allclose(fit(roads, moved, values=make_values(LINES)).estimate(moved),
                               fit(LINES, lined).estimate(lined), rtol=1e-6)


@pytest.mark.parametrize("support", [GRID, LINES], ids=["grid", "lines"])
@pytest.mark.parametrize("age", [1.0, 2.0])
def test_a_forecast_of_the_past_knows_nothing_of_later_years(support, age):
    """Later incidents moved elsewhere, given other kinds and ages: the parts are the same."""
    rules = with_trees(RULES, 60)
    sources = draw_sources(support, 200, rules=rules)
    xy_km, later = prepared_xy(sources, support).copy(), sources.age_years < age
    poisoned = np.flatnonzero(later)[::2]
    xy_km[poisoned] = support.xy_km[0]
    other = move(sources, support, xy_km=xy_km)
    ground, parts = lay_ground(support, make_values(support)), list_parts(sources, rules)
    once, again = (_open_origin(support, ground, one, parts, age, rules)
                   for one in (sources, other))
    assert once.rows.tolist() == again.rows.tolist() == np.flatnonzero(
        ~later & (sources.unit >= 0)).tolist()
    for name, guide in once.guides.items():
        assert guide.tobytes() == again.guides[name].tobytes()
    made = [_test_origin(support, ground, one, parts, rules, age) for one in (sources, other)]
    tests = [density[place] for density, place in made]
    year = later & (sources.age_years >= age - 1) & (sources.unit >= 0)
    year_other = later & (sources.age_years >= age - 1) & (other.unit >= 0)
    kept = np.setdiff1d(np.flatnonzero(year), poisoned)
    assert len(kept)
    # Read at other units, a sum may be rounded another way.
    np.testing.assert_allclose(tests[0][np.isin(np.flatnonzero(year), kept)],
                               tests[1][np.isin(np.flatnonzero(year_other), kept)], rtol=1e-12)


def test_parts_of_an_earlier_year_are_those_of_a_fit_made_then():
    sources = draw_sources(GRID, 150)
    ground, parts = lay_ground(GRID, make_values(GRID)), list_parts(sources, RULES)
    origin = _open_origin(GRID, ground, sources, parts, 1.0, RULES)
    past = move(sources, GRID, rows=np.flatnonzero(sources.age_years >= 1.0))
    then = fit_stack(GRID, ground, replace(past, age_years=past.age_years - 1.0), RULES)
    np.testing.assert_array_equal(origin.guides[PLACE], then.origin.guides[PLACE])
    density, place = _test_origin(GRID, ground, sources, parts, RULES, 1.0)
    density = density[place]
    later = sources.unit[sources.age_years < 1.0]
    np.testing.assert_allclose(density[:, parts.index(next(p for p in parts if p.width < 0))],
                               then.origin.guides[PLACE][later], rtol=1e-12)
    shares = dict(zip(then.parts, then.share, strict=False))
    np.testing.assert_allclose(
        density @ np.append([shares[part] for part in parts], then.share[-1]) * then.rate,
        then.estimate(replace(past, age_years=past.age_years - 1.0))[later], rtol=1e-9)


def test_trees_join_only_from_their_number_of_incidents_on():
    sources = draw_sources(GRID, 61)
    guides = {n: {part.guide for part in list_parts(sources, with_trees(RULES, n))}
              for n in (61, 62)}
    assert guides == {61: {PLACE, TREES}, 62: {PLACE}}
    far = draw_sources(LINES, 200)
    inside = int((far.unit >= 0).sum())
    assert inside < 200
    assert len({part.guide for part in list_parts(far, with_trees(RULES, inside + 1))}) == 1


@SUPPORTS
def test_the_same_twice_is_the_same_bytes(support):
    rules = with_trees(RULES, 60)
    answers = []
    for _ in range(2):
        sources = draw_sources(support, 120, rules=rules)
        stack = fit(support, sources, rules=rules)
        answers.append(stack.estimate(sources).tobytes() + stack.share.tobytes())
    assert answers[0] == answers[1]
