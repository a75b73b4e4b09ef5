"""One domain under examination: every trial, every table, every quantity that a gate asks for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from georisk.validation.design import Design, TestYears, choose_years
from georisk.validation.gates import Measured
from georisk.validation.holdout import examine_blocks, examine_low_data
from georisk.validation.mapping import draw_ranks
from georisk.validation.measuring import (
    CURVE_SHARES,
    TOP_SHARE,
    Tally,
    judge_numbers,
    measure_priority,
    summarise_part,
    summarise_tally,
    tally_events,
    trace_curve,
)
from georisk.validation.origins import Trial, run_trial
from georisk.validation.task import (
    MODEL,
    PLAIN,
    STRONG,
    Task,
    compare_scores,
    pick_forecast,
    to_measured,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from georisk.validation.comparing import Difference
    from georisk.validation.domain import Domain
    from layers.crs import FloatArray

Tallies = dict[str, Tally]


@dataclass(frozen=True)
class Examined:
    """Tables of one domain, ready for JSON, and what the gates ask for."""

    tables: dict[str, object]
    measured: dict[str, Measured]
    warnings: tuple[str, ...]


def examine_domain(task: Task) -> Examined:
    """Run every trial of a domain and sum up."""
    domain, record, design = task.domain, task.record, task.design
    place = domain.locate(record.xy_km, kind=record.kind)
    chosen = choose_years(record, place >= 0, as_of=task.as_of, design=design)
    trials = tuple(
        run_trial(domain, record, task.forecasters, year=year) for year in chosen.years)
    tallies = {
        one.name: tally_events(domain, trials, pick_forecast(one.name), seed=design.seed)
        for one in task.forecasters
    }
    low, low_table = examine_low_data(task, chosen.years)
    differences = _list_differences(task, tallies)
    tables: dict[str, object] = {
        **_describe_domain(task, place),
        "years": _describe_years(chosen, trials),
        "models": [_describe_model(task, trials, name, tally) for name, tally in tallies.items()],
        "curve_shares": list(CURVE_SHARES),
        "differences": [row for row, _ in differences],
        "classes": _describe_classes(task, trials, tallies),
        "low_data": low_table,
        "blocks": examine_blocks(task, chosen.years),
        "map": _draw_last(task, trials),
    }
    measured = {**_measure_gates(task, trials, tallies), "low20_over_plain": low}
    measured |= {row["key"]: to_measured(found) for row, found in differences if row["key"]}
    return Examined(tables, measured, _warn_years(domain, chosen, design))


def _describe_domain(task: Task, place: NDArray[np.intp]) -> dict[str, object]:
    domain, record = task.domain, task.record
    return {
        "name": domain.name, "title": domain.title, "cell_km": domain.cell_km,
        "cells": len(domain), "area_km2": float(domain.area_km2.sum()),
        "novel_km": domain.novel_km,
        "incidents": {
            "located": len(record), "in_domain": int((place >= 0).sum()),
            "moved_to_nearest_cell": domain.count_moved(record.xy_km, place),
            "outside": int((place < 0).sum()),
        },
    }


def _describe_years(chosen: TestYears, trials: Sequence[Trial]) -> list[dict[str, object]]:
    novel = {trial.year: int(trial.novel.sum()) for trial in trials}
    return [
        {"year": year, "events": count, "tested": year in chosen.years,
         "novel_events": novel.get(year), "why_not": chosen.left_out.get(
             year, "" if year in chosen.years else "earlier than the last years tested")}
        for year, count in chosen.events.items()
    ]


def _describe_model(
    task: Task, trials: Sequence[Trial], name: str, tally: Tally
) -> dict[str, object]:
    domain, seed = task.domain, task.design.seed
    by_year = [
        {"year": trial.year,
         **summarise_tally(tally_events(domain, (trial,), pick_forecast(name), seed=seed))}
        for trial in trials
    ]
    return {
        "model": name, "all_years": summarise_tally(tally), "by_year": by_year,
        "curve": trace_curve(domain, trials, pick_forecast(name), seed=seed),
        "numbers": judge_numbers(trials, pick_forecast(name)),
    }


def _list_differences(
    task: Task, tallies: Tallies
) -> list[tuple[dict[str, str], Difference]]:
    """The model against each other forecast, by score; with the key that a gate reads."""
    rows: list[tuple[dict[str, str], Difference]] = []
    if MODEL not in tallies:
        return rows
    ours = tallies[MODEL]
    short = {PLAIN: "plain", STRONG: "strong"}
    scores: tuple[tuple[str, str, Callable[[Tally], FloatArray]], ...] = (
        ("bits", "bits", lambda one: one.bits),
        ("hit@5", "hit5", lambda one: one.hits[0.05]),
        ("hit@20", "hit20", lambda one: one.hits[TOP_SHARE]),
        ("novel hit@20", "novel20", lambda one: one.hits[TOP_SHARE][one.novel]),
    )
    for name, theirs in tallies.items():
        if name == MODEL:
            continue
        for score, key, take in scores:
            year = ours.year[ours.novel] if key == "novel20" else ours.year
            found = compare_scores(task, take(ours), take(theirs), year)
            over = f"{key}_over_{short[name]}" if name in short else ""
            row = {"model": MODEL, "against": name, "score": score, "key": over}
            rows.append((row | asdict(found), found))
    return rows


def _measure_gates(
    task: Task, trials: Sequence[Trial], tallies: Tallies
) -> dict[str, Measured]:
    if MODEL not in tallies:
        return {}
    whole = summarise_tally(tallies[MODEL])
    none = "" if len(tallies[MODEL]) else "no test year has enough events"
    hit = float(tallies[MODEL].hits[TOP_SHARE].mean()) if len(tallies[MODEL]) else None
    deviation = whole["deviation"]
    return {
        "hit20": Measured(hit, why=none),
        "deviation": Measured(deviation if isinstance(deviation, float) else None, why=none),
        "priority20_ratio": _measure_priority(task, trials),
    }


def _measure_priority(task: Task, trials: Sequence[Trial]) -> Measured:
    if isinstance(task.priority, str):
        return Measured(None, why=task.priority)
    missing = [trial.year for trial in trials if trial.year not in task.priority]
    if missing:
        return Measured(None, why=f"no priority score from before {missing[0]}")
    if PLAIN not in {one.name for one in task.contenders}:
        return Measured(None, why="no plain KDE to compare with")
    hit, base, events = measure_priority(
        task.domain, trials, task.priority, against=pick_forecast(PLAIN), seed=task.design.seed)
    if hit is None or not base:
        return Measured(None, why="no event in a cell with a priority score")
    return Measured(hit / base, why=f"{hit:.2f} against {base:.2f}, {events} events on the cells "
                    "that have a priority score")


def _describe_classes(
    task: Task, trials: Sequence[Trial], tallies: Tallies
) -> list[dict[str, object]]:
    """Every class apart: under the forecast of all classes, and under its own where there is."""
    rows: list[dict[str, object]] = []
    for name, tally in tallies.items():
        if name not in {one.name for one in task.contenders}:
            continue
        for kind in sorted(set(tally.kind)):
            row: dict[str, object] = {
                "model": name, "class": str(kind),
                **summarise_part(tally, tally.kind == kind)}
            if all(kind in trial.by_class.get(name, {}) for trial in trials):
                own = tally_events(task.domain, trials, _pick_class(name, kind),
                                   seed=task.design.seed)
                row["own"] = summarise_part(own, own.kind == kind)
            rows.append(row)
    return rows


def _pick_class(name: str, kind: str) -> Callable[[Trial], FloatArray]:
    return lambda trial: trial.by_class[name][kind]


def _draw_last(task: Task, trials: Sequence[Trial]) -> dict[str, object] | None:
    """Map of the last test year under the model, or the last contender."""
    if not trials or not task.contenders:
        return None
    name = task.contenders[-1].name
    drawn = draw_ranks(task.domain, trials[-1].forecasts[name], trials[-1].cells,
                       crs_metric=task.crs_metric, seed=task.design.seed)
    return {"model": name, "year": trials[-1].year, **drawn}


def _warn_years(domain: Domain, chosen: TestYears, design: Design) -> tuple[str, ...]:
    if len(chosen.years) >= design.years:
        return ()
    few = "; ".join(f"{year}: {why}" for year, why in chosen.left_out.items())
    tested = ", ".join(map(str, chosen.years)) or "none"
    text = f"{domain.name}: {len(chosen.years)} test years of {design.years} ({tested})."
    return (f"{text} {few or 'no incident is located'}",)
