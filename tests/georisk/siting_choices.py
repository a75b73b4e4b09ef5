"""Small random sitings with every kind of limit, and all choices that keep them."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.siting.limits import Limits, check_limits
from layers.errors import CallError

TINY = settings(max_examples=10_000 if CAMPAIGN else 500)
SOME = settings(max_examples=10_000 if CAMPAIGN else 500)
FEW = settings(max_examples=2_000 if CAMPAIGN else 40)


@st.composite
def limits_for(draw: st.DrawFn, n: int) -> Limits:
    """Limits that do not contradict each other, at least one candidate open."""
    role = draw(st.lists(st.sampled_from("oooofrx"), min_size=n, max_size=n))
    pick = {key: tuple(at for at, one in enumerate(role) if one == key) for key in "frx"}
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] != p[1])
    cost = np.array(draw(st.lists(st.integers(0, 5), min_size=n, max_size=n)), float)
    limits = Limits(
        k=draw(st.none() | st.integers(1, n)), fixed=pick["f"], required=pick["r"],
        forbidden=pick["x"], apart=tuple(draw(st.lists(pairs, max_size=2))), cost=cost,
        budget=draw(st.none() | st.integers(1, 12).map(float)),
    )
    try:
        check_limits(limits, n)
    except CallError:
        return Limits(k=draw(st.integers(1, n)))
    return limits


@st.composite
def matrices(draw: st.DrawFn, values: st.SearchStrategy, *, most: tuple[int, int] = (6, 8)):
    """A dense matrix of sites by demand."""
    n, m = draw(st.integers(2, most[0])), draw(st.integers(1, most[1]))
    row = st.lists(values, min_size=m, max_size=m)
    return np.array(draw(st.lists(row, min_size=n, max_size=n)))


def list_choices(limits: Limits, n: int) -> list[tuple[int, ...]]:
    """All choices of new sites within the limits."""
    rows = [row for row in range(n) if row not in limits.fixed]
    return [some for size in range(len(rows) + 1)
            for some in itertools.combinations(rows, size) if limits.allow(some)]


def check_kept(solution, limits: Limits) -> None:
    """What every solution owes, whatever the objective."""
    assert limits.allow(solution.chosen)
    assert len(set(solution.chosen)) == len(solution.chosen) == len(solution.benefits)
    assert not set(solution.chosen) & set(limits.forbidden)
    assert solution.gap >= 0
    assert np.isfinite([solution.objective, solution.bound, solution.gap, solution.total]).all()
