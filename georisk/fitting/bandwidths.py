"""Width, memory and floor of a kernel, chosen by what it would have forecast.

Forward likelihood cross-validation (METHOD 2.3): a kernel made of what had happened by one and by
two years ago is held against the year after. Kernels are integrated exactly over the cells of a
grid, in km or in degrees.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from georisk.fitting.kernel import Kernel
from georisk.incidents import weigh_decay

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from georisk.fitting.grids import GridSupport
    from layers.crs import FloatArray

    Indices = NDArray[np.intp]

# Widths at which the mass of a kernel within the domain is measured; in between it is read off.
LADDER_KM = np.geomspace(0.5, 400.0, 25)
LEAST_MASS = 1e-4
_CHUNK = 1024
_ORIGINS = (2.0, 1.0)
_FALLBACK = Kernel(h0_km=15.0, half_life_years=4.0, floor_share=0.2)


@dataclass(frozen=True)
class Search:
    """Kernels that are tried.

    Attributes
    ----------
    h0_km, half_lives_years, floors : tuple
        Every combination is tried; None never forgets.
    clip_low, clip_high : float
        Bounds of the adaptive width in units of h0; both 1 keeps the width fixed.
    least_events : int
        With fewer the fallback is taken.
    fallback : Kernel
    """

    h0_km: tuple[float, ...] = (2.5, 3.5, 5.0, 7.5, 10.0, 15.0, 25.0, 40.0, 60.0)
    half_lives_years: tuple[float | None, ...] = (1.0, 2.0, 4.0, 8.0, None)
    floors: tuple[float, ...] = (0.01, 0.03, 0.1, 0.2)
    clip_low: float = 0.3
    clip_high: float = 4.0
    least_events: int = 50
    fallback: Kernel = _FALLBACK

    @property
    def fixed(self) -> bool:
        """Whether every incident has the same width, but for its vagueness."""
        return self.clip_low == self.clip_high == 1


PLAIN = Search(half_lives_years=(None,), clip_low=1.0, clip_high=1.0,
               fallback=Kernel(15.0, None, 0.2, 1.0, 1.0))
STRONG = Search()
STRONG_TWO_YEARS = Search(half_lives_years=(2.0,), fallback=Kernel(15.0, 2.0, 0.2))


@dataclass(frozen=True, eq=False)
class Scatter:
    """Incidents of a domain on the cells of a grid, n of them, in order of id.

    Attributes
    ----------
    support : GridSupport
    xy_km : array of shape (n, 2)
    sigma_km, age_years : array of shape (n,)
    unit : integer array of shape (n,)
        Cell of each; all are in one.
    mass : array of shape (n, len(LADDER_KM))
        Share of a kernel of each width of the ladder that lies in the domain; measured where
        it is not given.
    """

    support: GridSupport
    xy_km: FloatArray
    sigma_km: FloatArray
    age_years: FloatArray
    unit: Indices
    mass: FloatArray = field(default_factory=lambda: np.zeros((0, 0)), repr=False)

    def __post_init__(self) -> None:
        if self.mass.shape != (len(self), len(LADDER_KM)):
            object.__setattr__(self, "mass", measure_masses(self.support, self.xy_km))

    def __len__(self) -> int:
        return len(self.unit)

    def take(self, mask: NDArray[np.bool_]) -> Scatter:
        """Keep some incidents."""
        return replace(self, xy_km=self.xy_km[mask], sigma_km=self.sigma_km[mask],
                       age_years=self.age_years[mask], unit=self.unit[mask],
                       mass=self.mass[mask])


def measure_masses(support: GridSupport, xy_km: FloatArray) -> FloatArray:
    """Share of kernels of every width of the ladder that falls on a grid's cells."""
    inside = np.zeros((len(support.edges_x) - 1, len(support.edges_y) - 1))
    inside[support.column, support.row] = 1.0
    found = np.empty((len(xy_km), len(LADDER_KM)))
    axis_xy, per_km = support.place(xy_km)
    for low in range(0, len(xy_km), _CHUNK):
        at, unit = axis_xy[low:low + _CHUNK], per_km[low:low + _CHUNK]
        for n, width_km in enumerate(LADDER_KM):
            reach = width_km * unit
            across = np.diff(ndtr((support.edges_x - at[:, :1]) / reach[:, :1]), axis=1)
            along = np.diff(ndtr((support.edges_y - at[:, 1:]) / reach[:, 1:]), axis=1)
            found[low:low + _CHUNK, n] = np.einsum("ij,ij->i", across @ inside, along)
    return found


