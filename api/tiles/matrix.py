"""WebMercatorQuad: the world in squares, each cut into four on the next level."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

NAME = "WebMercatorQuad"
URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{NAME}"
CRS_URI = "http://www.opengis.net/def/crs/EPSG/0/3857"
HALF_WORLD_M = 20037508.3427892
MAX_LATITUDE = 85.0511287798066
MAX_ZOOM = 16
EXTENT = 4096
# Drawn beyond each side, in the same units: a sign on the edge is whole in both tiles.
BUFFER = 64
_LEVELS = 25
_PIXELS = 256
_PIXEL_M = 0.00028


@dataclass(frozen=True)
class Tile:
    """One square: level, column from the west, row from the north."""

    z: int
    x: int
    y: int


def find_tile(z: str, x: str, y: str) -> Tile | None:
    """Read a tile's address; None if there is no such tile here.

    Examples
    --------
    >>> find_tile("1", "1", "0")
    Tile(z=1, x=1, y=0)
    >>> find_tile("1", "2", "0"), find_tile("17", "0", "0"), find_tile("-1", "0", "0")
    (None, None, None)
    """
    longest = 5
    if any(not (text.isascii() and text.isdigit() and len(text) <= longest) for text in (z, x, y)):
        return None
    tile = Tile(int(z), int(x), int(y))
    side = 2**tile.z if tile.z <= MAX_ZOOM else 0
    return tile if tile.x < side and tile.y < side else None


def measure_box(tile: Tile, *, buffer: float = 0.0) -> tuple[float, float, float, float]:
    """West, south, east, north of a tile in degrees; ``buffer`` in units of 1/4096 of its side.

    Examples
    --------
    >>> [round(side, 3) for side in measure_box(Tile(1, 0, 0))]
    [-180.0, 0.0, 0.0, 85.051]
    """
    side, margin = 2**tile.z, buffer / EXTENT
    west, east = tile.x - margin, tile.x + 1 + margin
    north, south = tile.y - margin, tile.y + 1 + margin
    return (west / side * 360 - 180, _find_latitude(south / side),
            east / side * 360 - 180, _find_latitude(north / side))


def _find_latitude(share: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * share))))


def place_in_tile(degrees: NDArray[np.float64], tile: Tile) -> NDArray[np.float64]:
    """Longitudes and latitudes, shape (n, 2), as units of a tile: x to the east, y downwards.

    What lies beyond the projection's last parallel is put on it.

    Examples
    --------
    >>> place_in_tile(np.array([[0.0, 0.0], [-180.0, 90.0]]), Tile(0, 0, 0)).round().tolist()
    [[2048.0, 2048.0], [0.0, -0.0]]
    """
    side = EXTENT * 2**tile.z
    latitude = np.radians(np.clip(degrees[:, 1], -MAX_LATITUDE, MAX_LATITUDE))
    x = (degrees[:, 0] + 180) / 360 * side - EXTENT * tile.x
    y = (1 - np.arcsinh(np.tan(latitude)) / np.pi) / 2 * side - EXTENT * tile.y
    return np.column_stack([x, y])


def list_limits(box: tuple[float, float, float, float]) -> list[dict[str, Any]]:
    """Rows and columns of each level that a box in degrees meets, or comes as near as is drawn.

    Examples
    --------
    >>> list_limits((-100.0, 10.0, -80.0, 20.0))[3]
    {'tileMatrix': '3', 'minTileRow': 3, 'maxTileRow': 3, 'minTileCol': 1, 'maxTileCol': 2}
    """
    west, south, east, north = box
    corners, beyond = np.array([[west, north], [east, south]]), np.array([[-BUFFER], [BUFFER]])
    limits = []
    for z in range(MAX_ZOOM + 1):
        at = np.floor((place_in_tile(corners, Tile(z, 0, 0)) + beyond) / EXTENT).astype(int)
        (min_col, min_row), (max_col, max_row) = np.clip(at, 0, 2**z - 1).tolist()
        limits.append({
            "tileMatrix": str(z), "minTileRow": min_row, "maxTileRow": max_row,
            "minTileCol": min_col, "maxTileCol": max_col,
        })
    return limits


def lies_within(tile: Tile, limits: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a tile lies within the limits of its level.

    Examples
    --------
    >>> limits = list_limits((-100.0, 10.0, -80.0, 20.0))
    >>> lies_within(Tile(3, 2, 3), limits), lies_within(Tile(3, 2, 4), limits)
    (True, False)
    """
    at = limits[tile.z]
    return bool(at["minTileRow"] <= tile.y <= at["maxTileRow"]
                and at["minTileCol"] <= tile.x <= at["maxTileCol"])


def describe_matrix_set() -> dict[str, Any]:
    """Describe the set as OGC 17-083r4 writes it (Annex D.1)."""
    return {
        "id": NAME,
        "title": "Google Maps Compatible for the World",
        "uri": URI,
        "crs": CRS_URI,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [_describe_matrix(z) for z in range(_LEVELS)],
    }


def _describe_matrix(z: int) -> dict[str, Any]:
    cell_m = 2 * HALF_WORLD_M / _PIXELS / 2**z
    return {
        "id": str(z), "scaleDenominator": round(cell_m / _PIXEL_M, 9), "cellSize": cell_m,
        "cornerOfOrigin": "topLeft", "pointOfOrigin": [-HALF_WORLD_M, HALF_WORLD_M],
        "tileWidth": _PIXELS, "tileHeight": _PIXELS, "matrixWidth": 2**z, "matrixHeight": 2**z,
    }
