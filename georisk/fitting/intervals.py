"""How sure a fitted intensity is: incidents redrawn in blocks, kernels and place model alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.bootstrap import Interval, Resampling, draw_multiplicity, label_blocks
from georisk.fitting.stack import PLACE

if TYPE_CHECKING:
    from georisk.fitting.lines import LineSpread
    from georisk.fitting.stack import Sources, Stack
    from georisk.incidents import Points
    from layers.crs import FloatArray

_ROWS = 1024


def bootstrap_stack(
    stack: Stack, sources: Sources, points: Points, *, ridge: float, rules: Resampling
) -> Interval:
    """Interval of the intensity on each segment, incidents per km and year.

    Parameters
    ----------
    points : Points
        The same n incidents as the sources; their weights decay as the rate does.
    ridge : float
        As the place model was fitted with.

    Notes
    -----
    Whole blocks of 25 km and one year are redrawn, so that incidents that come together count
    together. Kernels follow the redrawn incidents; the effects of the place model move by one
    Newton step from their redrawn scores (Kline & Santos 2012), which saves fitting it anew for
    every draw; widths, memories and shares stay as they are.

    References
    ----------
    Kuensch (1989), The jackknife and the bootstrap for general stationary observations.
    Kline & Santos (2012), A score based approach to wild bootstrap inference.
    """
    m = len(stack.origin.guides[PLACE])
    draws = np.zeros((m, rules.draws), np.float32)
    low, high = np.zeros(m), np.zeros(m)
    rows = stack.origin.rows
    if not len(rows):
        return Interval(low, high, draws)
    label = label_blocks(points, rules)[rows]
    numbers, label = np.unique(label, return_inverse=True)
    drawn = draw_multiplicity(len(numbers), rules).astype(float)
    member = sparse.csr_array(
        (np.ones(len(rows)), (np.arange(len(rows)), label)), shape=(len(rows), len(numbers)))
    by_block = sum_kernels(stack, sources) @ member
    effects = redraw_effects(stack, sources, member @ drawn, ridge=ridge)
    rate = stack.rate * (points.weight[rows] @ (member @ drawn)) / points.weight[rows].sum()
    place = next(n for n, part in enumerate(stack.parts) if part.width < 0)
    shift = stack.place.design.columns @ effects
    density = stack.origin.guides[PLACE][:, None] * np.exp(np.clip(shift, -20, 20))
    scale = rate / (density * stack.place.size[:, None]).sum(axis=0)
    for start in range(0, m, _ROWS):
        part = slice(start, start + _ROWS)
        values = by_block[part] @ drawn
        values += stack.share[place] * density[part] * scale
        values += stack.share[-1] * stack.even * rate
        low[part], high[part] = np.quantile(values, [rules.low, rules.high], axis=1)
        draws[part] = values
    return Interval(low, high, draws)


def sum_kernels(stack: Stack, sources: Sources) -> sparse.csr_array:
    """What each incident puts on each segment over all kernels, per km and year, (m, n)."""
    shape = (len(stack.origin.guides[PLACE]), len(stack.origin.rows))
    total = sparse.csr_array(shape)
    for key, weight in stack.weigh_kernels(sources).items():
        spread: LineSpread = stack.origin.spreads[key]  # type: ignore[assignment]
        total = total + spread.matrix @ sparse.diags_array(weight)
    return sparse.csr_array(total)


def redraw_effects(
    stack: Stack, sources: Sources, multiplicity: FloatArray, *, ridge: float
) -> FloatArray:
    """Change of the place model's coefficients in each draw, (p, draws), by one Newton step."""
    columns = stack.place.design.columns
    if not columns.shape[1]:
        return np.zeros((0, multiplicity.shape[1]))
    density = stack.origin.guides[PLACE] * stack.place.size
    mean = density @ columns
    at = columns[sources.unit[stack.origin.rows]] - mean
    spread = (columns * density[:, None]).T @ columns - np.outer(mean, mean)
    curve = len(at) * spread + ridge * np.eye(len(mean))
    return np.asarray(np.linalg.solve(curve, at.T @ (multiplicity - 1.0)))
