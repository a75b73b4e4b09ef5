"""What counts as missing in a column."""

from __future__ import annotations

import pandas as pd


def find_missing(values: pd.Series) -> pd.Series:
    """Mark missing values: null, empty text, empty list."""
    missing = values.isna()
    if pd.api.types.is_object_dtype(values):
        missing = missing | (values.str.len() == 0)
    elif pd.api.types.is_string_dtype(values):
        missing = missing | values.eq("").fillna(value=False)
    return missing.astype(bool)
