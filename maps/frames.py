"""What a map takes from a door: rows, names of corridors, extent, thinned shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from maps.encoding import to_plain

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from georisk.doors import Door
    from maps.catalogues import Words

Bounds = tuple[float, float, float, float]
FALLBACK_BOUNDS: Bounds = (-118.0, 7.0, -77.0, 33.0)


def read_frame(door: Door, name: str) -> pd.DataFrame | None:
    """Rows of a layer as the door shows it; None where it shows no such layer, or no row."""
    if name not in door.names():
        return None
    frame = door.layer(name).frame
    return frame if len(frame) else None


def name_corridors(door: Door, words: Words) -> dict[str, str]:
    """Corridor names in the page's language; the id where none is given in it."""
    frame = read_frame(door, "corridors")
    if frame is None:
        return {}
    column = f"name_{words.lang}"
    return {
        str(key): str(to_plain(frame.loc[key, column]) or key) for key in frame.index
    }


def find_bounds(door: Door, names: tuple[str, ...]) -> Bounds:
    """West, south, east, north (degrees) of some layers together."""
    frames = [frame for name in names if (frame := read_frame(door, name)) is not None]
    boxes = np.array([frame.total_bounds for frame in frames if "geometry" in frame])
    if not len(boxes) or np.isnan(boxes).all():
        return FALLBACK_BOUNDS
    low, high = np.nanmin(boxes[:, :2], axis=0), np.nanmax(boxes[:, 2:], axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def thin_shapes(
    shapes: NDArray[np.object_], *, max_points: int, tolerance_deg: float = 0.004
) -> NDArray[np.object_]:
    """Drop points of lines or areas until at most ``max_points`` are left.

    The tolerance, for drawing alone, doubles until they fit; at half a degree it stops.

    Examples
    --------
    >>> wave = shapely.LineString([(x / 100, (x % 2) / 100) for x in range(101)])
    >>> len(thin_shapes(np.array([wave]), max_points=10)[0].coords)
    2
    """
    thinned = shapely.simplify(shapes, tolerance_deg)
    while shapely.get_num_coordinates(thinned).sum() > max_points and tolerance_deg < 0.5:  # noqa: PLR2004
        tolerance_deg *= 2
        thinned = shapely.simplify(shapes, tolerance_deg)
    return np.asarray(thinned)
