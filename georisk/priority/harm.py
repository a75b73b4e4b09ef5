"""How much harm an incident stands for: its victims, each by what happened to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from georisk.parameters import Parameters
    from layers.crs import FloatArray

_SUBTYPES = {
    "kidnapping": "kidnapping",
    "abduction": "kidnapping",
    "detention": "kidnapping",
    "sexual_violence": "sexual_violence",
    "abuse": "sexual_violence",
    "assault": "assault",
    "attack": "assault",
    "robbery": "robbery",
    "extortion": "extortion",
    "theft": "extortion",
}


@dataclass(frozen=True)
class HarmWeights:
    """What one victim weighs, from 0 to 1, and how many of one incident count.

    Attributes
    ----------
    death : float
        Dead or missing.
    kidnapping, sexual_violence, injury, assault, robbery, extortion : float
        Survivors; ``injury`` also where nothing finer is known.
    max_victims : float
        So that one mass event does not own the map.
    """

    death: float = 1.0
    kidnapping: float = 0.6
    sexual_violence: float = 0.6
    injury: float = 0.4
    assault: float = 0.25
    robbery: float = 0.25
    extortion: float = 0.1
    max_victims: float = 10.0


def read_harm_weights(parameters: Parameters) -> HarmWeights:
    """Take the weights from the parameter file (``priority.harm``)."""
    return HarmWeights(**parameters.section("priority.harm"))


def weigh_harm(incidents: pd.DataFrame, weights: HarmWeights | None = None) -> FloatArray:
    """Harm of each incident, in deaths: the worst off count first, ten at most.

    The dead and missing weigh 1. A survivor weighs what the kind of incident does, an injured one
    at least an injury. An incident whose victims nobody counted has one.

    Parameters
    ----------
    incidents : DataFrame
        Columns of the ``incidents`` layer; ``subtype``, ``dead``, ``missing``, ``injured`` and
        ``n_victims`` may be absent or empty: none.
    weights : HarmWeights, optional

    Returns
    -------
    array of shape (n,)
        Above 0, at most ``max_victims``; rows as they came, never NaN.

    Examples
    --------
    >>> rows = pd.DataFrame({"subtype": ["kidnapping", None, "robbery"], "dead": [0, 12, 1],
    ...     "missing": [0, 0, 0], "injured": [0, 0, 2], "n_victims": [3, 12, 5]})
    >>> weigh_harm(rows).round(2).tolist()  # 3 x 0.6; 12 counted as 10; 1 + 2 x 0.4 + 2 x 0.25
    [1.8, 10.0, 2.3]
    """
    weights = weights or HarmWeights()
    dead = _count(incidents, "dead") + _count(incidents, "missing")
    injured = _count(incidents, "injured")
    others = np.maximum(_count(incidents, "n_victims") - dead - injured, 0.0)
    others = np.where(dead + injured + others > 0, others, 1.0)
    kind = _weigh_subtypes(incidents, weights)
    total, room = np.zeros(len(incidents)), np.full(len(incidents), weights.max_victims)
    hurt = np.maximum(kind, weights.injury)
    for people, each in ((dead, weights.death), (injured, hurt), (others, kind)):
        counted = np.minimum(people, room)
        total, room = total + counted * each, room - counted
    return total


def _count(incidents: pd.DataFrame, column: str) -> FloatArray:
    if column not in incidents:
        return np.zeros(len(incidents))
    numbers = pd.to_numeric(incidents[column], errors="coerce").astype("Float64")
    return np.asarray(np.clip(numbers.fillna(0.0).to_numpy(float), 0.0, None))


def _weigh_subtypes(incidents: pd.DataFrame, weights: HarmWeights) -> FloatArray:
    if "subtype" not in incidents:
        return np.full(len(incidents), weights.injury)
    named = incidents["subtype"].astype("object").map(_SUBTYPES, na_action="ignore")
    each = {kind: getattr(weights, kind) for kind in set(_SUBTYPES.values())}
    weighed = named.map(each, na_action="ignore").astype(float).fillna(weights.injury)
    return np.asarray(weighed.to_numpy(float))
