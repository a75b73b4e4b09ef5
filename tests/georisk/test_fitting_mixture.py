"""Shares of a mixture against a direct optimiser; the likelihood never falls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from surroundings import CAMPAIGN

from georisk.fitting.mixture import weigh_parts

EXAMPLES = 10_000 if CAMPAIGN else 200


def draw(seed, e, k):
    rng = np.random.default_rng(seed)
    return 10 ** rng.uniform(-5, 1, (e, k)), rng.uniform(0.1, 4, k)


def measure_worth(share, density, prior):
    """Log likelihood of the later incidents and of the prior's own."""
    return np.log(density @ share).sum() + prior @ np.log(share)


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32), e=st.integers(1, 30), k=st.integers(1, 8))
def test_no_round_lowers_the_likelihood(seed, e, k):
    density, prior = draw(seed, e, k)
    worth = [measure_worth(weigh_parts(density, prior, rounds=rounds), density, prior)
             for rounds in (0, 1, 2, 5, 20, 100)]
    assert (np.diff(worth) >= -1e-9 * np.abs(worth[:-1])).all()
    share = weigh_parts(density, prior)
    assert share.sum() == pytest.approx(1, abs=1e-12)
    assert (share > 0).all()


@settings(max_examples=EXAMPLES // 16)
@given(seed=st.integers(0, 2**32), e=st.integers(1, 20), k=st.integers(2, 5))
def test_shares_equal_those_of_a_direct_optimiser(seed, e, k):
    density, prior = draw(seed, e, k)
    found = minimize(
        lambda share: -measure_worth(share, density, prior),
        np.full(k, 1 / k), method="SLSQP", bounds=[(1e-9, 1)] * k,
        jac=lambda share: -(density / (density @ share)[:, None]).sum(axis=0) - prior / share,
        constraints={"type": "eq", "fun": lambda share: share.sum() - 1,
                     "jac": lambda share: np.ones(k)},
        options={"ftol": 1e-14, "maxiter": 500})
    # The prior bends the likelihood everywhere: there is one best answer.
    np.testing.assert_allclose(weigh_parts(density, prior, rounds=5_000), found.x, atol=2e-4)
    assert measure_worth(weigh_parts(density, prior), density, prior) > -found.fun - 1e-2


def test_without_later_incidents_the_prior_stands():
    prior = np.array([1.0, 3.0])
    assert weigh_parts(np.zeros((0, 2)), prior).tolist() == [0.25, 0.75]


def test_a_strong_prior_outweighs_the_incidents_and_a_weak_one_does_not():
    density = np.array([[1.0, 1e-3]] * 10)
    assert weigh_parts(density, np.array([500.0, 500.0]))[0] == pytest.approx(0.505, abs=1e-3)
    assert weigh_parts(density, np.array([1e-3, 1e-3]))[0] > 0.99


def test_an_incident_that_no_part_foresaw_counts_for_none():
    density = np.array([[1.0, 0.0], [0.0, 0.0]])
    assert weigh_parts(density, np.ones(2)) == pytest.approx([2 / 3, 1 / 3])


def test_a_single_part_has_it_all():
    assert weigh_parts(np.array([[0.3], [1e-12]]), np.array([2.0])).tolist() == [1.0]
    assert weigh_parts(np.zeros((0, 1)), np.array([2.0])).tolist() == [1.0]
