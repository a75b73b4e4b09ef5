"""Geometries in the whole numbers of a tile: cut, simplified, valid, turned the right way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from api.tiles.matrix import BUFFER, EXTENT, place_in_tile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from api.tiles.matrix import Tile

_TOLERANCE = 2.0
_LINES, _AREAS, _COLLECTION = (1, 2, 5), (3, 6), 7


def draw_shapes(
    shapes: NDArray[np.object_], boxes: NDArray[np.float64], tile: Tile
) -> NDArray[np.object_]:
    """Draw shapes into a tile; what is not in it becomes empty or None.

    Parameters
    ----------
    shapes : array of geometries
        EPSG:4326.
    boxes : array of shape (n, 4)
        Their boxes in units of the tile (`api.tiles.thinning.place_boxes`).

    Notes
    -----
    A line or an area smaller than a unit is drawn one unit long: a way cut into short pieces
    would vanish from a small map otherwise.
    """
    tiny = (boxes[:, 2:] - boxes[:, :2] < 1).all(axis=1)
    drawn = shapely.transform(shapely.force_2d(shapes), lambda xy: place_in_tile(xy, tile))
    kinds = shapely.get_type_id(drawn)
    lines, areas = np.isin(kinds, _LINES), np.isin(kinds, (*_AREAS, _COLLECTION))
    points = ~lines & ~areas
    drawn[points] = _draw_points(drawn[points])
    drawn[lines & ~tiny] = _draw_lines(drawn[lines & ~tiny])
    drawn[areas & ~tiny] = _draw_areas(drawn[areas & ~tiny])
    corners = np.floor(boxes[:, :2])
    drawn[lines & tiny] = _draw_dashes(corners[lines & tiny])
    drawn[areas & tiny] = _draw_squares(corners[areas & tiny])
    return np.asarray(drawn)


def _draw_points(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    low, high = -BUFFER, EXTENT + BUFFER
    rounded = shapely.transform(shapes, np.rint)
    rounded[~shapely.intersects(rounded, shapely.box(low, low, high, high))] = None
    return np.asarray(rounded)


def _draw_lines(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    cut = shapely.clip_by_rect(shapes, -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    plain = shapely.simplify(cut, _TOLERANCE, preserve_topology=False)
    return np.asarray(shapely.transform(plain, np.rint))


def _draw_areas(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    shapes = _mend(shapes)
    cut = shapely.clip_by_rect(shapes, -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    plain = _mend(shapely.simplify(cut, _TOLERANCE))
    whole = [_keep_areas(shape) for shape in shapely.set_precision(plain, 1.0)]
    return np.asarray(shapely.orient_polygons(np.array(whole, dtype=object), exterior_cw=False))


def _mend(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    broken = ~shapely.is_valid(shapes)
    if broken.any():
        shapes = shapes.copy()
        shapes[broken] = shapely.make_valid(shapes[broken])
    return shapes


def _keep_areas(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    """Areas of a mixed collection: a tile's feature is of one kind."""
    if shape is None or shapely.get_type_id(shape) != _COLLECTION:
        return shape
    parts = [part for part in shapely.get_parts(shape) if part.geom_type.endswith("Polygon")]
    return shapely.union_all(parts) if parts else None


def _draw_dashes(corners: NDArray[np.float64]) -> NDArray[np.object_]:
    ends = corners + np.array([1.0, 0.0])
    return np.asarray(shapely.linestrings(np.stack([corners, ends], axis=1)))


def _draw_squares(corners: NDArray[np.float64]) -> NDArray[np.object_]:
    x, y = corners[:, 0], corners[:, 1]
    return np.asarray(shapely.orient_polygons(shapely.box(x, y, x + 1, y + 1), exterior_cw=False))
