"""What a fit says of every segment: intensity, factors, classes of harm and an interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.bootstrap import Interval, Resampling
from georisk.fitting.classes import share_classes, weigh_classes
from georisk.fitting.intervals import bootstrap_stack
from georisk.fitting.parts import PLACE
from georisk.intensity import PER_KM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.fitting.rules import StackRules
    from georisk.fitting.sources import Sources
    from georisk.fitting.stack import Stack
    from georisk.incidents import Points
    from layers.crs import FloatArray

INCIDENTS = "incidents"


@dataclass(frozen=True, eq=False)
class RouteFit:
    """A fit told on m segments, per 100 km and year.

    Attributes
    ----------
    intensity : array of shape (m,)
    base : float
        Intensity of typical ground; times the factors of a segment it is its intensity.
    factors : DataFrame
        ``incidents`` first, then one column per condition; m rows.
    classes, harm : DataFrame
        Columns ``sec acc env wat``: the intensity by class, and the same weighed by harm.
    interval : Interval
    """

    intensity: FloatArray
    base: float
    factors: pd.DataFrame
    classes: pd.DataFrame
    harm: pd.DataFrame
    interval: Interval


@dataclass(frozen=True, eq=False)
class Marks:
    """What else is known of the n incidents of a fit.

    Attributes
    ----------
    points : Points
        Their weights decay as the rate does.
    classes : array of str, shape (n,)
    harm : array of shape (n,)
    """

    points: Points
    classes: NDArray[np.object_]
    harm: FloatArray


def tell_routes(
    stack: Stack, sources: Sources, marks: Marks, rules: StackRules, *, resampling: Resampling
) -> RouteFit:
    """Read a fit on every segment.

    Parameters
    ----------
    stack, sources : Stack, Sources
        Fitted on segments.
    marks : Marks
    rules : StackRules
        As the stack was fitted with.
    resampling : Resampling
    """
    density = stack.estimate(sources)
    base, factors = split_factors(stack, density)
    shares = share_classes(stack, sources, marks.classes, rules, density=density)
    harm = weigh_classes(stack, sources, marks.classes, marks.harm, shares, density=density)
    drawn = bootstrap_stack(stack, sources, marks.points, ridge=rules.ridge, rules=resampling,
                            density=density)
    return RouteFit(
        intensity=PER_KM * density, base=PER_KM * base, factors=factors,
        classes=shares.mul(PER_KM * density, axis=0), harm=PER_KM * harm,
        interval=Interval(PER_KM * drawn.low, PER_KM * drawn.high,
                          (PER_KM * drawn.draws).astype(np.float32)),
    )


def split_factors(stack: Stack, density: FloatArray) -> tuple[float, pd.DataFrame]:
    """Take an intensity apart: base times a factor for every condition times one for incidents.

    The factors of conditions are the effects of the place model, each 1 on typical ground. What
    they do not explain is the factor of the incidents: above 1 where more were reported nearby
    than such ground has elsewhere, below 1 where fewer were. Without incidents all are 1.

    Parameters
    ----------
    density : array of shape (m,)
        Incidents per km and year, as the stack estimates.

    Returns
    -------
    base : float
        Per km and year.
    factors : DataFrame
        Their product times the base is the density.
    """
    effects = stack.place.list_effects()
    expected = stack.rate * stack.origin.guides[PLACE]
    logs = stack.place.read_logs()
    at = int(np.argmax(expected))
    base = float(expected[at] / np.exp(logs[at]))
    factors = {INCIDENTS: np.divide(density, expected, out=np.ones_like(density),
                                    where=expected > 0)}
    factors |= {name: np.exp(effect) for name, effect in effects.items()}
    return base, pd.DataFrame(factors, index=np.arange(len(density)))


def list_shares(stack: Stack, rules: StackRules) -> pd.DataFrame:
    """Share of each part of the mixture: its guide, width, memory and group.

    Returns
    -------
    DataFrame
        Columns ``part width_km half_life_years group share``; the last row is the even share.
    """
    rows = [
        {"part": f"kernels on {part.guide}" if part.width >= 0 else part.guide,
         "width_km": rules.widths_km[part.width] if part.width >= 0 else np.nan,
         "half_life_years": part.half_life_years or np.nan, "group": part.group,
         "share": float(stack.share[number])}
        for number, part in enumerate(stack.parts)
    ]
    rows.append({"part": "even", "width_km": np.nan, "half_life_years": np.nan, "group": -1,
                 "share": float(stack.share[-1])})
    return pd.DataFrame(rows)
