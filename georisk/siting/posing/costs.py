"""What a point costs to set up and to run, over the years that are planned for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from georisk.parameters import Parameters
    from layers.crs import FloatArray

OPTIONS = ("build", "upgrade", "mobile")
CURRENCY = "USD"


@dataclass(frozen=True)
class CostRules:
    """Costs by option, from the parameter file (``siting.cost.*``).

    Attributes
    ----------
    once, per_year : tuple of float
        As `OPTIONS`: to set a point up, and to run it a year.
    years : float
        Horizon.
    source : str
        Of the figures.
    declared : bool
        Whether they are assumptions.
    """

    once: tuple[float, ...]
    per_year: tuple[float, ...]
    years: float
    source: str
    declared: bool


@dataclass(frozen=True)
class SiteCost:
    """What a site costs over the horizon planned for.

    Attributes
    ----------
    once, per_year, total : float
        To build, to run a year, and both over the horizon.
    years : float
    currency : str
    source : str
        Where the figures come from.
    declared : bool
        Whether they are assumptions to be replaced by an offer.
    """

    once: float
    per_year: float
    total: float
    years: float
    currency: str
    source: str
    declared: bool


def read_costs(parameters: Parameters) -> CostRules:
    """Costs in force.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> rules = read_costs(Parameters.read())
    >>> dict(zip(OPTIONS, (tell_cost(rules, name).total for name in OPTIONS), strict=True))
    {'build': 240000.0, 'upgrade': 90000.0, 'mobile': 195000.0}
    """
    names = [f"siting.cost.{option}_{part}_usd" for option in OPTIONS for part in ("once", "year")]
    values = [float(parameters.value(name)) for name in names]
    entries = [parameters.entries[name] for name in names]
    source = "; ".join(dict.fromkeys(str(entry.get("source", "")) for entry in entries))
    return CostRules(
        tuple(values[0::2]), tuple(values[1::2]), float(parameters.value("siting.horizon_years")),
        source, any(bool(entry.get("decl", False)) for entry in entries),
    )


def price_candidates(candidates: pd.DataFrame, rules: CostRules) -> FloatArray:
    """Cost of each candidate over the horizon, by its option; shape (n_candidates,)."""
    total = {option: once + year * rules.years
             for option, once, year in zip(OPTIONS, rules.once, rules.per_year, strict=True)}
    return np.array([total[option] for option in candidates["option"]], float)


def tell_cost(rules: CostRules, option: str) -> SiteCost:
    """Tell the cost of one option apart."""
    at = OPTIONS.index(option)
    once, year = rules.once[at], rules.per_year[at]
    return SiteCost(once, year, once + year * rules.years, rules.years, CURRENCY, rules.source,
                    rules.declared)
