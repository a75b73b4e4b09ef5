"""What moves the ranking: Sobol indices by group of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.priority.index import score_scene
from georisk.priority.numbers import GROUPS, vary_numbers
from georisk.priority.uncertainty import rank_scores, redraw_scene

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from georisk.priority.index import Scene
    from georisk.priority.numbers import Numbers, Uncertain
    from layers.crs import FloatArray

SEGMENTS = 1000


def measure_sobol(
    model: Callable[[FloatArray], float], groups: Sequence[str], *, samples: int, seed: int
) -> pd.DataFrame:
    """First and total Sobol index of groups of independent numbers, even in (0, 1).

    A group's numbers are exchanged together (Saltelli's scheme), so a group counts as one.

    Parameters
    ----------
    model : callable
        Takes an array of shape (d,), one number for each of ``groups``.
    groups : sequence of str, length d
    samples : int
        A power of two; the model runs ``samples * (groups + 2)`` times.

    Returns
    -------
    DataFrame
        Index the groups in order of appearance; ``first`` (alone) and ``total`` (with all its
        interplay); 0 where the model does not vary.

    References
    ----------
    Saltelli et al. 2010, Variance based sensitivity analysis of model output.

    Examples
    --------
    >>> found = measure_sobol(lambda u: u[0] + 2 * u[1], ["a", "b"], samples=256, seed=1)
    >>> found["first"].round(1).tolist()  # variances 1 and 4 of 5
    [0.2, 0.8]
    """
    from scipy.stats import qmc, sobol_indices

    names = list(dict.fromkeys(groups))
    size = len(groups)
    sample = qmc.Sobol(2 * size, rng=np.random.default_rng(seed)).random(samples)
    sample = np.clip(sample, 1e-9, 1 - 1e-9)
    one, two = sample[:, :size], sample[:, size:]
    mixed = [np.where([group == name for group in groups], two, one) for name in names]
    runs = {"f_A": _run(model, one), "f_B": _run(model, two)}
    crossed = np.stack([_run(model, part) for part in mixed])
    if np.ptp(np.concatenate([*runs.values(), *crossed], axis=1)) == 0:
        return pd.DataFrame({"first": 0.0, "total": 0.0}, index=names)
    found = sobol_indices(func={**runs, "f_AB": crossed}, n=samples)
    return pd.DataFrame({"first": np.ravel(found.first_order),
                         "total": np.ravel(found.total_order)}, index=names)


def _run(model: Callable[[FloatArray], float], points: FloatArray) -> FloatArray:
    return np.array([[model(point) for point in points]])


def measure_sensitivity(
    scene: Scene,
    numbers: Numbers,
    uncertain: Uncertain,
    *,
    ratios: NDArray[np.float32],
    samples: int,
    seed: int,
) -> pd.DataFrame:
    """Which numbers move the ranking: Sobol indices of its mean shift.

    The shift of a draw is the mean over segments of how many ranks one moves. It is measured on at
    most `SEGMENTS` segments that have a score, evenly taken.

    Returns
    -------
    DataFrame
        Index the groups of numbers, sorted by ``total``; columns ``first``, ``total``.
    """
    point = score_scene(scene, numbers).score
    rows = np.flatnonzero(~np.isnan(point))
    if len(rows) < 2:  # noqa: PLR2004 - nothing to rank
        return pd.DataFrame({"first": 0.0, "total": 0.0}, index=list(GROUPS))
    rows = rows[:: -(-len(rows) // SEGMENTS)]
    some, known = scene.take(rows), ratios[rows]
    stands = rank_scores(point[rows])

    def measure_shift(chance: FloatArray) -> float:
        drawn = redraw_scene(some, known, float(chance[-1]))
        scores = score_scene(drawn, vary_numbers(numbers, uncertain, chance)).score
        return float(np.abs(rank_scores(scores) - stands).mean())

    found = measure_sobol(measure_shift, uncertain.list_groups(), samples=samples, seed=seed)
    return found.sort_values("total", ascending=False, kind="stable")
