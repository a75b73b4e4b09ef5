"""A disclosed layer as RFC 7946 features, fast: one contiguous run of bytes with offsets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pandas as pd
import shapely

from layers.schema import find_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from layers.layer import Layer

_DECIMALS = 6
_SIGNIFICANT = 6


@dataclass(frozen=True, eq=False)
class Features:
    """Feature objects of one layer as bytes.

    Attributes
    ----------
    ids : tuple of str
        Sorted.
    buffer : buffer of bytes
        Features joined by commas.
    starts : array of shape (n + 1,)
        Where each feature begins; the last entry is one past the final comma.
    bounds : array of shape (n, 4)
        minx, miny, maxx, maxy in degrees; NaN without geometry.
    """

    ids: tuple[str, ...]
    buffer: memoryview | bytes
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
            return bytes(self.buffer[self.starts[rows[0]] : self.starts[rows[-1] + 1] - 1])
        view = memoryview(self.buffer)
        pieces = [view[self.starts[r] : self.starts[r + 1] - 1] for r in rows.tolist()]
        return b",".join(pieces)


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
    columns = [to_json_values(frame[name]) for name in names]
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
    shapes = frame["geometry"].to_numpy()
    shapes = shapely.transform(shapes, lambda xy: np.round(xy, _DECIMALS))
    shapes = shapely.orient_polygons(shapes)
    texts = shapely.to_geojson(shapes)
    encoded = [b"null" if text is None else text.encode() for text in texts]
    return encoded, shapely.bounds(shapes)


def to_json_values(values: pd.Series) -> list[Any]:
    """Write one column as JSON values: null where missing, days for dates, arrays for lists."""
    missing = find_missing(values).to_numpy()
    if pd.api.types.is_datetime64_any_dtype(values):
        out = values.dt.strftime("%Y-%m-%d").astype(object)
    elif pd.api.types.is_float_dtype(values):
        out = pd.Series(round_significant(values.to_numpy(float)), dtype=object)
    elif pd.api.types.is_object_dtype(values):
        return [list(v) if isinstance(v, (tuple, list, np.ndarray)) else v for v in values]
    else:
        out = values.astype(object)
    return [None if gone else value for value, gone in zip(out.tolist(), missing, strict=True)]


def round_significant(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to six significant digits: more would claim what nobody measured.

    Examples
    --------
    >>> import numpy as np
    >>> round_significant(np.array([1234567.0, 0.00123456789]))
    array([1.23457e+06, 1.23457e-03])
    """
    safe = np.where(np.isfinite(values) & (values != 0), np.abs(values), 1.0)
    digits = _SIGNIFICANT - 1 - np.floor(np.log10(safe))
    scale = 10.0**digits
    return np.asarray(np.round(values * scale) / scale)
