"""How many decimals a position was written with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from layers.gazetteer.shapes import FloatArray

MOST_DECIMALS, ROUNDING = 3, 1e-5
# A program that pads writes every number of a file alike; a hand does not.
LEAST_PADDED, MOST_LOOKED_AT, MOST_TYPED = 10, 1000, 6
_NUMBER = r"^\s*[-+]?\d+\.(\d*)\s*$"


def count_decimals(lon: FloatArray, lat: FloatArray) -> np.ndarray:
    """Decimals of the finer of both coordinates, 3 for more; closing zeros do not count.

    Examples
    --------
    >>> count_decimals(np.array([-77.0, -92.26]), np.array([8.0, 14.9])).tolist()
    [0, 2]
    """
    result = np.zeros(len(lon), dtype=int)
    for digits in range(MOST_DECIMALS):
        for values in (lon, lat):
            scaled = values * 10.0**digits
            result[np.abs(scaled - np.round(scaled)) > ROUNDING] = digits + 1
    return result


def count_written(lon: FloatArray, lat: FloatArray, stated: pd.DataFrame) -> np.ndarray:
    """Decimals of the finer coordinate as it was written, 3 for more: "8.00" has two.

    Closing zeros count only where hands wrote them: not in a file that gives every number the
    same number of decimals. Without the text (``lon_text``, ``lat_text``), they do not count.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"lon_text": ["-77.00", "-77"], "lat_text": ["8.00", "8"]})
    >>> count_written(np.array([-77.0, -77.0]), np.array([8.0, 8.0]), said).tolist()
    [2, 0]
    """
    result = count_decimals(lon, lat)
    if "lon_text" not in stated or "lat_text" not in stated:
        return result
    # Zeros can only matter where the digits before them say little.
    short = np.flatnonzero(result < MOST_DECIMALS)
    for name in ("lon_text", "lat_text") if len(short) else ():
        if not _is_padded(stated[name]):
            tails = _measure_tails(stated[name].iloc[short])
            result[short] = np.maximum(result[short], np.minimum(tails, MOST_DECIMALS))
    return result


def _is_padded(texts: pd.Series) -> bool:
    tails = _measure_tails(texts.iloc[:MOST_LOOKED_AT])
    return len(tails) >= LEAST_PADDED and tails[0] > 0 and bool((tails == tails[0]).all())


def _measure_tails(texts: pd.Series) -> np.ndarray:
    """Digits after the point; 0 where it is not a plain number, or one that a computer made."""
    tails = texts.astype("str").str.extract(_NUMBER, expand=False).str.len().fillna(0)
    return np.where(tails > MOST_TYPED, 0, tails).astype(int)
