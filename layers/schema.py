"""The pandera schema that a layer description stands for."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import pandera.pandas as pa

from layers.missing import find_missing

if TYPE_CHECKING:
    from layers.spec import ColumnSpec, LayerSpec

def build_schema(spec: LayerSpec) -> pa.DataFrameSchema:
    """Write a description's rules as a pandera schema over typed columns.

    Ranges, vocabularies, patterns and missing values are checked here; types were settled by
    `layers.coerce`, geometry by `layers.geometry`.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> sorted(build_schema(find_spec("incidents")).columns)[:3]
    ['class', 'coord_precision_km', 'date']
    """
    columns = {
        name: pa.Column(
            dtype=None,
            checks=_build_checks(column),
            nullable=True,
            required=False,
        )
        for name, column in spec.columns.items()
    }
    return pa.DataFrameSchema(columns, strict=False)


def _build_checks(column: ColumnSpec) -> list[pa.Check]:
    checks = []
    if column.range is not None:
        low, high = column.range
        checks.append(
            pa.Check.in_range(low, high, error=f"outside {low:g} to {high:g} {column.unit}".strip())
        )
    if column.one_of:
        words = set(column.one_of)
        error = f"not one of: {' '.join(column.one_of)}"
        check = partial(_find_known, words=words, many=column.dtype == "list")
        checks.append(pa.Check(check, error=error))
    if column.pattern and column.dtype == "list":
        matches = partial(_find_matching, pattern=re.compile(column.pattern))
        checks.append(pa.Check(matches, error=f"an item is not like {column.pattern}"))
    elif column.pattern:
        checks.append(pa.Check.str_matches(column.pattern, error=f"not like {column.pattern}"))
    if not column.nullable:
        checks.append(pa.Check(lambda s: ~find_missing(s), error="missing", ignore_na=False))
    return checks


def _find_matching(values: pd.Series, *, pattern: re.Pattern[str]) -> pd.Series:
    return values.map(lambda items: all(pattern.fullmatch(item) for item in items)).astype(bool)


def _find_known(values: pd.Series, words: set[str], *, many: bool) -> pd.Series:
    if many:
        return values.map(lambda items: set(items) <= words).astype(bool)
    return values.isin(words) | find_missing(values)


def find_violations(frame: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Every rule that a row breaks.

    Parameters
    ----------
    frame : DataFrame
        Typed columns, unique integer index.

    Returns
    -------
    DataFrame
        Columns ``row`` (label in the index), ``column``, ``reason``; one line per broken rule.
    """
    schema = build_schema(spec)
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        found = cases.loc[cases["index"].notna(), ["index", "column", "check"]]
        found = found.set_axis(["row", "column", "reason"], axis=1)
        return found.drop_duplicates().reset_index(drop=True)
    return pd.DataFrame({"row": [], "column": [], "reason": []})
