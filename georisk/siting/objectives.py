"""What points may be chosen for, by name: every objective on the same scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

from georisk.siting.posing.cover_objectives import pose_coverage, pose_length
from georisk.siting.posing.fair_objectives import pose_equity, pose_fair
from georisk.siting.posing.hour_objectives import pose_farthest, pose_hours, pose_needed
from georisk.siting.posing.posed import Aim, Posed
from georisk.siting.posing.room_objectives import pose_capacity
from georisk.siting.posing.route_objectives import pose_autonomy, pose_gap
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from georisk.siting.posing.scene import Scene

__all__ = ["OBJECTIVES", "Aim", "Posed", "pose_objective"]
OBJECTIVES: Mapping[str, Callable[[Scene, Aim], Posed]] = {
    "coverage": pose_coverage, "length": pose_length, "hours": pose_hours,
    "farthest": pose_farthest, "gap": pose_gap, "equity": pose_equity, "fair": pose_fair,
    "autonomy": pose_autonomy, "needed": pose_needed, "capacity": pose_capacity,
}


def pose_objective(scene: Scene, name: str, aim: Aim | None = None) -> Posed:
    """Pose one objective by its name.

    Raises
    ------
    CallError
        Naming those that there are; or where it has no sense on this scene, saying why.
    """
    if name not in OBJECTIVES:
        raise CallError(f"site: no objective named {name!r}; there are: {', '.join(OBJECTIVES)}")
    return OBJECTIVES[name](scene, aim or Aim())
