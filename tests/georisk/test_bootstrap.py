"""Intervals: repeatable, independent of order, honest about clusters."""

import numpy as np
import pytest
from scipy import sparse

from georisk.bootstrap import Resampling, bootstrap_interval, draw_multiplicity, label_blocks
from georisk.incidents import Points
from layers.errors import StudyError

RULES = Resampling(draws=100, seed=7)


def draw_study(n=300, m=40, *, seed=0):
    rng = np.random.default_rng(seed)
    points = Points(
        rng.uniform(0, 200, (n, 2)), np.ones(n), rng.uniform(0, 6, n), rng.uniform(0.2, 1, n)
    )
    return sparse.random_array((m, n), density=0.2, rng=rng, format="csr"), points


def test_interval_is_the_quantile_of_redrawn_sums():
    matrix, points = draw_study()
    found = bootstrap_interval(matrix, points, window_years=3.0, rules=RULES)
    label = label_blocks(points, RULES)
    drawn = draw_multiplicity(label.max() + 1, RULES)
    lam = np.column_stack([
        100 / 3.0 * matrix.toarray() @ (points.weight * drawn[label, b]) for b in range(100)
    ])
    assert found.draws.dtype == np.float32
    assert found.draws == pytest.approx(lam, rel=1e-6)
    assert found.low == pytest.approx(np.quantile(lam, 0.05, axis=1), rel=1e-12)
    assert found.high == pytest.approx(np.quantile(lam, 0.95, axis=1), rel=1e-12)


def test_same_seed_same_bytes_and_row_order_changes_nothing():
    matrix, points = draw_study()
    one = bootstrap_interval(matrix, points, window_years=3.0, rules=RULES)
    two = bootstrap_interval(matrix, points, window_years=3.0, rules=RULES)
    assert one.draws.tobytes() == two.draws.tobytes()
    rng = np.random.default_rng(1)
    order, rows = rng.permutation(300), rng.permutation(40)
    mixed = Points(
        points.xy_km[order], points.sigma_km[order], points.age_years[order], points.weight[order]
    )
    other = bootstrap_interval(
        matrix[rows][:, order].tocsr(), mixed, window_years=3.0, rules=RULES
    )
    assert other.low == pytest.approx(one.low[rows], rel=1e-12)
    assert other.high == pytest.approx(one.high[rows], rel=1e-12)


def test_slices_of_segments_join_up():
    matrix, points = draw_study(n=50, m=1500)
    whole = bootstrap_interval(matrix, points, window_years=1.0, rules=RULES)
    tail = bootstrap_interval(matrix[1400:].tocsr(), points, window_years=1.0, rules=RULES)
    assert whole.high[1400:] == pytest.approx(tail.high, rel=1e-12)


def test_one_cluster_is_less_sure_than_as_many_scattered_incidents():
    n = 40
    even = sparse.csr_array(np.full((1, n), 0.01))
    apart = np.column_stack([np.arange(n) * 30.0, np.zeros(n)])
    ones = np.ones(n)
    scattered = Points(apart, ones, ones, ones)
    clustered = Points(np.zeros((n, 2)), ones, ones, ones)
    wide, narrow = (
        bootstrap_interval(even, points, window_years=1.0, rules=RULES)
        for points in (clustered, scattered)
    )
    assert wide.low[0] == 0.0
    assert 0 < narrow.low[0] < 40 < narrow.high[0] < wide.high[0]


def test_without_incidents_the_interval_is_zero():
    none = Points(np.zeros((0, 2)), np.zeros(0), np.zeros(0), np.zeros(0))
    found = bootstrap_interval(sparse.csr_array((3, 0)), none, window_years=1.0, rules=RULES)
    assert found.high.tolist() == [0.0, 0.0, 0.0]
    assert found.draws.shape == (3, 100)


@pytest.mark.parametrize("bad", [{"draws": 0}, {"block_km": 0.0}, {"low": 0.9, "high": 0.1}])
def test_rules_that_make_no_interval_are_refused(bad):
    with pytest.raises(StudyError, match="bootstrap"):
        Resampling(**bad)


def test_blocks_part_in_space_and_in_time():
    xy_km = np.array([[0.0, 0.0], [24.9, 0.0], [25.0, 0.0], [0.0, -0.1], [0.0, 0.0]])
    age = np.array([0.2, 0.9, 0.2, 0.2, 1.0])
    label = label_blocks(Points(xy_km, np.ones(5), age, np.ones(5)), RULES)
    assert label[0] == label[1]
    assert len(set(label[[0, 2, 3, 4]].tolist())) == 4
