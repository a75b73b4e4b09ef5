"""Declared weights: how much each agreement and disagreement counts."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PARAMETERS = Path(__file__).with_name("parameters.toml")


@dataclass(frozen=True)
class Comparison:
    """One thing that two records can agree on.

    Attributes
    ----------
    name : str
    levels : tuple of str
        From agreement to disagreement; level -1 stands for "not said on one side".
    m, u : tuple of float
        Share of true pairs, and of unrelated pairs of one window, at each level.
    """

    name: str
    levels: tuple[str, ...]
    m: tuple[float, ...]
    u: tuple[float, ...]

    def weigh(self, level: NDArray[np.int64]) -> NDArray[np.float64]:
        """Weight of each level in bits, log2(m / u); 0 for level -1.

        Examples
        --------
        >>> import numpy as np
        >>> Comparison("n", ("same", "other"), (0.8, 0.2), (0.2, 0.8)).weigh(np.array([0, 1, -1]))
        array([ 2., -2.,  0.])
        """
        bits = np.append(np.log2(np.array(self.m) / np.array(self.u)), 0.0)
        return np.asarray(bits[level])


@lru_cache(maxsize=1)
def _load_table() -> dict[str, Any]:
    return tomllib.loads(PARAMETERS.read_text(encoding="utf-8"))


@lru_cache(maxsize=8)
def load_comparisons(kind: str) -> Mapping[str, Comparison]:
    """Comparisons for ``incidents`` or ``places``.

    Examples
    --------
    >>> load_comparisons("incidents")["class"].levels
    ('same', 'one_unknown')
    """
    found = {}
    for name, table in _load_table()[kind].items():
        levels = {key: row for key, row in table.items() if isinstance(row, dict) and "m" in row}
        if levels:
            m, u = (tuple(row[key] for row in levels.values()) for key in ("m", "u"))
            found[name] = Comparison(name, tuple(levels), m, u)
    return found


def load_values(*path: str) -> Mapping[str, float]:
    """Declared numbers of one table, such as ``thresholds`` or ``window``.

    Examples
    --------
    >>> load_values("thresholds")["accept"]
    0.9
    """
    table = _load_table()
    for part in path:
        table = table[part]
    return {key: float(row["value"]) for key, row in table.items()}
