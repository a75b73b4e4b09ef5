"""Redrawing incidents: repeatable, in blocks of space and time."""

import numpy as np
import pytest

from georisk.bootstrap import Resampling, draw_multiplicity, label_blocks
from georisk.incidents import Points
from layers.errors import StudyError

RULES = Resampling(draws=100, seed=7)


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


def test_same_seed_same_draws_and_blocks_of_mean_one():
    one, two = draw_multiplicity(400, RULES), draw_multiplicity(400, RULES)
    assert one.tobytes() == two.tobytes()
    assert one.mean() == pytest.approx(1.0, abs=0.02)
    assert one.var() == pytest.approx(1.0, abs=0.05)


def test_row_order_changes_no_block():
    rng = np.random.default_rng(1)
    points = Points(rng.uniform(0, 200, (300, 2)), np.ones(300), rng.uniform(0, 6, 300),
                    np.ones(300))
    order = rng.permutation(300)
    mixed = Points(points.xy_km[order], points.sigma_km, points.age_years[order], points.weight)
    assert (label_blocks(mixed, RULES) == label_blocks(points, RULES)[order]).all()
