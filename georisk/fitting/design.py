"""From conditions of the ground to the columns of a log-linear model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from layers.crs import FloatArray

REGION = "region"
VARYING = ("border", "coast", "river", "town", "population", "route", "elevation", "heat")
_KNOTS = 4
_DEGREE = 2
_LEAST_SPREAD = 1e-9
SHARES = ("land_cover", "mode")
_VARY_SHARE = 0.5
_DECIMALS = 6


@dataclass(frozen=True, eq=False)
class Design:
    """Columns of a log-linear model on m units, p of them.

    Attributes
    ----------
    columns : array of shape (m, p)
        Each has mean 0 and standard deviation 1 over the size of the units, one half for how an
        effect differs by region; a unit of unknown condition, set to 0, stands at the mean effect.
    factor : tuple of str, length p
        The condition that each column belongs to, or ``region``.
    """

    columns: FloatArray
    factor: tuple[str, ...]

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the conditions, in order of first use."""
        return tuple(dict.fromkeys(self.factor))


def build_design(
    values: pd.DataFrame, *, xy_km: FloatArray, size: FloatArray, region_km: float = 500.0
) -> Design:
    """Lay out splines of every condition, and how the effects of some differ by region.

    Parameters
    ----------
    values : DataFrame
        Transformed conditions (`georisk.covariates.transform_covariates`), m rows; NaN where
        unknown. Columns ``land_cover_*`` and ``mode_*`` enter as they are; every other one
        enters as a quadratic spline with knots at four quantiles, linear beyond them.
    xy_km : array of shape (m, 2)
    size : array of shape (m,)
    region_km : float
        Distance between the centres of regions. Each condition in `VARYING` also has a linear
        effect of its own in every region, half as free as the common one.

    Notes
    -----
    Knots are quantiles over the units, each counted once. A condition that is the same
    everywhere has no column.

    References
    ----------
    Hastie & Tibshirani (1993), Varying-coefficient models.

    Examples
    --------
    >>> import pandas as pd
    >>> made = build_design(pd.DataFrame({"coast": np.arange(9.0), "flat": 1.0}),
    ...                     xy_km=np.zeros((9, 2)), size=np.ones(9))
    >>> made.factors, made.columns.shape, bool(abs(made.columns.mean()) < 1e-12)
    (('coast',), (9, 4), True)
    """
    names: list[str] = []
    blocks: list[FloatArray] = []
    lines: dict[str, FloatArray] = {}
    for name in values.columns:
        one = values[name].to_numpy(float)
        kind = next((kind for kind in SHARES if str(name).startswith(f"{kind}_")), "")
        block = one[:, None] if kind else expand_spline(one)
        blocks.append(standardise(block, size))
        names += [kind or str(name)] * block.shape[1]
        lines[str(name)] = standardise(one[:, None], size)
    bumps = lay_regions(xy_km, region_km=region_km)
    if bumps.shape[1] > 1:
        blocks.append(standardise(bumps, size))
        names += [REGION] * bumps.shape[1]
        for name in (n for n in VARYING if n in lines):
            varied = _vary(lines[name], values[name].to_numpy(float), bumps)
            blocks.append(_VARY_SHARE * standardise(varied, size))
            names += [name] * varied.shape[1]
    columns = np.hstack(blocks) if blocks else np.zeros((len(size), 0))
    used = np.abs(columns).max(axis=0, initial=0.0) > 0
    return Design(columns[:, used], tuple(n for n, u in zip(names, used, strict=True) if u))


def replace_condition(
    values: FloatArray, at: FloatArray, *, varying: bool, xy_km: FloatArray, size: FloatArray,
    region_km: float,
) -> FloatArray:
    """Columns that a condition would have in a design, were its values others.

    Parameters
    ----------
    values : array of shape (m,)
        One condition as the design was built with.
    at : array of shape (m,)
        Values to read the same curves at; NaN where unknown.
    varying : bool
        Whether the condition is of those in `VARYING`.
    xy_km, size, region_km
        As the design was built with.

    Returns
    -------
    array of shape (m, q)
        On the scale of the design's columns of that condition, in their order; with ``at`` the
        values themselves, these columns.

    Examples
    --------
    Everywhere as it is at the fifth unit: one row, nine times.

    >>> import pandas as pd
    >>> km, ground = np.arange(9.0), {"xy_km": np.zeros((9, 2)), "size": np.ones(9)}
    >>> made = build_design(pd.DataFrame({"town": km}), **ground)
    >>> moved = replace_condition(km, np.full(9, 4.0), varying=True, region_km=500.0, **ground)
    >>> bool(np.allclose(moved, made.columns[4]))
    True
    """
    blocks = [(expand_spline(values), expand_spline(values, at=at), 1.0)]
    bumps = lay_regions(xy_km, region_km=region_km)
    if varying and bumps.shape[1] > 1:
        line = standardise(values[:, None], size)
        moved = standardise(values[:, None], size, at=at[:, None])
        blocks.append((_vary(line, values, bumps), _vary(moved, at, bumps), _VARY_SHARE))
    own = np.hstack([standardise(block, size) for block, _, _ in blocks])
    used = np.abs(own).max(axis=0, initial=0.0) > 0
    return np.hstack([share * standardise(block, size, at=other)
                      for block, other, share in blocks])[:, used]


