"""What a collection can be filtered by, and how its Arrow columns are read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from api.errors import ParameterError
from api.filter.instants import DAY_US
from api.filter.values import Block, Kind, Operand, Values, find_known, to_mask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from layers.spec import LayerSpec

GEOMETRY_NAMES = ("geom", "geometry")
_KINDS: Mapping[str, Kind] = {
    "string": "text", "text": "text", "integer": "number", "number": "number",
    "boolean": "boolean", "date": "day", "datetime": "moment", "month": "month", "list": "list",
}


def list_queryables(spec: LayerSpec) -> dict[str, Kind]:
    """Names that a filter may use, with the kind of each, in the order of the collection.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> kinds = list_queryables(find_spec("places"))
    >>> kinds["geom"], kinds["name"]
    ('shape', 'text')
    """
    found: dict[str, Kind] = {spec.id: "text"} if spec.id else {}
    if spec.geometry != "none":
        found |= dict.fromkeys(GEOMETRY_NAMES, "shape")
    return found | {name: _KINDS[column.dtype] for name, column in spec.columns.items()}


def bind_property(name: str, queryables: Mapping[str, Kind]) -> Operand:
    """Find what a name stands for.

    Raises
    ------
    ParameterError
        If there is no such name; it lists those that there are.
    """
    kind = queryables.get(name)
    if kind is None:
        known = ", ".join(name for name in queryables if name != GEOMETRY_NAMES[1])
        raise ParameterError(
            f"The filter names a property that is not here; this collection has: {known}.")
    if kind == "shape":
        return Operand(kind, _read_presence)
    read = _READERS[kind]
    return Operand(kind, partial(_read_column, name=name, read=read))


def _read_column(block: Block, *, name: str, read: Callable[[pa.Array], Values]) -> Values:
    return block.column(name, read)


def _read_presence(block: Block) -> Values:
    """Which rows have a geometry, be it an empty one; spatial functions fetch it themselves."""
    known = ~np.isnan(block.bounds[:, 0])
    rows = np.flatnonzero(~known)
    if len(rows):
        known[rows] = [shape is not None for shape in block.shapes(rows)]
    return Values(None, known)


def read_text(array: pa.Array) -> Values:
    """Text stays with Arrow."""
    return Values(array, find_known(array))


def read_numbers(array: pa.Array) -> Values:
    """Numbers as int64 or float64; what is no number (NaN) or infinite is unknown.

    Examples
    --------
    >>> read_numbers(pa.array([1.5, None, float("nan")])).known.tolist()
    [True, False, False]
    """
    known = find_known(array)
    data = array.fill_null(0).to_numpy(zero_copy_only=False)
    if data.dtype.kind != "f":
        return Values(data.astype(np.int64, copy=False), known)
    data = data.astype(np.float64, copy=False)
    finite = np.isfinite(data)
    if finite.all():
        return Values(data, known)
    return Values(np.where(finite, data, 0.0), finite & known)


def read_booleans(array: pa.Array) -> Values:
    """Truths as NumPy holds them."""
    return Values(to_mask(array), find_known(array))


def read_days(array: pa.Array) -> Values:
    """Days as the microsecond at which each begins."""
    days = array.cast(pa.int32()).fill_null(0).to_numpy(zero_copy_only=False)
    return Values(days.astype(np.int64) * DAY_US, find_known(array))


def read_moments(array: pa.Array) -> Values:
    """Moments as microseconds since 1970 (UTC)."""
    counts = array.cast(pa.timestamp("us", tz=array.type.tz), safe=False).cast(pa.int64())
    return Values(counts.fill_null(0).to_numpy(zero_copy_only=False), find_known(array))


_READERS: Mapping[Kind, Callable[[pa.Array], Values]] = {
    "text": read_text, "month": read_text, "list": read_text, "number": read_numbers,
    "boolean": read_booleans, "day": read_days, "moment": read_moments,
}
