"""Hazards on the way: what reports say of each class, and what the ground and the sky say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.incidents import CLASSES
from georisk.priority.normalising import normalise, normalise_log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from georisk.priority.numbers import Numbers
    from layers.crs import FloatArray

WORDS = {"sec": "violence", "acc": "accidents", "env": "heat, cold and sickness", "wat": "drowning"}
CONDITIONS = ("heat or cold", "aridity", "terrain", "storms")
ENOUGH = 2.0 / 3.0
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Conditions:
    """What m segments are like, whoever passes; NaN is unknown.

    Attributes
    ----------
    temperature_degc : array of shape (m, k)
        Monthly mean of each of k months: twelve for the year, or the one asked for.
    aridity : array of shape (m,)
        Rain over potential evaporation, annual.
    slowness : array of shape (m,)
        Walking time beside that on flat road, both ways, 1 or more.
    storms_per_year : array of shape (m, k)
        Passages within reach in that month, a year.
    """

    temperature_degc: FloatArray
    aridity: FloatArray
    slowness: FloatArray
    storms_per_year: FloatArray


def take_inverse_mean(
    scores: Sequence[FloatArray], *, weights: Sequence[float] | None = None
) -> FloatArray:
    """Geometric mean of inverted scores: one extreme is diluted less than in a plain mean.

    Parameters
    ----------
    scores : sequence of arrays that broadcast
        0 to 10, NaN unknown: left out, as long as two thirds of the weight are known; else NaN.
    weights : sequence of float, optional
        Equal by default.

    References
    ----------
    De Groeve, Poljansek & Vernaccini 2015 (INFORM).

    Examples
    --------
    >>> def mean(*scores): return round(float(take_inverse_mean([np.array(x) for x in scores])), 3)
    >>> mean(8.0, 2.0), mean(10.0, 0.0), mean(5.0, 5.0), mean(10.0, 0.0, 0.0, 0.0)
    (5.787, 7.597, 5.0, 4.863)
    """
    share = np.full(len(scores), 1.0) if weights is None else np.asarray(weights, float)
    total, present = np.float64(0.0), np.float64(0.0)
    for score, weight in zip(scores, (share / share.sum()).tolist(), strict=True):
        known = ~np.isnan(score)
        inverted = np.where(known, 10.0 - 0.9 * np.asarray(score), 1.0)
        total = total + weight * np.log(inverted)
        present = present + weight * known
    enough = present >= ENOUGH - _ROUNDING
    mean = np.exp(total / np.where(enough, present, 1.0))
    return np.asarray(np.where(enough, np.clip((10.0 - mean) / 0.9, 0.0, 10.0), np.nan))


def score_conditions(conditions: Conditions, numbers: Numbers) -> dict[str, FloatArray]:
    """Score of each condition, 0 to 10, higher is worse, by name as in `CONDITIONS`.

    Heat and cold are one indicator, the worse of the two: they never act at once.

    Returns
    -------
    dict of arrays
        Of shape (m, k) where it varies by month, (m, 1) where it does not; NaN unknown.
    """
    heat = normalise(conditions.temperature_degc, *numbers.bounds("heat"))
    cold = normalise(conditions.temperature_degc, *numbers.bounds("cold"))
    scores = (
        np.maximum(heat, cold),
        normalise_log(conditions.aridity, *numbers.bounds("aridity"))[:, None],
        normalise(conditions.slowness, *numbers.bounds("slowness"))[:, None],
        normalise(conditions.storms_per_year, *numbers.bounds("storms")),
    )
    return dict(zip(CONDITIONS, scores, strict=True))


def judge_conditions(conditions: Conditions, numbers: Numbers) -> FloatArray:
    """Severity E of what the ground and the sky are like, 0 to 10.

    The inverse geometric mean of the conditions in each month, then the mean over the months: what
    somebody meets who comes in any month. Null with fewer than three of the four known.

    Returns
    -------
    array of shape (m,)
    """
    by_month = take_inverse_mean(list(score_conditions(conditions, numbers).values()))
    by_month = np.broadcast_to(by_month, conditions.temperature_degc.shape)
    return np.asarray(by_month.mean(axis=1))


def score_reports(
    harm: FloatArray, mode: NDArray[np.object_], numbers: Numbers
) -> FloatArray:
    """Score of the reported harm of each class for a traveller, 0 to 10.

    Parameters
    ----------
    harm : array of shape (m, 4)
        Harm-weighted incidents per 100 km and year, `georisk.incidents.CLASSES`; NaN unknown.
    mode : array of str, shape (m,)
        ``foot``, ``train``, ``road`` or ``boat``.

    Returns
    -------
    array of shape (m, 4)
    """
    factor = np.ones((len(mode), len(CLASSES)))
    for name in sorted(set(mode.tolist())):
        factor[mode == name] = [numbers.value(f"mode.{name}.{kind}") for kind in CLASSES]
    factor[:, CLASSES.index("sec")] *= numbers.value("profile.sec")
    factor[:, CLASSES.index("env")] *= numbers.value("profile.env")
    return normalise_log(harm * factor, *numbers.bounds("intensity"))


def score_hazards(harm_score: FloatArray, severity: FloatArray) -> FloatArray:
    """The four hazards: for heat, cold and sickness the worse of reports and conditions.

    Where reports are unknown, so is every class but that; where only one of the two is known,
    it stands.

    Returns
    -------
    array of shape (m, 4)
        Columns as `georisk.incidents.CLASSES`.

    Examples
    --------
    >>> score_hazards(np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([5.0])).tolist()
    [[1.0, 2.0, 5.0, 4.0]]
    """
    hazards = np.array(harm_score, dtype=float)
    column = CLASSES.index("env")
    hazards[:, column] = np.fmax(hazards[:, column], severity)
    return hazards
