"""The declared numbers behind the index, and how far each may be wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincinv

from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from georisk.parameters import Parameters
    from layers.crs import FloatArray

SECTION = "priority"
AGGREGATIONS = ("geometric", "arithmetic", "inverse_geometric")
GROUPS = ("weights", "services", "modes", "profile", "intensity_bounds", "condition_bounds",
          "vulnerability", "aggregation", "reports")
CONCENTRATION = 30.0
_GROUP_OF = {"weight": "weights", "service": "services", "mode": "modes", "profile": "profile",
             "bound": "condition_bounds"}
_DEGREES = ("bound.heat.", "bound.cold.")
_HOW_TO_RUN = ("draws", "seed", "sensitivity_n")
_NEVER_VARIED = ("harm.", "floor", *_HOW_TO_RUN)


@dataclass(frozen=True)
class Numbers:
    """Values of one reckoning of the index, by their names below ``priority``.

    Attributes
    ----------
    values : mapping of str to float
    profile : str
        Whose multipliers and vulnerability count.
    aggregation : str
        One of `AGGREGATIONS`.
    """

    values: Mapping[str, float]
    profile: str
    aggregation: str = "geometric"

    def value(self, name: str) -> float:
        """One value.

        Raises
        ------
        CallError
            If there is none of that name.
        """
        if name not in self.values:
            raise CallError(f"no parameter named '{SECTION}.{name}'")
        return self.values[name]

    def bounds(self, indicator: str) -> tuple[float, float]:
        """Values of an indicator that score 0 and 10."""
        return self.value(f"bound.{indicator}.low"), self.value(f"bound.{indicator}.high")


@dataclass(frozen=True)
class Uncertain:
    """How each number may vary: within its range, all independent of each other.

    Attributes
    ----------
    names, groups : tuple of str, length d
    low, high : array of shape (d,)
    concentration : float
        Of the Dirichlet draws of weights.
    aggregations : tuple of str
        Ways to put the dimensions together that are tried, all as likely.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    low: FloatArray
    high: FloatArray
    concentration: float = CONCENTRATION
    aggregations: tuple[str, ...] = AGGREGATIONS

    @property
    def size(self) -> int:
        """Numbers in [0, 1) that make one draw: the values, the aggregation, the reports."""
        return len(self.names) + 2

    def list_groups(self) -> tuple[str, ...]:
        """Group of each of the `size` numbers."""
        return (*self.groups, "aggregation", "reports")


def read_numbers(parameters: Parameters, profile: str) -> Numbers:
    """Take the declared values for a profile from the parameters in force.

    Raises
    ------
    CallError
        If the profile has no multipliers.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> numbers = read_numbers(Parameters.read(), "family")
    >>> numbers.value("profile.vulnerability"), numbers.bounds("intensity")
    (7.0, (0.01, 10.0))
    """
    values = {name: float(parameters.value(f"{SECTION}.{entry}"))
              for name, entry in _list_names(parameters, profile)}
    if "profile.vulnerability" not in values:
        raise CallError(f"{SECTION}.profile.{profile}: no such profile among the parameters")
    return Numbers(MappingProxyType(values), profile)


def read_uncertain(parameters: Parameters, profile: str) -> Uncertain:
    """Take the ranges of the declared values for a profile; what has no range is certain."""
    names, groups, low, high = [], [], [], []
    for name, entry in _list_names(parameters, profile):
        if name.startswith(_NEVER_VARIED):
            continue
        bounds = parameters.entries[f"{SECTION}.{entry}"].get("range")
        if bounds is None:
            continue
        names.append(name)
        groups.append(_find_group(name))
        low.append(float(bounds[0]))
        high.append(float(bounds[1]))
    return Uncertain(tuple(names), tuple(groups), np.array(low), np.array(high))


def _list_names(parameters: Parameters, profile: str) -> Iterator[tuple[str, str]]:
    """Name in `Numbers` and name in the file; of the profiles only the one that counts."""
    own = f"profile.{profile}."
    for entry in parameters.section(SECTION):
        if entry.startswith(own):
            yield "profile." + entry.removeprefix(own), entry
        elif not entry.startswith("profile."):
            yield entry, entry


def _find_group(name: str) -> str:
    if name.startswith("bound.intensity."):
        return "intensity_bounds"
    if name == "profile.vulnerability":
        return "vulnerability"
    return _GROUP_OF[name.split(".", maxsplit=1)[0]]


def vary_numbers(numbers: Numbers, uncertain: Uncertain, chance: FloatArray) -> Numbers:
    """Numbers of one draw.

    Weights of a group are a Dirichlet draw around their values; degrees are even within their
    range; multipliers and other bounds are even in their logarithm.

    Parameters
    ----------
    chance : array of shape (uncertain.size,)
        Each in (0, 1); the last is for the reports and not used here.

    Examples
    --------
    >>> point = Numbers({"weight.a": 0.5, "weight.b": 0.5, "mode.foot.sec": 1.0}, "adult_man")
    >>> unsure = Uncertain(("mode.foot.sec",), ("modes",), np.array([0.5]), np.array([2.0]))
    >>> vary_numbers(point, unsure, np.array([0.75, 0.1, 0.1])).value("mode.foot.sec").__round__(4)
    1.4142
    """
    values = dict(numbers.values)
    for name, low, high, at in zip(
        uncertain.names, uncertain.low.tolist(), uncertain.high.tolist(), chance.tolist(),
        strict=False,
    ):
        if low == high:
            continue
        if name.startswith(("weight.", "service.")):
            values[name] = float(gammaincinv(uncertain.concentration * values[name], at))
        elif low > 0 and not name.startswith(_DEGREES) and name != "profile.vulnerability":
            values[name] = low * (high / low) ** at
        else:
            values[name] = low + (high - low) * at
    for prefix in ("weight.", "service."):
        _sum_to_one(values, prefix)
    ways = uncertain.aggregations
    way = ways[min(int(chance[len(uncertain.names)] * len(ways)), len(ways) - 1)]
    return replace(numbers, values=MappingProxyType(values), aggregation=way)


def _sum_to_one(values: dict[str, float], prefix: str) -> None:
    names = [name for name in values if name.startswith(prefix)]
    total = sum(values[name] for name in names)
    for name in names:
        values[name] /= total


def list_defaults(parameters: Parameters, known: Parameters, profile: str) -> tuple[str, ...]:
    """Names of declared values that nobody in the field has replaced.

    Parameters
    ----------
    known : Parameters
        The defaults as they come.
    """
    return tuple(
        f"{SECTION}.{entry}" for name, entry in _list_names(parameters, profile)
        if name not in _HOW_TO_RUN
        and parameters.entries[f"{SECTION}.{entry}"].get("decl")
        and parameters.entries[f"{SECTION}.{entry}"] == known.entries[f"{SECTION}.{entry}"]
    )
