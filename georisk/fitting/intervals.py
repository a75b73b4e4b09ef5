"""How sure a fitted intensity is: incidents redrawn, and what smoothing hides drawn with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.bootstrap import Interval, Resampling, draw_multiplicity, label_blocks
from georisk.fitting.draws import Blocks, Draws
from georisk.fitting.parts import PLACE
from georisk.fitting.smoothing import measure_hidden

if TYPE_CHECKING:
    from georisk.fitting.sources import Sources
    from georisk.fitting.stack import Stack
    from georisk.incidents import Points
    from layers.crs import FloatArray

_ROWS = 1024


def bootstrap_stack(
    stack: Stack, sources: Sources, points: Points, *, ridge: float, rules: Resampling,
    density: FloatArray,
) -> Interval:
    """Interval of the intensity on each segment, incidents per km and year.

    Parameters
    ----------
    points : Points
        The same n incidents as the sources; their weights decay as the rate does.
    ridge : float
        As the place model was fitted with.
    density : array of shape (m,)
        As `Stack.estimate` gives it.

    Notes
    -----
    Four doubts are drawn together. Whole blocks of 25 km and one year are redrawn, so that
    incidents that come together count together, and kernels follow them. The shares of the parts
    follow by some steps of EM. The effects of the place model move by one Newton step from their
    redrawn scores (Kline & Santos 2012), and by what their prior leaves open. Last, every
    draw strays from its kernels by as much as smoothing hides. Widths and memories stay as they
    are. The intensity itself always lies in its interval.

    References
    ----------
    Kuensch (1989), The jackknife and the bootstrap for general stationary observations.
    Kline & Santos (2012), A score based approach to wild bootstrap inference.
    Newton & Raftery (1994), Approximate Bayesian inference with the weighted likelihood bootstrap.
    Marra & Wood (2012), Coverage properties of confidence intervals for generalized additive
    model components.
    Nychka (1988), Bayesian confidence intervals for smoothing splines.
    """
    m = len(stack.origin.guides[PLACE])
    if not len(stack.origin.rows):
        return Interval(np.zeros(m), np.zeros(m), np.zeros((m, rules.draws), np.float32))
    generator = np.random.default_rng([rules.seed, 1])
    rows, blocks = stack.origin.rows, redraw_blocks(stack, points, rules)
    share = stack.tuning.redraw(stack.share, blocks, generator)
    effects = redraw_effects(stack, sources, blocks, ridge=ridge, generator=generator)
    decayed = np.bincount(blocks.label[rows], weights=points.weight[rows])
    rate = stack.rate * (decayed @ blocks.times) / decayed.sum()
    values = redraw_ground(stack, effects, share, rate=rate)
    add_kernels(values, stack, sources, blocks, share)
    hidden = measure_hidden(stack, sources, density, rules=rules)
    values *= hidden.draw(rules.draws, generator)
    return take_interval(values, density, rules)


def redraw_blocks(stack: Stack, points: Points, rules: Resampling) -> Blocks:
    """How often the block of each of the n incidents counts; -1 for those on no segment."""
    rows = stack.origin.rows
    numbers, own = np.unique(label_blocks(points, rules)[rows], return_inverse=True)
    label = np.full(len(points), -1, np.intp)
    label[rows] = own
    return Blocks(label, draw_multiplicity(len(numbers), rules).astype(float))


def redraw_effects(
    stack: Stack, sources: Sources, blocks: Blocks, *, ridge: float,
    generator: np.random.Generator | None = None,
) -> FloatArray:
    """Change of the place model's coefficients in each draw, (p, draws), by one Newton step.

    Parameters
    ----------
    generator : Generator, optional
        Given, coefficients also vary as their prior leaves them to: what a ridge pulls towards
        none may be less near to none.
    """
    columns, rows = stack.place.design.columns, stack.origin.rows
    if not columns.shape[1]:
        return np.zeros((0, blocks.times.shape[1]))
    density = stack.origin.guides[PLACE] * stack.place.size
    mean = density @ columns
    spread = (columns * density[:, None]).T @ columns - np.outer(mean, mean)
    curve = len(rows) * spread + ridge * np.eye(len(mean))
    found = blocks.tabulate(rows, sources.unit[rows], len(columns))
    at = found.T @ columns - np.outer(found.sum(axis=0), mean)
    score = at.T @ (blocks.times - 1.0)
    if generator is not None:
        score = score + np.sqrt(ridge) * generator.standard_normal(score.shape)
    return np.asarray(np.linalg.solve(curve, score))


def redraw_ground(
    stack: Stack, effects: FloatArray, share: FloatArray, *, rate: FloatArray
) -> FloatArray:
    """What the place model and the even share put on each segment in each draw, (m, draws).

    Parameters
    ----------
    effects : array of shape (p, draws)
        Change of the place model's coefficients.
    share : array of shape (k + 1, draws)
    rate : array of shape (draws,)
        Incidents a year.
    """
    place = next(n for n, part in enumerate(stack.parts) if part.width < 0)
    values = np.exp(np.clip(stack.place.design.columns @ effects, -20, 20))
    values *= stack.origin.guides[PLACE][:, None]
    values *= share[place] * rate / (stack.place.size @ values)
    values += share[-1] * stack.even * rate
    return np.asarray(values)


def add_kernels(
    values: FloatArray, stack: Stack, sources: Sources, blocks: Blocks, share: FloatArray
) -> None:
    """Add what kernels put on each segment in each draw to values of shape (m, draws)."""
    label = blocks.label[stack.origin.rows]
    for key, spread in stack.origin.spreads.items():
        own = [number for number, part in enumerate(stack.parts)
               if (part.guide, part.width) == key and stack.mass[number] > 0]
        if not own:
            continue
        weight = np.column_stack([stack.weigh_part(number, sources) for number in own])
        change = share[own] / stack.share[own][:, None]
        values += spread.redraw(  # type: ignore[attr-defined]
            Draws(weight, change, label, blocks.times))


def take_interval(values: FloatArray, intensity: FloatArray, rules: Resampling) -> Interval:
    """Quantiles of redrawn intensities, (m, draws); a segment's draws are scaled where need be.

    Where the intensity itself lies outside, the nearer end is moved to it.

    Examples
    --------
    >>> drawn = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    >>> found = take_interval(drawn, np.array([2.0, 6.0]), Resampling(low=0.0, high=1.0))
    >>> found.low.tolist(), found.high.tolist(), found.draws[1].tolist()
    ([1.0, 2.0], [3.0, 6.0], [2.0, 4.0, 6.0])
    """
    low, high = np.zeros(len(values)), np.zeros(len(values))
    draws = np.zeros(values.shape, np.float32)
    for start in range(0, len(values), _ROWS):
        part = slice(start, start + _ROWS)
        ends = np.quantile(values[part], [rules.low, rules.high], axis=1)
        held = np.clip(intensity[part], *ends)
        factor = np.divide(intensity[part], held, out=np.ones_like(held), where=held > 0)
        low[part], high[part] = ends * factor
        draws[part] = values[part] * factor[:, None]
    return Interval(np.minimum(low, intensity), np.maximum(high, intensity), draws)
