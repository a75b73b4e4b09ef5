"""Towns that a group comes through: from which day to which, and how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.surge.tables import list_dates

if TYPE_CHECKING:
    from georisk.surge.plan import Plan
    from layers.crs import FloatArray

_TOLERANCE_KM = 1e-3


def tabulate_towns(plan: Plan) -> pd.DataFrame:
    """A row a town that somebody comes to: first and last day, people, those still to come.

    Returns
    -------
    DataFrame
        ``town km first last people to_come``, in order of the first day and of km; ``km`` is
        the least of all ways there.
    """
    dates, scene = list_dates(plan), plan.scene
    comes: dict[str, FloatArray] = {}
    total: dict[str, int] = {}
    for n, course in enumerate(scene.courses):
        ahead = scene.towns[scene.towns["way"] == course.way]
        past = _count_past(plan, n, ahead["km"].to_numpy(float))
        for town, row in zip(ahead["town"], past, strict=True):
            comes[town] = comes.get(town, np.zeros(len(dates))) + np.diff(row, prepend=0.0)
            total[town] = total.get(town, 0) + scene.people[n]
    km = scene.towns.groupby("town")["km"].min()
    rows = []
    for town, by_day in comes.items():
        days, people = np.flatnonzero(by_day > 0), int(by_day.sum())
        if len(days):
            rows.append((town, round(float(km[town]), 1), dates[days[0]], dates[days[-1]], people,
                         total[town] - people))
    frame = pd.DataFrame(rows, columns=["town", "km", "first", "last", "people", "to_come"])
    return frame.sort_values(["first", "km", "town"], kind="stable").reset_index(drop=True)


def list_next_towns(plan: Plan) -> pd.DataFrame:
    """Towns that nobody came to, but that lie next ahead of where some sleep the last night.

    Returns
    -------
    DataFrame
        ``town km_on people``: km on from the foremost of them, the nearest first.
    """
    scene, known = plan.scene, set(tabulate_towns(plan)["town"])
    found: dict[str, tuple[float, int]] = {}
    for row in plan.least.rows:
        ahead = scene.towns[(scene.towns["way"] == scene.courses[row.course].way)
                            & (scene.towns["km"] > row.km + _TOLERANCE_KM)]
        if row.day != len(scene.seasons) - 1 or not len(ahead) or not row.people:
            continue
        town, on_km = str(ahead["town"].iloc[0]), float(ahead["km"].iloc[0]) - row.km
        before_km, people = found.get(town, (on_km, 0))
        found[town] = (min(before_km, on_km), people + row.people)
    rows = sorted((round(on_km, 1), town, people) for town, (on_km, people) in found.items()
                  if town not in known)
    return pd.DataFrame([(town, on_km, people) for on_km, town, people in rows],
                        columns=["town", "km_on", "people"])


def _count_past(plan: Plan, course: int, km: FloatArray) -> FloatArray:
    """People of a course at or beyond each km by the end of each day, shape (n_km, n_days)."""
    short_of = np.zeros((len(km), len(plan.scene.seasons)))
    for row in plan.least.rows:
        if row.course == course:
            short_of[:, row.day] += row.people * (row.km < km - _TOLERANCE_KM)
    return plan.scene.people[course] - short_of

