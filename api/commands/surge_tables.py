"""What ``georisk surge`` prints: sentences first, then tables by night, place and measure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

    from georisk.surge.plan import Plan

NOTE = ("Prices and shares are declared, not measured (parameters surge.*).\n"
        "Robbery, kidnapping and sexual violence are not measured here.")
_NIGHTS = ("night", "on way", "bed", "full", "no place", "unver.", "arrived", "water L", "USD")
_WHERE = ("night", "where", "people", "bed", "none", "set up by that evening")
_OVERFLOW = ("place", "beds", "nights", "first", "worst", "person-nights")
_DIVISIONS = ("country", "admin-1", "person-nights", "with a bed", "full", "no place")
_AMOUNT = "{:,.0f}".format


def print_plan(plan: Plan) -> None:
    """Print a plan: what happens, what is short, what to do first; then the tables."""
    from api.commands.tables import SYNTHETIC, print_text
    from georisk.surge.telling import tell_plan

    print_text("RESTRICTED" + (f" · {SYNTHETIC}" if plan.scene.synthetic else ""))
    for sentence in tell_plan(plan):
        print_text(sentence, indent=2)
    _print_nights(plan)
    _print_short(plan)
    _print_costs(plan)
    for note in (*plan.scene.notes, _tell_mix(plan)):
        print_text(f"note: {note}", indent=2)
    print_text(NOTE)


def _print_nights(plan: Plan) -> None:
    from api.commands.tables import print_table
    from georisk.surge.tables import list_measures, tabulate_nights, tabulate_places
    from georisk.surge.telling import name_location

    measures = list_measures(plan)
    usd = measures.groupby("by")["cost_usd"].sum()
    print_table("Night by night: with a bed, beside a full place, no place in reach", _NIGHTS, [
        (f"{row.date:%m-%d}", *map(_AMOUNT, (
            row.on_the_way, row.with_service, row.short, row.unreachable, row.unverified,
            row.arrived, row.water_l, usd.get(row.date, 0.0))))
        for row in tabulate_nights(plan).itertuples()
    ], synthetic=False)
    todo = _gather_measures(measures)
    print_table("Who sleeps where, and what gives all a bed and water at least cost", _WHERE, [
        (f"{row.date:%m-%d}", name_location(row), *map(_AMOUNT, (
            row.arrivals, row.with_service, row.short + row.unreachable)),
         ", ".join(todo.get((row.date, row.location_id), ())))
        for row in tabulate_places(plan).itertuples()
    ], synthetic=False)


def _gather_measures(measures: pd.DataFrame) -> dict[tuple[dt.date, str], list[str]]:
    """What is to be set up at each place by each evening, in words."""
    words = {"mobile points": "{:,.0f} points", "beds": "{:,.0f} beds added",
             "water": "{:,.1f} m3 water"}
    todo: dict[tuple[dt.date, str], list[str]] = {}
    for row in measures.to_dict("records"):
        amount = row["count"] / (1000.0 if row["measure"] == "water" else 1.0)
        told = words[row["measure"]].format(amount)
        todo.setdefault((row["by"], row["location_id"]), []).append(told)
    return todo


def _print_short(plan: Plan) -> None:
    from api.commands.tables import print_table
    from georisk.surge.tables import tabulate_overflow

    rows = [(row.name, "?" if row.beds != row.beds else _AMOUNT(row.beds), str(row.nights),
             f"{row.first:%m-%d}", _AMOUNT(row.worst), _AMOUNT(row.person_nights))
            for row in tabulate_overflow(plan).itertuples()]
    if rows:
        print_table("Places that cannot take all who ask", _OVERFLOW, rows, synthetic=False)


def _print_costs(plan: Plan) -> None:
    from api.commands.tables import print_text
    from georisk.surge.tables import sum_costs

    remedy = plan.remedy
    if remedy.fleet:
        usd = remedy.fleet * plan.prices.point_usd
        print_text(f"points: mobile points of {plan.point_beds} beds; {remedy.fleet} made ready "
                   f"(USD {_AMOUNT(usd)}), set up {remedy.moves} times", indent=2)
    parts = ", ".join(f"{name} {_AMOUNT(usd)}" for name, usd in sum_costs(plan).items() if usd)
    if parts:
        low, high = plan.cost_range_usd
        print_text(f"USD {_AMOUNT(plan.cost_usd)}: {parts}; {_AMOUNT(low)} to {_AMOUNT(high)} at "
                   "the lowest and highest prices declared; food comes on top", indent=2)


def _tell_mix(plan: Plan) -> str:
    parts = ", ".join(f"{name} {share:.0%}" for name, share in sorted(plan.group.mix.items()))
    return f"the group: {parts}"


def print_divisions(plan: Plan, today: dt.date, *, as_json: bool) -> None:
    """Print what a partner may have: totals by first division of nights past, in hundreds.

    Raises
    ------
    CallError
        If every night lies ahead.
    """
    from api.commands.tables import print_table
    from georisk.surge.tables import sum_divisions
    from layers.errors import CallError

    totals = sum_divisions(plan, today)
    if not len(totals):
        raise CallError(f"--audience partner: every night from {plan.group.start} on lies ahead; "
                        "partners get no day ahead")
    if as_json:
        told = {"audience": "partner", "synthetic": plan.scene.synthetic,
                "divisions": totals.to_dict("records")}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    rows = [(row.country, row.admin1, *map(_AMOUNT, (
        row.person_nights, row.with_service, row.short, row.unreachable)))
        for row in totals.itertuples()]
    print_table("PARTNER · totals of nights past, rounded to 100", _DIVISIONS, rows,
                synthetic=plan.scene.synthetic)
