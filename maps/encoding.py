"""Pack coordinates and columns so that a map of ten thousand rows stays a small file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def dump_island(value: object) -> str:
    r"""JSON that may stand inside a ``<script>``: nothing in it can end the element.

    Examples
    --------
    >>> dump_island({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES)


def encode_points(xy: NDArray[np.float64], *, per_degree: int) -> list[int]:
    """Coordinates as one flat list: the first point, then differences, in 1/per_degree degrees.

    Parameters
    ----------
    xy : array of shape (n, 2)
        Longitude, latitude in degrees.

    Examples
    --------
    >>> encode_points(np.array([[-92.1, 14.9], [-92.0, 15.0]]), per_degree=10)
    [-921, 149, 1, 1]
    """
    grid = np.rint(np.asarray(xy, dtype=float) * per_degree).astype(int)
    steps = np.diff(grid, axis=0, prepend=np.zeros((1, 2), dtype=int))
    return [int(step) for step in steps.ravel()]


def encode_lines(shape: shapely.Geometry, *, per_degree: int) -> list[list[int]]:
    """Each line of a LineString or MultiLineString, packed by `encode_points`.

    Points that fall together on the grid are dropped; a line keeps at least two.
    """
    parts = [part for part in shapely.get_parts(shape) if shapely.get_num_coordinates(part) > 1]
    return [encode_points(_drop_repeats(part, per_degree), per_degree=per_degree) for part in parts]


def encode_rings(shape: shapely.Geometry, *, per_degree: int) -> list[list[int]]:
    """All rings of a Polygon or MultiPolygon, for an even-odd fill."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    packed = [_drop_repeats(ring, per_degree) for ring in rings]
    return [encode_points(xy, per_degree=per_degree) for xy in packed if len(xy) > 3]  # noqa: PLR2004


def _drop_repeats(part: shapely.Geometry, per_degree: int) -> NDArray[np.float64]:
    xy = shapely.get_coordinates(part)
    grid = np.rint(xy * per_degree)
    keep = np.append(True, (np.diff(grid, axis=0) != 0).any(axis=1))
    keep[-1] = True
    return np.asarray(xy[keep], dtype=float)


def encode_runs(values: Sequence[int]) -> list[int]:
    """Run lengths as a flat list: value, count, value, count.

    Examples
    --------
    >>> encode_runs([2, 2, 2, 0])
    [2, 3, 0, 1]
    """
    codes = np.asarray(values, dtype=int)
    if not len(codes):
        return []
    starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
    counts = np.diff(np.append(starts, len(codes)))
    return [int(number) for pair in zip(codes[starts], counts, strict=True) for number in pair]


def number_texts(texts: Sequence[object]) -> tuple[list[str], list[int]]:
    """Distinct texts in order of appearance, and for each value its number (-1: none).

    Examples
    --------
    >>> number_texts(["Tapachula", None, "Tapachula"])
    (['Tapachula'], [0, -1, 0])
    """
    known: dict[str, int] = {}
    codes = [-1 if _is_blank(text) else known.setdefault(str(text), len(known)) for text in texts]
    return list(known), codes


def to_plain(value: Any) -> Any:  # noqa: ANN401
    """Plain JSON value of a cell: None for anything missing, ISO text for a date.

    Examples
    --------
    >>> to_plain(np.float64("nan")), to_plain(np.datetime64("2024-05-01")), to_plain(("a",))
    (None, '2024-05-01', ['a'])
    """
    if isinstance(value, tuple | list):
        return [str(item) for item in value]
    if _is_blank(value):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return round(value, 3)
    return value.strftime("%Y-%m-%d") if hasattr(value, "strftime") else str(value)


def _is_blank(value: object) -> bool:
    # Every missing marker of pandas and NumPy differs from itself, or refuses to say so.
    if value is None or isinstance(value, str):
        return not value
    try:
        return bool(value != value)  # noqa: PLR0124
    except TypeError:
        return True
