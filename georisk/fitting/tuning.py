"""What the shares of a mixture were tuned on, and shares that other incidents would have given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.fitting.mixture import weigh_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from georisk.fitting.draws import Blocks
    from layers.crs import FloatArray

_STEPS = 10
_LEAST = 1e-12


@dataclass(frozen=True, eq=False)
class Tuning:
    """Densities of the k parts at the e incidents that came after what the parts were made from.

    Attributes
    ----------
    density : array of shape (u, k)
    rows : integer array of shape (e,)
        Which of the sources these incidents are.
    prior : array of shape (k,)
        Incidents that each part is given beforehand.
    place : integer array of shape (e,)
        Row of the densities of each incident: those of one unit share it.
    """

    density: FloatArray
    rows: NDArray[np.intp]
    prior: FloatArray
    place: NDArray[np.intp]

    def weigh(self) -> FloatArray:
        """Shares of the parts that make the incidents most likely, (k,)."""
        count = np.bincount(self.place, minlength=len(self.density)).astype(float)
        return weigh_parts(self.density, self.prior, count=count)

    def redraw(
        self, share: FloatArray, blocks: Blocks, generator: np.random.Generator
    ) -> FloatArray:
        """Shares as they would be with every incident counted some other number of times.

        A few steps of EM from the shares at hand, for all draws at once. Incidents of the prior
        are redrawn too, each part's as a gamma variable of that mean, so that shares which rest
        on the prior alone vary as far as the prior lets them.

        Parameters
        ----------
        share : array of shape (k,)
            To start from.
        blocks : Blocks
            Of the n sources, and how often each counts in each draw.

        Returns
        -------
        array of shape (k, draws)
            Each column sums to 1.

        References
        ----------
        Newton & Raftery (1994), Approximate Bayesian inference with the weighted likelihood
        bootstrap.

        Examples
        --------
        Three incidents that only the first part foresaw: its share, 0.8, goes up when they count
        ten times. The prior of one each varies.

        >>> from georisk.fitting.draws import Blocks
        >>> tuning = Tuning(np.array([[1.0, 0.0]]), np.arange(3), np.ones(2), np.zeros(3, int))
        >>> blocks = Blocks(np.zeros(3, int), np.full((1, 400), 10.0))
        >>> found = tuning.redraw(tuning.weigh(), blocks, np.random.default_rng(1))
        >>> found.shape, found.mean(axis=1).round(2).tolist()
        ((2, 400), [0.97, 0.03])
        """
        times = blocks.tabulate(self.rows, self.place, len(self.density)) @ blocks.times
        shape = (len(share), times.shape[1])
        prior = generator.gamma(np.broadcast_to(self.prior[:, None], shape)) + _LEAST
        drawn = np.repeat(share[:, None], times.shape[1], axis=1)
        for _ in range(_STEPS):
            told = self.density @ drawn
            worth = np.divide(times, told, out=np.zeros_like(told), where=told > 0)
            drawn = drawn * (self.density.T @ worth) + prior
            drawn /= drawn.sum(axis=0)
        return np.asarray(drawn)


def join_tests(
    tests: Sequence[tuple[FloatArray, NDArray[np.intp]]], rows: Sequence[NDArray[np.intp]],
    prior: FloatArray,
) -> Tuning:
    """Bring the tests of some years together.

    Parameters
    ----------
    tests : sequence of (density, place)
        Densities of the k parts where incidents came, one row a unit, and the row of each.
    rows : sequence of integer arrays
        Which of the sources these incidents are.
    prior : array of shape (k,)

    Examples
    --------
    >>> year = (np.ones((2, 1)), np.array([0, 1, 1]))
    >>> join_tests([year, year], [np.arange(3), np.arange(3)], np.ones(1)).place.tolist()
    [0, 1, 1, 2, 3, 3]
    """
    first = np.cumsum([0, *(len(density) for density, _ in tests)]).tolist()
    place = [before + one for before, (_, one) in zip(first, tests, strict=False)]
    return Tuning(np.concatenate([np.zeros((0, len(prior))), *(density for density, _ in tests)]),
                  np.concatenate([np.zeros(0, np.intp), *rows]), prior,
                  np.concatenate([np.zeros(0, np.intp), *place]))
