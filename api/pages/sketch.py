"""A small map as inline SVG: features over outlines and a graticule, in whole pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

WIDTH = 640
MOST_SHAPES = 1_000
_MOST_VERTICES = 1_400
_MOST_GROUND = 900
_LEAST_SPAN_DEG = 0.1
_MARGIN = 0.09
_FLATTEST, _TALLEST = 0.42, 0.72
_STEPS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60)
_KM_PER_DEGREE = 111.32
_TICKS = 5
_KINDS = {0: "p", 1: "l", 2: "a"}


@dataclass(frozen=True)
class View:
    """A rectangle of the earth on a sheet of ``WIDTH`` by ``height`` pixels."""

    west: float
    south: float
    east: float
    north: float
    height: int

    def place(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        """Longitudes and latitudes, shape (n, 2), as pixels: x to the right, y downwards."""
        x = (degrees[:, 0] - self.west) / (self.east - self.west) * WIDTH
        y = (self.north - degrees[:, 1]) / (self.north - self.south) * self.height
        return np.column_stack([x, y])

    @property
    def box(self) -> shapely.Polygon:
        """The rectangle."""
        return shapely.box(self.west, self.south, self.east, self.north)


@dataclass(frozen=True)
class Mark:
    """One feature as drawn.

    ``kind`` is a for an area, b for a band without an edge, l for a line, p for a point;
    ``shade`` the number of its risk class, ``row`` its place on the page.
    """

    path: str
    kind: str
    shade: str
    row: int
    title: str


@dataclass(frozen=True)
class Line:
    """One line of the graticule, with its label."""

    at: int
    label: str


def fit_view(bounds: NDArray[np.float64]) -> View | None:
    """Choose the rectangle that shows some boxes, neither too flat nor too tall.

    Parameters
    ----------
    bounds : array of shape (n, 4)
        Degrees; rows of NaN lie nowhere.

    Returns
    -------
    View or None
        None if nothing lies anywhere.

    Examples
    --------
    >>> view = fit_view(np.array([[-90.0, 15, -90, 15]]))
    >>> round(view.east - view.west, 3), view.height
    (0.122, 269)
    """
    known = bounds[~np.isnan(bounds).any(axis=1)]
    if not len(known):
        return None
    west, south = known[:, :2].min(axis=0).tolist()
    east, north = known[:, 2:].max(axis=0).tolist()
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    shrink = max(math.cos(math.radians(middle_y)), 0.1)
    wide = max((east - west) * shrink, _LEAST_SPAN_DEG) * (1 + 2 * _MARGIN)
    tall = max(north - south, _LEAST_SPAN_DEG * _FLATTEST) * (1 + 2 * _MARGIN)
    tall = max(tall, wide * _FLATTEST)
    wide = max(wide, tall / _TALLEST)
    half_x, half_y = wide / shrink / 2, tall / 2
    return View(middle_x - half_x, middle_y - half_y, middle_x + half_x, middle_y + half_y,
                round(WIDTH * tall / wide))


def draw_marks(
    shapes: NDArray[np.object_], view: View, shades: Sequence[str], titles: Sequence[str],
    kinds: Sequence[str] | None = None,
) -> list[Mark]:
    """Draw the shapes of a page's rows; rows without one are left out."""
    placed = thin_shapes(shapely.transform(shapely.force_2d(shapes), view.place))
    marks = []
    for row, shape in enumerate(placed):
        path = write_path(shape)
        if path:
            kind = (kinds[row] if kinds else "") or _KINDS[shapely.get_dimensions(shape)]
            marks.append(Mark(path, kind, shades[row], row, titles[row]))
    # Points stand above lines, lines above areas.
    return sorted(marks, key=lambda mark: "ablp".index(mark.kind))


def draw_dots(points: NDArray[np.object_], view: View) -> str:
    """Draw points as one path; those on the same pixel once.

    Examples
    --------
    >>> draw_dots(shapely.points([[0, 5], [0, 5], [10, 0]]), View(0, 0, 10, 5, 320))
    'M0 0h0M640 320h0'
    """
    known = points[~(shapely.is_missing(points) | shapely.is_empty(points))]
    pixels = np.rint(view.place(shapely.get_coordinates(known))).astype(int)
    return "".join(f"M{x} {y}h0" for x, y in np.unique(pixels, axis=0).tolist())


