"""Who reports from where, and the scenario in which every segment is watched alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitting_world import RULES, draw_sources, lay_ground, make_lines, make_sources, make_values
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.fitting.design import build_design, replace_condition
from georisk.fitting.detection import (
    count_source_years,
    equalise_detection,
    find_targets,
    tell_detection,
)
from georisk.fitting.stack import fit_stack
from georisk.incidents import Points
from georisk.risk import EvidenceRules, grade_evidence

EXAMPLES = 2_000 if CAMPAIGN else 100
REGION_KM = 40.0


def make_town(support):
    """Log distance to a town at the west end of the roads."""
    return np.log1p(np.hypot(*(support.xy_km - support.xy_km.min(axis=0)).T))


def test_replaced_columns_are_those_of_a_design_at_other_values():
    support = make_lines(120)
    town = make_town(support)
    town[7] = np.nan
    made = build_design(pd.DataFrame({"town": town, "coast": town**2}), xy_km=support.xy_km,
                        size=support.size, region_km=REGION_KM)
    mine = np.array(made.factor) == "town"
    ask = {"varying": True, "xy_km": support.xy_km, "size": support.size, "region_km": REGION_KM}
    assert mine.sum() > 4  # a curve, and a line in every region
    assert replace_condition(town, town, **ask) == pytest.approx(made.columns[:, mine], abs=1e-12)
    nearer = np.minimum(town, 2.0)
    moved = replace_condition(town, nearer, **ask)
    same = nearer == town
    assert moved[same] == pytest.approx(made.columns[same][:, mine], abs=1e-12)
    assert (moved[7] == 0).all()
    assert np.abs(moved - made.columns[:, mine]).max() > 0.1


@pytest.fixture(scope="module")
def watched():
    """Four in five incidents lie on the third of the roads nearest to the town."""
    support = make_lines(160)
    town = make_town(support)
    rng = np.random.default_rng(5)
    order = np.argsort(town)
    unit = np.concatenate([rng.choice(order[:53], 480), rng.choice(order[53:], 120)])
    sources = make_sources(support, support.xy_km[unit], rng.uniform(0, 8, 600),
                           np.zeros(600, int))
    ground = lay_ground(support, make_values(support).assign(town=town), region_km=REGION_KM)
    return support, ground, fit_stack(support, ground, sources, RULES), town


def equalise(watched, corridor, quantile=0.75):
    support, ground, stack, _ = watched
    return equalise_detection(stack, ground, pd.Series(corridor), xy_km=support.xy_km,
                              region_km=REGION_KM, quantile=quantile)


def test_far_from_towns_more_would_be_reported_and_near_them_nothing_changes(watched):
    support, _, stack, town = watched
    times = equalise(watched, ["c"] * 160)
    target = find_targets(town, pd.Series(["c"] * 160), support.size, quantile=0.75)[0]
    assert support.size[town <= target].sum() / support.size.sum() == pytest.approx(0.25, abs=0.01)
    assert (times[town <= target] == 1).all()
    assert (times >= 1).all()
    assert times[town > np.quantile(town, 0.6)].mean() > 1.2
    # the effect itself: at the target the factor of towns over the one here
    effects = np.exp(stack.place.list_effects()["town"])
    at = int(np.argmin(np.abs(town - target)))
    far = int(np.argmax(town))
    assert times[far] == pytest.approx(effects[at] / effects[far], rel=0.35)


def test_each_corridor_is_compared_with_itself(watched):
    _, _, _, town = watched
    far = town > np.median(town)
    together = equalise(watched, ["c"] * 160)
    apart = equalise(watched, np.where(far, "far", "near"))
    assert apart[far].mean() < together[far].mean()
    alone = equalise(watched, [""] * 160)
    assert alone == pytest.approx(together)
    assert (equalise(watched, ["c"] * 160, quantile=0.0) == 1).all()


def test_where_towns_go_with_fewer_reports_nothing_is_taken_away():
    support = make_lines(160)
    town = make_town(support)
    far = np.argsort(town)[-50:]
    rng = np.random.default_rng(1)
    sources = make_sources(support, support.xy_km[rng.choice(far, 400)],
                           rng.uniform(0, 8, 400), np.zeros(400, int))
    ground = lay_ground(support, pd.DataFrame({"town": town}), region_km=1e4)
    stack = fit_stack(support, ground, sources, RULES)
    times = equalise_detection(stack, ground, pd.Series(["c"] * 160), xy_km=support.xy_km,
                               region_km=1e4, quantile=0.75)
    assert (times[far] == 1).all()


def test_without_towns_there_is_no_scenario_and_unknown_stays_unknown():
    support = make_lines(80)
    sources = draw_sources(support, 60)
    bare = lay_ground(support, make_values(support))
    stack = fit_stack(support, bare, sources, RULES)
    ask = {"xy_km": support.xy_km, "region_km": 400.0, "quantile": 0.75}
    corridor = pd.Series(["c"] * 80)
    assert equalise_detection(stack, bare, corridor, **ask) is None
    assert "left out" in tell_detection(None)[0]
    assert tell_detection(np.ones(3)) == ()
    town = make_town(support)
    town[:9] = np.nan
    ground = lay_ground(support, pd.DataFrame({"town": town}))
    times = equalise_detection(fit_stack(support, ground, sources, RULES), ground, corridor, **ask)
    assert np.isnan(times[:9]).all()
    assert np.isfinite(times[9:]).all()
    flat = lay_ground(support, pd.DataFrame({"town": np.ones(80), "coast": town}))
    times = equalise_detection(fit_stack(support, flat, sources, RULES), flat, corridor, **ask)
    assert (times == 1).all()


def test_source_years_by_hand():
    # clinic in two of the last years at 0 km, press (with it) once, radio four years ago
    points = Points(np.array([[0.0, 0], [0, 0], [30, 0], [0, 0]]), np.ones(4),
                    np.array([0.5, 1.0, 2.5, 4.0]), np.ones(4))
    names = [("clinic",), ("clinic", "press"), ("clinic",), ("radio",)]
    at = np.array([[0.0, 0], [50, 0], [80.0, 0], [80.1, 0]])
    # ages 0.5 and 1.0 lie in the first year: clinic, press; clinic again in the third
    assert count_source_years(at, points, names).tolist() == [3, 3, 1, 0]
    assert count_source_years(at, points, [()] * 4).tolist() == [0] * 4


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0, 12), st.sampled_from(
    [(), ("a",), ("a", "b")])), min_size=10, max_size=30))
def test_who_has_no_source_within_50_km_is_insufficient_whatever_else_is_known(rows):
    along, ages, names = zip(*rows, strict=True)
    points = Points(np.column_stack([along, np.zeros(len(along))]), np.ones(len(along)),
                    np.array(ages), np.ones(len(along)))
    at = np.column_stack([np.linspace(-100, 400, 26), np.zeros(26)])
    grade = grade_evidence(at, points, list(names), rules=EvidenceRules())
    filed = np.array([bool(n) for n in names])
    away_km = np.abs(at[:, :1] - points.xy_km[filed, 0][None]).min(axis=1, initial=np.inf)
    assert (grade[away_km > 50] == "insufficient").all()
    reported = count_source_years(at, points, list(names))
    assert (reported[grade == "modelled"] > 0).all()
    assert (grade[reported > 0] != "insufficient").all()
