"""Compiled sums of Gaussians against double loops; spots; a reach and a disk that end."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr
from surroundings import CAMPAIGN, ROOT

from georisk.kernels.cells import lay_grid
from georisk.kernels.gaussians import FAR_KM
from georisk.kernels.nodes import put_nodes, read_nodes
from georisk.kernels.shares import (
    measure_cell_shares,
    put_cell_columns,
    put_columns,
    put_rows,
    read_columns,
)
from georisk.kernels.spots import find_spots

EXAMPLES = 10_000 if CAMPAIGN else 300
seeds = st.integers(0, 2**32 - 1)


def loop_bumps(at, source, width, cut):
    """Gaussians of all sources at all points, (m, n)."""
    d2 = ((at[:, None] - source[None]) ** 2).sum(axis=2)
    return np.where(d2 <= (cut * width) ** 2, np.exp(-d2 / (2 * width**2)), 0.0)


def lay_cells(at, reach_km):
    x, y = np.ascontiguousarray(at.T)
    grid = lay_grid(x, y, reach_km)
    return grid, (grid.fill(x, y, empty=FAR_KM), grid.start, grid.frame)


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=seeds, m=st.integers(1, 60), n=st.integers(0, 60), cut=st.floats(0.5, 10),
       size_km=st.sampled_from([1e-3, 1.0, 50.0, 3000.0]))
def test_sums_are_those_of_a_double_loop(seed, m, n, cut, size_km):
    rng = np.random.default_rng(seed)
    at, source = (rng.uniform(-size_km, size_km, (k, 2)) for k in (m, n))
    width = 10 ** rng.uniform(-1.5, 1.5) * rng.uniform(1.0, 2.0, n)
    weight, held = rng.uniform(0, 3, (n, 3)) * (rng.random((n, 3)) < 0.7), rng.uniform(0, 3, m)
    grid, cells = lay_cells(at, cut * width.max(initial=1.0))
    bumps = loop_bumps(at, source, width, cut)
    out = np.zeros((3, grid.size))
    put_columns(cells, source, weight, (cut, width), out)
    np.testing.assert_allclose(out[:, grid.slot].T, bumps @ weight, rtol=1e-9)
    rows = np.zeros((grid.size, 3), np.float32)
    put_rows(cells, source, weight.astype(np.float32), (cut, width), rows)
    np.testing.assert_allclose(rows[grid.slot], bumps @ weight, rtol=1e-5, atol=1e-30)
    both = np.stack([held, rng.permutation(held)])
    found = read_columns(cells, grid.fill(*both, empty=0.0), source, (cut, width))
    np.testing.assert_allclose(found.T, both @ bumps, rtol=1e-9)


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=seeds, m=st.integers(0, 30), shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
       cut=st.floats(0.5, 10), width=st.floats(0.05, 20))
def test_sums_on_a_lattice_are_those_of_a_double_loop(seed, m, shape, cut, width):
    """Read at points and put on nodes, and each is the other turned round."""
    rng = np.random.default_rng(seed)
    frame, field = np.array([-3.0, 5.0, 0.7, 0.4]), rng.uniform(0, 3, (2, *shape))
    at, values = rng.uniform(-10, 30, (m, 2)), rng.uniform(0, 3, m) * (rng.random(m) < 0.8)
    row, column = np.indices(shape).reshape(2, -1)
    nodes = frame[:2] + np.column_stack([column, row]) * frame[2:]
    bumps = loop_bumps(at, nodes, np.full(len(nodes), width), cut)
    read = read_nodes(at, frame, field, (cut, width))
    np.testing.assert_allclose(read, bumps @ field.reshape(2, -1).T, rtol=1e-9)
    put = np.zeros(shape)
    put_nodes(at, frame, values, (cut, width), put)
    np.testing.assert_allclose(put.ravel(), values @ bumps, rtol=1e-9)
    np.testing.assert_allclose((put * field[1]).sum(), values @ read[:, 1], rtol=1e-9)


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=seeds, n=st.integers(0, 300), size_km=st.sampled_from([1e-3, 1.0, 3000.0]))
def test_spots_are_every_place_and_width_once(seed, n, size_km):
    rng = np.random.default_rng(seed)
    xy = rng.choice(rng.uniform(-size_km, size_km, 5), (n, 2))
    width = rng.choice([0.3, 2.0], n)
    spot, place, wide = find_spots(xy, width)
    every = np.column_stack([place, wide])
    np.testing.assert_array_equal(every[spot].reshape(n, 3), np.column_stack([xy, width]))
    assert len(np.unique(every, axis=0)) == len(every) == len(np.unique(spot))


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=seeds, n=st.integers(0, 30), rows=st.integers(1, 30))
def test_masses_in_cells_are_those_of_a_double_loop(seed, n, rows):
    """Sources of few rows, one after another or not, of one width and of many."""
    rng = np.random.default_rng(seed)
    edges = tuple(np.cumsum(rng.uniform(0.5, 2.0, k)) for k in (9, 13))
    source = np.column_stack([rng.uniform(-5, 15, n), rng.choice(rng.uniform(-5, 15, rows), n)])
    reach = 10 ** rng.uniform(-1, 1, (n, 2))
    reach[:, 1] = rng.choice(reach[:2, 1], n) if n else 0.0
    field, weight = rng.uniform(0, 1, (8, 12)), rng.uniform(0, 1, (n, 2))
    masses = [np.diff(ndtr((edges[k] - source[:, k, None]) / reach[:, k, None]), axis=1)
              for k in (0, 1)]
    np.testing.assert_allclose(measure_cell_shares(edges, field, source, reach),
                               np.einsum("ix,iy,xy->i", *masses, field), rtol=1e-9, atol=1e-10)
    out = np.zeros((2, 8, 12))
    put_cell_columns(edges, source, reach, weight, out)
    np.testing.assert_allclose(out, np.einsum("ix,iy,ik->kxy", *masses, weight), rtol=1e-9,
                               atol=1e-10)


def test_a_point_on_the_cut_counts():
    """Exactly 4 widths away: exp(-8); a hair farther: nothing."""
    grid, cells = lay_cells(np.array([[4.0, 0.0], [4.0 + 1e-9, 0.0]]), 4.0)
    out = np.zeros((1, grid.size))
    put_columns(cells, np.zeros((1, 2)), np.ones((1, 1)), (4.0, np.ones(1)), out)
    assert out[0, grid.slot].tolist() == [pytest.approx(np.exp(-8), rel=1e-9), 0.0]


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path):
    """A package on a read-only disk and no home: compiled anew, the same number."""
    code = ("import numba.core.caching as c\n"
            "for one in c.CacheImpl._locator_classes if hasattr(c.CacheImpl, '_locator_classes') "
            "else (): one.from_function = classmethod(lambda *a: None)\n"
            "import numpy as np\nfrom georisk.kernels.lattices import lay_lattice\n"
            "print(lay_lattice(np.zeros((1, 2)), np.ones(2)).xy.sum(axis=0).tolist())")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          check=False, env={**os.environ, "HOME": str(tmp_path)})
    assert done.stdout.strip() == "[8.0, 8.0]", done.stderr[-800:]
