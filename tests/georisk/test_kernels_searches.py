"""Compiled searches beside the plain ones: nearest segments, and whether enough is near."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk import intensity, risk
from georisk.incidents import Points
from georisk.intensity import RouteSegments, snap_incidents
from georisk.kernels.nearest import find_nearest_lines

EXAMPLES = 10_000 if CAMPAIGN else 60
seeds = st.integers(0, 2**32 - 1)


def with_many(module, many, work):
    kept = module._MANY
    module._MANY = many
    try:
        return work()
    finally:
        module._MANY = kept


def make_route(rng, m):
    """A winding way in segments that share their ends, and some strewn about."""
    way = np.cumsum(rng.integers(-2, 3, (m + 1, 2)), axis=0).astype(float)
    way += np.arange(m + 1)[:, None] * 0.25
    strewn = rng.uniform(-30, 60, (m, 1, 2)) + rng.normal(0, 3, (m, 3, 2))
    lines = [*shapely.linestrings(np.stack([way[:-1], way[1:]], axis=1)),
             *shapely.linestrings(strewn)]
    ids = np.array([f"s-{n:04d}" for n in rng.permutation(2 * m)], object)
    lines = np.asarray(lines, object)
    return RouteSegments(ids, np.zeros((2 * m, 2)), np.ones(2 * m), lines), way


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=seeds, m=st.integers(1, 40), n=st.integers(1, 60))
def test_the_nearest_segment_is_that_of_the_tree(seed, m, n):
    rng = np.random.default_rng(seed)
    route, way = make_route(rng, m)
    xy_km = np.concatenate([rng.uniform(-80, 120, (n, 2)), way, way + np.array([0.0, 0.5])])
    points = Points(xy_km, rng.uniform(0, 20, len(xy_km)), *np.zeros((2, len(xy_km))))
    ours, theirs = (with_many(intensity, many, lambda: snap_incidents(points, route, reach_km=3.0))
                    for many in (0, 10**9))
    other = ours != theirs
    assert ((ours >= 0) == (theirs >= 0)).all()
    # Where two lines are equally near but for rounding, either may be named.
    at = shapely.points(xy_km[other])
    np.testing.assert_allclose(shapely.distance(at, route.lines_km[ours[other]]),
                               shapely.distance(at, route.lines_km[theirs[other]]), atol=1e-12)
    assert not other[n : n + len(way)].any()


def test_at_a_shared_end_the_smallest_id_is_taken():
    lines = np.asarray(shapely.linestrings([[(0, 0), (1, 0)], [(1, 0), (2, 0)], [(1, 0), (1, 5)]]))
    at = np.array([[1.0, 0.0], [1.0, -2.0]])
    for rank in ([2, 1, 0], [0, 1, 2], [1, 0, 2]):
        found = find_nearest_lines(at, lines, np.array(rank), np.full(2, 9.0))
        assert found.tolist() == [rank.index(0)] * 2


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=seeds, n=st.integers(10, 200))
def test_evidence_is_graded_by_the_same_rules(seed, n):
    rng = np.random.default_rng(seed)
    at, xy_km = rng.integers(-5, 40, (30, 2)) * 10.0, rng.integers(0, 36, (n, 2)) * 10.0
    sources = [tuple(sorted(set(rng.choice(list("abc"), rng.integers(0, 3))))) for _ in range(n)]
    points = Points(xy_km, np.ones(n), rng.uniform(0, 8, n), np.ones(n))
    rules = risk.EvidenceRules(observed_km=20.0)
    ours, theirs = (with_many(risk, many, lambda: risk.grade_evidence(at, points, sources,
                                                                      rules=rules))
                    for many in (0, 10**9))
    assert ours.tolist() == theirs.tolist()
