"""A plan of two nights without a study: one place after a stretch."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd

from georisk.surge.days import Course
from georisk.surge.group import Group
from georisk.surge.nights import simulate_nights
from georisk.surge.plan import weigh_water
from georisk.surge.scene import Scene


def make_plan(*, name="EXAMPLE - shelter", synthetic=True):
    """100 people; the first night nowhere, the second at a place of 50 beds."""
    course = Course(
        "w", "adult_man", np.array([0.0, 200.0]), np.array([[0.0, 40.0]]),
        np.array([[0.0, 28.0]]), np.array([1]), np.array([0]), np.array([80.0]), np.zeros(1),
        np.ones((1, 1), bool),
    )
    locations = pd.DataFrame({
        "location_id": ["mx-ex-1", "leg-0-s001"], "kind": ["place", "stretch"],
        "name": [name, "leg-0 km 0-10"], "near": ["", "Abajo"], "country": "MX", "admin1": "A",
        "lon": [-97.9, -98.0], "lat": [15.5, 15.2],
    })
    beds = np.array([50.0])
    least = simulate_nights([100], [course], (beds, np.zeros(1)), [0, 0])
    scene = Scene((), (course,), (100,), locations, beds, np.zeros(1), np.array([750.0]),
                  (0, 0), SimpleNamespace(full_from=0.9), "Abajo", (), synthetic,
                  pd.DataFrame({"way": [], "town": [], "km": []}))
    short_l, unknown_l = weigh_water(scene, least)
    group = Group(100, "Abajo", dt.date(2024, 4, 1), {"adult_man": 1.0}, days=2)
    return SimpleNamespace(group=group, scene=scene, least=least, most=least,
                           water_short_l=short_l, water_unknown_l=unknown_l)
