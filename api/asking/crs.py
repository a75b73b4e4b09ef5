"""Reference systems that coordinates may be asked for and given in (OGC API - Features, Part 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import CRS, Transformer

from api.errors import ParameterError
from layers.geojson import round_coordinates

if TYPE_CHECKING:
    from numpy.typing import NDArray

Box = tuple[float, float, float, float]
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
ALWAYS = (CRS84, f"{_EPSG}4326", f"{_EPSG}3857")
_SHORT = re.compile(r"\[?(?P<authority>EPSG|OGC):(?P<code>[0-9]{4,6}|CRS84)\]?")
_URN = re.compile(r"urn:ogc:def:crs:(?P<authority>EPSG|OGC):[0-9.]*:(?P<code>[0-9]{4,6}|CRS84)")
_DECIMALS_DEGREES = 6
_DECIMALS_METRES = 2
_DENSE = 21
_WEB = f"{_EPSG}3857"
_WEB_EDGE_M = 20_037_508.342789244


@dataclass(frozen=True)
class Reference:
    """One reference system.

    Attributes
    ----------
    uri : str
        As OGC names it.
    is_degrees : bool
    """

    uri: str
    is_degrees: bool

    @property
    def crs(self) -> CRS:
        """The system itself, axes in the order of its authority."""
        return find_crs(self.uri)


def list_references(crs_metric: str) -> tuple[str, ...]:
    """Names of the systems that every layer of a study can be had in.

    Parameters
    ----------
    crs_metric : str
        The study's own; listed where it has an EPSG number.

    Examples
    --------
    >>> list_references("EPSG:6372")[-1]
    'http://www.opengis.net/def/crs/EPSG/0/6372'
    """
    own = f"{_EPSG}{crs_metric[5:]}" if re.fullmatch(r"EPSG:[0-9]{4,6}", crs_metric) else ""
    return (*ALWAYS, own) if own and own not in ALWAYS else ALWAYS


def find_reference(text: str, known: tuple[str, ...], *, parameter: str) -> Reference:
    """Find a system by its URI, URN or short name.

    Raises
    ------
    ParameterError
        If it is none of those known.

    Examples
    --------
    >>> find_reference("EPSG:4326", ALWAYS, parameter="crs").is_degrees
    True
    """
    short = _SHORT.fullmatch(text) or _URN.fullmatch(text)
    if short:
        text = CRS84 if short["code"] == "CRS84" else f"{_EPSG}{short['code']}"
    if text not in known:
        raise ParameterError(f"{parameter}: there are {', '.join(known)}.")
    return Reference(text, find_crs(text).is_geographic)


@cache
def find_crs(uri: str) -> CRS:
    """Find a system by its URI, axes in the order of its authority."""
    return CRS.from_user_input("OGC:CRS84" if uri == CRS84 else uri)


@cache
def find_way(source: str, target: str) -> Transformer:
    """How to come from one system, by its URI, to another."""
    return Transformer.from_crs(find_crs(source), find_crs(target))


def has_north_first(uri: str) -> bool:
    """Whether the first axis of a system points north or south, such as latitude.

    Examples
    --------
    >>> has_north_first(CRS84), has_north_first("http://www.opengis.net/def/crs/EPSG/0/4326")
    (False, True)
    """
    return find_crs(uri).axis_info[0].direction in {"north", "south"}


def place_shapes(shapes: NDArray[np.object_], reference: Reference) -> NDArray[np.object_]:
    """Bring geometries from longitude and latitude into a system, rounded for writing.

    Degrees have six decimals, metres two; exterior rings turn right as drawn on the ground.

    Examples
    --------
    >>> lat_lon = find_reference("EPSG:4326", ALWAYS, parameter="crs")
    >>> place_shapes(np.array([shapely.Point(-92.25, 14.5)]), lat_lon)[0].wkt
    'POINT (14.5 -92.25)'
    """
    if reference.uri == CRS84:
        return round_coordinates(shapes)
    way = find_way(CRS84, reference.uri)
    decimals = _DECIMALS_DEGREES if reference.is_degrees else _DECIMALS_METRES

    def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.round(np.column_stack(way.transform(xy[:, 0], xy[:, 1])), decimals)

    return np.asarray(shapely.transform(shapely.orient_polygons(shapes), move))


def place_boxes(numbers: tuple[float, ...], reference: Reference) -> tuple[Box, ...]:
    """Bring a box into longitude and latitude; one across the antimeridian becomes two.

    Parameters
    ----------
    numbers : tuple of four or six floats
        In the order of the system's axes. Heights are left aside: the layers are flat.
    reference : Reference

    Raises
    ------
    ParameterError
        If it lies outside the globe, or is the wrong way up.

    Examples
    --------
    >>> crs84 = find_reference(CRS84, ALWAYS, parameter="bbox-crs")
    >>> place_boxes((170, -10, -170, 10), crs84)
    ((170, -10, 180.0, 10), (-180.0, -10, -170, 10))
    """
    half = len(numbers) // 2
    low, high = numbers[:2], numbers[half : half + 2]
    if not reference.is_degrees:
        return (_unproject(low, high, reference),)
    if has_north_first(reference.uri):
        low, high = low[::-1], high[::-1]
    (west, south), (east, north) = low, high
    if not (-180 <= west <= 180 and -180 <= east <= 180):  # noqa: PLR2004
        raise ParameterError("bbox: longitudes lie between -180 and 180.")
    if not -90 <= south <= north <= 90:  # noqa: PLR2004
        raise ParameterError("bbox: latitudes lie between -90 and 90, south before north.")
    if west > east:
        return (west, south, 180.0, north), (-180.0, south, east, north)
    return ((west, south, east, north),)


def draw_box(box: Box) -> shapely.Geometry:
    """Draw a box; a flat one is a line or a point, since a polygon without area meets nothing."""
    west, south, east, north = box
    if west == east and south == north:
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)


def _unproject(low: tuple[float, ...], high: tuple[float, ...], reference: Reference) -> Box:
    if low[0] > high[0] or low[1] > high[1]:
        raise ParameterError("bbox: the first corner is the lower one in both axes.")
    corners = (*low, *high)
    if reference.uri == _WEB:
        # The square world of web maps: a window may show more than there is of it.
        corners = tuple(min(max(value, -_WEB_EDGE_M), _WEB_EDGE_M) for value in corners)
    west, south, east, north = find_way(reference.uri, CRS84).transform_bounds(
        *corners, densify_pts=_DENSE)
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90) or (  # noqa: PLR2004
        corners != (*low, *high) and (corners[0] == corners[2] or corners[1] == corners[3])
    ):
        raise ParameterError("bbox: it lies outside what its bbox-crs can say.")
    return west, south, east, north
