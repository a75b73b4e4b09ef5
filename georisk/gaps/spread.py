"""How uncertain hours on foot are: paces drawn from the ranges of the parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from georisk.network import IntArray
    from georisk.parameters import Parameters
    from layers.crs import FloatArray

BOAT = "boat"
OFF_PATH = " off the path"
QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, eq=False)
class Spread:
    """Hours as multiples of the central estimate, by what lies underfoot.

    Attributes
    ----------
    kind : array of int, shape (n_segments,)
        Columns of ``times``.
    times : array of shape (n_draws, n_kinds)
    """

    kind: IntArray
    times: FloatArray

    def add_up(self, rows: IntArray, hours: FloatArray) -> FloatArray:
        """Hours of some segments by kind, shape (n_kinds,); nothing where nobody can walk."""
        finite = np.where(np.isfinite(hours), hours, 0.0)
        sums = np.bincount(self.kind[rows], weights=finite, minlength=self.times.shape[1])
        return np.asarray(sums, float)

    def measure_interval(self, hours_by_kind: FloatArray) -> FloatArray:
        """Hours not exceeded in 10, 50 and 90 % of draws.

        Parameters
        ----------
        hours_by_kind : array of shape (k, n_kinds)

        Returns
        -------
        array of shape (3, k)
        """
        if not len(hours_by_kind):
            return np.empty((len(QUANTILES), 0))
        return np.asarray(np.quantile(self.times @ hours_by_kind.T, QUANTILES, axis=0))


def draw_paces(
    parameters: Parameters, profile: str, grounds: Sequence[str], *, draws: int, seed: int
) -> FloatArray:
    """Draw how many times the central hours a kind of ground takes, shape (draws, n_grounds).

    Each number is drawn from the triangle over its range with the peak at its value, in as many
    equal strata as there are draws, all independent: the pace of the profile, of one person in
    it, off the path, of boats, and the cost of each ground. A draw holds for a whole way, so
    errors do not cancel out along it.

    Parameters
    ----------
    grounds : sequence of str
        As `georisk.worlds.name_ground` writes them, or ``boat``.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> times = draw_paces(Parameters.read(), "family", ["road"], draws=500, seed=1)
    >>> np.quantile(times, [0.1, 0.5, 0.9]).round(2).tolist()
    [0.87, 1.0, 1.17]
    """
    rng = np.random.default_rng(seed)

    def draw(name: str) -> FloatArray:
        entry = parameters.entries[name]
        value = float(entry["value"])
        low, high = entry.get("range", (value, value))
        share = (rng.permutation(draws) + 0.5) / draws
        return invert_triangle(share, float(low), value, float(high)) / value

    # Drawn in one order whatever the grounds are, so that one more ground changes no other.
    person = draw(f"profile.{profile}.speed_factor") * draw("walk.person")
    off_path, boat = draw("walk.off_path_factor"), draw("speed.boat")
    costs = {name: draw(f"terrain.{name}") for name in sorted(parameters.section("terrain"))}
    columns = []
    for ground in grounds:
        if ground == BOAT:
            columns.append(1.0 / boat)
            continue
        bare = ground.removesuffix(OFF_PATH)
        cost = costs.get(bare, np.ones(draws)) / person
        columns.append(cost / off_path if bare != ground else cost)
    return np.column_stack(columns) if columns else np.empty((draws, 0))


def invert_triangle(share: ArrayLike, low: float, peak: float, high: float) -> FloatArray:
    """Quantiles of a triangular distribution; of no width, its one value.

    Examples
    --------
    >>> invert_triangle([0.0, 0.5, 1.0], 0.0, 1.0, 2.0).tolist()
    [0.0, 1.0, 2.0]
    >>> invert_triangle([0.3], 1.0, 1.0, 1.0).tolist()
    [1.0]
    """
    u = np.asarray(share, float)
    if high <= low:
        return np.full(u.shape, peak)
    peak = min(max(peak, low), high)
    cut = (peak - low) / (high - low)
    rising = low + np.sqrt(u * (high - low) * (peak - low))
    falling = high - np.sqrt((1.0 - u) * (high - low) * (high - peak))
    return np.where(u < cut, rising, falling)
