"""The plane kernel against a double loop and its plain twin; mass in a domain; row order."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN, ROOT

from georisk.kernels import sum_gaussians, sum_gaussians_plain

EXAMPLES = 10_000 if CAMPAIGN else 500


def draw(seed, m, n, *, size_km=50.0, widest=1.5):
    rng = np.random.default_rng(seed)
    return (rng.uniform(-size_km, size_km, (m, 2)), rng.uniform(-size_km, size_km, (n, 2)),
            rng.uniform(0, 3, n), 10 ** rng.uniform(-1.5, widest, n))


def loop_density(at, source, mass, width, cut):
    d2 = ((at[:, None] - source[None]) ** 2).sum(axis=2)
    bump = mass * np.exp(-d2 / (2 * width**2)) / (2 * np.pi * width**2)
    return np.where(d2 <= (cut * width) ** 2, bump, 0.0).sum(axis=1)


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32), m=st.integers(0, 60), n=st.integers(0, 60),
       cut=st.floats(0.5, 10), size_km=st.sampled_from([1e-3, 1.0, 50.0, 3000.0]))
def test_density_equals_its_twin_and_a_double_loop(seed, m, n, cut, size_km):
    at, source, mass, width = draw(seed, m, n, size_km=size_km)
    found = sum_gaussians(at, source, mass, width, cut_sigmas=cut)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(
        found, sum_gaussians_plain(at, source, mass, width, cut_sigmas=cut), rtol=1e-9)
    np.testing.assert_allclose(found, loop_density(at, source, mass, width, cut), rtol=1e-9)


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 60), levels=st.integers(1, 4))
def test_row_order_changes_no_byte(seed, n, levels):
    """Coordinates, widths and masses from a few levels: many ties."""
    rng = np.random.default_rng(seed)
    source, mass, width = (rng.integers(0, levels + 1, shape).astype(float)
                           for shape in ((n, 2), n, n))
    at, order = rng.uniform(-3, 6, (40, 2)), rng.permutation(n)
    once = sum_gaussians(at, source, mass / 7, width / 3 + 0.1)
    again = sum_gaussians(at, source[order], mass[order] / 7, (width / 3 + 0.1)[order])
    assert once.tobytes() == again.tobytes()
    turn = rng.permutation(40)
    assert sum_gaussians(at[turn], source, mass / 7, width / 3 + 0.1).tobytes() == (
        once[turn].tobytes())


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 40))
def test_one_more_source_never_lowers_the_density(seed, n):
    at, source, mass, width = draw(seed, 30, n)
    fewer = sum_gaussians(at, source[1:], mass[1:], width[1:])
    assert (sum_gaussians(at, source, mass, width) >= fewer).all()


def test_a_sample_on_the_cut_counts():
    """Exactly 4 widths away: exp(-8) / (2 pi); a hair farther: nothing."""
    at = np.array([[4.0, 0.0], [4.0 + 1e-9, 0.0]])
    found = sum_gaussians(at, np.zeros((1, 2)), np.ones(1), np.ones(1), cut_sigmas=4.0)
    assert found.tolist() == [pytest.approx(np.exp(-8) / (2 * np.pi), rel=1e-9), 0.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"at": np.zeros(3)}, "at_km: expected shape"),
        ({"source": np.array([[np.nan, 0.0]])}, "from_km: coordinates"),
        ({"source": np.array([[1e7, 0.0]])}, "from_km: coordinates"),
        ({"mass": np.array([-1.0])}, "mass: every value"),
        ({"mass": np.ones(2)}, "mass: expected shape"),
        ({"width": np.zeros(1)}, "width_km: every value"),
        ({"width": np.array([np.inf])}, "width_km: every value"),
        ({"cut": 11.0}, "cut_sigmas"),
        ({"cut": float("nan")}, "cut_sigmas"),
    ],
)
def test_what_makes_no_kernel_is_refused(change, message):
    given = {"at": np.zeros((1, 2)), "source": np.zeros((1, 2)), "mass": np.ones(1),
             "width": np.ones(1), "cut": 4.0} | change
    for function in (sum_gaussians, sum_gaussians_plain):
        with pytest.raises(ValueError, match=message):
            function(given["at"], given["source"], given["mass"], given["width"],
                     cut_sigmas=given["cut"])


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path):
    """A package on a read-only disk and no home: compiled anew, the same number."""
    code = ("import numba.core.caching as c\n"
            "for one in c.CacheImpl._locator_classes if hasattr(c.CacheImpl, '_locator_classes') "
            "else (): one.from_function = classmethod(lambda *a: None)\n"
            "import numpy as np\nfrom georisk.kernels import sum_gaussians\n"
            "print(round(float(sum_gaussians(np.zeros((1, 2)), np.zeros((1, 2)), np.ones(1), "
            "np.full(1, 2.0))[0]), 4))")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          check=False, env={**os.environ, "HOME": str(tmp_path)})
    assert done.stdout.strip() == "0.0398", done.stderr[-800:]


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32), m=st.integers(1, 8), n=st.integers(9, 300),
       cut=st.floats(0.5, 10), size_km=st.sampled_from([1e-3, 1.0, 50.0, 3000.0]))
def test_a_crowd_of_sources_is_summed_like_a_few(seed, m, n, cut, size_km):
    """Widths of one class and more sources than points: the sum runs from point to point."""
    at, source, mass, _ = draw(seed, m, n, size_km=size_km)
    width = np.random.default_rng(seed).uniform(1.0, 1.99, n) * 8.0
    found = sum_gaussians(at, source, mass, width, cut_sigmas=cut)
    np.testing.assert_allclose(
        found, sum_gaussians_plain(at, source, mass, width, cut_sigmas=cut), rtol=1e-9)
    np.testing.assert_allclose(found, loop_density(at, source, mass, width, cut), rtol=1e-9)
    order = np.random.default_rng(seed).permutation(n)
    again = sum_gaussians(at, source[order], mass[order], width[order], cut_sigmas=cut)
    assert again.tobytes() == found.tobytes()
    fewer = sum_gaussians(at, source[1:], mass[1:], width[1:], cut_sigmas=cut)
    assert (found >= fewer * (1 - 1e-12)).all()
