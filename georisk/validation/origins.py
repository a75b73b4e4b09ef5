"""Rolling origin: cut the record before a year, forecast the year, keep both side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from georisk.validation.baselines import ClassForecaster
from georisk.validation.scores import find_novel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from georisk.validation.baselines import Forecaster
    from georisk.validation.design import Design
    from georisk.validation.domain import Domain
    from georisk.validation.record import Record
    from layers.crs import FloatArray

    Forecasts = dict[str, FloatArray]


@dataclass(frozen=True, eq=False)
class Trial:
    """Events of one test year and what was forecast of it.

    Attributes
    ----------
    year : int
    cells : array of shape (n,)
        Cell of each event.
    kind : array of shape (n,)
        Class of each event.
    novel : boolean array of shape (n,)
        Far from every incident of an earlier day.
    forecasts : dict of str to array of shape (m,)
        By forecaster.
    by_class : dict
        Forecaster to class to array of shape (m,), of those that tell the classes apart.
    past_counts : dict of int to int
        Events in the domain in each whole year before.
    """

    year: int
    cells: NDArray[np.intp]
    kind: NDArray[np.object_]
    novel: NDArray[np.bool_]
    forecasts: Forecasts
    by_class: dict[str, Mapping[str, FloatArray]] = field(default_factory=dict)
    past_counts: dict[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.cells)


def run_trial(
    domain: Domain, record: Record, forecasters: Sequence[Forecaster], *, year: int
) -> Trial:
    """Forecast one year from what happened before it, and find its events.

    Raises
    ------
    ValueError
        If a forecaster returns another shape, a value that is not finite, or one not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> from georisk.validation.baselines import Uniform
    >>> from georisk.validation.domain import Domain
    >>> from georisk.validation.record import Record
    >>> land = Domain("a", "A", 10.0, np.array([[0.0, 0.0], [10.0, 0.0]]), np.zeros(2),
    ...               np.zeros(2), np.full(2, 100.0))
    >>> day = np.array(["2018-05-01", "2019-05-01", "2020-05-01"], "datetime64[D]")
    >>> record = Record(np.array([[0.0, 0.0]] * 2 + [[10.0, 0.0]]), np.ones(3), day,
    ...                 np.full(3, "acc", object))
    >>> trial = run_trial(land, record, (Uniform(),), year=2020)
    >>> trial.cells.tolist(), trial.past_counts, trial.forecasts["uniform"].round(2).tolist()
    ([1], {2018: 1, 2019: 1}, [0.6, 0.6])
    """
    place = domain.locate(record.xy_km, kind=record.kind)
    events = np.flatnonzero((place >= 0) & (record.year == year))
    past = record.before(year)
    by_class: dict[str, Mapping[str, FloatArray]] = {}
    for forecaster in forecasters:
        if isinstance(forecaster, ClassForecaster):
            told = forecaster.forecast_classes(domain, past, year=year)
            by_class[forecaster.name] = {
                kind: _check(values, domain, f"{forecaster.name} ({kind})")
                for kind, values in sorted(told.items())
            }
    return Trial(
        year=year, cells=place[events], kind=record.kind[events],
        novel=find_novel(record, events, radius_km=domain.novel_km),
        forecasts=_forecast(domain, past, forecasters, year=year), by_class=by_class,
        past_counts=_count_years(record.year[place >= 0], record, year),
    )


def run_low_data(
    domain: Domain, record: Record, forecasters: Sequence[Forecaster], *, year: int, design: Design
) -> tuple[Trial, ...]:
    """Repeat a trial with a hundred of the domain's past events drawn at random, five times.

    Returns
    -------
    tuple of Trial
        One per draw; none where the past holds no more events than a draw would.
    """
    place = domain.locate(record.xy_km, kind=record.kind)
    here = np.flatnonzero((place >= 0) & (record.year < year))
    if len(here) <= design.low_events:
        return ()
    events = np.flatnonzero((place >= 0) & (record.year == year))
    novel = np.zeros(len(events), bool)
    trials = []
    for draw in range(design.low_draws):
        rng = np.random.default_rng((design.seed, year, draw))
        # By time and place, not by row: the draw does not change when ids do.
        ordered = here[_sort_events(record, here)]
        drawn = np.sort(rng.choice(ordered, design.low_events, replace=False))
        forecasts = _forecast(domain, record.take(drawn), forecasters, year=year)
        trials.append(Trial(year, place[events], record.kind[events], novel, forecasts))
    return tuple(trials)


def run_blocks(
    domain: Domain, record: Record, forecasters: Sequence[Forecaster], *, year: int, design: Design
) -> tuple[Trial, ...]:
    """Leave out whole blocks of ground: forecast them from the past of all other blocks.

    Returns
    -------
    tuple of Trial
        One per fold that holds events of ``year``; every event of the year is in one of them.
    """
    place = domain.locate(record.xy_km, kind=record.kind)
    square = np.floor(record.xy_km / design.block_km).astype(np.int64)
    _, block = np.unique(square, axis=0, return_inverse=True)
    block = block.reshape(-1)
    order = np.random.default_rng((design.seed, 60)).permutation(int(block.max(initial=-1)) + 1)
    fold = order[block] % design.folds
    trials = []
    for one in range(design.folds):
        events = np.flatnonzero((place >= 0) & (record.year == year) & (fold == one))
        if len(events) == 0:
            continue
        past = record.take((fold != one) & (record.year < year))
        novel = np.zeros(len(events), bool)
        forecasts = _forecast(domain, past, forecasters, year=year)
        trials.append(Trial(year, place[events], record.kind[events], novel, forecasts))
    return tuple(trials)


def _forecast(
    domain: Domain, past: Record, forecasters: Sequence[Forecaster], *, year: int
) -> Forecasts:
    return {
        one.name: _check(one.forecast(domain, past, year=year), domain, one.name)
        for one in forecasters
    }


def _check(values: FloatArray, domain: Domain, name: str) -> FloatArray:
    mass = np.asarray(values, np.float64)
    if mass.shape != (len(domain),):
        raise ValueError(f"{name}: forecast of shape {mass.shape} for {len(domain)} cells")
    if not np.isfinite(mass).all() or not (mass > 0).all():
        raise ValueError(f"{name}: forecast with values that are not finite and above 0")
    return mass


def _count_years(years: NDArray[np.int64], record: Record, year: int) -> dict[int, int]:
    """Events per whole year of the record before ``year``."""
    return {
        one: int((years == one).sum()) for one in range(int(record.year.min()), year)
    }


def _sort_events(record: Record, index: NDArray[np.intp]) -> NDArray[np.intp]:
    xy, day = record.xy_km[index], record.day[index]
    return np.lexsort((record.kind[index].astype(str), xy[:, 1], xy[:, 0], day))
