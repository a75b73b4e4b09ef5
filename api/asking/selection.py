"""Which rows a request selects, in which order, and which of them are on its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from api.asking.crs import CRS84, draw_box, find_reference, list_references, place_boxes
from api.asking.parameters import LIMIT_DEFAULT
from api.errors import ParameterError, RepublishedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from api.asking.crs import Box, Reference
    from api.asking.parameters import Interval
    from api.asking.tokens import Token
    from api.stock.room import Room, Times
    from layers.served import Served

NARROWING = ("bbox", "datetime", "filter")
_TIE = "row number"


@dataclass(frozen=True)
class Page:
    """Rows of one page, in order.

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
        Parsed ``limit``, ``bbox``, ``datetime``, ``filter``, ``sortby``, ``token`` and what
        belongs to them, where given.

    Raises
    ------
    NotShownError
        If there is no such collection.
    RepublishedError
        If the token was handed out for another run.
    ParameterError
        If a parameter does not suit the collection.
    """
    served, token = room.served(name), values.get("token")
    limit = values.get("limit", LIMIT_DEFAULT)
    _check_references(room, values)
    if token is not None and token.run_id != room.door.run_id:
        raise RepublishedError("The data were published anew; start again from the first page.")
    if "sortby" not in values and not any(key in values for key in NARROWING):
        start = 0 if token is None else served.ids.count_until(token.after)
        return _cut(served, np.arange(start, min(start + limit, served.count)), served.count,
                    ends=start + limit >= served.count)
    rows = find_rows(room, name, values)
    start = _find_start(served, rows, token, is_sorted="sortby" in values)
    page = rows[start : start + limit]
    return _cut(served, page, len(rows), ends=start + limit >= len(rows))


def _check_references(room: Room, values: Mapping[str, Any]) -> None:
    """Refuse what is no reference system; one that says something about nothing says nothing."""
    for name in ("bbox-crs", "filter-crs"):
        if name in values:
            read_reference(room, values, name)


def _cut(served: Served, page: NDArray[np.intp], matched: int, *, ends: bool) -> Page:
    return Page(page, matched, "" if ends or not len(page) else served.ids[int(page[-1])])


def _find_start(
    served: Served, rows: NDArray[np.intp], token: Token | None, *, is_sorted: bool
) -> int:
    if token is None:
        return 0
    if not is_sorted:
        return int(np.searchsorted(rows, served.ids.count_until(token.after)))
    row = served.ids.find(token.after)
    found = np.flatnonzero(rows == (-1 if row is None else row))
    if not len(found):
        raise ParameterError("token: it belongs to another question.")
    return int(found[0]) + 1


def find_rows(room: Room, name: str, values: Mapping[str, Any]) -> NDArray[np.intp]:
    """Rows that match, in the order asked for; remembered, for the next page asks again."""
    keys = (*NARROWING, "bbox-crs", "filter-lang", "filter-crs", "sortby")
    asked = tuple((key, str(values[key])) for key in keys if key in values)
    return room.remember(("rows", name, asked), lambda: _find_rows(room, name, values))


def _find_rows(room: Room, name: str, values: Mapping[str, Any]) -> NDArray[np.intp]:
    rows: NDArray[np.intp] | None = None
    if "bbox" in values and room.served(name).has_geometry:
        reference = read_reference(room, values, "bbox-crs")
        rows = find_in_boxes(room, name, place_boxes(values["bbox"], reference))
    elif "bbox" in values:
        place_boxes(values["bbox"], read_reference(room, values, "bbox-crs"))
    times = room.times(name) if "datetime" in values else None
    if times is not None:
        rows = _keep_both(rows, find_in_interval(times, values["datetime"]))
    if "filter" in values:
        rows = _keep_both(rows, find_by_filter(room, name, values))
    if "sortby" in values:
        order = sort_rows(room.served(name), values["sortby"])
        return order if rows is None else order[np.isin(order, rows, assume_unique=True)]
    return np.arange(room.served(name).count) if rows is None else rows


def _keep_both(
    rows: NDArray[np.intp] | None, others: NDArray[np.intp]
) -> NDArray[np.intp]:
    return others if rows is None else np.intersect1d(rows, others, assume_unique=True)


def read_reference(room: Room, values: Mapping[str, Any], parameter: str) -> Reference:
    """Reference system that a parameter names; CRS84 where it is not given."""
    known = list_references(room.door.crs_metric)
    return find_reference(values.get(parameter, CRS84), known, parameter=parameter)


@dataclass(frozen=True)
class _Kept:
    """A layer as filters ask it, its geometries read once and kept by the room."""

    room: Room
    name: str

    @property
    def count(self) -> int:
        return self.room.served(self.name).count

    @property
    def bounds(self) -> NDArray[np.float64]:
        return self.room.served(self.name).bounds

    def column(self, name: str) -> pa.Array:
        return self.room.served(self.name).column(name)

    def shapes(self, rows: NDArray[np.intp] | None = None) -> NDArray[np.object_]:
        return self.room.shapes(self.name, np.arange(self.count) if rows is None else rows)


def find_by_filter(room: Room, name: str, values: Mapping[str, Any]) -> NDArray[np.intp]:
    """Return the rows for which a CQL2 filter holds, ascending."""
    from api.filter import compile_filter, read_filter

    reference = read_reference(room, values, "filter-crs")
    tree = read_filter(values["filter"], language=values.get("filter-lang", "cql2-text"))
    chosen = compile_filter(tree, spec=room.spec(name), crs=reference.uri)
    return np.flatnonzero(chosen.select(_Kept(room, name)))


def find_in_boxes(room: Room, name: str, boxes: tuple[Box, ...]) -> NDArray[np.intp]:
    """Return the rows whose geometry meets a box, and those that have none, ascending.

    Features without a geometry match every box (OGC API - Features, /req/core/fc-bbox-response).
    """
    served = room.served(name)
    bounds = served.bounds
    meets = np.isnan(bounds[:, 0])
    for box in boxes:
        west, south, east, north = box
        touches = ((bounds[:, 0] <= east) & (bounds[:, 2] >= west)
                   & (bounds[:, 1] <= north) & (bounds[:, 3] >= south))
        if served.spec.geometry != "Point":
            touches = _look_closer(room, name, touches, box)
        meets |= touches
    return np.flatnonzero(meets)


def _look_closer(
    room: Room, name: str, touches: NDArray[np.bool_], box: Box
) -> NDArray[np.bool_]:
    """Of the boxes that touch, keep those whose shape does; one that lies within surely does."""
    bounds = room.served(name).bounds
    west, south, east, north = box
    within = ((bounds[:, 0] >= west) & (bounds[:, 2] <= east)
              & (bounds[:, 1] >= south) & (bounds[:, 3] <= north))
    unsure = np.flatnonzero(touches & ~within)
    window = draw_box(box)
    shapely.prepare(window)
    meets = touches.copy()
    meets[unsure] = shapely.intersects(window, room.shapes(name, unsure))
    return meets


def find_in_interval(times: Times, interval: Interval) -> NDArray[np.intp]:
    """Return the rows whose time meets an interval, ends included, and those without a time."""
    begin, end = interval
    meets = (times.begins <= end) & (times.ends >= begin)
    return np.flatnonzero(meets | np.isnat(times.begins))


def sort_rows(served: Served, keys: tuple[tuple[str, bool], ...]) -> NDArray[np.intp]:
    """Return all rows in an order asked for; equals stay in order of id, what is missing is last.

    Raises
    ------
    ParameterError
        If a property is unknown, or has no order.
    """
    columns = {}
    for name, _ in keys:
        known = [served.spec.id, *served.spec.columns]
        if name not in known:
            raise ParameterError(f"sortby: there are {', '.join(known)}.")
        column = served.column(name)
        if pa.types.is_list(column.type):
            raise ParameterError(f"sortby: {name} is a list, which has no order.")
        columns[name] = column
    table = pa.table({**columns, _TIE: pa.array(np.arange(served.count))})
    order = [(name, "descending" if falls else "ascending") for name, falls in keys]
    order.append((_TIE, "ascending"))
    found = pc.sort_indices(table, sort_keys=order)  # what is missing is last
    return np.asarray(found.to_numpy(), dtype=np.intp)
