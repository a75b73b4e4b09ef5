"""How often the interval holds a truth that is known: an invented road with clustered incidents."""

import numpy as np
import pytest
from fitting_world import StackRules, fit_stack, lay_ground, make_lines, make_sources, make_values

from georisk.bootstrap import Resampling
from georisk.fitting.intervals import bootstrap_stack
from georisk.incidents import Points, weigh_decay

ROAD = make_lines(400, seed=1)
VALUES = make_values(ROAD)
RULES = StackRules(trees_from=10**9)
YEARS, BLOCK_KM = 8, 25.0


def know_truth(per_year):
    """Incidents per km and year: conditions that the fit sees, and three spots that it does not."""
    effect = 0.5 * VALUES["coast"].to_numpy() + 0.4 * VALUES["relief"].to_numpy()
    away_km2 = [((ROAD.xy_km - ROAD.xy_km[at]) ** 2).sum(axis=1) for at in (60, 300, 150)]
    truth = np.exp(effect) + sum(
        height * np.exp(-square / 72) for height, square in zip((3, 2, 1.5), away_km2, strict=True))
    return truth * per_year / (truth * ROAD.size).sum()


def draw_incidents(truth, *, seed, clump):
    """Positions and ages: each block of 25 km has good and bad years of its own."""
    rng = np.random.default_rng(seed)
    _, block = np.unique(np.floor(ROAD.xy_km / BLOCK_KM), axis=0, return_inverse=True)
    block = block.ravel()
    unit, age = [], []
    for year in range(YEARS):
        luck = rng.gamma(1 / clump, clump, size=block.max() + 1) if clump else np.ones(99)
        count = rng.poisson(truth * ROAD.size * luck[block])
        unit.append(np.repeat(np.arange(len(count)), count))
        age.append(year + rng.uniform(size=count.sum()))
    at = np.concatenate(unit)
    return ROAD.xy_km[at] + rng.normal(0, 0.2, (len(at), 2)), np.concatenate(age)


def measure_coverage(*, per_year, clump, runs):
    """Share of the length whose true intensity lies in its 90 % interval; and above it."""
    truth, ground = know_truth(per_year), lay_ground(ROAD, VALUES)
    held, above = [], []
    for seed in range(runs):
        xy_km, age = draw_incidents(truth, seed=seed, clump=clump)
        sources = make_sources(ROAD, xy_km, age, np.zeros(len(age)), rules=RULES, window=YEARS)
        points = Points(xy_km, np.full(len(age), 0.5), age,
                        weigh_decay(age, RULES.rate_half_life_years))
        interval = bootstrap_stack(fit_stack(ROAD, ground, sources, RULES), sources, points,
                                   ridge=RULES.ridge, rules=Resampling(seed=1, block_km=BLOCK_KM))
        inside = (interval.low <= truth) & (truth <= interval.high)
        held.append(np.average(inside, weights=ROAD.size))
        above.append(np.average(truth > interval.high, weights=ROAD.size))
    return float(np.mean(held)), float(np.mean(above))


@pytest.mark.parametrize(("per_year", "clump", "least"), [(15, 0.0, 0.75), (15, 0.5, 0.65)])
def test_the_interval_holds_the_truth_at_least_as_often_as_it_did(per_year, clump, least):
    """A guard, not the aim: 0.90 is meant, and these floors are where it stood when written."""
    held, above = measure_coverage(per_year=per_year, clump=clump, runs=6)
    assert held >= least
    assert above <= 1 - least
