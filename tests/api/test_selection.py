"""Which rows a box selects: what was found first is left as it was."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import shapely

from api.asking.selection import _look_closer


def test_looking_closer_leaves_what_it_was_given():
    lines = np.array([shapely.LineString([(0, 0), (2, 2)]), shapely.LineString([(1, 0), (2, 1)])])
    served = SimpleNamespace(bounds=shapely.bounds(lines))
    room = SimpleNamespace(served=lambda _: served, shapes=lambda _, rows: lines[rows])
    touches = np.array([True, True])
    # A corner of both boxes that the first line does not enter.
    assert _look_closer(room, "lines", touches, (1.5, 0, 2, 0.6)).tolist() == [False, True]
    assert touches.tolist() == [True, True]
