"""The place model against statsmodels, its effects, units of fitting and trees."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.fitting.design import Design, build_design, standardise
from georisk.fitting.place import Fitting, fit_place, fit_trees

EXAMPLES = 10_000 if CAMPAIGN else 60


def draw(seed, m, p=5, *, events=60):
    """Invented units, columns and counts that follow two of them."""
    rng = np.random.default_rng(seed)
    size = rng.uniform(0.3, 4, m)
    columns = standardise(rng.normal(0, 1, (m, p)) + rng.normal(0, 1, (m, 1)), size)
    rate = size * np.exp(0.8 * columns[:, 0] - 0.5 * columns[:, -1])
    count = rng.multinomial(events, rate / rate.sum()).astype(float)
    names = tuple(f"c{n // 2}" for n in range(p))
    return Design(columns, names), count, size


def keep_all(size, pool=None):
    pool = np.arange(len(size)) if pool is None else pool
    return Fitting(pool, np.ones(len(size), bool), size)


def fit_with_statsmodels(columns, count, size, ridge):
    """Poisson regression with the sizes as exposure; the constant is not penalised."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        api = pytest.importorskip("statsmodels.api")
        wide = api.add_constant(columns, has_constant="add")
        model = api.GLM(count, wide, family=api.families.Poisson(), exposure=size)
        if not ridge:
            return model.fit(tol=1e-12).params[1:]
        # statsmodels penalises the mean likelihood of n units.
        alpha = np.append(0.0, np.full(columns.shape[1], ridge / len(count)))
        start = np.append(np.log(count.sum() / size.sum()), np.zeros(columns.shape[1]))
        return model.fit_regularized(alpha=alpha, L1_wt=0, start_params=start,
                                     opt_method="Newton-CG").params[1:]


@pytest.mark.parametrize("seed", range(6))
def test_without_a_prior_it_is_a_poisson_regression(seed):
    design, count, size = draw(seed, 90)
    found = fit_place(design, count, keep_all(size), ridge=1e-10)
    expected = fit_with_statsmodels(design.columns, count, size, 0.0)
    np.testing.assert_allclose(found.coefficients, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("seed", "ridge"), [(0, 0.5), (1, 20.0), (2, 200.0), (3, 3000.0)])
def test_with_a_prior_it_is_a_ridge_regression(seed, ridge):
    design, count, size = draw(seed, 90)
    found = fit_place(design, count, keep_all(size), ridge=ridge)
    expected = fit_with_statsmodels(design.columns, count, size, ridge)
    np.testing.assert_allclose(found.coefficients, expected, rtol=1e-5, atol=1e-7)


def measure_slope(design, count, size, found, ridge):
    """Gradient of the penalised likelihood with the constant at its best."""
    mean = count.sum() * np.exp(design.columns @ found) * size
    mean *= count.sum() / mean.sum()
    return design.columns.T @ (count - mean) - ridge * found


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32), m=st.integers(2, 120), p=st.integers(1, 30),
       events=st.integers(1, 400), ridge=st.sampled_from([0.1, 5.0, 200.0, 1e4]))
def test_the_answer_is_a_maximum(seed, m, p, events, ridge):
    """More columns than units, columns that say the same, one incident: the gradient is 0."""
    design, count, size = draw(seed, m, p, events=events)
    columns = np.column_stack([design.columns, design.columns[:, :1]])
    design = Design(columns, (*design.factor, "twin"))
    found = fit_place(design, count, keep_all(size), ridge=ridge)
    slope = measure_slope(design, count, size, found.coefficients, ridge)
    assert np.abs(slope).max() < 1e-6 * events


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32), m=st.integers(1, 100))
def test_effects_add_up_and_density_sums_to_one(seed, m):
    design, count, size = draw(seed, m)
    found = fit_place(design, count, keep_all(size), ridge=5.0)
    effects = found.list_effects()
    assert list(effects) == ["c0", "c1", "c2"]
    np.testing.assert_allclose(sum(effects.values()), found.read_logs(), atol=1e-12)
    for effect in effects.values():
        assert np.average(effect, weights=size) == pytest.approx(0, abs=1e-11)
    density = found.estimate_density()
    assert density @ size == pytest.approx(1, rel=1e-12)
    assert (density > 0).all()


