"""From evidence to a probability: a Fellegi-Sunter sum among rivals, and a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layers.duplicates.candidates import count_background, round_up_radius

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from layers.duplicates.candidates import Candidates, Positions, Window

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

_MAX_BITS = 30.0
_ROUNDS = 40
_LEARNING_ROUNDS = 4
_SETTLED = 1e-10
_LEAST_LIKELY = 0.02


def expect_unrelated(
    at: Positions, pairs: Candidates, register: IntArray, window: Window, *, background_days: float
) -> FloatArray:
    """Unrelated records of the partner's register to expect in each pair's window.

    Counted around either record in the weeks before and after, outside the window itself: where
    bodies are found every week, a neighbour in space and time says little.

    Returns
    -------
    array
        One number a pair, mean over its two ends; 0 where nothing was seen.
    """
    radius = round_up_radius(at.sigma_km, window)
    days = 2 * window.days + 1
    outside_days = background_days * 4 / 3 - days
    total = np.zeros(len(pairs.i))
    for ours, theirs in ((pairs.i, pairs.j), (pairs.j, pairs.i)):
        for other in np.unique(register[theirs]):
            at_pair = np.flatnonzero(register[theirs] == other)
            rows, back = np.unique(ours[at_pair], return_inverse=True)
            seen = count_background(at, rows, np.flatnonzero(register == other),
                                    radius_km=radius[rows], days=background_days)
            inside = np.bincount(back, minlength=len(rows))
            rate = np.maximum(seen - inside, 0) / outside_days * days
            scale = (pairs.radius_km[at_pair] / radius[rows][back]) ** 2
            total[at_pair] += rate[back] * scale
    return total / 2


def weigh_distance(
    distance_km: FloatArray, radius_km: FloatArray, sigma_km: FloatArray,
    shape: Mapping[str, float],
) -> FloatArray:
    """Weight of a distance in bits: a two-dimensional normal error against an even window.

    Parameters
    ----------
    distance_km, radius_km, sigma_km : array
        Distance of the pair, radius of its window, combined sigma of its two positions.
    shape : mapping
        ``floor_km``, ``tail`` and ``most`` of the parameter file.

    Examples
    --------
    >>> import numpy as np
    >>> shape = {"floor_km": 1.0, "tail": 0.0, "most": 100.0}
    >>> weigh_distance(np.array([0.0]), np.array([4.0]), np.array([2.0]), shape)
    array([1.])
    """
    sigma = np.maximum(sigma_km, shape["floor_km"])
    near = radius_km**2 / (2 * sigma**2) * np.exp(-(distance_km**2) / (2 * sigma**2))
    factor = shape["tail"] + (1 - shape["tail"]) * near
    return np.asarray(np.log2(np.minimum(factor, shape["most"])))


def score_rivals(
    pairs: Candidates, bits: FloatArray, prior_odds: FloatArray, register: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Probability that each pair is one event, given all rivals of both its records.

    A record has at most one partner in a register, so a pair stands against the other candidates
    of its two records, each as strong as its own rivals leave it. A pair without rivals gets the
    plain Fellegi-Sunter posterior ``o / (1 + o)``. With rivals the posterior is that of the
    monomer-dimer model (every set of pairs in which no record occurs twice, weighted by the
    product of their odds), by belief propagation: exact where candidates form no loops.

    Returns
    -------
    score, partnered : array
        ``partnered``: how likely it is that either record has a partner, whichever it is.

    References
    ----------
    Fellegi, I. P. and Sunter, A. B. (1969). A theory for record linkage. Journal of the American
    Statistical Association 64, 1183-1210.
    Bayati, M., Gamarnik, D., Katz, D., Nair, C. and Tetali, P. (2007). Simple deterministic
    approximation algorithms for counting matchings. Proc. 39th ACM STOC, 122-127.

    Examples
    --------
    >>> import numpy as np
    >>> from layers.duplicates.candidates import Candidates
    >>> pairs = Candidates(np.array([0, 0]), np.array([1, 2]), np.zeros(2), np.ones(2))
    >>> score, _ = score_rivals(pairs, np.array([2.0, 0.0]), np.ones(2), np.array([0, 1, 1]))
    >>> score.round(4)  # odds 4 against 1 against none: 4/6 and 1/6
    array([0.6667, 0.1667])
    """
    odds = prior_odds * np.exp2(np.clip(bits, -_MAX_BITS, _MAX_BITS))
    key_i, key_j, size = _key_rivals(pairs, register)
    keys = np.concatenate([key_i, key_j])
    free_i, free_j = np.ones(len(odds)), np.ones(len(odds))
    for _ in range(_ROUNDS):
        total = np.bincount(keys, np.concatenate([odds * free_j, odds * free_i]), minlength=size)
        new_i = 1 / (1 + np.maximum(total[key_i] - odds * free_j, 0))
        new_j = 1 / (1 + np.maximum(total[key_j] - odds * free_i, 0))
        step = max(np.abs(new_i - free_i).max(initial=0), np.abs(new_j - free_j).max(initial=0))
        free_i, free_j = (free_i + new_i) / 2, (free_j + new_j) / 2
        if step < _SETTLED:
            break
    strength = odds * free_i * free_j
    score = strength / (1 + strength)
    of = np.minimum(np.bincount(keys, np.tile(score, 2), minlength=size), 1.0)
    return score, np.maximum(of[key_i], of[key_j])