def read_masses(mass: FloatArray, width_km: FloatArray) -> FloatArray:
    """Mass at widths in between, along the logarithm of the width; shapes (n, L) and (n,)."""
    step = np.log(LADDER_KM[1] / LADDER_KM[0])
    place = np.clip(np.log(width_km / LADDER_KM[0]) / step, 0, len(LADDER_KM) - 1)
    low = np.minimum(place.astype(np.intp), len(LADDER_KM) - 2)
    part, row = place - low, np.arange(len(low))
    return np.asarray((1 - part) * mass[row, low] + part * mass[row, low + 1])


def measure_widths(
    scatter: Scatter, weight: FloatArray, h0_km: float, search: Search
) -> FloatArray:
    """Adaptive widths under several sets of weights, km, vagueness included.

    As `georisk.intensity.measure_bandwidths`, for k weights at the price of one.

    Parameters
    ----------
    weight : array of shape (n, k)

    Returns
    -------
    array of shape (n, k)

    References
    ----------
    Abramson (1982), On bandwidth variation in kernel estimates: a square root law.
    """
    sigma = scatter.sigma_km[:, None]
    if search.fixed or not len(scatter):
        return np.asarray(np.broadcast_to(np.hypot(h0_km, sigma), weight.shape))
    wide2 = (h0_km**2 + scatter.sigma_km**2)
    # Single precision: a width needs six digits, and there are n squared pairs.
    xy = (scatter.xy_km - scatter.xy_km.mean(axis=0)).astype(np.float32)
    scaled = (weight / wide2[:, None]).astype(np.float32)
    sharp = (-0.5 / wide2).astype(np.float32)
    density = np.zeros(weight.shape)
    for low in range(0, len(xy), _CHUNK):
        part = slice(low, low + _CHUNK)
        away = np.square(xy[part, :1] - xy[:, 0])
        away += np.square(xy[part, 1:] - xy[:, 1])
        away *= sharp
        density[part] = np.exp(away, out=away) @ scaled
    logs = np.log(density)
    typical = (weight * logs).sum(axis=0) / weight.sum(axis=0)
    h_km = h0_km * np.exp(-0.5 * (logs - typical))
    h_km = np.clip(h_km, search.clip_low * h0_km, search.clip_high * h0_km)
    return np.asarray(np.hypot(h_km, sigma))


@dataclass(frozen=True, eq=False)
class Scores:
    """Log likelihood of one later year under every kernel tried, and its incidents.

    Attributes
    ----------
    total : array of shape (h0, half-lives, floors)
        Sum over the incidents of log density per km2.
    events : int
    """

    total: FloatArray
    events: int


def score_search(scatter: Scatter, search: Search, age_years: float) -> Scores:
    """Hold every kernel made of what had happened by some years ago against the year after."""
    support = scatter.support
    ago = scatter.age_years
    past = scatter.take(ago >= age_years)
    later = scatter.unit[(ago < age_years) & (ago >= age_years - 1)]
    lives, floors = search.half_lives_years, np.array(search.floors)
    total = np.zeros((len(search.h0_km), len(lives), len(floors)))
    if not len(past) or not len(later):
        return Scores(total, 0)
    cells, times = np.unique(later, return_counts=True)
    weight = np.column_stack([weigh_decay(past.age_years - age_years, life) for life in lives])
    weight = weight / weight.sum(axis=0)
    even = 1.0 / support.size.sum()
    for n, h0_km in enumerate(search.h0_km):
        width_km = measure_widths(past, weight, h0_km, search)
        for k in range(len(lives)):
            density = read_kernels(past, width_km[:, k], weight[:, k], cells)
            mixed = (1 - floors) * density[:, None] + floors * even
            total[n, k] = times @ np.log(mixed)
    return Scores(total, len(later))


