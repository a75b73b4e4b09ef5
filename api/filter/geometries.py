"""Geometries that stand in a filter: checked, and brought into longitude and latitude."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj.exceptions import ProjError

from api.asking.crs import CRS84, draw_box, find_crs, find_way, has_north_first
from api.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_DEPTHS = {"Point": 0, "LineString": 1, "MultiPoint": 1, "Polygon": 2, "MultiLineString": 2,
           "MultiPolygon": 3}
_LEAST_IN_LINE = 2
_LEAST_IN_RING = 3
_SIZES = frozenset({2, 3, 4})
_BOX_SIZES = frozenset({4, 6})
_PIECES = 32
_SLACK = 1e-9
_EDGES = np.array([180.0, 90.0])


def make_geometry(document: Mapping[str, Any], crs: str) -> shapely.Geometry:
    """Make a geometry of GeoJSON, or of ``{"bbox": …}``; one across the antimeridian has two parts.

    Heights are left aside: the layers are flat.

    Parameters
    ----------
    document : dict
    crs : str
        Reference system of its coordinates, in the order of that system's axes.

    Raises
    ------
    ParameterError
        If it is not a geometry, crosses itself or lies outside the globe.

    Examples
    --------
    >>> make_geometry({"bbox": [170, -10, -170, 10]}, CRS84).bounds
    (-180.0, -10.0, 180.0, 10.0)
    """
    if "bbox" in document and "type" not in document:
        return _make_box(document["bbox"], crs)
    made = _place(_make(document), crs)
    if not shapely.is_valid(made):
        raise ParameterError("A geometry of the filter is not valid; does it cross itself?")
    return made


def _make(document: Any) -> shapely.Geometry:  # noqa: ANN401 - JSON
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "GeometryCollection":
        members = document.get("geometries")
        if not isinstance(members, list):
            raise ParameterError("A GeometryCollection of the filter needs `geometries`.")
        return shapely.GeometryCollection([_make(member) for member in members])
    if not isinstance(kind, str) or kind not in _DEPTHS:
        raise ParameterError("A geometry of the filter is of no kind that CQL2 knows.")
    places = _read_places(document.get("coordinates"), _DEPTHS[kind])
    try:
        return _MAKERS[kind](places)
    except (shapely.errors.ShapelyError, ValueError, TypeError, IndexError) as error:
        raise _complain(kind) from error


def _complain(kind: str) -> ParameterError:
    return ParameterError(f"A {kind} of the filter does not have the coordinates of one.")


def _read_places(part: Any, depth: int) -> Any:  # noqa: ANN401 - JSON
    """Coordinates nested so deeply, the first two of each place; an empty list is nothing."""
    if not isinstance(part, list):
        raise ParameterError("Coordinates of the filter are not nested as their kind asks.")
    if depth > 0:
        return [_read_places(inner, depth - 1) for inner in part]
    if part and len(part) not in _SIZES:
        raise ParameterError("A place of the filter has two coordinates, or a height as well.")
    if any(isinstance(number, bool) or not isinstance(number, (int, float)) for number in part):
        raise ParameterError("Coordinates of the filter are numbers.")
    if not all(abs(number) < _FARTHEST for number in part):
        raise ParameterError("A coordinate of the filter is too large.")
    return [float(number) for number in part[:2]]


_FARTHEST = 1e12


def _make_line(places: list[list[float]]) -> shapely.Geometry:
    if 0 < len(places) < _LEAST_IN_LINE:
        raise _complain("LineString")
    return shapely.LineString(places)


def _make_polygon(rings: list[list[list[float]]]) -> shapely.Geometry:
    if not rings or not rings[0]:
        return shapely.Polygon()
    if any(len(ring) <= _LEAST_IN_RING or ring[0] != ring[-1] for ring in rings):
        raise ParameterError("A ring of the filter has four places or more; the last is the first.")
    return shapely.Polygon(rings[0], rings[1:])


_MAKERS: dict[str, Any] = {
    "Point": lambda place: shapely.Point(place) if place else shapely.Point(),
    "LineString": _make_line,
    "Polygon": _make_polygon,
    "MultiPoint": lambda parts: shapely.MultiPoint([part for part in parts if part]),
    "MultiLineString": lambda parts: shapely.MultiLineString([_make_line(p) for p in parts if p]),
    "MultiPolygon": lambda parts: shapely.MultiPolygon([_make_polygon(p) for p in parts if p]),
}


def _make_box(numbers: Any, crs: str) -> shapely.Geometry:  # noqa: ANN401 - JSON
    if not isinstance(numbers, list) or len(numbers) not in _BOX_SIZES:
        raise ParameterError("BBOX takes four numbers, or six with heights.")
    half = len(numbers) // 2
    low, high = _read_places(numbers[:2], 0), _read_places(numbers[half : half + 2], 0)
    if numbers[2:half] > numbers[half + 2:]:
        raise ParameterError("BBOX: the lower height comes before the upper one.")
    if not find_crs(crs).is_geographic:
        return _unproject_box(low, high, crs)
    if has_north_first(crs):
        low, high = low[::-1], high[::-1]
    if low[1] > high[1]:
        raise ParameterError("BBOX: south comes before north.")
    _check_globe(np.array([low, high]))
    if low[0] > high[0]:
        return shapely.union(draw_box((low[0], low[1], 180.0, high[1])),
                             draw_box((-180.0, low[1], high[0], high[1])))
    return draw_box((low[0], low[1], high[0], high[1]))


def _unproject_box(low: list[float], high: list[float], crs: str) -> shapely.Geometry:
    """Straight edges of a projected box are bent in degrees: they get places between corners."""
    if low[0] > high[0] or low[1] > high[1]:
        raise ParameterError("BBOX: the first corner is the lower one in both axes.")
    box = draw_box((low[0], low[1], high[0], high[1]))
    longest = max(high[0] - low[0], high[1] - low[1])
    return _place(shapely.segmentize(box, longest / _PIECES) if longest else box, crs)


def _place(shape: shapely.Geometry, crs: str) -> shapely.Geometry:
    if crs == CRS84:
        _check_globe(shapely.get_coordinates(shape))
        return shape
    way = find_way(crs, CRS84)

    def move(places: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = np.column_stack(way.transform(places[:, 0], places[:, 1], errcheck=False))
        _check_globe(moved)
        return np.asarray(np.clip(moved, -_EDGES, _EDGES))

    try:
        return shapely.transform(shape, move)
    except ProjError as error:
        raise ParameterError("A geometry of the filter lies outside its filter-crs.") from error


def _check_globe(places: NDArray[np.float64]) -> None:
    if not (np.abs(places) <= _EDGES + _SLACK).all():
        raise ParameterError(
            "A geometry of the filter lies outside the globe; are its coordinates in the order "
            "of the axes of filter-crs (longitude, latitude where there is none)?")
