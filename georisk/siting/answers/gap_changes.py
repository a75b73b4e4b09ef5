"""What a site does to the gaps it touches: which close, and what is left of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.siting.answers.answers import GapChange, GapHours
from georisk.siting.posing.runs import find_runs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from georisk.network import BoolArray
    from georisk.siting.posing.runs import Run
    from layers.crs import FloatArray


@dataclass(frozen=True)
class Pace:
    """Another traveller or month: how hours on foot differ from those of the scene.

    Attributes
    ----------
    profile : str
    month : int or None
    times : array of shape (n_segments,) or one value
        Times the hours of the scene's own traveller.
    """

    profile: str
    month: int | None
    times: FloatArray | float = 1.0


def describe_changes(
    runs: Sequence[Run], served: BoolArray, paces: Sequence[Pace], *, most: int = 6
) -> tuple[GapChange, ...]:
    """What serving some demand does to each gap it touches, the longest gap first.

    Of gaps of several corridors that lose the same rows only the longest is told.

    Parameters
    ----------
    served : array of bool, shape (n_demand,)
        What one site brings within reach.
    paces : sequence of Pace
        The scene's own first.
    """
    told: dict[tuple[str, str, bytes], GapChange] = {}
    for run in runs:
        hit = served[run.rows]
        if not hit.any():
            continue
        key = (run.service, run.direction, np.sort(run.rows[hit]).tobytes())
        if key not in told:
            told[key] = _describe(run, ~hit, paces)
    return tuple(told.values())[:most]


def _describe(run: Run, stays: NDArray[np.bool_], paces: Sequence[Pace]) -> GapChange:
    parts = list(find_runs(stays))
    left = max(parts, key=lambda part: float(run.walk_h[part].sum()), default=slice(0, 0))
    hours = []
    for pace in paces:
        times = pace.times if isinstance(pace.times, float) else pace.times[run.segment]
        walk_h = run.walk_h * times
        hours.append(GapHours(pace.profile, pace.month, float(walk_h.sum()),
                              max((float(walk_h[part].sum()) for part in parts), default=0.0)))
    return GapChange(
        run.corridor, run.service, run.direction, run.from_place, run.to_place,
        float(run.length_km.sum()), float(run.length_km[left].sum()), tuple(hours), not parts,
    )


def tell_reason(
    changes: Sequence[GapChange], newly_km: Mapping[tuple[str, str], float]
) -> str:
    """Say in one sentence which gap a site closes or shortens most, and what it reaches.

    Examples
    --------
    >>> hours = (GapHours("adult_man", None, 14.0, 0.0),)
    >>> gap = GapChange("west", "water", "forward", "A", "B", 70.0, 0.0, hours, True)
    >>> tell_reason([gap], {("water", "forward"): 70.0})
    'closes the water gap A - B forward, 14 h on foot; newly within reach: water 70 km forward'
    """
    km = [f"{service.replace('_', ' ')} {length:.0f} km {direction}"
          for (service, direction), length in sorted(newly_km.items())]
    reached = f"newly within reach: {', '.join(km)}"
    if not changes:
        return reached
    gap = max(changes, key=lambda one: (one.closed, _gain(one)))
    hours = gap.hours[0]
    ends = f"{gap.from_place or 'an unnamed place'} - {gap.to_place or 'an unnamed place'}"
    what = f"the {gap.service.replace('_', ' ')} gap {ends} {gap.direction}"
    if not np.isfinite(hours.before_h):
        told = f"shortens {what}, {gap.length_km:.0f} km, to {gap.left_km:.0f} km"
    elif gap.closed:
        told = f"closes {what}, {hours.before_h:.0f} h on foot"
    else:
        told = f"shortens {what}, {hours.before_h:.0f} h on foot, to {hours.after_h:.0f} h"
    return f"{told}; {reached}"


def _gain(change: GapChange) -> float:
    hours = change.hours[0]
    if not np.isfinite(hours.before_h):
        return change.length_km - change.left_km
    return hours.before_h - hours.after_h
