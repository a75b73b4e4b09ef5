"""From trials to numbers: scores of every event under one forecast, and their summaries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.validation.calibration import (
    CHANCE_EDGES,
    bin_chances,
    judge_total,
    measure_brier,
)
from georisk.validation.scores import (
    BINS,
    SHARES,
    bin_masses,
    find_best_hit,
    measure_bits,
    measure_depth,
    measure_deviation,
    rank_cells,
    rank_values,
    weigh_hits,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from georisk.validation.domain import Domain
    from georisk.validation.origins import Trial
    from layers.crs import FloatArray

CURVE_SHARES = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5,
                0.65, 0.8, 1.0)
TOP_SHARE = 0.20


@dataclass(frozen=True, eq=False)
class Tally:
    """Scores of every event of some trials under one forecast, events in the order of trials.

    Attributes
    ----------
    year, kind, novel : array of shape (n,)
    bits : array of shape (n,)
    hits : dict of float to array of shape (n,)
        By share of area.
    depth : array of shape (n,)
        Share of the area ranked above.
    best : dict of float to float
        Best possible number of hits by share of area.
    binned : array of shape (bins,)
        Events by equal forecast mass.
    """

    year: NDArray[np.int64]
    kind: NDArray[np.object_]
    novel: NDArray[np.bool_]
    bits: FloatArray
    hits: dict[float, FloatArray]
    depth: FloatArray
    best: dict[float, float]
    binned: FloatArray

    def __len__(self) -> int:
        return len(self.bits)


def tally_events(
    domain: Domain, trials: Sequence[Trial], choose: Callable[[Trial], FloatArray], *, seed: int
) -> Tally:
    """Score every event under the forecast that ``choose`` takes from its trial."""
    area = domain.area_km2
    bits, depth, binned = [], [], np.zeros(BINS)
    hits: dict[float, list[FloatArray]] = {share: [] for share in SHARES}
    best = dict.fromkeys(SHARES, 0.0)
    for trial in trials:
        mass, cells = choose(trial), trial.cells
        order = rank_cells(mass, area, seed=seed)
        bits.append(measure_bits(mass, area, cells))
        depth.append(measure_depth(order, area, cells))
        binned += bin_masses(mass, order, cells)
        for share in SHARES:
            hits[share].append(weigh_hits(order, area, cells, share=share))
            best[share] += len(cells) * find_best_hit(area, cells, share=share)
    return Tally(
        year=np.concatenate([np.zeros(0, np.int64), *(np.full(len(t), t.year) for t in trials)]),
        kind=np.concatenate([np.zeros(0, object), *(trial.kind for trial in trials)]),
        novel=np.concatenate([np.zeros(0, bool), *(trial.novel for trial in trials)]),
        bits=_join(bits), hits={share: _join(hits[share]) for share in SHARES},
        depth=_join(depth), best=best, binned=binned,
    )


def _join(parts: Sequence[FloatArray]) -> FloatArray:
    return np.concatenate([np.zeros(0), *parts])


def summarise_tally(tally: Tally) -> dict[str, object]:
    """Mean scores of all events of a tally; a score is None where there is no event for it."""
    hit = {share: _mean(tally.hits[share]) for share in SHARES}
    pei = {share: float(tally.hits[share].sum()) / tally.best[share] if tally.best[share] else None
           for share in SHARES}
    depth = _mean(tally.depth)
    return {
        "events": len(tally),
        "bits": _mean(tally.bits),
        "hit": _name_shares(hit),
        "pai": _name_shares({s: None if h is None else h / s for s, h in hit.items()}),
        "pei": _name_shares(pei),
        "auc": None if depth is None else 1 - depth,
        "novel_events": int(tally.novel.sum()),
        "novel20": _mean(tally.hits[TOP_SHARE][tally.novel]),
        "deviation": measure_deviation(tally.binned),
        "bins": [float(n) / len(tally) for n in tally.binned] if len(tally) else [],
    }


def summarise_part(tally: Tally, mask: NDArray[np.bool_]) -> dict[str, object]:
    """Mean bits and hits of some of the events."""
    return {
        "events": int(mask.sum()),
        "bits": _mean(tally.bits[mask]),
        "hit": _name_shares({share: _mean(tally.hits[share][mask]) for share in SHARES}),
        "auc": None if not mask.any() else 1 - float(tally.depth[mask].mean()),
    }


def trace_curve(
    domain: Domain, trials: Sequence[Trial], choose: Callable[[Trial], FloatArray], *, seed: int
) -> list[float]:
    """Hit rate at each of `CURVE_SHARES`, all trials together; empty without events."""
    area = domain.area_km2
    total = np.zeros(len(CURVE_SHARES))
    for trial in trials:
        order = rank_cells(choose(trial), area, seed=seed)
        total += [weigh_hits(order, area, trial.cells, share=share).sum()
                  for share in CURVE_SHARES]
    events = sum(len(trial) for trial in trials)
    return [float(value) / events for value in total] if events else []


def measure_priority(
    domain: Domain, trials: Sequence[Trial], values: Mapping[int, FloatArray], *,
    against: Callable[[Trial], FloatArray], seed: int,
) -> tuple[float | None, float | None, int]:
    """Hit rate at 20 % of an index and of a forecast, on the cells that have the index alone.

    Parameters
    ----------
    values : mapping of int to array of shape (m,)
        The index per cell as it was before each test year; NaN where a cell has none.
    against : callable
        Takes the forecast to compare with from a trial.

    Returns
    -------
    tuple
        Hit rate of the index, of the forecast (None without events), and the events.
    """
    ours, theirs = [], []
    for trial in trials:
        graded = np.flatnonzero(~np.isnan(values[trial.year]))
        inside = np.flatnonzero(np.isin(trial.cells, graded))
        if not len(inside):
            continue
        area = domain.area_km2[graded]
        cells = np.searchsorted(graded, trial.cells[inside])
        index = rank_values(values[trial.year][graded], seed=seed)
        forecast = rank_cells(against(trial)[graded], area, seed=seed)
        ours.append(weigh_hits(index, area, cells, share=TOP_SHARE))
        theirs.append(weigh_hits(forecast, area, cells, share=TOP_SHARE))
    return _mean(_join(ours)), _mean(_join(theirs)), sum(map(len, ours))


def judge_numbers(
    trials: Sequence[Trial], choose: Callable[[Trial], FloatArray]
) -> dict[str, object]:
    """Totals per year with their interval, Brier score and reliability of "any incident"."""
    totals = []
    bins = np.zeros((len(CHANCE_EDGES) - 1, 3))
    for trial in trials:
        mass = choose(trial)
        total = judge_total(float(mass.sum()), len(trial), list(trial.past_counts.values()))
        totals.append({
            "year": trial.year, "expected": total.expected, "low": total.low, "high": total.high,
            "observed": total.observed, "inside": total.inside,
        })
        bins += np.array(bin_chances(mass, trial.cells))
    reliability = [
        {"from": low, "to": high, "cells": int(n), "forecast": chance / n if n else None,
         "observed": hits / n if n else None}
        for low, high, (n, chance, hits) in zip(
            CHANCE_EDGES[:-1], CHANCE_EDGES[1:], bins.tolist(), strict=True)
    ]
    brier = [measure_brier(choose(trial), trial.cells) for trial in trials]
    rate = float(bins[:, 2].sum() / bins[:, 0].sum()) if trials else None
    return {
        "totals": totals,
        "brier": float(np.mean(brier)) if brier else None,
        "brier_of_base_rate": None if rate is None else rate * (1 - rate),
        "reliability": reliability,
    }


def _mean(values: FloatArray) -> float | None:
    return float(values.mean()) if len(values) else None


def _name_shares(values: dict[float, float | None]) -> dict[str, float | None]:
    """Shares of area as whole per cent, for JSON."""
    return {f"{share:.0%}".rstrip("%"): value for share, value in values.items()}
