"""The stacked log-linear model against statsmodels, and by hand. Numbers are invented."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from georisk.fitting.design import Design
from georisk.fitting.loglinear import (
    RIDGES,
    YearLayer,
    fit_stacked,
    normalise_logs,
    tune_ridge,
)
from georisk.fitting.newton import fit_poisson


def make_years(cells=400, years=3, *, slope=0.8, seed=3):
    """Cells whose ground and past both raise the counts by known amounts."""
    rng = np.random.default_rng(seed)
    ground = rng.normal(size=(cells, 2))
    size = rng.uniform(0.5, 2.0, cells)
    layers = []
    for _ in range(years):
        kappa = rng.normal(size=cells)
        mean = size * np.exp(0.5 + slope * kappa + ground @ [0.4, -0.3])
        layers.append(YearLayer(kappa, rng.poisson(mean).astype(float)))
    return layers, Design(ground, ("wet", "dry")), size


def refit(years, design, size, **ridge):
    """The same design under statsmodels, every unit of every year."""
    api = pytest.importorskip("statsmodels.api")
    count = np.concatenate([year.count for year in years])
    wide = np.vstack([
        np.column_stack([np.ones(len(size)), year.log_kappa, design.columns]) for year in years])
    exposure = np.tile(size, len(years))
    model = api.GLM(count, wide, family=api.families.Poisson(), offset=np.log(exposure))
    return model, wide, count, exposure


def test_free_fit_is_that_of_statsmodels():
    years, design, size = make_years()
    model, wide, count, exposure = refit(years, design, size)
    own = fit_poisson(wide[:, 1:], count, exposure, np.zeros(3))
    assert own == pytest.approx(model.fit(tol=1e-12).params, abs=1e-7)


def test_ridge_fit_is_that_of_statsmodels():
    """Its penalty is alpha n |b|^2 / 2 on the mean likelihood; here ridge |b|^2 / 2 on the sum."""
    years, design, size = make_years()
    model, wide, count, exposure = refit(years, design, size)
    ridge = 200.0
    alpha = np.array([0, 0, ridge, ridge]) / len(count)
    theirs = model.fit_regularized(alpha=alpha, L1_wt=0.0, cnvrg_tol=1e-12, maxiter=500).params
    own = fit_poisson(wide[:, 1:], count, exposure, np.array([0, ridge, ridge]))
    assert own == pytest.approx(theirs, abs=1e-4)
    free = fit_poisson(wide[:, 1:], count, exposure, np.zeros(3))
    assert np.abs(own[2:]).sum() < np.abs(free[2:]).sum()


def test_stack_finds_the_effects_it_was_made_with():
    years, design, size = make_years(cells=4000)
    found = fit_stacked(years, design, size, ridge=1e-6)
    assert found.kappa_effect == pytest.approx(0.8, abs=0.05)
    assert found.ground == pytest.approx([0.4, -0.3], abs=0.05)
    assert found.constant == pytest.approx(0.5, abs=0.06)


def test_ridge_is_large_where_the_ground_says_nothing():
    rng = np.random.default_rng(5)
    bare = Design(rng.normal(size=(300, 60)), ("noise",) * 60)
    size = np.ones(300)
    layers = [YearLayer(np.zeros(300), rng.poisson(0.3, 300).astype(float)) for _ in range(3)]
    assert tune_ridge(layers, bare, size) == max(RIDGES)
    strong, design, size = make_years()
    assert tune_ridge(strong, design, size) < max(RIDGES)
    assert tune_ridge(strong[:1], design, size) == max(RIDGES)


def test_log_densities_never_overflow():
    logs = np.array([5000.0, 4999.0])
    assert normalise_logs(logs, np.ones(2)) == pytest.approx([0.7310586, 0.2689414])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(-3, 3), st.integers(0, 50), st.floats(0.1, 10)),
                min_size=2, max_size=30), st.floats(0.0, 100.0))
def test_fit_is_stationary(rows, ridge):
    """At the answer no coefficient can move without loss; the constant reproduces the total."""
    column, count, exposure = (np.array(one, float) for one in zip(*rows, strict=True))
    found = fit_poisson(column[:, None], count, exposure, np.array([ridge + 0.01]))
    assert np.isfinite(found).all()
    mean = exposure * np.exp(found[0] + found[1] * column)
    if count.sum():
        assert mean.sum() == pytest.approx(count.sum(), rel=1e-6)
        pull = column @ (count - mean) - (ridge + 0.01) * found[1]
        assert abs(pull) < 1e-6 * max(count.sum(), 1)


def test_no_incident_gives_no_effect():
    assert fit_poisson(np.ones((3, 2)), np.zeros(3), np.ones(3), np.ones(2)).tolist() == [0, 0, 0]
