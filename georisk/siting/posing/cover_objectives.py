"""Objectives of what lies within reach: risk-weighted km, and km alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.siting.covering.solve import solve_mclp
from georisk.siting.posing.posed import Aim, Posed
from georisk.siting.posing.scene import KM_UNIT, RISK_UNIT, Scene

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy import sparse

    from georisk.siting.limits import Limits
    from georisk.siting.solution import Method, Solution
    from layers.crs import FloatArray


def pose_coverage(scene: Scene, aim: Aim) -> Posed:
    """Risk-weighted uncovered km within reach: maximal covering."""
    del aim
    return _pose_cover(scene, scene.by_risk, ("coverage", "most risk-weighted uncovered km",
                                              RISK_UNIT))


def pose_length(scene: Scene, aim: Aim) -> Posed:
    """Uncovered km within reach, whatever was reported: maximal covering."""
    del aim
    return _pose_cover(scene, scene.by_km, ("length", "most uncovered km", KM_UNIT))


def _pose_cover(scene: Scene, weights: FloatArray, words: tuple[str, str, str]) -> Posed:
    total = float(np.sort(weights).sum())

    def solve(limits: Limits, method: Method, time_limit_s: float) -> Solution:
        return solve_mclp(scene.reach, weights, limits, method=method, time_limit_s=time_limit_s)

    return Posed(*words, more_is_better=True, before=total, scale=total, solve=solve,
                 add=lambda base: add_cover(scene.reach, weights, base))


def add_cover(
    reach: sparse.csr_matrix, weights: FloatArray, base: Sequence[int]
) -> FloatArray:
    """Weight that some sites and one more cover together, for every candidate as the one more.

    Examples
    --------
    >>> from scipy import sparse
    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0], [0, 1, 1]], bool))
    >>> add_cover(reach, np.array([2.0, 1, 5]), [0]).tolist()
    [3.0, 8.0]
    """
    served = np.zeros(reach.shape[1], bool)
    for row in base:
        served[reach.indices[reach.indptr[row] : reach.indptr[row + 1]]] = True
    return np.asarray(reach @ np.where(served, 0.0, weights) + weights[served].sum())