def score_overlap(
    pairs: Candidates, bits: FloatArray, unrelated: FloatArray, register: IntArray,
    prior: Mapping[str, float],
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Score pairs, learning on the way how far each two registers overlap.

    The prior odds of a pair are those of "the record has a partner" against the unrelated records
    of its window. The share that have one starts as declared and follows the scores (expectation
    maximisation); the declared share counts as ``weight`` records, so small registers keep it.
    Within a register it stays as declared.

    Returns
    -------
    score, partnered : array
        As `score_rivals`.
    share : array
        The overlap learnt for the two registers of each pair.
    """
    same = register[pairs.i] == register[pairs.j]
    group, smaller = _group_registers(pairs, register)
    share = np.where(same, prior["within"], prior["across"])
    odds = 1 / np.maximum(unrelated, prior["least_unrelated"])
    for _ in range(_LEARNING_ROUNDS):
        score, _ = score_rivals(pairs, bits, odds * share / (1 - share), register)
        found = np.bincount(group, score, minlength=len(smaller))
        learnt = (found + prior["weight"] * prior["across"]) / (smaller + prior["weight"])
        share = np.where(same, share, np.clip(learnt, prior["least"], prior["most"])[group])
    return *score_rivals(pairs, bits, odds * share / (1 - share), register), share


def _group_registers(pairs: Candidates, register: IntArray) -> tuple[IntArray, FloatArray]:
    """Number of the two registers of each pair, and rows in the smaller one of each two."""
    n = int(register.max()) + 1 if len(register) else 1
    rows = np.bincount(register, minlength=n).astype(float)
    low = np.minimum(register[pairs.i], register[pairs.j])
    high = np.maximum(register[pairs.i], register[pairs.j])
    return low * n + high, np.minimum.outer(rows, rows).ravel()


def _key_rivals(pairs: Candidates, register: IntArray) -> tuple[IntArray, IntArray, int]:
    """One number for each record and partner's register: pairs that share it are rivals."""
    n = int(register.max()) + 1 if len(register) else 1
    return pairs.i * n + register[pairs.j], pairs.j * n + register[pairs.i], len(register) * n


def choose_partners(
    pairs: Candidates, score: FloatArray, register: IntArray
) -> NDArray[np.bool_]:
    """Give each record at most one partner in each register, the best pairs first.

    Ties go to the pair that stands first; rows sorted by id make that independent of their order.
    One of more than 50 equal candidates is nobody's partner.
    """
    key_i, key_j, size = _key_rivals(pairs, register)
    taken = np.zeros(size, bool)
    chosen = np.zeros(len(score), bool)
    likely = np.flatnonzero(score >= _LEAST_LIKELY)
    for n in likely[np.argsort(-np.round(score[likely], 9), kind="stable")]:
        if not (taken[key_i[n]] or taken[key_j[n]]):
            taken[key_i[n]] = taken[key_j[n]] = chosen[n] = True
    return chosen
