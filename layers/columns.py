"""Arrow columns on their way out: as JSON values, and as columns of a layer's frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from layers.geojson import round_significant

if TYPE_CHECKING:
    from layers.spec import ColumnSpec, Dtype


def read_values(values: pa.Array, dtype: Dtype) -> pd.Series:
    """Arrow values as a column of a layer's frame, of the type that its description says."""
    if dtype == "integer":
        return pd.Series(pd.Int64Dtype().__from_arrow__(values))
    if dtype == "boolean":
        return pd.Series(pd.BooleanDtype().__from_arrow__(values))
    if dtype == "date":
        return values.cast(pa.timestamp("s")).to_pandas()
    if dtype == "list":
        listed = [() if items is None else tuple(items) for items in values.to_pylist()]
        return pd.Series(listed, dtype=object)
    if dtype in {"number", "datetime"}:
        return values.to_pandas()
    return values.to_pandas().astype("str")


def list_values(values: pa.Array, column: ColumnSpec) -> list[Any]:
    """Write Arrow values as JSON values: null where missing, days and moments as text.

    Examples
    --------
    >>> from layers.spec import ColumnSpec
    >>> list_values(pa.array([1234567.0, None]), ColumnSpec(dtype="number", meaning="m"))
    [1234570.0, None]
    """
    if column.dtype == "number":
        floats = values.to_numpy(zero_copy_only=False)
        known = np.isfinite(floats)
        rounded = round_significant(np.where(known, floats, 0.0), column.digits).tolist()
        return [value if there else None for value, there in zip(rounded, known, strict=True)]
    if column.dtype == "date":
        values = pc.strftime(values, format="%Y-%m-%d")
    elif column.dtype == "datetime":
        return [None if v is None else write_moment(v) for v in values.cast(pa.int64()).to_pylist()]
    elif column.dtype == "list":
        return [[] if items is None else items for items in values.to_pylist()]
    return list(values.to_pylist())


def write_moment(microseconds: int) -> str:
    """Write a moment (microseconds since 1970, UTC) as RFC 3339, with no more digits than it has.

    Examples
    --------
    >>> write_moment(0), write_moment(1_500_000)
    ('1970-01-01T00:00:00Z', '1970-01-01T00:00:01.500Z')
    """
    unit = "s" if microseconds % 1_000_000 == 0 else "ms" if microseconds % 1000 == 0 else "us"
    return f"{np.datetime_as_string(np.datetime64(microseconds, 'us').astype(f'M8[{unit}]'))}Z"
