"""A disclosed layer as RFC 7946 features, fast: one contiguous run of bytes with offsets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pandas as pd
import shapely

from layers.missing import find_missing
from layers.values.moments import is_moment, write_moments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from layers.layer import Layer

_DECIMALS = 6
_SIGNIFICANT, _EXACT = 6, 14
# Written features: of our own making, or a view of a prepared layer, of which nothing is copied.
Piece = bytes | memoryview


@dataclass(frozen=True, eq=False)
class Features:
    """Feature objects of one layer as bytes.

    Attributes
    ----------
    ids : sequence of str
        Sorted.
    buffer : buffer of bytes
        Features joined by commas.
    starts : array of shape (n + 1,)
        Where each feature begins; the last entry is one past the final comma.
    bounds : array of shape (n, 4)
        minx, miny, maxx, maxy in degrees; NaN without geometry.
    """

    ids: Sequence[str]
    buffer: Piece
    starts: NDArray[np.int64]
    bounds: NDArray[np.float64]

    @property
    def count(self) -> int:
        """How many features there are."""
        return len(self.ids)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {id_: row for row, id_ in enumerate(self.ids)}

    def find(self, id_: str) -> int | None:
        """Row of an id, or None."""
        return self._rows.get(id_)

    def join(self, rows: NDArray[np.int64]) -> bytes:
        """Features of some rows, separated by commas.

        A run of consecutive rows is one slice of the buffer.
        """
        rows = np.asarray(rows, dtype=np.int64)
        if not len(rows):
            return b""
        if rows[-1] - rows[0] == len(rows) - 1 and (np.diff(rows) == 1).all():
            return bytes(self.span(int(rows[0]), int(rows[-1]) + 1))
        return b",".join(self.list_pieces(rows))

    def span(self, start: int, end: int) -> memoryview:
        """Features from one row up to another, separated by commas: a view, nothing copied."""
        return memoryview(self.buffer)[self.starts[start] : self.starts[end] - 1]

    def list_pieces(self, rows: NDArray[np.int64]) -> list[memoryview]:
        """Features of some rows, one by one, as views of the buffer."""
        view = memoryview(self.buffer)
        begins, ends = self.starts[rows].tolist(), (self.starts[rows + 1] - 1).tolist()
        return [view[begin:end] for begin, end in zip(begins, ends, strict=True)]


def encode_features(layer: Layer) -> Features:
    """Write every row of a disclosed layer as a GeoJSON feature.

    Parameters
    ----------
    layer : Layer
        What `layers.disclosure.disclose` returned: all of it is written.

    Notes
    -----
    Coordinates carry at most 6 decimals and right-handed exterior rings (RFC 7946, 3.1.6);
    missing values are null; non-ASCII text stays as it is.
    """
    frame, spec = layer.frame, layer.spec
    ids = tuple(str(label) for label in frame.index)
    names = list(spec.columns)
    columns = [to_json_values(frame[name], digits=spec.columns[name].digits) for name in names]
    geometry, bounds = _encode_geometry(frame, has_geometry=spec.geometry != "none")
    parts = []
    rows = zip(*columns, strict=True) if columns else (() for _ in ids)
    for id_, shape, values in zip(ids, geometry, rows, strict=True):
        properties = orjson.dumps(dict(zip(names, values, strict=True)))
        parts.append(
            b'{"type":"Feature","id":' + orjson.dumps(id_) + b',"geometry":' + shape
            + b',"properties":' + properties + b"},"
        )
    lengths = np.array([len(part) for part in parts], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Features(ids, b"".join(parts), starts, bounds)


def _encode_geometry(
    frame: pd.DataFrame, *, has_geometry: bool
) -> tuple[Sequence[bytes], NDArray[np.float64]]:
    if not has_geometry:
        return [b"null"] * len(frame), np.full((len(frame), 4), np.nan)
    shapes = round_coordinates(frame["geometry"].to_numpy())
    texts = shapely.to_geojson(shapes)
    encoded = [b"null" if text is None else text.encode() for text in texts]
    return encoded, shapely.bounds(shapes)


def round_coordinates(
    shapes: NDArray[np.object_], *, decimals: int = _DECIMALS
) -> NDArray[np.object_]:
    """Round coordinates, and turn exterior rings right-handed (RFC 7946, 3.1.6)."""
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, decimals))
    return np.asarray(shapely.orient_polygons(rounded))


def to_json_values(values: pd.Series, *, digits: int = _SIGNIFICANT) -> list[Any]:
    """Write one column as JSON values: null where missing, days for dates, arrays for lists.

    Moments are RFC 3339 in UTC; numbers have so many significant digits.

    Examples
    --------
    >>> import pandas as pd
    >>> to_json_values(pd.Series(pd.to_datetime(["2022-04-16T10:13:19Z", None])))
    ['2022-04-16T10:13:19Z', None]
    """
    missing = find_missing(values).to_numpy()
    if is_moment(values):
        out = write_moments(values)
    elif pd.api.types.is_datetime64_any_dtype(values):
        out = values.dt.strftime("%Y-%m-%d").astype(object)
    elif pd.api.types.is_float_dtype(values):
        out = pd.Series(round_significant(values.to_numpy(float), digits), dtype=object)
    elif pd.api.types.is_object_dtype(values):
        return [list(v) if isinstance(v, (tuple, list, np.ndarray)) else v for v in values]
    else:
        out = values.astype(object)
    return [None if gone else value for value, gone in zip(out.tolist(), missing, strict=True)]


def round_significant(
    values: NDArray[np.float64], digits: int = _SIGNIFICANT
) -> NDArray[np.float64]:
    """Round to some significant digits, by default six: more would claim what nobody measured.

    Examples
    --------
    >>> import numpy as np
    >>> round_significant(np.array([1234567.0, 0.00123456789]))
    array([1.23457e+06, 1.23457e-03])
    """
    if digits > _EXACT:  # beyond that rounding itself would change a double
        return np.asarray(values)
    safe = np.where(np.isfinite(values) & (values != 0), np.abs(values), 1.0)
    decimals = digits - 1 - np.floor(np.log10(safe))
    scale = 10.0**decimals
    return np.asarray(np.round(values * scale) / scale)
