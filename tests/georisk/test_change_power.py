"""How often a comparison of two days finds what changed, and how often what did not.

The table of docs/how-to/compare-two-dates.md comes from here: the campaign prints it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from change_world import (
    LATER_YEARS,
    RISE,
    ROUTE_KM,
    RULES,
    draw_even,
    draw_rise,
    fit_day,
    judge_world,
    read_world,
    reorder,
)
from surroundings import CAMPAIGN

from georisk.chance import count_equivalents, measure_dispersion

EVEN_WORLDS, RISEN_WORLDS = (100, 100) if CAMPAIGN else (12, 6)
NAMED = ["more_reported", "fewer_reported"]
AT_KM = np.arange(ROUTE_KM)
RISEN = np.isin(AT_KM, AT_KM[RISE])
NEAR = np.isin(AT_KM, AT_KM[RISE.start - 10:RISE.stop + 10])


def judge_worlds(draw, worlds, count, **how):
    """Judge that many worlds; one row each of what is read off them."""
    rows = []
    for seed in range(worlds):
        told = judge_world(draw(np.random.default_rng(seed), count, **how))
        named = told["change"].isin(NAMED).to_numpy()
        whole = max(int(named.sum()), 1)
        rows.append({"any": named.any(), "off": (named & ~RISEN).sum() / whole,
                     "far": (named & ~NEAR).sum() / whole,
                     "found": (told["change"] == "more_reported").to_numpy()[RISEN].mean(),
                     "p05": (told["stretch_p"] <= 0.05).mean(),
                     "apart": ((told["ratio_low"] > 1) | (told["ratio_high"] < 1)).mean()})
    means = pd.DataFrame(rows).astype(float).mean()
    print(draw.__name__, worlds, count, how, means.round(3).to_dict())  # noqa: T201 - the table
    return means


@pytest.mark.parametrize("clustered", [False, True], ids=["alone", "clusters"])
def test_where_nothing_changes_no_more_is_named_than_stated(clustered):
    """Whatever is named there is false: the false discovery rate is the share of such worlds."""
    seen = judge_worlds(draw_even, EVEN_WORLDS, 600, clustered=clustered)
    assert seen["any"] <= RULES.false_share
    assert seen["p05"] <= 0.05
    assert seen["apart"] <= 0.15


def test_a_fourfold_rise_is_found_and_seldom_told_far_from_it():
    seen = judge_worlds(draw_rise, RISEN_WORLDS, 600)
    assert seen["found"] > 0.9
    assert seen["far"] <= RULES.false_share


@pytest.mark.skipif(not CAMPAIGN, reason="figures for the table, a few minutes")
@pytest.mark.parametrize("clustered", [False, True], ids=["alone", "clusters"])
@pytest.mark.parametrize("count", [300, 600])
def test_figures_with_fewer_and_more_reports(count, clustered):
    even = judge_worlds(draw_even, EVEN_WORLDS, count, clustered=clustered)
    risen = judge_worlds(draw_rise, RISEN_WORLDS // 2, count, clustered=clustered)
    assert even["any"] <= RULES.false_share
    assert 0 <= risen["found"] <= 1


def test_clusters_are_counted_as_the_fewer_reports_they_are_and_a_rise_is_no_cluster():
    random = np.random.default_rng(3)
    found = {}
    for name, world in (("alone", draw_even(random, 600)), ("risen", draw_rise(random, 600)),
                        ("clusters", draw_even(random, 600, clustered=True))):
        reading, window = read_world(world, *fit_day(world, 0.0))
        counts = count_equivalents(reading, None, window, RULES)
        phi = measure_dispersion(reading, block_km=25.0, split_years=LATER_YEARS)
        found[name] = phi, (counts.before + counts.after).mean()
    assert found["alone"][0] < 1.3
    assert found["risen"][0] < 1.3
    assert found["clusters"][0] > 2.5
    assert found["clusters"][1] < found["alone"][1] / 2


def test_row_order_changes_nothing():
    world = draw_rise(np.random.default_rng(5), 300)
    order = np.random.default_rng(6).permutation(len(world.x_km))
    one, other = judge_world(world), judge_world(reorder(world, order))
    pd.testing.assert_frame_equal(one, other, rtol=1e-7)
