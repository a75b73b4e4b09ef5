"""How sure a score and a rank are: the index again with other numbers, all within their ranges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from georisk.priority.index import Scene, score_scene
from georisk.priority.numbers import vary_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.priority.numbers import Numbers, Uncertain
    from layers.crs import FloatArray

    AnyFloats = NDArray[np.floating[Any]]
    IntArray = NDArray[np.int64]

LOW, HIGH = 0.05, 0.95
TOP_SHARE = 0.1
ROBUST = 0.7
_ROWS = 2048


@dataclass(frozen=True, eq=False)
class Spread:
    """What the draws say of m segments; NaN, and rank 0, where there is no score.

    Attributes
    ----------
    median, low, high : array of shape (m,)
        Of the score; 90 % of the draws lie between low and high.
    rank, rank_low, rank_high : array of int, shape (m,)
        Of the point score, and its 90 % interval; 1 is where help is most needed.
    p_top : array of shape (m,)
        Share of the draws in which the segment is among the first tenth.
    overlap : array of shape (draws,)
        Jaccard index of the first tenth of each draw and of the point scores.
    """

    median: FloatArray
    low: FloatArray
    high: FloatArray
    rank: NDArray[np.int64]
    rank_low: NDArray[np.int64]
    rank_high: NDArray[np.int64]
    p_top: FloatArray
    overlap: FloatArray

    @property
    def robust(self) -> bool:
        """Whether the first tenth holds: median overlap at least `ROBUST`; False without draws."""
        return bool(len(self.overlap) and np.median(self.overlap) >= ROBUST)


def rank_scores(scores: AnyFloats) -> NDArray[np.int64]:
    """Ranks from 1, the highest score first; equal scores share the best rank.

    Examples
    --------
    >>> rank_scores(np.array([2.0, 9.0, 2.0, 5.0])).tolist()
    [3, 1, 3, 2]
    """
    down = np.sort(-scores)
    return np.asarray(np.searchsorted(down, -scores, side="left") + 1, np.int64)


def count_top(rows: int) -> int:
    """How many of some rows are their first tenth; at least one."""
    return max(1, round(TOP_SHARE * rows))


def measure_overlap(one: NDArray[np.bool_], two: NDArray[np.bool_]) -> float:
    """Jaccard index of two choices: shared over chosen by either; 1 where both are empty.

    Examples
    --------
    >>> measure_overlap(np.array([True, True, False]), np.array([True, False, True])).__round__(3)
    0.333
    """
    either = int((one | two).sum())
    return 1.0 if either == 0 else float((one & two).sum() / either)


def redraw_scene(scene: Scene, ratios: NDArray[np.float32], chance: float) -> Scene:
    """The scene with the reports of one bootstrap draw; as it is without draws."""
    if ratios.shape[1] == 0:
        return scene
    column = min(int(chance * ratios.shape[1]), ratios.shape[1] - 1)
    return replace(scene, harm=scene.harm * ratios[:, column].astype(float)[:, None])


def spread_scores(
    scene: Scene,
    numbers: Numbers,
    uncertain: Uncertain,
    *,
    ratios: NDArray[np.float32],
    draws: int,
    seed: int,
) -> Spread:
    """Reckon the index many times, each with other numbers and other reports.

    Parameters
    ----------
    ratios : array of shape (m, B)
        Redrawn intensities over the intensity; B = 0: reports count as certain.

    References
    ----------
    Saisana, Saltelli & Tarantola 2005, Uncertainty and sensitivity analysis techniques as tools
    for the quality assessment of composite indicators.
    """
    point = score_scene(scene, numbers).score
    rows = np.flatnonzero(~np.isnan(point))
    some, known = scene.take(rows), ratios[rows]
    chances = np.random.default_rng(seed).random((draws, uncertain.size))
    scores = np.empty((len(rows), draws), np.float32)
    for draw, chance in enumerate(chances):
        with_reports = redraw_scene(some, known, float(chance[-1]))
        scores[:, draw] = score_scene(with_reports, vary_numbers(numbers, uncertain, chance)).score
    return _summarise(point, rows, scores)


def _summarise(point: FloatArray, rows: NDArray[np.intp], scores: NDArray[np.float32]) -> Spread:
    size, draws = len(point), scores.shape[1]
    blank, none = np.full(size, np.nan), np.zeros(size, np.int64)
    if not len(rows):
        return Spread(blank, blank.copy(), blank.copy(), none, none.copy(), none.copy(),
                      blank.copy(), np.empty(0))
    rank = none.copy()
    rank[rows] = rank_scores(point[rows].astype(np.float32))
    top = count_top(len(rows))
    ranks = np.empty(scores.shape, np.int32)
    for draw in range(draws):
        ranks[:, draw] = rank_scores(scores[:, draw])
    overlap = np.array([measure_overlap(ranks[:, draw] <= top, rank[rows] <= top)
                        for draw in range(draws)])
    low, middle, high = _find_quantiles(scores)
    first, _, last = _find_quantiles(ranks)
    return Spread(
        _put(blank, rows, middle), _put(blank, rows, low), _put(blank, rows, high), rank,
        _put(none, rows, first), _put(none, rows, last),
        _put(blank, rows, (ranks <= top).mean(axis=1)), overlap,
    )


def _find_quantiles(values: NDArray[Any]) -> list[NDArray[Any]]:
    """Low end, median and high end of each row, values that were drawn: ranks stay whole."""
    last = values.shape[1] - 1
    at = [int(np.floor(LOW * last)), last // 2, int(np.ceil(HIGH * last))]
    parts = [np.partition(values[start : start + _ROWS], at, axis=1)[:, at]
             for start in range(0, len(values), _ROWS)]
    return list(np.vstack(parts).T)


def _put(blank: NDArray[Any], rows: NDArray[np.intp], values: NDArray[Any]) -> NDArray[Any]:
    out = blank.copy()
    out[rows] = values
    return out
