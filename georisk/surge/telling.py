"""A plan in words and as one document: what happens, what is short, what to do first."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from georisk.capacity.needs import WORDING, estimate_needs, read_sphere
from georisk.surge.amounts import count_noun
from georisk.surge.locations import PLACE
from georisk.surge.tables import (
    BEDS,
    POINTS,
    WATER,
    list_measures,
    sum_costs,
    tabulate_nights,
    tabulate_overflow,
    tabulate_places,
)
from georisk.surge.towns import list_next_towns, tabulate_towns

if TYPE_CHECKING:
    import pandas as pd

    from georisk.parameters import Parameters
    from georisk.surge.plan import Plan

CAVEATS = (
    "prices and shares are declared, not measured (parameters surge.*)",
    "robbery, kidnapping and sexual violence are not measured here",
)
HEADINGS = {"forward": "northwards", "backward": "southwards"}
_SHOWN = 3
_L_PER_M3 = 1000.0


def tell_plan(plan: Plan) -> tuple[str, str, str]:
    """Say in three sentences what happens, what is short, and what to do first."""
    return _tell_way(plan), _tell_short(plan), _tell_first(plan)


def list_notes(plan: Plan) -> tuple[str, ...]:
    """What was assumed, who is in the group, and what is not measured: for terminal and JSON."""
    mix = ", ".join(f"{name} {share:.0%}" for name, share in sorted(plan.group.mix.items()))
    return (*plan.scene.notes, f"the group: {mix}", *CAVEATS)


def _tell_way(plan: Plan) -> str:
    group, nights = plan.group, tabulate_nights(plan)
    how = "on foot" if group.mode == "foot" else "by the legs' modes"
    heading = HEADINGS[group.direction]
    total = int(nights["on_the_way"].sum())
    end = _tell_ends(plan)
    leave = f"{heading} {how} on {group.leaves:%a} {group.leaves}"
    begin = (f"{group.people:,} people arrive in {plan.scene.town} on {group.start:%a} "
             f"{group.start}, sleep there {count_noun(group.nights, 'night')} and leave {leave}."
             if group.nights else f"{group.people:,} people leave {plan.scene.town} {leave}.")
    stay = (f" The first night {int(nights['with_service'].iloc[0]):,} have a bed there."
            if group.nights else "")
    return (f"{begin}{stay} In {count_noun(len(nights), 'night')} "
            f"{int(nights['with_service'].sum()):,} of {total:,} person-nights have a bed.{end}")


def _tell_ends(plan: Plan) -> str:
    """How many come to which end."""
    end_of = {way.name: way.end for way in plan.scene.ways}
    ended: Counter[str] = Counter()
    for course, count in zip(plan.scene.courses, plan.least.home, strict=True):
        ended[end_of[course.way]] += count
    told = ", ".join(f"{count:,} {town}" for town, count in sorted(ended.items()) if count)
    if told:
        return f" The end is reached by: {told}."
    return f" Nobody reaches {plan.scene.ways[0].end} in these nights." if plan.group.to else ""


def _tell_short(plan: Plan) -> str:
    nights = tabulate_nights(plan)
    without = nights["short"] + nights["unreachable"]
    if not without.sum():
        return "Nobody is without a bed."
    worst = int(without.to_numpy().argmax())
    alike = int((without == without.iloc[worst]).sum()) - 1
    others = f" ({count_noun(alike, 'other night')} alike)" if alike else ""
    unsure = int(nights["unverified"].sum())
    doubt = f", {unsure:,} of them unverified" if unsure else ""
    return (f"Short: {int(without.sum()):,} person-nights without a bed{doubt}; worst on "
            f"{nights['date'][worst]}{others}: {int(nights['short'][worst]):,} beside a full "
            f"place, {int(nights['unreachable'][worst]):,} with no place in reach; and "
            f"{nights['water_short_l'].sum() / _L_PER_M3:,.1f} m3 of drinking water.")


def _tell_first(plan: Plan) -> str:
    measures = list_measures(plan)
    if not len(measures):
        return "Nothing need be added."
    day = measures["by"].iloc[0]
    first = measures[(measures["by"] == day) & (measures["location_id"] != "")]
    rations = tabulate_nights(plan).set_index("date").loc[day, "rations"]
    told = [_tell_kind(first[first["measure"] == kind]) for kind in (POINTS, BEDS, WATER)]
    parts = "; ".join([part for part in told if part] + [f"{rations:,} rations"])
    low, high = plan.cost_range_usd
    left = sum(row.short + row.unreachable for row in plan.cleared.rows)
    proof = "nobody is then without a bed" if not left else f"{left:,} are still without"
    fleet = (f" The points, {plan.remedy.fleet:,} at most, move on with the group."
             if plan.remedy.fleet else "")
    return (f"First, by the evening of {day}: {parts}.{fleet} All nights: USD "
            f"{plan.cost_usd:,.0f} ({low:,.0f} to {high:,.0f}); simulated again, {proof}.")


def _tell_kind(rows: pd.DataFrame) -> str:
    """All measures of one kind on one evening: how much, and where most of it."""
    if not len(rows):
        return ""
    amount = rows["count"].sum()
    if rows["measure"].iloc[0] == WATER:
        return f"{amount / _L_PER_M3:,.1f} m3 of drinking water"
    top = [f"{count:,.0f} {_name(near, name)}" for count, near, name in
           zip(*(rows[key].head(_SHOWN) for key in ("count", "near", "name")), strict=True)]
    rest = f", {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    noun = "mobile point" if rows["measure"].iloc[0] == POINTS else "added bed"
    return f"{count_noun(int(amount), noun)} ({'; '.join(top)}{rest})"


def name_location(row: Any) -> str:  # noqa: ANN401 - a row of a frame
    """Name of a place, or of a stretch after the town that it is near."""
    return _name(row.near, row.name)


def _name(near: str, name: str) -> str:
    return f"near {near}, {name}" if near else name


def describe_plan(plan: Plan, parameters: Parameters) -> dict[str, Any]:
    """Put a plan into one document, as ``surge --json`` prints it."""
    nights, places = tabulate_nights(plan), tabulate_places(plan)
    low, high = plan.cost_range_usd
    group = plan.group
    return {
        "audience": "restricted", "synthetic": plan.scene.synthetic,
        "people": group.people, "from": plan.scene.town, "start": group.start.isoformat(),
        "town_nights": group.nights, "leaves": group.leaves.isoformat(),
        "direction": group.direction, "mode": group.mode, "mix": dict(group.mix),
        "corridors": [{"corridor": way.name, "end": way.end, "km": round(float(way.km[-1]), 1)}
                      for way in plan.scene.ways],
        "days": [_describe_night(row, places[places["date"] == row.date])
                 for row in nights.itertuples()],
        "towns": [to_plain(row) for row in tabulate_towns(plan).to_dict("records")],
        "next_towns": [to_plain(row) for row in list_next_towns(plan).to_dict("records")],
        "needs": _describe_needs(plan, nights, parameters),
        "measures": [to_plain(row) for row in list_measures(plan).to_dict("records")],
        "overflow": [to_plain(row) for row in tabulate_overflow(plan).to_dict("records")],
        "cost": {
            "usd": round(plan.cost_usd, 2), "usd_low": round(low, 2), "usd_high": round(high, 2),
            "by_measure": {name: round(usd, 2) for name, usd in sum_costs(plan).items()},
            "beds_bound_usd": round(plan.remedy.bound_usd, 2),
        },
        "cleared": {"short": sum(row.short for row in plan.cleared.rows),
                    "unreachable": sum(row.unreachable for row in plan.cleared.rows)},
        "notes": list(list_notes(plan)),
    }


def _describe_night(night: Any, places: pd.DataFrame) -> dict[str, Any]:  # noqa: ANN401
    told: dict[str, Any] = {
        name: getattr(night, name) for name in
        ("on_the_way", "arrived", "with_service", "short", "unreachable", "unverified", "water_l",
         "rations", "water_short_l")
    }
    kept = ["name", "near", "admin1", "lon", "lat", "arrivals", "with_service", "short",
            "unreachable", "water_l", "water_short_l", "water_unknown_l", "rations"]
    for is_place, column, key in ((True, "place_id", "places"),
                                  (False, "stretch_id", "stretches")):
        mine = places[(places["kind"] == PLACE) == is_place].rename(columns={"location_id": column})
        told[key] = [to_plain(row) for row in mine[[column, *kept]].to_dict("records")]
    return {"date": night.date.isoformat(), **{k: _plain(v) for k, v in told.items()}}


def _describe_needs(plan: Plan, nights: pd.DataFrame, parameters: Parameters) -> dict[str, Any]:
    rations = int(nights["rations"].sum())
    peak = int(nights["on_the_way"].max())
    one_night = asdict(estimate_needs(peak, 1.0, read_sphere(parameters)))
    return {
        "person_nights": int(nights["on_the_way"].sum()),
        "drinking_water_l": round(float(nights["water_l"].sum()), 1),
        "rations": rations, "kcal": rations * int(parameters.value("surge.ration_kcal")),
        "rations_usd": round(rations * plan.prices.ration_usd, 2),
        "sphere_one_night": {**one_night, "note": WORDING},
    }


def to_plain(row: dict[Any, Any]) -> dict[str, Any]:
    """Row as JSON has it."""
    return {str(name): _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - a cell
    """Cell as JSON has it: null where unknown, days as text."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value
