"""Studies and invented ways for a group on the move: no heat, flat ground, round numbers."""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
from hypothesis import strategies as st
from surroundings import EMBEDDED

from georisk.study import Study
from georisk.surge.days import Course


@cache
def open_embedded():
    """The embedded study, worked out once for all tests of a group on the move."""
    return Study.open(EMBEDDED, today=dt.date(2026, 11, 22))


def make_course(
    stops=(), *, way="a", profile="adult_man", length_km=400.0, speed_kmh=5.0, first=0,
    stretch_from=None,
):
    """A way with places at some km; stretches of 100 km; ``stops`` are (km, row of place)."""
    km = np.array([0.0, *np.arange(100.0, length_km, 100.0), length_km])
    rows = sorted(stops)
    count = len(km) - 1
    begin = len(rows) if stretch_from is None else stretch_from
    return Course(
        way, profile, km, (km / speed_kmh)[None, :], (km / speed_kmh * 0.7)[None, :],
        np.arange(begin, begin + count), np.array([row + first for _, row in rows], np.int64),
        np.array([at for at, _ in rows], float), np.zeros(len(rows)),
        np.ones((1, len(rows)), bool), walk_l_per_h=0.7, rest_l_per_h=0.1,
    )


@st.composite
def worlds(draw):
    """Up to three ways and five places of any size; people of any number."""
    places = draw(st.integers(0, 5))
    beds = np.array([draw(st.one_of(st.integers(0, 300).map(float), st.just(float("inf"))))
                     for _ in range(places)])
    taken = np.array([draw(st.floats(0, 1)) * (b if np.isfinite(b) else 50.0) for b in beds])
    courses, people = [], []
    for name in "abc"[: draw(st.integers(1, 3))]:
        stops = [(draw(st.floats(1.0, 390.0)), row) for row in range(places)
                 if draw(st.booleans())]
        courses.append(make_course(stops, way=name, speed_kmh=draw(st.floats(1.0, 12.0)),
                                   stretch_from=places))
        people.append(draw(st.integers(0, 5000)))
    return people, courses, (beds, taken), draw(st.integers(1, 9))