def _vary(line: FloatArray, values: FloatArray, bumps: FloatArray) -> FloatArray:
    """A condition's straight line in every region; unknown where the condition is."""
    return np.where(np.isfinite(values)[:, None], bumps * line, np.nan)


def expand_spline(values: FloatArray, *, at: FloatArray | None = None) -> FloatArray:
    """Quadratic spline of a condition; NaN stays NaN; few distinct values enter as they are.

    Knots are those of the values; the spline is read at them, or at others.
    """
    from sklearn.preprocessing import SplineTransformer

    at = values if at is None else at
    known, here = np.isfinite(values), np.isfinite(at)
    if not known.any():
        return np.full((len(at), 1), np.nan)
    knots = np.quantile(values[known], np.linspace(0, 1, _KNOTS))
    if np.diff(knots).min() <= _LEAST_SPREAD * max(float(np.ptp(knots)), np.abs(knots).max()):
        return np.where(here, at, np.nan)[:, None]
    spline = SplineTransformer(degree=_DEGREE, knots=knots[:, None], extrapolation="linear",
                               include_bias=False).fit(values[known][:, None])
    found = np.full((len(at), spline.n_features_out_), np.nan)
    if here.any():
        found[here] = spline.transform(at[here][:, None])
    return found


def standardise(
    block: FloatArray, size: FloatArray, *, at: FloatArray | None = None
) -> FloatArray:
    """Columns of mean 0 and standard deviation 1 by size; unknown and constant ones read 0.

    Mean and deviation are those of the block; given others, these are put on its scale.
    """
    known = np.isfinite(block)
    weight = np.where(known, size[:, None], 0.0)
    total = np.maximum(weight.sum(axis=0), 1e-300)
    filled = np.where(known, block, 0.0)
    mean = (weight * filled).sum(axis=0) / total
    centred = np.where(known, filled - mean, 0.0)
    spread = np.sqrt((weight * centred**2).sum(axis=0) / total)
    flat = spread <= _LEAST_SPREAD * np.abs(filled).max(axis=0, initial=0.0)
    if at is not None:
        centred = np.where(np.isfinite(at), at - mean, 0.0)
    return np.asarray(np.where(flat, 0.0, centred / np.where(flat, 1.0, spread)))


def lay_regions(xy_km: FloatArray, *, region_km: float) -> NDArray[np.float64]:
    """Overlapping regions around a lattice of centres; at every unit they sum to 1.

    The lattice starts at the south-west corner of the units, so moving all of them moves it too.

    Examples
    --------
    >>> two = lay_regions(np.array([[0.0, 0.0], [500.0, 0.0]]), region_km=500.0)
    >>> two.round(3).tolist()
    [[0.622, 0.378], [0.378, 0.622]]
    """
    if not len(xy_km):
        return np.zeros((0, 1))
    start = xy_km.min(axis=0)
    # Rounded, so that moving all units never makes or loses a centre half a step beyond them.
    reach = np.round((xy_km.max(axis=0) - start) / region_km, _DECIMALS)
    steps = np.floor(reach + 0.5).astype(int) + 1
    lattice = np.stack(np.meshgrid(*(np.arange(n) for n in steps), indexing="ij"), axis=-1)
    centres = lattice.reshape(-1, 2) * region_km + start
    apart_km, _ = cKDTree(xy_km).query(centres)
    centres = centres[np.round(apart_km, _DECIMALS) <= region_km / 2]
    if len(centres) < 2:  # noqa: PLR2004 - one region is no region
        return np.ones((len(xy_km), 1))
    away_km2 = ((xy_km[:, None, :] - centres[None]) ** 2).sum(axis=2)
    # The nearest centre is taken as the unit of account: far units would underflow to 0 / 0.
    bump = np.exp(-0.5 * (away_km2 - away_km2.min(axis=1, keepdims=True)) / region_km**2)
    return np.asarray(bump / bump.sum(axis=1, keepdims=True))