def test_without_incidents_or_columns_the_density_is_flat():
    design, count, size = draw(0, 30)
    bare = Design(np.zeros((30, 0)), ())
    for model in (fit_place(design, 0 * count, keep_all(size)),
                  fit_place(bare, count, keep_all(size))):
        np.testing.assert_allclose(model.estimate_density(), 1 / size.sum(), rtol=1e-12)
    assert fit_place(bare, count, keep_all(size)).list_effects() == {}


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32), m=st.integers(4, 90))
def test_units_of_5_km_are_fitted_as_one_each(seed, m):
    """Numbers of units in any order, some of one segment, some without a segment."""
    design, count, size = draw(seed, m)
    pool = np.random.default_rng(seed).integers(0, max(2, m // 2), m)
    found = fit_place(design, count, keep_all(size, pool), ridge=5.0).coefficients
    rows = [np.flatnonzero(pool == n) for n in np.unique(pool)]
    columns = np.array([np.average(design.columns[r], axis=0, weights=size[r]) for r in rows])
    sums = [np.array([values[r].sum() for r in rows]) for values in (count, size)]
    explicit = fit_place(Design(columns, design.factor), sums[0], keep_all(sums[1]), ridge=5.0)
    np.testing.assert_allclose(found, explicit.coefficients, rtol=1e-6, atol=1e-8)


def test_units_numbered_backwards_are_no_other_units():
    design, count, size = draw(4, 40)
    plain, back = (fit_place(design, count, keep_all(size, pool)).coefficients
                   for pool in (np.arange(40), np.arange(40)[::-1]))
    np.testing.assert_allclose(back, plain, rtol=1e-6)


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32), m=st.integers(1, 80), events=st.integers(0, 200))
def test_quadrature_weights_add_up_to_the_whole(seed, m, events):
    rng = np.random.default_rng(seed)
    size = rng.uniform(0.1, 3, m)
    count = np.bincount(rng.integers(0, m, events), minlength=m).astype(float)
    fitting = Fitting(np.arange(m), rng.random(m) < 0.3, size)
    chosen, weight = fitting.choose(count)
    assert weight.sum() == pytest.approx(size.sum())
    assert (weight > 0).all()
    assert set(np.flatnonzero(count)) <= set(chosen.tolist())
    np.testing.assert_allclose(weight[count[chosen] > 0], size[count > 0])


def test_thinned_units_tell_nearly_what_all_tell():
    """A quarter of 4,000 empty units stands for them: effects differ by less than 0.1."""
    design, count, size = draw(8, 4000, events=500)
    thin = Fitting(np.arange(4000), np.arange(4000) % 4 == 0, size)
    whole = fit_place(design, count, keep_all(size), ridge=20.0).coefficients
    off = np.abs(fit_place(design, count, thin, ridge=20.0).coefficients - whole)
    assert off.max() < 0.1 < np.abs(whole).max() / 4


def draw_trees(seed=0, m=900):
    rng = np.random.default_rng(seed)
    values = pd.DataFrame(rng.normal(0, 1, (m, 3)), columns=["a", "b", "c"])
    rate = np.exp(1.6 * np.sign(values["a"] * values["b"]))
    count = rng.multinomial(1200, rate / rate.sum()).astype(float)
    return values, count, np.ones(m), np.asarray(rate / rate.sum())


def test_trees_find_two_conditions_that_matter_only_together():
    values, count, size, true = draw_trees()
    found = fit_trees(values, count, keep_all(size))
    assert found @ size == pytest.approx(1)
    assert (found > 0).all()
    gain = true @ np.log2(found * len(size))
    best = true @ np.log2(true * len(size))
    design = build_design(values, xy_km=np.zeros((900, 2)), size=size)
    splines = fit_place(design, count, keep_all(size), ridge=20.0).estimate_density()
    assert gain > 0.8 * best
    assert true @ np.log2(splines * len(size)) < 0.1 * best


def test_trees_take_unknown_endless_and_constant_conditions():
    values, count, size, _ = draw_trees(m=300)
    odd = values.assign(none=np.nan, flat=2.0)
    assert (fit_trees(odd, count, keep_all(size)) == fit_trees(values, count, keep_all(size))).all()
    odd.loc[::2, "a"], odd.loc[3, "b"] = np.nan, np.inf
    assert np.isfinite(fit_trees(odd, count, keep_all(size))).all()
    for bare in (values[[]], odd[["none", "flat"]]):
        assert fit_trees(bare, count, keep_all(size)).tolist() == [1 / 300] * 300
    pool = np.arange(300) // 3
    assert fit_trees(odd, count, keep_all(size, pool)) @ size == pytest.approx(1)
    assert fit_trees(values, 0 * count, keep_all(size)).tolist() == [1 / 300] * 300


def test_trees_are_the_same_twice():
    values, count, size, _ = draw_trees(m=300)
    assert (fit_trees(values, count, keep_all(size)).tobytes()
            == fit_trees(values, count, keep_all(size)).tobytes())
