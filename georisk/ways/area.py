"""The strip of land around the legs that an extract is cut to while it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely import MultiPolygon, Polygon

_KM_PER_DEGREE = 110.57  # of latitude at the equator, where it is shortest
_STEP_DEGREES = 0.5
_LEAST_COSINE = 0.1


def draw_corridor(
    lines: NDArray[np.object_], *, reach_km: float
) -> Polygon | MultiPolygon | None:
    """All land within about ``reach_km`` of some lines; None where there is no line.

    Never less than that, up to 84 degrees of latitude: what is cut off is not looked for later.

    Parameters
    ----------
    lines : array of LineString
        EPSG:4326.
    reach_km : float

    Examples
    --------
    >>> leg = np.array([shapely.LineString([(0, 60), (0, 60.2)])], dtype=object)
    >>> [round(x, 2) for x in draw_corridor(leg, reach_km=11.057).bounds]
    [-0.2, 59.9, 0.2, 60.3]
    """
    if not len(lines):
        return None
    parts = shapely.get_parts(shapely.segmentize(np.asarray(lines, dtype=object), _STEP_DEGREES))
    xy, line = shapely.get_coordinates(parts, return_index=True)
    inside = line[1:] == line[:-1]
    pieces = np.stack([xy[:-1][inside], xy[1:][inside]], axis=1)
    # The narrowest degree under each piece, so that the strip is never too thin.
    cosine = np.cos(np.radians(np.abs(pieces[:, :, 1]).max(axis=1) + reach_km / _KM_PER_DEGREE))
    cosine = np.maximum(cosine, _LEAST_COSINE)
    pieces[:, :, 0] *= cosine[:, None]
    strips = shapely.buffer(
        shapely.linestrings(pieces), reach_km / _KM_PER_DEGREE, cap_style="square"
    )
    corners, owner = shapely.get_coordinates(strips, return_index=True)
    corners[:, 0] /= cosine[owner]
    area: Polygon | MultiPolygon = shapely.union_all(shapely.set_coordinates(strips, corners))
    return area
