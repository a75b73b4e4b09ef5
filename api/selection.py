"""Which rows a request selects, and which of them are on its page."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from api.errors import RepublishedError
from api.parameters import LIMIT_DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from api.parameters import Box, Interval, Token
    from api.room import Room, Shapes, Times
    from layers.geojson import Features


@dataclass(frozen=True)
class Page:
    """Rows of one page, in order of id.

    Attributes
    ----------
    rows : int array
    matched : int
        Rows on all pages together.
    last_id : str
        Where the next page begins; empty if this is the last one.
    """

    rows: NDArray[np.intp]
    matched: int
    last_id: str


def select_page(room: Room, name: str, values: Mapping[str, Any]) -> Page:
    """Return the page that a request asks for.

    Parameters
    ----------
    room : Room
    name : str
        Collection.
    values : dict
        Parsed ``limit``, ``bbox``, ``datetime`` and ``token``, where given.

    Raises
    ------
    NotShownError
        If there is no such collection.
    RepublishedError
        If the token was handed out for another run.
    """
    features = room.features(name)
    start = _find_start(features, values.get("token"), room.door.run_id)
    rows = _select_rows(room, name, values)
    if rows is None:
        return _cut_all(features, start, values.get("limit", LIMIT_DEFAULT))
    first = int(np.searchsorted(rows, start))
    page = rows[first : first + values.get("limit", LIMIT_DEFAULT)]
    more = first + len(page) < len(rows)
    return Page(page, len(rows), features.ids[int(page[-1])] if more and len(page) else "")


def _cut_all(features: Features, start: int, limit: int) -> Page:
    end = min(start + limit, features.count)
    last_id = features.ids[end - 1] if start < end < features.count else ""
    return Page(np.arange(start, end), features.count, last_id)


def _find_start(features: Features, token: Token | None, run_id: str) -> int:
    if token is None:
        return 0
    if token.run_id != run_id:
        raise RepublishedError("The data were published anew; start again from the first page.")
    return bisect_right(features.ids, token.after)


def _select_rows(room: Room, name: str, values: Mapping[str, Any]) -> NDArray[np.intp] | None:
    """Rows that match, ascending; None is all of them."""
    rows: NDArray[np.intp] | None = None
    shapes = room.shapes(name) if "bbox" in values else None
    if shapes is not None:
        rows = find_in_boxes(shapes, values["bbox"])
    times = room.times(name) if "datetime" in values else None
    if times is not None:
        in_time = find_in_interval(times, values["datetime"])
        rows = in_time if rows is None else np.intersect1d(rows, in_time, assume_unique=True)
    return rows


def find_in_boxes(shapes: Shapes, boxes: tuple[Box, ...]) -> NDArray[np.intp]:
    """Return the rows whose geometry meets a box, and those that have none, ascending.

    Features without a geometry match every box (OGC API - Features, /req/core/fc-bbox-response).

    Examples
    --------
    >>> from api.room import Shapes
    >>> points = shapely.points([[0, 0], [5, 5], [9, 9]])
    >>> shapes = Shapes(shapely.STRtree(points), np.array([], dtype=int))
    >>> find_in_boxes(shapes, ((4.0, 4.0, 9.0, 9.0),)).tolist()
    [1, 2]
    """
    found = [shapes.tree.query(_draw_box(box), predicate="intersects") for box in boxes]
    return np.unique(np.concatenate([*found, shapes.loose]))


def _draw_box(box: Box) -> shapely.Geometry:
    """Draw a box; a flat one is a line or a point, since a polygon without area meets nothing."""
    west, south, east, north = box
    if west == east and south == north:
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)


def find_in_interval(times: Times, interval: Interval) -> NDArray[np.intp]:
    """Return the rows whose time meets an interval, ends included, and those without a time."""
    begin, end = interval
    meets = (times.begins <= end) & (times.ends >= begin)
    return np.flatnonzero(meets | np.isnat(times.begins))
