"""One table of two scenarios: per corridor, service and direction what is covered and what not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.scenarios.matching import CHANGES, KEYS
from georisk.scenarios.ways import WHOLE

if TYPE_CHECKING:
    from georisk.scenarios.reading import Reading
    from georisk.scenarios.ways import People, Way
    from layers.crs import FloatArray

_SIDES = ("a", "b")
_DECIMALS = 6
_TOLERANCE = 1e-6
_MEASURED = ("covered_km", "verified_km", "covered_person_km", "person_h", "people_out",
             "longest_gap_h", "short")


def tabulate_worlds(
    readings: tuple[Reading, Reading], ways: list[Way], people: People, length_km: FloatArray,
    matched: pd.DataFrame,
) -> pd.DataFrame:
    """Set two scenarios side by side.

    Returns
    -------
    DataFrame
        As ``layers/specs/compared.toml`` says; of the whole study (no corridor) gaps are not
        counted, since corridors share legs.
    """
    counts = _count_changes(matched)
    rows = []
    for way in ways:
        for at, service in enumerate(readings[0].services):
            row: dict[str, object] = {
                "corridor": way.corridor or None, "service": service,
                "direction": way.direction, **_measure_way(way, people, length_km),
            }
            for side, reading in zip(_SIDES, readings, strict=True):
                told = _measure_world(reading, at, way, people, length_km)
                told |= _read_short(reading.totals, way, service)
                told |= _measure_gaps(reading.gaps, way, service)
                row |= {f"{name}_{side}": value for name, value in told.items()}
            found = counts.get((way.corridor, service, way.direction), {})
            row |= {change: None if way.corridor == WHOLE else found.get(change, 0)
                    for change in CHANGES}
            rows.append(row)
    return _frame(rows)


def _count_changes(matched: pd.DataFrame) -> dict[tuple[str, ...], dict[str, int]]:
    counts: dict[tuple[str, ...], dict[str, int]] = {}
    for *key, change in zip(*(matched[name] for name in (*KEYS, "change")), strict=True):
        of_key = counts.setdefault(tuple(map(str, key)), {})
        of_key[str(change)] = of_key.get(str(change), 0) + 1
    return counts


def _measure_way(way: Way, people: People, length_km: FloatArray) -> dict[str, object]:
    km = length_km[way.rows]
    daily = people.daily[way.rows, way.side]
    counted = np.isfinite(daily)
    return {
        "length_km": float(km.sum()), "counted_km": float(km[counted].sum()),
        "person_km": _sum_known(daily * km, counted),
    }


def _measure_world(
    reading: Reading, at: int, way: Way, people: People, length_km: FloatArray
) -> dict[str, object]:
    km = length_km[way.rows]
    covered = reading.covered[way.rows, at, way.side]
    hours = reading.hours[way.rows, at, way.side]
    daily, present = (values[way.rows, way.side] for values in (people.daily, people.present))
    near = np.isfinite(hours)
    known = np.isfinite(present)
    return {
        "covered_km": float(km[covered].sum()),
        "verified_km": float(km[reading.verified[way.rows, at, way.side]].sum()),
        "covered_person_km": _sum_known(np.where(covered, daily * km, 0.0), np.isfinite(daily)),
        "person_h": _sum_known(np.where(near, present * np.where(near, hours, 0.0), 0.0), known),
        "people_out": _sum_known(np.where(near, 0.0, present), known),
    }


def _sum_known(values: FloatArray, known: np.ndarray) -> float:
    """Sum where it is known; NaN where nothing is."""
    return float(values[known].sum()) if known.any() else float("nan")


def _measure_gaps(gaps: pd.DataFrame, way: Way, service: str) -> dict[str, object]:
    if way.corridor == WHOLE:
        return {"gaps": None, "longest_gap_h": float("nan"), "longest_gap_km": float("nan")}
    mine = gaps[(gaps["corridor"] == way.corridor) & (gaps["direction"] == way.direction)
                & (gaps["service"] == service)]
    length_km = mine["to_km"] - mine["from_km"]
    return {
        "gaps": len(mine),
        "longest_gap_h": float(mine["walk_h"].max(skipna=False)) if len(mine) else 0.0,
        "longest_gap_km": float(length_km.max()) if len(mine) else 0.0,
    }


def _read_short(totals: pd.DataFrame, way: Way, service: str) -> dict[str, object]:
    mine = totals[(totals["service"] == service) & (totals["direction"] == way.direction)]
    if way.corridor != WHOLE:
        mine = mine[mine["corridor"] == way.corridor]
    unit = mine["unit"].iloc[0] if len(mine) else None
    return {"short": float(mine["short"].sum(min_count=1)), "unit": unit}


def _frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    frame["unit"] = frame["unit_a"].fillna(frame["unit_b"])
    frame = frame.drop(columns=["unit_a", "unit_b"])
    numbers = frame.select_dtypes("number").columns
    frame[numbers] = frame[numbers].round(_DECIMALS)
    frame["changed"] = find_changed(frame)
    heads = frame["corridor"].fillna("every-leg")
    frame.index = pd.Index(
        (heads + "-" + frame["service"] + "-" + frame["direction"]).str.replace("_", "-"),
        name="compared_id",
    )
    return frame.sort_index()


def find_changed(table: pd.DataFrame) -> pd.Series:
    """Rows in which anything differs between the two scenarios."""
    changed = table[[name for name in CHANGES if name != "same"]].fillna(0).sum(axis=1) > 0
    for name in _MEASURED:
        one, two = (table[f"{name}_{side}"].astype(float) for side in _SIDES)
        changed |= (one.isna() != two.isna()) | ((one - two).abs() > _TOLERANCE)
    return changed.astype(bool)
