"""How incidents are redrawn to see how sure an intensity is: in blocks.

Incidents come in clusters, so Poisson intervals are too narrow; whole blocks of 25 km by one
year are redrawn instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from layers.errors import StudyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.incidents import Points
    from layers.crs import FloatArray


@dataclass(frozen=True)
class Resampling:
    """How incidents are redrawn.

    Attributes
    ----------
    draws : int
    seed : int
    block_km, block_years : float
        Size of a block in space and in time before ``as_of``.
    low, high : float
        Quantiles of the interval; 0.05 and 0.95 hold 90 %.

    Raises
    ------
    StudyError
        If a value makes no interval.
    """

    draws: int = 200
    seed: int = 20240101
    block_km: float = 25.0
    block_years: float = 1.0
    low: float = 0.05
    high: float = 0.95

    def __post_init__(self) -> None:
        sizes = self.draws >= 1 and self.block_km > 0 and self.block_years > 0
        if not (sizes and 0 <= self.low < self.high <= 1):
            raise StudyError(
                "bootstrap: expected draws >= 1, block sizes above 0 and 0 <= low < high <= 1; "
                f"got {self}"
            )


@dataclass(frozen=True)
class Interval:
    """Interval of the intensity on each of m segments, incidents per 100 km and year.

    Attributes
    ----------
    low, high : array of shape (m,)
    draws : array of shape (m, draws)
        Every redrawn intensity, float32.
    """

    low: FloatArray
    high: FloatArray
    draws: NDArray[np.float32]


def label_blocks(points: Points, rules: Resampling) -> NDArray[np.intp]:
    """Give each incident the number of its block; numbers do not depend on row order.

    Examples
    --------
    >>> from georisk.incidents import Points
    >>> xy_km = np.array([[30.0, 0.0], [1.0, 0.0], [2.0, 0.0], [2.0, 0.0]])
    >>> age = np.array([0.1, 0.2, 0.3, 1.3])
    >>> label_blocks(Points(xy_km, np.ones(4), age, np.ones(4)), Resampling()).tolist()
    [2, 0, 0, 1]
    """
    space = np.floor(points.xy_km / rules.block_km)
    time = np.floor(points.age_years / rules.block_years)
    _, label = np.unique(np.column_stack([space, time]), axis=0, return_inverse=True)
    return np.asarray(label, np.intp).ravel()


def draw_multiplicity(blocks: int, rules: Resampling) -> NDArray[np.int64]:
    """How often each block comes up in each draw, shape (blocks, draws).

    Poisson with mean 1: what redrawing all blocks of a large study comes to, the many empty
    ones included, so that the total number of incidents varies too.

    Examples
    --------
    >>> drawn = draw_multiplicity(500, Resampling(draws=40))
    >>> drawn.shape, bool(abs(drawn.mean() - 1) < 0.05)
    ((500, 40), True)
    """
    return np.random.default_rng(rules.seed).poisson(1.0, size=(blocks, rules.draws))
