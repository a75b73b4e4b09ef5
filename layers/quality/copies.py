"""How many rows stand on the same spot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from layers.gazetteer.shapes import FloatArray

# A spot of some 100 m; and one of 1 m, on which only a copied number comes to lie again.
SPOT_DEG, COPY_DEG = 0.001, 0.00001


def count_copies(lon: FloatArray, lat: FloatArray, *, step_deg: float = SPOT_DEG) -> np.ndarray:
    """How many rows share each position, to ``step_deg`` (itself included).

    Examples
    --------
    >>> count_copies(np.array([1.0, 1.0, 2.0]), np.array([5.0, 5.0, 5.0])).tolist()
    [2, 2, 1]
    """
    # Farther apart than latitudes can be, and exact in a float at a step of 1e-5.
    spot = np.round(lon / step_deg) * np.ceil(400 / step_deg) + np.round(lat / step_deg)
    codes, _ = pd.factorize(spot)
    return np.asarray(np.bincount(codes, minlength=1)[codes]) if len(lon) else np.zeros(0, int)
