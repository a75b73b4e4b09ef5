"""Objective of room: as much of what people need as new points have room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.siting.posing.posed import Aim, Posed
from georisk.siting.posing.problems import find_side
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georisk.siting.limits import Limits
    from georisk.siting.posing.scene import Scene
    from georisk.siting.solution import Method, Solution
    from layers.crs import FloatArray


def pose_capacity(scene: Scene, aim: Aim) -> Posed:
    """What people need where nothing is within reach, as far as new points have room for it.

    Raises
    ------
    CallError
        Without flow data on what is uncovered, or for services whose room has no unit.
    """
    from georisk.capacity.room import UNITS
    from georisk.siting.models.rooms import solve_capacitated

    service = _choose_service(scene, aim)
    needed = measure_needed(scene, aim, service)
    rows = np.flatnonzero(needed > 0)
    if not len(rows):
        raise CallError("site: no flow data where anything is out of reach: room cannot be held "
                        "against anything; import `flows`, or take the objective coverage")
    reach, demand = scene.reach[:, rows], needed[rows]
    capacity = np.full(reach.shape[0], aim.capacity[service])

    def solve(limits: Limits, method: Method, time_limit_s: float) -> Solution:
        return solve_capacitated(reach, demand, capacity, limits, method=method,
                                 time_limit_s=time_limit_s)

    def add(base: Sequence[int]) -> FloatArray:
        return _bound_served(reach.toarray().astype(bool), demand, capacity, base)

    unit = UNITS[service]
    total = float(np.sort(demand).sum())
    note = (f"capacity: {service} for people counted, on a mean day; a new point gives "
            f"{aim.capacity[service]:,.0f} {unit}; what an alternative loses is told at most as "
            "large as room and reach allow")
    return Posed("capacity", f"most {service} within reach that there is room for", unit,
                 more_is_better=True, before=total, scale=total, solve=solve, add=add,
                 notes=(note,))


def _choose_service(scene: Scene, aim: Aim) -> str:
    wanted = sorted(set(scene.demand["service"]) & set(aim.capacity))
    if len(wanted) != 1:
        raise CallError("site: room is counted for one service at a time; ask for one of "
                        f"{', '.join(sorted(aim.capacity)) or 'none'}")
    return str(wanted[0])


def measure_needed(scene: Scene, aim: Aim, service: str) -> FloatArray:
    """What is needed a day at each demand row, in the unit of the service; 0 if uncounted."""
    segment, side = scene.demand["segment"].to_numpy(np.int64), find_side(scene.demand)
    daily = np.nan_to_num(scene.ground.people[segment, side])
    hours = scene.worlds[0].segment_mode_h[segment, 1 - side]
    days = np.where(np.isfinite(hours), hours, 0.0) / aim.day_h
    mine = (scene.demand["service"] == service).to_numpy(bool)
    return np.where(mine, daily * days * aim.need[service], 0.0)


def _bound_served(
    reach: np.ndarray, demand: FloatArray, capacity: FloatArray, base: Sequence[int]
) -> FloatArray:
    """Most that some sites and one more can serve: by each one's reach and room."""
    have = np.zeros(len(demand), bool)
    room = 0.0
    for row in base:
        have |= reach[row]
        room += min(float(capacity[row]), float(demand[reach[row]].sum()))
    own = np.minimum(capacity, reach @ demand)
    within = (reach & ~have) @ demand + demand[have].sum()
    return np.asarray(np.minimum(room + own, within))
