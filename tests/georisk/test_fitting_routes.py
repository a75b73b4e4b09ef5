"""What a fit tells of segments: factors, classes, harm and intervals, by hand and by loops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fitting_world import (
    RULES,
    draw_sources,
    lay_ground,
    make_lines,
    make_sources,
    make_values,
)

from georisk.bootstrap import Resampling, draw_multiplicity, label_blocks
from georisk.fitting.classes import group_classes, mix_classes, share_classes
from georisk.fitting.draws import Blocks
from georisk.fitting.intervals import (
    add_kernels,
    bootstrap_stack,
    redraw_blocks,
    redraw_effects,
    redraw_ground,
)
from georisk.fitting.place import PlaceModel
from georisk.fitting.routes import Marks, list_shares, split_factors, tell_routes
from georisk.fitting.stack import fit_stack
from georisk.incidents import Points, weigh_decay

DRAWS = Resampling(draws=60, seed=5)
KINDS = np.array(["wat", "env", "unk"], object)


@pytest.fixture(scope="module")
def fitted():
    support = make_lines(120)
    ground = lay_ground(support, make_values(support))
    sources = draw_sources(support, 150, seed=3)
    stack = fit_stack(support, ground, sources, RULES)
    weight = weigh_decay(sources.age_years, RULES.rate_half_life_years)
    prepared = sources.prepared
    points = Points(prepared.xy_km, prepared.sigma_km, sources.age_years, weight)
    harm = np.where(sources.group == 0, 2.0, 1.0)
    return support, stack, sources, Marks(points, KINDS[sources.group], harm)


def test_factors_multiply_to_the_intensity(fitted):
    _, stack, sources, _ = fitted
    density = stack.estimate(sources)
    base, factors = split_factors(stack, density)
    assert base * factors.prod(axis=1).to_numpy() == pytest.approx(density, rel=1e-9)
    assert next(iter(factors)) == "incidents"
    size = stack.place.size
    for name in factors.columns[1:]:  # typical ground reads 1
        assert np.average(np.log(factors[name]), weights=size) == pytest.approx(0, abs=1e-9)


def test_without_any_incident_all_factors_of_incidents_are_one():
    support = make_lines(40)
    ground = lay_ground(support, make_values(support))
    sources = draw_sources(support, 0)
    stack = fit_stack(support, ground, sources, RULES)
    base, factors = split_factors(stack, stack.estimate(sources))
    assert base == 0
    assert (factors["incidents"] == 1).all()


def test_classes_sum_to_the_whole_and_harm_follows_them(fitted):
    support, stack, sources, marks = fitted
    fit = tell_routes(stack, sources, marks, RULES, resampling=DRAWS)
    assert fit.classes.sum(axis=1).to_numpy() == pytest.approx(fit.intensity, rel=1e-9)
    assert (fit.classes.to_numpy() >= 0).all()
    # drownings weigh 2 in this world, everything else 1: nobody harms less than once
    assert fit.harm["wat"].to_numpy() == pytest.approx(2 * fit.classes["wat"].to_numpy())
    assert fit.harm["env"].to_numpy() == pytest.approx(fit.classes["env"].to_numpy())
    assert (fit.classes[["sec", "acc"]].to_numpy() == 0).all()
    assert (fit.intensity * support.size).sum() / 100 == pytest.approx(stack.rate, rel=1e-9)


def test_a_class_leans_on_all_by_its_number():
    # 300 drownings: 3/4 their own surface; no other class is known, so shares are all theirs.
    own = np.array([[0.0, 0.0, 1.0, 3.0]])
    shares = mix_classes(own, np.array([1.0]), count=np.array([0, 0, 100, 300]),
                         rate=np.array([0.0, 0.0, 1.0, 1.0]))
    env, wat = 0.5 * 1 + 0.5 * 1, 0.75 * 3 + 0.25 * 1
    assert shares.loc[0].tolist() == pytest.approx([0, 0, env / (env + wat), wat / (env + wat)])
    even = mix_classes(own, np.ones(1), count=np.zeros(4), rate=np.zeros(4))
    assert even.loc[0].tolist() == [0.25] * 4


def test_a_hot_spot_of_one_class_shows_as_that_class(fitted):
    _, stack, sources, marks = fitted
    shares = share_classes(stack, sources, marks.classes, RULES,
                           density=stack.estimate(sources))
    at = sources.unit[(sources.group == 0) & (sources.unit >= 0)]
    assert shares["wat"].to_numpy()[at].mean() > shares["wat"].mean()
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1.0)


def test_a_class_keeps_to_its_own_ground_where_nothing_was_reported():
    """Drownings by the water, heat away from it: dry ground far from all has few drownings."""
    support = make_lines(240)
    x = support.xy_km[:, 0]
    water = (np.sin(x / 6) > 0).astype(float)
    ground = lay_ground(support, pd.DataFrame({"coast": water}))
    near = np.flatnonzero(x < np.median(x))
    wet, dry = near[water[near] > 0], near[water[near] == 0]
    rng = np.random.default_rng(2)
    unit = np.concatenate([rng.choice(wet, 600), rng.choice(dry, 600)])
    sources = make_sources(support, support.xy_km[unit], rng.uniform(0, 8, 1200),
                           np.repeat([0, 1], 600))
    rules = replace(RULES, ridge=20.0)
    stack = fit_stack(support, ground, sources, rules)
    shares = share_classes(stack, sources, KINDS[sources.group], rules,
                           density=stack.estimate(sources))["wat"]
    far = x > x.max() - 15
    assert shares[far & (water == 0)].mean() < 0.4
    assert shares[far & (water > 0)].mean() > 0.6


def test_groups_of_classes():
    assert group_classes(np.array(["acc", "sec", "unk"], object)).tolist() == [3, 3, 2]


def test_an_incident_counted_again_counts_in_every_part_of_a_draw(fitted):
    support, stack, sources, marks = fitted
    rows = stack.origin.rows
    _, label = np.unique(label_blocks(marks.points, DRAWS)[rows], return_inverse=True)
    times = draw_multiplicity(label.max() + 1, DRAWS)[label].astype(float)
    blocks = redraw_blocks(stack, marks.points, DRAWS)
    assert blocks.times[blocks.label[rows]] == pytest.approx(times)
    share = stack.share[:, None] * np.random.default_rng(1).uniform(0.5, 1.5, (1, DRAWS.draws))
    place = next(n for n, part in enumerate(stack.parts) if part.width < 0)
    columns, size = stack.place.design.columns, support.size
    density = stack.origin.guides["place"] * size
    mean = density @ columns
    curve = len(rows) * (columns.T @ (columns * density[:, None]) - np.outer(mean, mean))
    curve += RULES.ridge * np.eye(len(mean))
    decayed = marks.points.weight[rows]
    rate = stack.rate * (decayed @ times) / decayed.sum()
    effects = redraw_effects(stack, sources, blocks, ridge=RULES.ridge)
    found = redraw_ground(stack, effects, share, rate=rate)
    add_kernels(found, stack, sources, blocks, share)
    for b in (0, 17, 59):
        lam = sum(stack.origin.spreads[key].put(weight * times[:, b] * share[0, b] / stack.share[0])
                  for key, weight in stack.weigh_kernels(sources).items())
        score = ((columns[sources.unit[rows]] - mean) * (times[:, b] - 1)[:, None]).sum(axis=0)
        moved = PlaceModel(stack.place.coefficients + np.linalg.solve(curve, score),
                           stack.place.design, stack.place.fitting)
        lam = lam + rate[b] * (share[place, b] * moved.estimate_density()
                               + share[-1, b] * stack.even)
        assert found[:, b] == pytest.approx(lam, rel=1e-9)


def test_low_and_high_are_quantiles_of_the_draws_and_hold_the_intensity(fitted):
    _, stack, sources, marks = fitted
    point = stack.estimate(sources)
    found = bootstrap_stack(stack, sources, marks.points, ridge=RULES.ridge, rules=DRAWS,
                            density=point)
    assert found.low == pytest.approx(np.quantile(found.draws, 0.05, axis=1), rel=1e-4)
    assert found.high == pytest.approx(np.quantile(found.draws, 0.95, axis=1), rel=1e-4)
    assert ((found.low <= point) & (point <= found.high)).all()
    assert (found.low > 0).all()
    assert np.isfinite(found.draws).all()


def test_the_same_seed_gives_the_same_draws(fitted):
    _, stack, sources, marks = fitted
    one, two = (bootstrap_stack(stack, sources, marks.points, ridge=200.0, rules=DRAWS,
                                density=stack.estimate(sources))
                for _ in range(2))
    assert one.draws.tobytes() == two.draws.tobytes()


def test_one_step_is_close_to_a_new_fit(fitted):
    """A fifth more of the incidents of one stretch moves the effects as a new fit would."""
    support, stack, sources, _ = fitted
    rows = stack.origin.rows
    times = np.where(sources.unit < 20, 1.2, 1.0)
    each = Blocks(np.arange(len(times)), times[:, None])
    step = redraw_effects(stack, sources, each, ridge=RULES.ridge)[:, 0]
    count = np.bincount(sources.unit[rows], weights=times[rows], minlength=len(support.size))
    from georisk.fitting.place import Fitting, fit_place

    fitting = Fitting(np.arange(len(support.size)), np.ones(len(support.size), bool), support.size)
    plain = np.bincount(sources.unit[rows], minlength=len(support.size)).astype(float)
    start = fit_place(stack.place.design, plain, fitting, ridge=RULES.ridge)
    anew = fit_place(stack.place.design, count, fitting, ridge=RULES.ridge)
    full = anew.coefficients - start.coefficients
    assert step @ full / np.linalg.norm(step) / np.linalg.norm(full) > 0.95
    assert np.linalg.norm(step) == pytest.approx(np.linalg.norm(full), rel=0.15)


def test_shares_are_told_of_every_part(fitted):
    _, stack, _, _ = fitted
    told = list_shares(stack, RULES)
    assert told["share"].sum() == pytest.approx(1.0)
    assert told["part"].iloc[-1] == "even"
    assert set(told["width_km"].dropna()) == set(RULES.widths_km)


def test_no_draw_leaves_the_interval_empty_handed():
    support = make_lines(30)
    sources = draw_sources(support, 0)
    stack = fit_stack(support, lay_ground(support, make_values(support)), sources,
                      replace(RULES, prior=5.0))
    none = Points(np.zeros((0, 2)), np.zeros(0), np.zeros(0), np.zeros(0))
    found = bootstrap_stack(stack, sources, none, ridge=200.0, rules=DRAWS,
                            density=stack.estimate(sources))
    assert found.high.tolist() == [0.0] * 30
