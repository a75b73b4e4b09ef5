"""Harder trials: a hundred training events, and blocks of ground that were left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.validation.gates import Measured
from georisk.validation.measuring import TOP_SHARE, summarise_part, tally_events
from georisk.validation.origins import Trial, run_blocks, run_low_data
from georisk.validation.task import (
    MODEL,
    PLAIN,
    Task,
    compare_scores,
    pick_forecast,
    to_measured,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.crs import FloatArray


def examine_low_data(
    task: Task, years: tuple[int, ...]
) -> tuple[Measured, list[dict[str, object]]]:
    """Repeat every test year with few training events, and compare model and plain KDE."""
    if not task.thorough:
        return Measured(None, why="not measured in this domain"), []
    design = task.design
    found = [run_low_data(task.domain, task.record, task.contenders, year=year, design=design)
             for year in years]
    draws = [trials for trials in found if trials]
    if not draws:
        return Measured(None, why=f"fewer than {design.low_events} events before a test year"), []
    scores = {one.name: _average_draws(task, draws, one.name) for one in task.contenders}
    table: list[dict[str, object]] = [
        {"model": name, "training_events": design.low_events, "draws": design.low_draws,
         "years": len(draws), "bits": float(bits.mean()), "hit20": float(hits.mean())}
        for name, (bits, hits) in scores.items()
    ]
    if not {MODEL, PLAIN} <= set(scores):
        return Measured(None, why="no model and plain KDE to compare"), table
    year = np.concatenate([np.full(len(trials[0]), trials[0].year) for trials in draws])
    return to_measured(compare_scores(task, scores[MODEL][1], scores[PLAIN][1], year)), table


def _average_draws(
    task: Task, draws: Sequence[Sequence[Trial]], name: str
) -> tuple[FloatArray, FloatArray]:
    """Bits and hit@20 of each event, the mean over the draws of its year."""
    bits, hits = [], []
    for trials in draws:
        tallies = [tally_events(task.domain, (one,), pick_forecast(name), seed=task.design.seed)
                   for one in trials]
        bits.append(np.mean([one.bits for one in tallies], axis=0))
        hits.append(np.mean([one.hits[TOP_SHARE] for one in tallies], axis=0))
    return np.concatenate(bits), np.concatenate(hits)


def examine_blocks(task: Task, years: tuple[int, ...]) -> list[dict[str, object]]:
    """Blocks of ground left out, in the last test year."""
    if not task.thorough or not years:
        return []
    trials = run_blocks(task.domain, task.record, task.contenders, year=years[-1],
                        design=task.design)
    rows: list[dict[str, object]] = []
    for one in task.contenders:
        tally = tally_events(task.domain, trials, pick_forecast(one.name), seed=task.design.seed)
        rows.append({
            "model": one.name, "year": years[-1], "block_km": task.design.block_km,
            "folds": len(trials), **summarise_part(tally, np.ones(len(tally), bool))})
    return rows
