"""Incidents per person-km: a fit of its own to the segments on which people are counted.

On these segments the size of a unit is person-km instead of km. With that alone everything that
is fitted has log(people) as an offset: the place model finds what goes with danger for one
person, a kernel gives each segment around an incident as much as people pass there, and the even
share is even per person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from georisk.fitting.design import Design
from georisk.fitting.lines import LineSupport
from georisk.fitting.sources import Sources
from georisk.fitting.stack import Ground, fit_stack
from georisk.flows import PER_PERSON_KM
from georisk.intensity import RouteSegments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.fitting.rules import StackRules
    from georisk.incidents import Points
    from georisk.kernels.lixels import LixelNetwork
    from layers.crs import FloatArray

    Indices = NDArray[np.intp]

_NO_TREES = 10**9


@dataclass(frozen=True, eq=False)
class Counted:
    """The c segments on which people are counted, out of m.

    Attributes
    ----------
    rows : integer array of shape (c,)
        Their numbers among all.
    support : LineSupport
        These alone; sizes in 100,000 person-km a year.
    """

    rows: Indices
    support: LineSupport


def choose_counted(
    support: LineSupport, people_per_year: FloatArray, *, network: LixelNetwork | None = None
) -> Counted:
    """Keep the segments on which people were counted, and at least one person was.

    Parameters
    ----------
    support : LineSupport
        All m segments.
    people_per_year : array of shape (m,)
        From `georisk.flows.measure_flows`; NaN where nobody counted.
    network : LixelNetwork or None
        Of the kept segments, where kernels run along the network.
    """
    rows = np.flatnonzero(find_counted(people_per_year))
    every = support.segments
    kept = RouteSegments(every.ids[rows], every.mid_km[rows], every.length_km[rows],
                         every.lines_km[rows])
    pool = np.unique(support.pool[rows], return_inverse=True)[1]
    people = people_per_year[rows] / PER_PERSON_KM
    return Counted(rows, LineSupport(kept, pool, support.reach_km, network, people))


def find_counted(people_per_year: FloatArray) -> NDArray[np.bool_]:
    """Segments that a rate can be told of: counted, and not nobody.

    Examples
    --------
    >>> find_counted(np.array([np.nan, 0.0, 12.0])).tolist()
    [False, False, True]
    """
    return np.asarray(np.isfinite(people_per_year) & (people_per_year > 0))


def fit_rates(
    counted: Counted, ground: Ground, sources: Sources, points: Points, rules: StackRules, *,
    least: int,
) -> FloatArray:
    """Fit incidents per 100,000 person-km.

    Parameters
    ----------
    counted : Counted
    ground : Ground
        Of all m segments: its columns stay as they are.
    sources : Sources
        Incidents on all segments. Those whose nearest segment is not counted take no part.
    points : Points
        The same n incidents.
    rules : StackRules
    least : int
        With fewer incidents on the counted segments nothing is told.

    Returns
    -------
    array of shape (m,)
        NaN where people are not counted, and everywhere with too few incidents. Times the
        person-km of a year it sums to the decayed incidents a year on the counted segments.
    """
    rates = np.full(len(ground.values), np.nan)
    mine = np.isin(sources.unit, counted.rows)
    if not len(counted.rows) or mine.sum() < least:
        return rates
    own = Sources(
        sources.age_years[mine], sources.group[mine],
        counted.support.prepare(points.xy_km[mine], points.sigma_km[mine], rules.widths_km),
        sources.window_years,
    )
    here = Ground(Design(ground.design.columns[counted.rows], ground.design.factor),
                  ground.values.iloc[counted.rows])
    stack = fit_stack(counted.support, here, own, replace(rules, trees_from=_NO_TREES))
    rates[counted.rows] = stack.estimate(own)
    return rates
