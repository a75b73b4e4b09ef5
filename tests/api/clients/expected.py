"""What a client must have got: rows as the gate discloses them, and how they are compared."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import shapely

import georisk.doors

DECIMALS = 6
KINDS = ("points", "lines", "areas")


@dataclass(frozen=True, eq=False)
class Expected:
    """One collection as an audience must find it: columns as plain values, in order of id."""

    spec: object
    ids: tuple[str, ...]
    columns: dict[str, list]
    shapes: np.ndarray | None

    def take(self, rows):
        """The same with some rows only."""
        rows = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows)
        return Expected(
            self.spec, tuple(self.ids[row] for row in rows),
            {name: [values[row] for row in rows] for name, values in self.columns.items()},
            None if self.shapes is None else self.shapes[rows],
        )

    def meets(self, box):
        """Rows whose geometry meets a box; one without geometry meets it too (Part 1, 7.15.3)."""
        loose = shapely.is_missing(self.shapes) | shapely.is_empty(self.shapes)
        return loose | shapely.intersects(self.shapes, shapely.box(*box))


def read_expected(runs, audience):
    """Every collection of the published study that an audience may see, through the gate.

    A layer of several kinds of geometry is had kind by kind as well.
    """
    door = georisk.doors.open(audience, runs=runs)
    names = [name for name in door.names() if door.spec(name).kind != "raster"]
    found = {name: _read_one(door, name) for name in names}
    for name in names:
        found |= _split(name, found[name])
    return found


def _split(name, expected):
    if expected.shapes is None or expected.spec.geometry != "Geometry":
        return {}
    kinds = shapely.get_dimensions(expected.shapes)
    parts = {f"{name}_{word}": expected.take(kinds == kind) for kind, word in enumerate(KINDS)}
    kept = {part: it for part, it in parts.items() if it.ids}
    return kept if len(kept) > 1 else {}


def _read_one(door, name):
    layer = door.layer(name)
    spec, frame = layer.spec, layer.frame
    columns = {column: make_plain(frame[column].tolist(), spec.columns[column].dtype)
               for column in spec.columns}
    shapes = round_shapes(frame["geometry"].to_numpy()) if spec.geometry != "none" else None
    return Expected(spec, tuple(frame.index), columns, shapes)


def make_plain(values, dtype):
    """Values of a column as any client gives them, in one form; None where there is none."""
    return [_make_plain(value, dtype) for value in values]


def _make_plain(value, dtype):
    if isinstance(value, (list, tuple, np.ndarray)):
        # GDAL and QGIS do not tell an empty list from none.
        return tuple(map(str, value)) or None
    if value is None or value is pd.NaT or value is pd.NA or value != value:  # noqa: PLR0124
        return None
    if dtype == "list":
        return _read_list(value)
    if dtype == "date":
        return str(value).replace("/", "-")[:10]
    if dtype == "datetime":
        return pd.Timestamp(value).tz_localize(None) if pd.Timestamp(value).tz is None else (
            pd.Timestamp(value).tz_convert("UTC").tz_localize(None))
    kinds = {"number": float, "integer": int, "boolean": bool}
    return kinds.get(dtype, str)(value)


def _read_list(text):
    """Read a list that a client made text of: GDAL writes (2:food,water), others JSON."""
    if text.startswith("["):
        return tuple(json.loads(text)) or None
    words = text.removesuffix(")").partition(":")[2]
    return tuple(words.split(",")) if words else None


def round_shapes(shapes):
    """Geometries with the decimals that are served, in one order of rings and corners."""
    shapes = np.asarray(shapes, dtype=object)
    return shapely.normalize(shapely.transform(shapes, lambda xy: np.round(xy, DECIMALS)))


def compare(expected, ids, columns, shapes=None, *, sorted_by_id=True):
    """What differs between what was expected and what a client has; empty if nothing does."""
    ids = list(map(str, ids))
    if sorted_by_id and any(one >= two for one, two in pairwise(ids)):
        return ["ids are not in order, or twice"]
    order = np.argsort(np.asarray(ids, dtype=object), kind="stable") if ids else []
    if [ids[row] for row in order] != list(expected.ids):
        return [f"{len(ids)} ids where {len(expected.ids)} were expected, or others"]
    faults = []
    if set(columns) != set(expected.spec.columns):
        faults.append(f"columns: {sorted(set(columns) ^ set(expected.spec.columns))}")
    for name in [name for name in expected.spec.columns if name in columns]:
        spec = expected.spec.columns[name]
        values = list(columns[name])
        found = make_plain([values[row] for row in order], spec.dtype)
        differing = [row for row, (one, two) in enumerate(
            zip(expected.columns[name], found, strict=True)) if not agree(one, two, spec)]
        if differing:
            row = differing[0]
            faults.append(f"{name}: {len(differing)} differ, such as "
                          f"{expected.columns[name][row]!r} and {found[row]!r}")
    if expected.shapes is not None and shapes is not None:
        found = np.asarray(shapes, dtype=object)[order] if ids else np.array([], object)
        faults += compare_shapes(expected.shapes, round_shapes(found))
    return faults


def agree(one, two, spec):
    """Whether two values are the same; numbers to the digits that are shown."""
    if one is None or two is None or spec.dtype != "number":
        return one == two
    return math.isclose(one, two, rel_tol=0.51 * 10 ** (1 - spec.digits), abs_tol=0)


def compare_shapes(one, two):
    """What differs between two arrays of geometries, one part and a multi of one part alike."""
    left, at_left = shapely.get_parts(one, return_index=True)
    right, at_right = shapely.get_parts(two, return_index=True)
    if at_left.tolist() != at_right.tolist():
        return ["geometry: other numbers of parts"]
    left, right = shapely.normalize(left), shapely.normalize(right)
    differing = np.flatnonzero(~shapely.equals_exact(left, right, tolerance=1e-7))
    if not len(differing):
        return []
    one, two = (parts[differing[0]].wkt[:60] for parts in (left, right))
    return [f"geometry: {len(differing)} of {len(left)} parts differ, such as {one} and {two}"]
