"""Tables of a plan: night by night, place by place, and the measures in the order of their day."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.surge.locations import PLACE
from georisk.surge.plan import count_without
from georisk.surge.remedies import price_remedy

if TYPE_CHECKING:
    from georisk.surge.nights import Nights
    from georisk.surge.plan import Plan
    from georisk.surge.remedies import Remedy

_WHERE = ("location_id", "kind", "name", "near", "country", "admin1", "lon", "lat")
_PARTS = ("people", "bed", "extra", "short", "unreachable", "litres")
_L_PER_M3 = 1000.0
_HUNDRED = 100
BEDS, POINTS, WATER = "beds", "mobile points", "water"


def tabulate_nights(plan: Plan) -> pd.DataFrame:
    """A row a night: who is on the way, who has a bed, who has none; water and rations.

    ``with_service + short + unreachable = on_the_way``; ``unverified`` is part of short: it hangs
    on places of unknown capacity. Water and rations are for all who were under way that day.
    """
    days = len(plan.scene.seasons)
    least, most = (_sum_nights(nights, days) for nights in (plan.least, plan.most))
    frame = pd.DataFrame({
        "date": list_dates(plan), "on_the_way": plan.least.on_the_way,
        "arrived": plan.least.arrived, "with_service": least["bed"], "short": least["short"],
        "unreachable": least["unreachable"],
        "unverified": (most["bed"] - least["bed"]).clip(lower=0, upper=least["short"]),
        "water_l": np.round(least["litres"] + np.array(plan.least.arrived_l), 1),
    })
    frame["rations"] = frame["on_the_way"] + frame["arrived"]
    frame["water_short_l"] = plan.water_short_l.sum(axis=1).round(1)
    return frame


def _sum_nights(nights: Nights, days: int) -> pd.DataFrame:
    frame = pd.DataFrame(nights.rows, columns=["day", "location", "course", "km", *_PARTS])
    return frame.groupby("day")[list(_PARTS)].sum().reindex(range(days), fill_value=0)


def list_dates(plan: Plan) -> list[dt.date]:
    """Days of the plan."""
    return [plan.group.start + dt.timedelta(days=n) for n in range(len(plan.scene.seasons))]


def tabulate_places(plan: Plan) -> pd.DataFrame:
    """A row a night and place or stretch where somebody sleeps, sorted."""
    frame = pd.DataFrame(plan.least.rows, columns=["day", "location", "course", "km", *_PARTS])
    frame = frame.groupby(["day", "location"], sort=True)[list(_PARTS)].sum().reset_index()
    frame["water_short_l"] = plan.water_short_l[frame["day"], frame["location"]]
    frame["water_unknown_l"] = plan.water_unknown_l[frame["day"], frame["location"]]
    where = plan.scene.locations.iloc[frame["location"]].reset_index(drop=True)
    dates = list_dates(plan)
    beds = np.append(plan.scene.beds, np.zeros(len(plan.scene.locations) - len(plan.scene.beds)))
    out = pd.DataFrame({
        "date": [dates[day] for day in frame["day"]], **{name: where[name] for name in _WHERE},
        "beds": beds[frame["location"]], "arrivals": frame["people"],
        "with_service": frame["bed"], "short": frame["short"],
        "unreachable": frame["unreachable"], "water_l": frame["litres"].round(1),
        "water_short_l": frame["water_short_l"].round(1),
        "water_unknown_l": frame["water_unknown_l"].round(1), "rations": frame["people"],
    })
    out["synthetic"] = plan.scene.synthetic
    return out


def tabulate_overflow(plan: Plan) -> pd.DataFrame:
    """A row a place that cannot take all who ask there: nights of it, the worst, person-nights."""
    rows = tabulate_places(plan)
    full = rows[(rows["kind"] == PLACE) & (rows["short"] > 0)]
    grouped = full.groupby(["location_id", "name"], sort=True)
    frame = grouped.agg(
        nights=("date", "count"), first=("date", "min"), last=("date", "max"),
        beds=("beds", "first"), worst=("short", "max"), person_nights=("short", "sum"),
    ).reset_index()
    return frame.sort_values(["person_nights", "location_id"], ascending=[False, True],
                             kind="stable").reset_index(drop=True)


def list_measures(plan: Plan) -> pd.DataFrame:
    """A row a measure and evening by which it must stand, in that order; the largest first.

    ``cost_usd`` of a mobile point is for the night and for setting it up there; making the fleet
    ready is a row of its own, without a place.
    """
    rows = [*_list_fleet(plan), *_list_points(plan), *_list_beds(plan), *_list_water(plan)]
    columns = ["by", "measure", "location_id", "name", "near", "count", "beds", "people",
               "cost_usd"]
    frame = pd.DataFrame(rows, columns=columns)
    order = frame["measure"].map({POINTS: 0, BEDS: 1, WATER: 2})
    frame = frame.assign(rank=order, whole=frame["location_id"] != "").sort_values(
        ["by", "rank", "whole", "people", "location_id"],
        ascending=[True, True, True, False, True], kind="stable")
    return frame.drop(columns=["rank", "whole"]).reset_index(drop=True)


def _list_fleet(plan: Plan) -> list[tuple[object, ...]]:
    remedy = plan.remedy
    if not remedy.fleet:
        return []
    first = list_dates(plan)[int(np.flatnonzero(remedy.points.any(axis=1))[0])]
    beds = remedy.fleet * plan.point_beds
    people = int(_count_needed(plan).sum(axis=1).max())
    return [(first, POINTS, "", "the fleet, made ready", "", remedy.fleet, beds, people,
             remedy.fleet * plan.prices.point_usd)]


def _count_needed(plan: Plan) -> np.ndarray:
    return count_without(plan.least, len(plan.scene.seasons), len(plan.scene.locations))


def _list_points(plan: Plan) -> list[tuple[object, ...]]:
    points, dates, needed = plan.remedy.points, list_dates(plan), _count_needed(plan)
    before = np.vstack([np.zeros((1, points.shape[1]), np.int64), points[:-1]])
    rows: list[tuple[object, ...]] = []
    for day, place in np.argwhere(points > 0):
        count, new = int(points[day, place]), int(max(points[day, place] - before[day, place], 0))
        cost = count * plan.prices.point_night_usd + new * plan.prices.point_move_usd
        rows.append((dates[day], POINTS, *_name(plan, place), count, count * plan.point_beds,
                     int(needed[day, place]), cost))
    return rows


def _list_beds(plan: Plan) -> list[tuple[object, ...]]:
    dates, needed = list_dates(plan), _count_needed(plan)
    rows: list[tuple[object, ...]] = []
    for place in np.flatnonzero(plan.remedy.beds).tolist():
        nights = np.flatnonzero(needed[:, place])
        beds = int(plan.remedy.beds[place])
        cost = beds * (plan.prices.bed_usd + plan.prices.bed_night_usd * len(nights))
        rows.append((dates[nights[0]], BEDS, *_name(plan, place), beds, beds,
                     int(needed[:, place].max()), cost))
    return rows


def _list_water(plan: Plan) -> list[tuple[object, ...]]:
    """Water to bring, by night: litres in ``count``."""
    dates, short = list_dates(plan), plan.water_short_l
    people = np.zeros_like(short)
    for row in plan.least.rows:
        people[row.day, row.location] += row.people
    return [
        (dates[day], WATER, *_name(plan, place), round(float(short[day, place]), 1), 0,
         int(people[day, place]),
         float(short[day, place]) / _L_PER_M3 * plan.prices.water_usd_per_m3)
        for day, place in np.argwhere(short > 0)
    ]


def _name(plan: Plan, place: int) -> tuple[str, str, str]:
    row = plan.scene.locations.iloc[int(place)]
    return str(row["location_id"]), str(row["name"]), str(row["near"])


def sum_costs(plan: Plan) -> dict[str, float]:
    """Cost of the measures by kind, US dollars; they add up to the plan's."""
    needed, remedy = _count_needed(plan), plan.remedy
    nights = (needed > 0).sum(axis=0)
    beds = float(np.sum(remedy.beds * (plan.prices.bed_usd + plan.prices.bed_night_usd * nights)))
    whole = _price(remedy, needed, plan)
    return {BEDS: beds, POINTS: whole - beds, WATER: plan.cost_usd - whole}