def draw_ground(outlines: NDArray[np.object_], view: View) -> str:
    """Draw outlines as one path, cut at the edge of the view."""
    near = shapely.clip_by_rect(outlines, *_widen(view))
    near = near[~shapely.is_empty(near)]
    placed = thin_shapes(shapely.transform(near, view.place), most=_MOST_GROUND)
    return "".join(map(write_path, placed))


def _widen(view: View) -> tuple[float, float, float, float]:
    margin = (view.east - view.west) * 0.02
    return view.west - margin, view.south - margin, view.east + margin, view.north + margin


def thin_shapes(
    shapes: NDArray[np.object_], *, most: int = _MOST_VERTICES
) -> NDArray[np.object_]:
    """Simplify shapes in pixels until a page can hold them.

    Examples
    --------
    >>> zigzag = shapely.LineString([(n, n % 2 * 3) for n in range(600)])
    >>> int(shapely.get_num_coordinates(thin_shapes(np.array([zigzag]), most=100))[0])
    2
    """
    tolerance = 0.6
    thin = shapely.simplify(shapes, tolerance)
    while shapely.get_num_coordinates(thin).sum() > most and tolerance < WIDTH:
        tolerance *= 1.5
        thin = shapely.simplify(shapes, tolerance, preserve_topology=False)
    return np.asarray(thin)


def write_path(shape: shapely.Geometry | None) -> str:
    """Write a shape in pixels as SVG path data, in whole numbers from point to point.

    Examples
    --------
    >>> write_path(shapely.LineString([(0, 0), (10, 5.2), (10, 5.3)]))
    'M0 0l10 5'
    >>> write_path(shapely.Point(1, 2))
    'M1 2h0'
    """
    if shape is None or shape.is_empty:
        return ""
    return "".join(_write_parts(shape))


def _write_parts(shape: shapely.Geometry) -> Iterator[str]:
    for part in shapely.get_parts(shape):
        if part.geom_type.startswith(("Multi", "GeometryCollection")):
            yield from _write_parts(part)
        elif part.geom_type == "Polygon":
            yield from (_write_run(ring) + "z" for ring in (part.exterior, *part.interiors))
        else:
            yield _write_run(part)


def _write_run(part: shapely.Geometry) -> str:
    xy = np.rint(shapely.get_coordinates(part)).astype(int)
    moves = np.diff(xy, axis=0)
    moves = moves[(moves != 0).any(axis=1)]
    begin = f"M{xy[0, 0]} {xy[0, 1]}"
    if not len(moves):
        return f"{begin}h0"
    return f"{begin}l{' '.join(f'{x} {y}' for x, y in moves.tolist())}"


def list_meridians(view: View) -> list[Line]:
    """Meridians at whole steps, with their labels."""
    return [Line(round((at - view.west) / (view.east - view.west) * WIDTH), _label(at, "EW"))
            for at in _list_steps(view.west, view.east, view)]


def list_parallels(view: View) -> list[Line]:
    """Parallels at whole steps, with their labels."""
    return [Line(round((view.north - at) / (view.north - view.south) * view.height),
                 _label(at, "NS"))
            for at in _list_steps(view.south, view.north, view)]


def _list_steps(low: float, high: float, view: View) -> list[float]:
    span = view.east - view.west
    step = next((step for step in _STEPS if span / step <= _TICKS), _STEPS[-1])
    first, last = math.ceil(low / step), math.floor(high / step)
    return [number * step for number in range(first, last + 1)]


def _label(degrees: float, signs: str) -> str:
    """Degrees with their side of the earth.

    Examples
    --------
    >>> _label(-92.5, "EW"), _label(15.0, "NS"), _label(0, "EW")
    ('92.5° W', '15° N', '0°')
    """
    if abs(degrees) < 1e-9:  # noqa: PLR2004 - the equator, the first meridian
        return "0°"
    return f"{abs(degrees):.6g}° {signs[0] if degrees > 0 else signs[1]}"


def measure_scale(view: View) -> tuple[int, str]:
    """Length of a scale bar in pixels, and what it stands for.

    Examples
    --------
    >>> measure_scale(View(-90, 0, -80, 5, 320))
    (115, '200 km')
    """
    middle = math.cos(math.radians((view.south + view.north) / 2))
    km_per_pixel = (view.east - view.west) * _KM_PER_DEGREE * middle / WIDTH
    longest = 150 * km_per_pixel
    power = 10 ** math.floor(math.log10(longest))
    # Just below a power of ten the logarithm is rounded up to it.
    length = next((n * power for n in (5, 2, 1) if n * power <= longest), power)
    return round(length / km_per_pixel), f"{length:g} km"
