"""Why a segment's intensity is what it is: its factors against its corridor's median.

The intensity of a segment is a base times factors. Divided by those of a reference segment, the
factors multiply exactly to the ratio of the two intensities; nothing is left unexplained, for
what is not named is gathered in one last factor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from georisk.corridors import tell_unknown_segment
from georisk.incidents import CLASSES
from georisk.risk import INSUFFICIENT
from layers.errors import BrokenError, CallError

if TYPE_CHECKING:
    from collections.abc import Mapping

Scope = Literal["corridor", "study"]
MAX_REASONS = 4
MIN_FACTOR = 1.05
INTENSITY = "intensity_per_100km_year"
EQUAL = "intensity_equal_detection"
_PREFIX = "factor_"
_CLOSES = 1e-6
# Factor -> column of the `conditions` table and unit, where they are not the factor's own name.
CONDITIONS: dict[str, tuple[str, str]] = {
    "settlement": ("settlement_km", "km"),
    "town": ("town_km", "km"),
    "population": ("population_15km", "people"),
    "border": ("border_km", "km"),
    "coast": ("coast_km", "km"),
    "river": ("river_km", "km"),
    "rail": ("rail_km", "km"),
    "elevation": ("elevation_m", "m"),
    "relief": ("relief_m", "m"),
    "heat": ("heat_degc", "degC"),
    "aridity": ("aridity", "share"),
    "storms": ("storms_per_year", "per year"),
    "land_cover": ("land_cover", "class"),
}


@dataclass(frozen=True)
class Reason:
    """One factor against that of the reference segment.

    Attributes
    ----------
    name : str
        ``incidents``, a covariate, or a layer that the study added.
    factor : float
        This segment's factor over the reference's; above 1 it raises the intensity.
    value : float or None
        What was measured here, in ``unit``; None where it is not known or there is none.
    unit : str
    """

    name: str
    factor: float
    value: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Explanation:
    """What can be said about one segment.

    Attributes
    ----------
    evidence, risk_class : str
        Where the evidence is ``insufficient`` every number below is None or empty.
    intensity, low, high : float or None
        Reported incidents per 100 km and year, and the ends of the 90 % interval.
    scope : {"corridor", "study"}
        What the median is that of; ``study`` for a leg that no corridor owns.
    reference_id : str
        The segment at the length-weighted median; empty where nothing can be said.
    ratio : float or None
        Intensity over the reference's; None where either has nothing reported near enough.
    reasons : tuple of Reason
        At most four, the strongest first.
    rest : float or None
        All other factors together: ``prod(reason.factor) * rest == ratio``.
    rest_names : tuple of str
        What is gathered in ``rest``.
    harms : tuple of (str, float)
        Share of each class of harm, the largest first; sums to 1, empty where unknown.
    equal_detection : float or None
        Times the intensity, were reporting as good as on the best quarter of the corridor (of
        the study, for ``study``): a scenario, at least 1. It takes no part in the factors.
    """

    segment_id: str
    leg_id: str
    corridor: str
    near_place: str
    chainage_from_km: float
    chainage_to_km: float
    evidence: str
    risk_class: str
    synthetic: bool
    intensity: float | None = None
    low: float | None = None
    high: float | None = None
    scope: Scope = "corridor"
    reference_id: str = ""
    ratio: float | None = None
    reasons: tuple[Reason, ...] = ()
    rest: float | None = None
    rest_names: tuple[str, ...] = ()
    harms: tuple[tuple[str, float], ...] = ()
    equal_detection: float | None = None


def explain_segment(
    segments: pd.DataFrame, conditions: pd.DataFrame | None, segment_id: str
) -> Explanation:
    """Say what makes a segment's intensity differ from the median of its corridor.

    Parameters
    ----------
    segments : DataFrame
        The ``segments`` layer: index ``segment_id``, ``base_intensity`` and ``factor_*``.
    conditions : DataFrame or None
        The ``conditions`` layer: index ``segment_id``, natural values; without it reasons
        have no value.
    segment_id : str

    Raises
    ------
    CallError
        If there is no such segment; near matches are named.
    BrokenError
        If the factors of either segment do not multiply to its intensity.

    Examples
    --------
    >>> rows = pd.DataFrame({"leg_id": "a", "corridor": "c", "near_place": "", "length_km": 1.0,
    ...     "chainage_from_km": [0.0, 1, 2], "chainage_to_km": [1.0, 2, 3], "evidence": "observed",
    ...     "risk_class": "high", "synthetic": True, "intensity_per_100km_year": [1.0, 2, 6],
    ...     "intensity_low": 0.5, "intensity_high": 9.0, "base_intensity": 2.0,
    ...     "factor_incidents": [0.5, 1, 1.5], "factor_border": [1.0, 1, 2]},
    ...     index=["a-0001", "a-0002", "a-0003"])
    >>> told = explain_segment(rows, None, "a-0003")
    >>> told.reference_id, told.ratio, [(r.name, r.factor) for r in told.reasons], told.rest
    ('a-0002', 3.0, [('border', 2.0), ('incidents', 1.5)], 1.0)
    """
    if segment_id not in segments.index:
        raise CallError(tell_unknown_segment(segments, segment_id))
    row = segments.loc[segment_id]
    about = _describe_segment(row, segment_id)
    if about.evidence == INSUFFICIENT:
        return about
    scope, peers = _find_peers(segments, about.corridor)
    reference_id = find_median_segment(peers)
    about = replace(
        about, scope=scope, reference_id=reference_id, intensity=_read_number(row[INTENSITY]),
        low=_read_number(row["intensity_low"]), high=_read_number(row["intensity_high"]),
        harms=_share_harms(row), equal_detection=_compare_detection(row),
    )
    factors = compare_factors(segments, segment_id, reference_id)
    if factors is None:
        return about
    ratio = float(row[INTENSITY]) / float(segments.at[reference_id, INTENSITY])
    named = _choose_factors(factors)
    return replace(
        about, ratio=ratio, rest=ratio / math.prod(named.values()),
        reasons=tuple(_add_value(name, factor, conditions, segment_id)
                      for name, factor in named.items()),
        rest_names=tuple(name for name in factors if name not in named),
    )


def find_median_segment(segments: pd.DataFrame) -> str:
    """Id of the segment at which half of the length has less reported; ties go by id.

    Parameters
    ----------
    segments : DataFrame
        At least one row, with ``length_km`` and the intensity.

    Examples
    --------
    >>> rows = pd.DataFrame({"length_km": [1.0, 1, 4], "intensity_per_100km_year": [1.0, 2, 6]},
    ...                     index=["a", "b", "c"])
    >>> find_median_segment(rows)
    'c'
    """
    order = np.lexsort((segments.index.to_numpy(str), segments[INTENSITY].to_numpy(float)))
    along_km = np.cumsum(segments["length_km"].to_numpy(float)[order])
    # Half of a sum may fall a rounding short of the sum of its half.
    middle = int(np.searchsorted(along_km, along_km[-1] / 2 * (1 - 1e-12)))
    return str(segments.index[order[middle]])


def compare_factors(
    segments: pd.DataFrame, segment_id: str, reference_id: str
) -> dict[str, float] | None:
    """Divide each factor of a segment by that of another.

    Returns
    -------
    dict or None
        By name of the factor; ``base`` is there where the two bases differ. The values multiply
        to the ratio of the intensities. None where either intensity is 0.

    Raises
    ------
    BrokenError
        If the factors do not multiply to the intensity.
    """
    names = ["base_intensity", *(n for n in segments.columns if str(n).startswith(_PREFIX))]
    pair = segments.loc[[segment_id, reference_id], [*names, INTENSITY]].astype("float64")
    values = pair[names].to_numpy().tolist()
    for key, row, whole in zip(pair.index, values, pair[INTENSITY].tolist(), strict=True):
        if not math.isclose(math.prod(row), whole, rel_tol=_CLOSES):
            raise BrokenError(f"segments, {key}: its factors do not multiply to its intensity")
    if not all(0 < value < math.inf for value in values[0] + values[1]):
        return None
    factors = {
        name.removeprefix(_PREFIX): here / there
        for name, here, there in zip(names, *values, strict=True)
    }
    base = factors.pop("base_intensity")
    return factors if base == 1 else {**factors, "base": base}


def _choose_factors(factors: Mapping[str, float]) -> dict[str, float]:
    """The few that matter, the strongest first; what would print as x1.0 is not named."""
    strength = {name: abs(math.log(factor)) for name, factor in factors.items() if name != "base"}
    order = sorted(strength, key=lambda name: (-strength[name], name))
    named = [name for name in order if strength[name] >= math.log(MIN_FACTOR)][:MAX_REASONS]
    return {name: factors[name] for name in named}


def _add_value(
    name: str, factor: float, conditions: pd.DataFrame | None, segment_id: str
) -> Reason:
    column, unit = CONDITIONS.get(name, (name, ""))
    if conditions is None or segment_id not in conditions.index:
        return Reason(name, factor, None, unit)
    if column not in conditions and f"{name}_km" in conditions:
        column, unit = f"{name}_km", "km"
    if column not in conditions:
        return Reason(name, factor, None, unit)
    return Reason(name, factor, _read_number(conditions.at[segment_id, column]), unit)


def _read_number(value: object) -> float | None:
    number = float(pd.to_numeric(pd.Series([value]), errors="coerce").astype("float64").iloc[0])
    return number if math.isfinite(number) else None


def _describe_segment(row: pd.Series, segment_id: str) -> Explanation:
    def read(name: str) -> str:
        return "" if pd.isna(row[name]) else str(row[name])

    return Explanation(
        segment_id=segment_id, leg_id=read("leg_id"), corridor=read("corridor"),
        near_place=read("near_place"), chainage_from_km=float(row["chainage_from_km"]),
        chainage_to_km=float(row["chainage_to_km"]), evidence=read("evidence"),
        risk_class=read("risk_class"), synthetic=bool(row["synthetic"]),
    )


def _find_peers(segments: pd.DataFrame, corridor: str) -> tuple[Scope, pd.DataFrame]:
    """What may be said of the corridor's segments with evidence; of all, where it has no owner."""
    told = segments[segments["evidence"] != INSUFFICIENT]
    if not corridor:
        return "study", told
    return "corridor", told[told["corridor"] == corridor]


def _share_harms(row: pd.Series) -> tuple[tuple[str, float], ...]:
    columns = [f"intensity_{name}" for name in CLASSES]
    if not set(columns) <= set(row.index):
        return ()
    values = row[columns].astype("float64").fillna(0.0).to_numpy()
    if values.sum() <= 0:
        return ()
    shares = zip(CLASSES, (values / values.sum()).tolist(), strict=True)
    return tuple(sorted(shares, key=lambda pair: (-pair[1], CLASSES.index(pair[0]))))


def _compare_detection(row: pd.Series) -> float | None:
    equal = _read_number(row.get(EQUAL))
    intensity = _read_number(row[INTENSITY])
    return equal / intensity if equal is not None and intensity else None
