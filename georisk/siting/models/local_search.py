"""Add, exchange and rank sites by any score, where sites may help only together."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from georisk.network import IntArray
    from georisk.siting.limits import Limits
    from layers.crs import FloatArray

    Score: TypeAlias = Callable[[tuple[int, ...]], FloatArray]
    """Of some sites: for each candidate, shape (n_candidates, 2), the objective with it added,
    and a second number that settles ties or shows progress. A site already there adds nothing."""

_MAX_PASSES = 50
_MAX_PAIRS = 100
_ROUNDING = 1e-9


def search_sites(score: Score, start: tuple[int, ...], limits: Limits) -> tuple[int, ...]:
    """Add sites while the limits allow, then exchange them one by one and two by two.

    Parameters
    ----------
    start : tuple of int
        Sites to begin with, within the limits.
    """
    sites = swap_sites(score, add_sites(score, start, limits), limits)
    better = swap_pairs(score, sites, limits)
    return better if better == sites else swap_sites(score, better, limits)


def add_sites(score: Score, start: tuple[int, ...], limits: Limits) -> tuple[int, ...]:
    """Add the site that scores best, again and again, until none scores more than before."""
    sites = tuple(sorted({*start, *limits.required}))
    now: tuple[float, float] | None = None
    while True:
        scores = score(sites)
        best = _pick(scores, sites, limits)
        if best is None or (now is not None and not _is_more(tuple(scores[best]), now)):
            return sites
        now = (float(scores[best, 0]), float(scores[best, 1]))
        sites = tuple(sorted((*sites, best)))


def swap_sites(score: Score, sites: tuple[int, ...], limits: Limits) -> tuple[int, ...]:
    """Exchange one site at a time for a better one."""
    for _ in range(_MAX_PASSES):
        before = sites
        for out in before:
            if out in limits.required or out not in sites:
                continue
            others = tuple(row for row in sites if row != out)
            scores = score(others)
            best = _pick(scores, others, limits)
            if best is not None and _is_more(tuple(scores[best]), tuple(scores[out])):
                sites = tuple(sorted((*others, best)))
        if sites == before:
            break
    return sites


def swap_pairs(score: Score, sites: tuple[int, ...], limits: Limits) -> tuple[int, ...]:
    """Exchange two sites at once: two may serve together what neither serves alone."""
    if len(sites) < 2:  # noqa: PLR2004 - a pair
        return sites
    free = [row for row in sites if row not in limits.required]
    for pair in itertools.islice(itertools.combinations(free, 2), _MAX_PAIRS):
        if not set(pair) <= set(sites):
            continue
        now = tuple(score(sites)[sites[0]])
        others = tuple(row for row in sites if row not in pair)
        then = add_sites(score, others, limits)
        if then and _is_more(tuple(score(then)[then[0]]), now):
            sites = then
    return sites


def _pick(scores: FloatArray, sites: tuple[int, ...], limits: Limits) -> int | None:
    there = set(sites)
    for row in np.lexsort((-scores[:, 1], -scores[:, 0])):
        if int(row) not in there and limits.allow((*sites, int(row))):
            return int(row)
    return None


def _is_more(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    slack = _ROUNDING * max(abs(one[0]), abs(other[0]), 1e-9)
    if one[0] > other[0] + slack:
        return True
    second = _ROUNDING * max(abs(one[1]), abs(other[1]), 1e-9)
    return one[0] >= other[0] - slack and one[1] > other[1] + second


def rank_sites(
    score: Score, sites: IntArray, base: float
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Order sites so that each comes where it scores best, with what it adds to the objective.

    Parameters
    ----------
    base : float
        The objective without any of them.
    """
    left, order = sorted(int(row) for row in sites), list[int]()
    benefits: list[float] = []
    while left:
        scores = score(tuple(order))
        best = min(left, key=lambda row: (-scores[row, 0], -scores[row, 1], row))
        benefits.append(float(scores[best, 0]) - base)
        base = float(scores[best, 0])
        left.remove(best)
        order.append(best)
    return tuple(order), tuple(benefits)