def read_kernels(
    scatter: Scatter, width_km: FloatArray, weight: FloatArray, cells: Indices
) -> FloatArray:
    """Density at some cells of kernels that each hold their weight in the domain, per km2."""
    support = scatter.support
    mass = read_masses(scatter.mass, width_km)
    share = np.divide(weight, mass, out=np.zeros_like(weight), where=mass > LEAST_MASS)
    column, to_column = np.unique(support.column[cells], return_inverse=True)
    row, to_row = np.unique(support.row[cells], return_inverse=True)
    found = np.zeros(len(cells))
    axis_xy, per_km = support.place(scatter.xy_km)
    for low in range(0, len(scatter), _CHUNK):
        part = slice(low, low + _CHUNK)
        at, reach = axis_xy[part], width_km[part, None] * per_km[part]
        across = _weigh_strips(support.edges_x, column, at[:, :1], reach[:, :1])
        along = _weigh_strips(support.edges_y, row, at[:, 1:], reach[:, 1:])
        found += ((across * share[part, None]).T @ along)[to_column, to_row]
    lost = np.flatnonzero(share == 0)
    if len(lost):
        found += np.bincount(scatter.unit[lost], weights=weight[lost],
                             minlength=len(support))[cells]
    return np.asarray(found / support.size[cells])


def _weigh_strips(
    edges: FloatArray, strips: Indices, at: FloatArray, wide: FloatArray
) -> FloatArray:
    return np.asarray(ndtr((edges[strips + 1] - at) / wide) - ndtr((edges[strips] - at) / wide))


def tune_kernel(
    scatter: Scatter, search: Search,
    *, score: Callable[[Scatter, Search, float], Scores] = score_search,
) -> Kernel:
    """Choose the kernel under which the last two years were most likely.

    Parameters
    ----------
    score : callable
        `score_search`, or the same with a memory.

    Returns
    -------
    Kernel
        The fallback where there are fewer than ``least_events``, or no past to try it on. Of
        equals the narrowest width, shortest memory and lowest floor.

    References
    ----------
    Hu, Wang, Guin & Zhu (2018), A spatio-temporal kernel density estimation framework for
    predictive crime hotspot mapping and evaluation.
    """
    if len(scatter) < search.least_events:
        return search.fallback
    found = [score(scatter, search, age) for age in _ORIGINS]
    if not sum(one.events for one in found):
        return search.fallback
    total = np.sum([one.total for one in found], axis=0)
    h0, life, floor = np.unravel_index(int(np.argmax(total)), total.shape)
    return Kernel(search.h0_km[h0], search.half_lives_years[life], search.floors[floor],
                  search.clip_low, search.clip_high)


def estimate_density(scatter: Scatter, kernel: Kernel) -> FloatArray:
    """Density per km2 on every cell, (m,); times the areas it sums to 1. Flat without incidents.

    Examples
    --------
    One incident in the middle of three cells of a km, 1 km wide, a tenth spread evenly.

    >>> from georisk.fitting.grids import GridSupport
    >>> row = GridSupport(np.arange(4.0), np.arange(2.0), np.arange(3), np.zeros(3, int),
    ...                   np.array([[0.5, 0.5], [1.5, 0.5], [2.5, 0.5]]), np.ones(3))
    >>> one = Scatter(row, np.array([[1.5, 0.5]]), np.zeros(1), np.zeros(1), np.ones(1, int))
    >>> estimate_density(one, Kernel(1.0, None, 0.1)).round(3).tolist()
    [0.284, 0.431, 0.284]
    """
    support = scatter.support
    even = np.full(len(support), 1.0 / support.size.sum())
    if not len(scatter):
        return even
    weight = weigh_decay(scatter.age_years, kernel.half_life_years)
    weight = weight / weight.sum()
    search = Search(clip_low=kernel.clip_low, clip_high=kernel.clip_high)
    width_km = measure_widths(scatter, weight[:, None], kernel.h0_km, search)[:, 0]
    ready = support.prepare(scatter.xy_km, width_km, (0.0,), unit=scatter.unit)
    put = ready.spread(0, np.arange(len(scatter)), np.ones(len(support))).put(weight)
    return np.asarray((1 - kernel.floor_share) * put + kernel.floor_share * even)
