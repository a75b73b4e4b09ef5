"""What lies below the features of a page: outlines of countries, if the audience may see them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import shapely

from api.pages.sketch import (
    MOST_SHAPES,
    Mark,
    draw_dots,
    draw_ground,
    draw_marks,
    fit_view,
    list_meridians,
    list_parallels,
    measure_scale,
)
from api.pages.words import find_class

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from api.pages.sketch import Line, View
    from api.stock.room import Room

_OUTLINES = "boundaries"
_TOLERANCE_DEG = 0.005
_SAMPLE = 400
_MOST_DOTS = 2_500


@dataclass(frozen=True)
class Sketch:
    """A small map, ready to be written down."""

    view: View
    ground: str
    meridians: list[Line]
    parallels: list[Line]
    marks: list[Mark]
    scale: tuple[int, str]
    left_out: int = 0
    drawn: int = 0


def sketch_features(
    room: Room, features: Sequence[Mapping[str, Any]], *, collection: str, around_deg: float = 0.0
) -> Sketch | None:
    """Draw features, whatever reference system they were asked for in; None without a place.

    Parameters
    ----------
    room : Room
    features : sequence of GeoJSON features
    collection : str
    around_deg : float
        How much of what lies around them is shown at least, to each side.
    """
    served = room.served(collection)
    if not served.has_geometry:
        return None
    shown = features[:MOST_SHAPES]
    found = [served.find(str(feature["id"])) for feature in shown]
    shapes = served.shapes(np.array([row for row in found if row is not None], dtype=np.intp))
    view = fit_view(shapely.bounds(shapes) + np.array([-1, -1, 1, 1]) * around_deg)
    if view is None:
        return None
    values = [feature["properties"] for feature in shown]
    marks = draw_marks(
        shapes, view,
        [find_class("risk_class", value.get("risk_class")) for value in values],
        [_entitle(value) for value in values],
        # SAFETY: a band away from roads has no edge and no line that could be followed.
        ["b" if value.get("band") is True else "" for value in values],
    )
    return _lay_ground(room, view, marks, collection, len(features) - len(shown))


def sketch_layer(room: Room, collection: str) -> Sketch | None:
    """Draw a collection: each feature of a small one, dots of a large one, by class of risk."""
    served = room.served(collection)
    if not served.count or not served.has_geometry:
        return None
    rows = np.unique(np.linspace(0, served.count - 1, _MOST_DOTS).astype(np.int64))
    columns = [name for name in ("risk_class", "band") if name in served.spec.columns]
    chosen = {name: served.column(name).take(pa.array(rows)).to_pylist() for name in columns}
    if served.count > _SAMPLE:
        classes = chosen.get("risk_class", [None] * len(rows))
        return _sketch_dots(room, rows, [find_class("risk_class", it) for it in classes],
                            collection)
    ids = served.ids.values.take(pa.array(rows)).to_pylist()
    features = [{"id": id_, "properties": {name: chosen[name][n] for name in columns}}
                for n, id_ in enumerate(ids)]
    return sketch_features(room, features, collection=collection)


def _sketch_dots(
    room: Room, rows: NDArray[np.int64], shades: Sequence[str], collection: str
) -> Sketch | None:
    served = room.served(collection)
    points = shapely.point_on_surface(served.shapes(rows))
    view = fit_view(shapely.bounds(points))
    if view is None:
        return None
    # SAFETY: what says nothing lies below, and is drawn as large as what says something.
    marks = [
        Mark(path, "d", shade, 0, "") for shade in sorted(set(shades))
        if (path := draw_dots(points[np.array(shades) == shade], view))
    ]
    sketch = _lay_ground(room, view, marks, collection, served.count - len(rows))
    return replace(sketch, drawn=len(rows))


def sketch_box(room: Room, box: Sequence[float], *, collection: str) -> Sketch | None:
    """Draw a box in degrees: where a collection lies."""
    view = fit_view(np.array([box], dtype=float))
    if view is None:
        return None
    shapes = np.array([shapely.box(*box)], dtype=object)
    return _lay_ground(room, view, draw_marks(shapes, view, [""], [""]), collection, 0)


def _lay_ground(
    room: Room, view: View, marks: list[Mark], collection: str, left_out: int
) -> Sketch:
    below = "" if collection == _OUTLINES else draw_ground(find_outlines(room), view)
    return Sketch(view, below, list_meridians(view), list_parallels(view), marks,
                  measure_scale(view), left_out, len(marks))


def find_outlines(room: Room) -> NDArray[np.object_]:
    """Outlines of countries, simplified once; none where they are not shown."""
    if _OUTLINES not in room.collections:
        return np.empty(0, dtype=object)
    return room.make(("pages", _OUTLINES), lambda: _read_outlines(room))


def _read_outlines(room: Room) -> NDArray[np.object_]:
    served = room.served(_OUTLINES)
    if "level" not in served.spec.columns or not served.has_geometry:
        return np.empty(0, dtype=object)
    level = served.column("level").to_numpy(zero_copy_only=False)
    shapes = served.shapes(np.flatnonzero(level == 0))
    shapes = shapes[~shapely.is_missing(shapes)]
    return np.asarray(shapely.simplify(shapes, _TOLERANCE_DEG))


def _entitle(values: Mapping[str, Any]) -> str:
    name = values.get("name")
    return name if isinstance(name, str) else ""
