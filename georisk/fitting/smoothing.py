"""What smoothing hides: how far the truth may lie from an intensity spread by kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.fitting.parts import PLACE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.bootstrap import Resampling
    from georisk.fitting.line_kernels import PreparedLines
    from georisk.fitting.sources import Sources
    from georisk.fitting.stack import Stack
    from layers.crs import FloatArray

    Indices = NDArray[np.intp]

# Of the posterior variance of a Gaussian kernel on a line what redrawing incidents leaves out:
# the height of the kernel in its middle, less the integral of its square, over that height.
HIDDEN = 1.0 - 2.0**-0.5


@dataclass(frozen=True, eq=False)
class Hidden:
    """Doubt that smoothing leaves, of w kernel widths on m segments.

    Attributes
    ----------
    variance : array of shape (m, w)
        Relative to the intensity squared; what the widths leave adds up.
    cell : integer array of shape (m, w)
        Squares as wide as the kernel, within which the truth strays together.
    """

    variance: FloatArray
    cell: Indices

    def draw(self, draws: int, generator: np.random.Generator) -> FloatArray:
        """Factors on every segment, of median 1 and log-normal, (m, draws).

        Each width adds a deviate of its own to the logs, the same within a cell.
        """
        logs = np.zeros((len(self.variance), draws))
        total = self.variance.sum(axis=1)
        spread = np.log1p(total)
        part = self.variance / np.where(total > 0, total, 1.0)[:, None]
        for share, cell in zip(part.T, self.cell.T, strict=True):
            deviate = generator.standard_normal((int(cell.max(initial=-1)) + 1, draws))
            logs += np.sqrt(share * spread)[:, None] * deviate[cell]
        return np.asarray(np.exp(logs))


def measure_hidden(
    stack: Stack, sources: Sources, intensity: FloatArray, *, rules: Resampling
) -> Hidden:
    """How far the truth may stray from an intensity because kernels smooth.

    Parameters
    ----------
    intensity : array of shape (m,)
        Incidents per size and year, as the stack estimates.

    Notes
    -----
    Seen as a posterior, a smoother's variance at a place is the noise times what one more incident
    there would add there. That holds the truth as often as it says on average over the places,
    since it exceeds the variance of redrawn incidents by the mean square of what smoothing hides
    (Nychka 1988). For a Gaussian kernel on a line this excess is `HIDDEN` of it. Each width counts
    by its share of the mixture. The noise is that of `measure_scatter`.

    References
    ----------
    Nychka (1988), Bayesian confidence intervals for smoothing splines.
    """
    prepared: PreparedLines = sources.prepared  # type: ignore[assignment]
    widths_km, rows = prepared.widths_km, stack.origin.rows
    share, added = _weigh_widths(stack, sources, len(widths_km))
    variance = np.zeros((len(intensity), len(widths_km)))
    cell = np.zeros(variance.shape, np.intp)
    vague_km = float(np.median(prepared.sigma_km[rows])) if len(rows) else 0.0
    noise = HIDDEN * measure_scatter(stack, sources, intensity, rules=rules)
    for width, width_km in enumerate(widths_km):
        height, cell[:, width] = measure_heights(
            prepared, stack.origin.guides[PLACE], width_km=width_km, vague_km=vague_km)
        variance[:, width] = noise * share[width] * added[width] * height
    some = intensity > 0
    np.divide(variance, intensity[:, None], out=variance, where=some[:, None])
    variance[~some] = 0.0
    return Hidden(variance, cell)


def measure_scatter(
    stack: Stack, sources: Sources, intensity: FloatArray, *, rules: Resampling
) -> FloatArray:
    """Variance over mean of the incidents of a year in the block of each segment, 1 or more.

    Counts of blocks and years scatter around the fit as a negative binomial, variance
    ``mean + k mean^2``, one k for all by the method of moments: good and bad years of a place show
    where incidents are many.

    References
    ----------
    Breslow (1984), Extra-Poisson variation in log-linear models.
    """
    prepared: PreparedLines = sources.prepared  # type: ignore[assignment]
    support, rows = prepared.support, stack.origin.rows
    where = np.floor(support.xy_km / rules.block_km)
    block = np.asarray(np.unique(where, axis=0, return_inverse=True)[1], np.intp).ravel()
    year = np.unique(np.floor(sources.age_years[rows] / rules.block_years), return_inverse=True)[1]
    if not len(rows) or not intensity.any():
        return np.ones(len(block))
    years = max(1, int(np.ceil(sources.window_years / rules.block_years)), int(year.max()) + 1)
    shape = (int(block.max()) + 1, years)
    count = np.zeros(shape)
    np.add.at(count, (block[sources.unit[rows]], year), 1.0)
    mass = np.bincount(block, weights=intensity * support.size)
    mean = np.outer(mass / mass.sum(), count.sum(axis=0))
    extra = max(0.0, float(((count - mean) ** 2 - mean).sum() / (mean**2).sum()))
    return np.asarray(1.0 + extra * mean.mean(axis=1)[block])


def _weigh_widths(
    stack: Stack, sources: Sources, widths: int
) -> tuple[FloatArray, FloatArray]:
    """Share of the mixture, and incidents a year that one more incident adds, by width."""
    group = sources.group[stack.origin.rows]
    share, added = np.zeros(widths), np.zeros(widths)
    for number, part in enumerate(stack.parts):
        if part.width >= 0 and part.guide == PLACE and stack.mass[number] > 0:
            own = float((group == part.group).mean()) if part.group >= 0 else 1.0
            share[part.width] += stack.share[number]
            added[part.width] += stack.rate * stack.share[number] / stack.mass[number] * own
    return share, added


def measure_heights(
    prepared: PreparedLines, guide: FloatArray, *, width_km: float, vague_km: float
) -> tuple[FloatArray, Indices]:
    """Height that a kernel in the middle of each segment has there, per size.

    A kernel is spread from one segment of each square as wide as the kernel; the other segments
    of the square differ from it by the guide alone.

    Parameters
    ----------
    vague_km : float
        One sigma of where an incident lay.

    Returns
    -------
    height : array of shape (m,)
    cell : integer array of shape (m,)
        Number of the square that each segment lies in, from the south-west.
    """
    support = prepared.support
    xy_km, wide_km = support.xy_km, float(np.hypot(width_km, vague_km))
    square, cell = np.unique(np.floor(xy_km / wide_km), axis=0, return_inverse=True)
    cell = np.asarray(cell, np.intp).ravel()
    off_km2 = ((xy_km - (square[cell] + 0.5) * wide_km) ** 2).sum(axis=1)
    order = np.lexsort((xy_km[:, 1], xy_km[:, 0], off_km2, cell))
    middle = order[np.searchsorted(cell[order], np.arange(len(square)))]
    made = support.prepare(xy_km[middle], np.full(len(middle), vague_km), (width_km,))
    matrix = made.spread(0, np.arange(len(middle), dtype=np.intp), guide).matrix
    own = np.asarray(matrix[middle].diagonal())
    return own[cell] * guide / np.maximum(guide[middle][cell], 1e-300), cell
