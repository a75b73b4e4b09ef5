"""Layers to ask filters of: OGC's own test data, and invented rows (synthetic)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely

from api.filter import compile_filter, read_filter, write_json
from layers.spec import ColumnSpec, LayerSpec

ARROW = {
    "string": pa.string(), "month": pa.string(), "integer": pa.int64(), "number": pa.float64(),
    "boolean": pa.bool_(), "date": pa.date32(), "datetime": pa.timestamp("us", tz="UTC"),
    "list": pa.list_(pa.string()),
}


@dataclass(frozen=True, eq=False)
class Rows:
    """What a filter is asked of."""

    spec: LayerSpec
    columns: dict[str, pa.Array]
    geometries: np.ndarray

    @property
    def count(self):
        return len(self.geometries)

    @property
    def bounds(self):
        return shapely.bounds(self.geometries)

    def column(self, name):
        return self.columns[name]

    def shapes(self, rows=None):
        return self.geometries if rows is None else self.geometries[rows]


def make_spec(dtypes, geometry="Geometry"):
    columns = {name: ColumnSpec(dtype=dtype, meaning="x") for name, dtype in dtypes.items()}
    return LayerSpec(name="invented", kind="vector" if geometry != "none" else "table",
                     role="context", title={"en": "Invented"}, meaning="Invented rows",
                     geometry=geometry, id="row_id", columns=columns)


def make_rows(dtypes, values, shapes=None):
    """Rows of named columns; missing values are None."""
    count = len(next(iter(values.values()))) if values else len(shapes)
    columns = {name: pa.array(values[name], type=ARROW[dtype]) for name, dtype in dtypes.items()}
    columns["row_id"] = pa.array([f"r-{n:03d}" for n in range(count)])
    geometries = np.full(count, None, dtype=object)
    if shapes is not None:
        geometries[:] = [shapely.from_wkt(s) if isinstance(s, str) else s for s in shapes]
    spec = make_spec(dtypes, "none" if shapes is None else "Geometry")
    return Rows(spec, columns, geometries)


def select(rows, text, language="cql2-text", **options):
    """Numbers of the rows that a filter selects."""
    tree = read_filter(text, language=language)
    chosen = compile_filter(tree, spec=rows.spec, **options)
    return np.flatnonzero(chosen.select(rows)).tolist()


def select_both_ways(rows, text, **options):
    """The same, and the same again from the JSON that the text turns into."""
    found = select(rows, text, **options)
    written = write_json(read_filter(text, language="cql2-text"))
    assert select(rows, written, "cql2-json", **options) == found
    return found


def read_ogc(path, layer):
    """One layer of OGC's test data, its columns as georisk types them."""
    frame = pyogrio.read_dataframe(path, layer=layer)
    known = {"date": "date", "start": "datetime", "end": "datetime", "boolean": "boolean"}
    dtypes, values = {}, {}
    for name in frame.columns.drop("geometry"):
        column = frame[name]
        dtype = known.get(name) or {"i": "integer", "f": "number"}.get(column.dtype.kind, "string")
        values[name] = [_convert(value, dtype) for value in column.astype(object)]
        dtypes[name] = dtype
    return make_rows(dtypes, values, frame.geometry.to_numpy())


def _convert(value, dtype):
    if pd.isna(value):
        return None
    if dtype == "date":
        return value.date()
    if dtype == "datetime":
        return value.to_pydatetime().replace(tzinfo=dt.UTC)
    return {"boolean": bool, "integer": int, "number": float}.get(dtype, str)(value)


def read_lines(text):
    """Filters, one a line."""
    return [line.strip() for line in text.strip().splitlines()]


def read_cases(text):
    """Filters with the numbers of the rows that they select, one a line: ``filter => 0 2``."""
    cases = [line.rpartition("=>") for line in read_lines(text)]
    return [(case.strip(), [int(n) for n in rows.split()]) for case, _, rows in cases]
