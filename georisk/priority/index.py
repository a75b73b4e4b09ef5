"""The index: hazard and exposure, vulnerability and lack of coping capacity, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.priority.coping import judge_coping
from georisk.priority.hazards import (
    Conditions,
    judge_conditions,
    score_hazards,
    score_reports,
    take_inverse_mean,
)
from georisk.priority.normalising import SCALE, normalise
from georisk.travel import walk_speed_kmh
from layers.errors import CallError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from georisk.priority.numbers import Numbers
    from layers.crs import FloatArray

DIMENSIONS = ("hazard", "vulnerability", "coping")
_OFF_PATH = 0.6
_RELIEF_OVER_M = 10_000.0


@dataclass(frozen=True, eq=False)
class Scene:
    """What the index looks at on m segments; NaN is unknown.

    Attributes
    ----------
    harm : array of shape (m, 4)
        Harm-weighted incidents per 100 km and year by class; NaN where evidence is insufficient.
    mode : array of str, shape (m,)
        How the traveller goes there.
    conditions : Conditions
    covered : array of shape (m, 4)
        Services within reach, as `georisk.priority.coping.Reach`.
    """

    harm: FloatArray
    mode: NDArray[np.object_]
    conditions: Conditions
    covered: FloatArray

    def __len__(self) -> int:
        return len(self.mode)

    def take(self, rows: NDArray[np.intp]) -> Scene:
        """Some of the segments."""
        one = self.conditions
        some = Conditions(one.temperature_degc[rows], one.aridity[rows], one.slowness[rows],
                          one.storms_per_year[rows])
        return Scene(self.harm[rows], self.mode[rows], some, self.covered[rows])


@dataclass(frozen=True, eq=False)
class Scores:
    """The index and its parts, 0 to 10, higher is worse; NaN where too little is known.

    Attributes
    ----------
    hazards : array of shape (m, 4)
        By class; heat, cold and sickness hold the conditions.
    severity : array of shape (m,)
        Of the conditions alone (E).
    hazard, vulnerability, coping : array of shape (m,)
        The three dimensions, before the floor.
    score : array of shape (m,)
    floored : array of bool, shape (m,)
        A dimension lay below the floor.
    """

    hazards: FloatArray
    severity: FloatArray
    hazard: FloatArray
    vulnerability: FloatArray
    coping: FloatArray
    score: FloatArray
    floored: NDArray[np.bool_]

    @property
    def dimensions(self) -> FloatArray:
        """The three dimensions side by side, shape (m, 3)."""
        return np.column_stack([self.hazard, self.vulnerability, self.coping])


def score_scene(scene: Scene, numbers: Numbers) -> Scores:
    """Reckon the index once.

    A segment whose reports are unknown has no score: three of four hazards are missing. So has
    one of whose services less than two thirds of the weight are known.
    """
    severity = judge_conditions(scene.conditions, numbers)
    hazards = score_hazards(score_reports(scene.harm, scene.mode, numbers), severity)
    hazard = take_inverse_mean(list(hazards.T))
    vulnerability = np.full(len(scene), numbers.value("profile.vulnerability"))
    coping = judge_coping(scene.covered, numbers)
    parts = np.column_stack([hazard, vulnerability, coping])
    score = combine_dimensions(parts, numbers)
    floored = (parts < numbers.value("floor")).any(axis=1) & ~np.isnan(score)
    return Scores(hazards, severity, hazard, vulnerability, coping, score, floored)


def combine_dimensions(dimensions: FloatArray, numbers: Numbers) -> FloatArray:
    """Put the three dimensions together, each at least the floor.

    Parameters
    ----------
    dimensions : array of shape (m, 3)
        Hazard, vulnerability, lack of coping capacity; NaN makes the score NaN.

    Raises
    ------
    CallError
        If the aggregation is unknown.

    References
    ----------
    Nardo et al. 2008, on partial compensability of the geometric mean.

    Examples
    --------
    >>> from georisk.priority.numbers import Numbers
    >>> third = {"weight.hazard": 1 / 3, "weight.vulnerability": 1 / 3, "weight.coping": 1 / 3}
    >>> numbers = Numbers({**third, "floor": 0.1}, "adult_man")
    >>> parts = np.array([[8.0, 1.0, 8.0], [0.0, 10.0, 10.0]])
    >>> combine_dimensions(parts, numbers).round(3).tolist()
    [4.0, 2.154]
    """
    weights = weigh_dimensions(numbers)
    parts = np.maximum(dimensions, numbers.value("floor"))
    if numbers.aggregation == "geometric":
        return np.asarray(np.exp(np.log(parts) @ weights)).clip(0.0, SCALE)
    if numbers.aggregation == "arithmetic":
        return np.asarray(parts @ weights, float)
    if numbers.aggregation == "inverse_geometric":
        mean = np.exp(np.log(10.0 - 0.9 * parts) @ weights)
        return np.asarray((10.0 - mean) / 0.9).clip(0.0, SCALE)
    raise CallError(f"no aggregation named {numbers.aggregation!r}")


def weigh_dimensions(numbers: Numbers) -> FloatArray:
    """Weights of the three dimensions, made to sum to 1."""
    weights = np.array([numbers.value(f"weight.{name}") for name in DIMENSIONS])
    return np.asarray(weights / weights.sum())


def index_on_cells(
    harm: FloatArray,
    conditions: pd.DataFrame,
    numbers: Numbers,
    *,
    temperature_degc: FloatArray | None = None,
    storms_per_year: FloatArray | None = None,
) -> FloatArray:
    """The index off the routes, for somebody on foot: a grid cell takes the place of a segment.

    Parameters
    ----------
    harm : array of shape (m, 4)
        Harm-weighted incidents per 100 km of way and year; of a cell of side c km with N a year,
        taken as crossed by one way: 100 N / c.
    conditions : DataFrame, m rows
        ``aridity``, ``relief_m`` (within about 10 km), ``heat_degc``, and how far help is:
        ``help_km`` (`georisk.priority.coping.measure_help_km`), else ``settlement_km``, as if help
        were where people live. Its lack is the walking time there, straight and off the path.
    temperature_degc, storms_per_year : array of shape (m, k), optional
        By month; without temperatures the warmest month's mean stands for the year.

    Returns
    -------
    array of shape (m,)
        NaN where the harm, or how far help is, is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from georisk.parameters import Parameters
    >>> from georisk.priority.numbers import read_numbers
    >>> cells = pd.DataFrame({"aridity": [0.65, 0.03], "relief_m": [0.0, 0.0],
    ...                       "heat_degc": [24.0, 34.0], "settlement_km": [0.0, 40.0]})
    >>> numbers = read_numbers(Parameters.read(), "adult_man")
    >>> index_on_cells(np.full((2, 4), 0.1), cells, numbers).round(2).tolist()
    [0.98, 4.4]
    """
    heat = _column(conditions, "heat_degc")[:, None]
    degc = heat if temperature_degc is None else temperature_degc
    none = np.full(degc.shape, np.nan)
    storms = none if storms_per_year is None else storms_per_year
    ground = Conditions(degc, _column(conditions, "aridity"),
                        _guess_slowness(_column(conditions, "relief_m")), storms)
    severity = judge_conditions(ground, numbers)
    mode = np.full(len(harm), "foot", dtype=object)
    hazards = score_hazards(score_reports(harm, mode, numbers), severity)
    speed_kmh = float(walk_speed_kmh(0.0)) * _OFF_PATH
    far = "help_km" if "help_km" in conditions else "settlement_km"
    hours = _column(conditions, far) / speed_kmh
    parts = np.column_stack([
        take_inverse_mean(list(hazards.T)),
        np.full(len(harm), numbers.value("profile.vulnerability")),
        normalise(hours, *numbers.bounds("remoteness")),
    ])
    return combine_dimensions(parts, numbers)


def _column(frame: pd.DataFrame, name: str) -> FloatArray:
    return frame[name].to_numpy(float) if name in frame else np.full(len(frame), np.nan)


def _guess_slowness(relief_m: FloatArray) -> FloatArray:
    """Slowness of ground that rises by its relief over ten kilometres, there and back."""
    return measure_slowness(np.maximum(relief_m, 0.0) / _RELIEF_OVER_M)


def measure_slowness(slope: FloatArray) -> FloatArray:
    """Walking time both ways beside that on flat ground: harmonic mean of Tobler's speeds.

    Parameters
    ----------
    slope : array of any shape
        Rise over run; its sign does not count.

    Examples
    --------
    >>> measure_slowness(np.array([0.0, 0.2])).round(3).tolist()
    [1.0, 1.716]
    """
    flat = float(walk_speed_kmh(0.0))
    both = flat / walk_speed_kmh(slope) + flat / walk_speed_kmh(-np.asarray(slope))
    return np.asarray(np.maximum(both / 2.0, 1.0))