def _price(remedy: Remedy, needed: np.ndarray, plan: Plan) -> float:
    return price_remedy(remedy, needed, plan.prices)


def sum_divisions(plan: Plan, today: dt.date) -> tuple[pd.DataFrame, dict[str, int]]:
    """Totals for partners: by first division, whole nights that have passed, rounded to 100.

    No day stands in it, and no night that is yet to come. Each number is rounded by itself, so
    that parts need not add up to their sums.

    Returns
    -------
    DataFrame
        ``country admin1 person_nights with_service short unreachable``; empty where every night
        lies ahead, or too few passed to be told.
    dict
        The same of all those divisions together, rounded from the exact numbers.
    """
    rows = tabulate_places(plan)
    rows = rows[pd.Series(rows["date"] < today, index=rows.index, dtype=bool)]
    counted = ["person_nights", "with_service", "short", "unreachable"]
    exact = rows.assign(person_nights=rows["arrivals"]).groupby(
        ["country", "admin1"], sort=True)[counted].sum().reset_index()
    # A row of zeros would still tell that somebody was there; so would a total that counts it.
    exact = exact[_round_hundreds(exact["person_nights"]) > 0].reset_index(drop=True)
    total = _round_hundreds(exact[counted].sum())
    frame = exact.assign(**{name: _round_hundreds(exact[name]) for name in counted})
    return frame, {name: int(total[name]) for name in counted}


def _round_hundreds(counts: pd.Series) -> pd.Series:
    return (counts / _HUNDRED).round().astype(int) * _HUNDRED
