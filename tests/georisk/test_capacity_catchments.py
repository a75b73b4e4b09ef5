"""Floating catchments: by hand, against pysal's access, and what must add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from georisk.capacity.catchments import (
    balance_catchments,
    float_catchments,
    share_catchments,
    weigh_gaussian,
)
from georisk.capacity.reach import keep_within

THRESHOLD_H, SIGMA_H = 8.0, 4.0
METHODS = (float_catchments, balance_catchments, share_catchments)


def make_reach(hours):
    hours = np.asarray(hours, float)
    return keep_within(hours, THRESHOLD_H, demand_ids=np.arange(len(hours)),
                       place_ids=np.arange(hours.shape[1]))


@st.composite
def worlds(draw):
    """Hours that differ by direction: nothing ties the way out to the way back."""
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    hour = st.one_of(st.floats(0, 12), st.just(np.inf))
    hours = np.array(draw(st.lists(hour, min_size=n * m, max_size=n * m))).reshape(n, m)
    needed = draw(st.lists(st.floats(0.01, 100), min_size=n, max_size=n))
    room = draw(st.lists(st.floats(0, 300), min_size=m, max_size=m))
    return hours, np.array(needed), np.array(room)


def weigh(reach):
    return weigh_gaussian(reach.hours, SIGMA_H)


def loop(hours, needed, room, kind):
    """The published formulas, term by term, without arrays."""
    n, m = hours.shape
    w = [[np.exp(-0.5 * (hours[i, j] / SIGMA_H) ** 2) if hours[i, j] <= THRESHOLD_H else 0.0
          for j in range(m)] for i in range(n)]
    rows = [sum(w[i]) for i in range(n)]
    columns = [sum(w[i][j] for i in range(n)) for j in range(m)]
    row = [[w[i][j] / rows[i] if rows[i] else 0.0 for j in range(m)] for i in range(n)]
    column = [[w[i][j] / columns[j] if columns[j] else 0.0 for j in range(m)] for i in range(n)]
    out, home = {"float": (w, w), "balance": (row, column), "share": (row, row)}[kind]
    ratio = []
    for j in range(m):
        crowd = sum(needed[i] * out[i][j] for i in range(n))
        ratio.append(room[j] / crowd if crowd else 0.0)
    return [sum(ratio[j] * home[i][j] for j in range(m)) for i in range(n)]


@given(worlds())
def test_the_formulas_term_by_term(world):
    hours, needed, room = world
    reach = make_reach(hours)
    for method, kind in zip(METHODS, ("float", "balance", "share"), strict=True):
        found = method(needed, room, reach, weight=weigh(reach))
        assert found.access == pytest.approx(loop(hours, needed, room, kind), rel=1e-9)


@given(worlds())
def test_shared_catchments_give_out_what_places_have(world):
    hours, needed, room = world
    reach = make_reach(hours)
    found = share_catchments(needed, room, reach, weight=weigh(reach))
    reached = np.isin(np.arange(len(room)), reach.place)
    assert (found.access * needed).sum() == pytest.approx(room[reached].sum(), rel=1e-9)


@given(worlds())
def test_balanced_catchments_keep_the_sum_of_ratios(world):
    hours, needed, room = world
    reach = make_reach(hours)
    found = balance_catchments(needed, room, reach, weight=weigh(reach))
    assert found.access.sum() == pytest.approx(found.ratio.sum(), rel=1e-9)


def test_conservation_with_times_that_differ_by_direction():
    """South is uphill: three groups, two places, no symmetry; 60 + 40 beds, all given out."""
    hours = np.array([[1.0, 6.0], [5.0, 2.0], [7.5, 0.5]])
    needed, room = np.array([30.0, 50, 20]), np.array([60.0, 40])
    reach = make_reach(hours)
    north = share_catchments(needed, room, reach, weight=weigh(reach))
    assert (north.access * needed).sum() == pytest.approx(100)
    turned = make_reach(hours[::-1])
    south = share_catchments(needed, room, turned, weight=weigh(turned))
    assert (south.access * needed).sum() == pytest.approx(100)
    assert not np.allclose(north.access, south.access)


def test_plain_catchments_count_people_once_for_each_place():
    """10 people reach both places, 5 one: 10 + 15 = 25 are counted where 15 are; shared, 15."""
    reach = make_reach([[1, 1], [9, 1]])
    needed, room = np.array([10.0, 5]), np.array([10.0, 5])
    crowd = {method: (room / method(needed, room, reach).ratio).tolist() for method in METHODS}
    assert crowd[float_catchments] == pytest.approx([10, 15])
    assert crowd[share_catchments] == crowd[balance_catchments] == pytest.approx([5, 10])


def test_as_published_the_balanced_ones_do_not_give_out_what_places_have():
    """10 people reach both places, 5 one: 22.5 + 1.25 of 15 beds would be given out."""
    reach = make_reach([[1, 1], [9, 1]])
    needed, room = np.array([10.0, 5]), np.array([10.0, 5])
    found = balance_catchments(needed, room, reach)
    # ratios 10/5 and 5/10; a has all of the first and half of the second, b the other half
    assert found.access.tolist() == pytest.approx([2.25, 0.25])
    assert (found.access * needed).sum() == pytest.approx(23.75)


def test_who_reaches_nothing_has_nothing():
    reach = make_reach([[9.0], [1.0]])
    for method in METHODS:
        assert method(np.array([5.0, 5]), np.array([10.0]), reach).access[0] == 0


def test_a_place_that_nobody_in_need_reaches_has_no_ratio():
    reach = make_reach([[1.0, 9.0]])
    assert float_catchments(np.array([0.0]), np.array([10.0, 5]), reach).ratio.tolist() == [0, 0]


@pytest.mark.parametrize("bad", [[-1.0], [np.nan], [np.inf], [1.0, 2.0]])
def test_what_is_no_amount_is_refused(bad):
    reach = make_reach([[1.0]])
    for method in METHODS:
        with pytest.raises(ValueError, match="room"):
            method(np.array([1.0]), np.array(bad), reach)
    with pytest.raises(ValueError, match="bell"):
        weigh_gaussian(np.array([1.0]), 0.0)


def ask_pysal(hours, needed, room, weight_fn):
    fca = pytest.importorskip("access.fca", reason="needs pysal's access")
    n, m = hours.shape
    pairs = pd.DataFrame({"origin": np.repeat(np.arange(n), m), "dest": np.tile(np.arange(m), n),
                          "cost": hours.ravel()})
    return fca.two_stage_fca(
        demand_df=pd.DataFrame({"geoid": np.arange(n), "demand": needed}),
        supply_df=pd.DataFrame({"geoid": np.arange(m), "supply": room}),
        cost_df=pairs[np.isfinite(pairs["cost"])], max_cost=THRESHOLD_H, weight_fn=weight_fn,
        demand_index="geoid", demand_name="demand", supply_index="geoid", supply_name="supply",
        cost_origin="origin", cost_dest="dest", cost_name="cost",
    ).reindex(np.arange(n)).fillna(0).to_numpy()


@pytest.mark.parametrize("seed", range(8))
def test_equal_to_pysal_access_where_the_methods_coincide(seed):
    rng = np.random.default_rng(seed)
    n, m = 30, 8
    hours = rng.uniform(0, 14, (n, m)).round(2)
    needed, room = rng.integers(1, 90, n).astype(float), rng.integers(1, 200, m).astype(float)
    reach = make_reach(hours)
    plain = ask_pysal(hours, needed, room, None)
    assert float_catchments(needed, room, reach).access == pytest.approx(plain, rel=1e-12)
    bell = ask_pysal(hours, needed, room, lambda h: float(np.exp(-0.5 * (h / SIGMA_H) ** 2)))
    weighed = float_catchments(needed, room, reach, weight=weigh(reach))
    assert weighed.access == pytest.approx(bell, rel=1e-12)
