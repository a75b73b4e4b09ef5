"""How far and how long a fitted intensity looks: its kernels apart from what they weigh.

An intensity says how much; its kernels say of which incidents. Two times are compared alike when
both are read with the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.incidents import decay_window, weigh_decay

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.fitting.sources import Sources
    from georisk.fitting.stack import Stack
    from georisk.fitting.supports import LineKernels
    from layers.crs import FloatArray


@dataclass(frozen=True)
class Memory:
    """How an incident is forgotten: a mixture of half-lives.

    Attributes
    ----------
    half_lives_years : tuple of float or None
        None never forgets.
    shares : tuple of float
        Of each; they sum to 1.
    """

    half_lives_years: tuple[float | None, ...] = (None,)
    shares: tuple[float, ...] = (1.0,)

    def weigh(self, age_years: FloatArray, *, window_years: float) -> FloatArray:
        """Weight per year of incidents of some ages; over the window it integrates to 1.

        Examples
        --------
        >>> Memory().weigh(np.array([0.0, 3.0]), window_years=4.0).tolist()
        [0.25, 0.25]
        """
        total = np.zeros(np.shape(age_years))
        for life, share in zip(self.half_lives_years, self.shares, strict=True):
            total += share * weigh_decay(age_years, life) / decay_window(window_years, life)
        return total

    def sum_squares(self, window_years: float) -> float:
        """Integral of the squared weight over the window, per year.

        Examples
        --------
        >>> Memory().sum_squares(4.0)
        0.25
        """
        parts = [(0.0 if life is None else 1 / life, share / decay_window(window_years, life))
                 for life, share in zip(self.half_lives_years, self.shares, strict=True)]
        return sum(one * other * decay_window(window_years, 1 / rate if rate > 0 else None)
                   for (fast, one) in parts for (slow, other) in parts
                   for rate in (fast + slow,))

    def share_older(self, age_years: float, *, window_years: float) -> float:
        """Share of the window's weight that lies beyond an age.

        Examples
        --------
        >>> Memory().share_older(1.0, window_years=4.0)
        0.75
        """
        return 1.0 - sum(share * decay_window(age_years, life) / decay_window(window_years, life)
                         for life, share in zip(self.half_lives_years, self.shares, strict=True))


@dataclass(frozen=True, eq=False)
class Reach:
    """What n incidents put on m segments, whenever they happened, and how they are forgotten.

    Attributes
    ----------
    matrix : sparse array of shape (m, n)
        Per km: kernels of all widths as the fit mixes them. Before they are forgotten, the
        incidents of a kind weigh alike.
    rows : integer array of shape (n,)
        Of these incidents among those of the fit; those far from every leg are left out.
    memory : Memory
    """

    matrix: sparse.csr_array
    rows: NDArray[np.intp]
    memory: Memory


def measure_reach(stack: Stack, sources: Sources) -> Reach:
    """Take the kernels of a fit apart from the ages of its incidents.

    Parameters
    ----------
    stack, sources : Stack, Sources
        Fitted on segments.
    """
    rows = stack.origin.rows
    group = sources.group[rows]
    lives: dict[float | None, float] = {}
    weights: dict[tuple[str, int], FloatArray] = {}
    for part, share in zip(stack.parts, stack.share, strict=False):
        if part.width < 0:
            continue
        own = group == part.group if part.group >= 0 else np.ones(len(rows), bool)
        weight = float(share) * len(rows) * own / max(int(own.sum()), 1)
        key = (part.guide, part.width)
        weights[key] = weights.get(key, np.zeros(len(rows))) + weight
        lives[part.half_life_years] = lives.get(part.half_life_years, 0.0) + float(share)
    matrix = sparse.csr_array((len(stack.place.size), len(rows)))
    for key, weight in weights.items():
        spread: LineKernels = stack.origin.spreads[key]  # type: ignore[assignment]
        matrix = matrix + spread.matrix @ sparse.diags_array(weight)
    whole = sum(lives.values())
    memory = Memory(tuple(lives), tuple(share / whole for share in lives.values()))
    return Reach(sparse.csr_array(matrix), rows, memory if whole > 0 else Memory())
