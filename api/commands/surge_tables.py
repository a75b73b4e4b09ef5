"""What ``georisk surge`` prints: sentences first, then tables by night, place and measure."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

    from georisk.surge.plan import Plan

ROUNDED = "each number is rounded to 100 by itself: parts need not add up"
_NIGHTS = ("night", "on way", "bed", "full", "no place", "unver.", "arrived", "water L", "USD")
_WHERE = ("night", "where", "people", "bed", "none", "points", "beds added", "m3 water")
_TOWNS = ("town", "first", "last", "people", "still to come", "km")
_OVERFLOW = ("place", "beds", "nights", "first", "worst", "person-nights")
_DIVISIONS = ("country", "admin-1", "person-nights", "with a bed", "full", "no place")
_AMOUNT = "{:,.0f}".format
_BEDS_ADDED = _WHERE.index("beds added")
_MOST_ROWS = 5  # a night: the rest is told in one row
_L_PER_M3 = 1000.0
_REST = "and "


def print_plan(plan: Plan) -> None:
    """Print a plan: what happens, what is short, what to do first; then the tables."""
    from api.commands.tables import SYNTHETIC, print_text
    from georisk.surge.telling import list_notes, tell_plan

    print_text("RESTRICTED" + (f" · {SYNTHETIC}" if plan.scene.synthetic else ""))
    for sentence in tell_plan(plan):
        print_text(sentence, indent=2)
    _print_towns(plan)
    _print_nights(plan)
    _print_places(plan)
    _print_short(plan)
    _print_costs(plan)
    for note in list_notes(plan):
        print_text(f"note: {note}", indent=2)


def _print_towns(plan: Plan) -> None:
    """Whom to warn: towns on the way, with the first and the last day."""
    from api.commands.tables import print_table, print_text
    from georisk.surge.towns import list_next_towns, tabulate_towns

    rows = [(row.town, f"{row.first:%m-%d}", f"{row.last:%m-%d}", *map(_AMOUNT, (
        row.people, row.to_come, row.km))) for row in tabulate_towns(plan).itertuples()]
    if rows:
        print_table("Towns to warn: who comes there, or comes through", _TOWNS, rows,
                    synthetic=False)
    after = [f"{row.town}, {row.km_on:,.0f} km on ({row.people:,} people)"
             for row in list_next_towns(plan).itertuples()]
    if after:
        print_text(f"Next, after the last of these nights: {'; '.join(after)}")


def _print_nights(plan: Plan) -> None:
    from api.commands.tables import print_table
    from georisk.surge.tables import list_measures, tabulate_nights

    usd = list_measures(plan).groupby("by")["cost_usd"].sum()
    print_table("Night by night: with a bed, beside a full place, no place in reach", _NIGHTS, [
        (f"{row.date:%m-%d}", *map(_AMOUNT, (
            row.on_the_way, row.with_service, row.short, row.unreachable, row.unverified,
            row.arrived, row.water_l, usd.get(row.date, 0.0))))
        for row in tabulate_nights(plan).itertuples()
    ], synthetic=False)


def _print_places(plan: Plan) -> None:
    """Each night the places and stretches with most people; what is beyond them in one row."""
    from api.commands.tables import print_table
    from georisk.surge.tables import list_measures, tabulate_places

    todo = _gather_measures(list_measures(plan))
    rows: list[tuple[str, ...]] = []
    for date, night in tabulate_places(plan).groupby("date", sort=True):
        ranked = night.sort_values(["arrivals", "location_id"], ascending=[False, True],
                                   kind="stable")
        # One row more costs no more room than the row that would stand for it.
        count = len(ranked) if len(ranked) <= _MOST_ROWS + 1 else _MOST_ROWS
        rows += [_tell_places(ranked.iloc[n : n + 1], date, todo) for n in range(count)]
        if count < len(ranked):
            rows.append(_tell_places(ranked.iloc[count:], date, todo))
    header: tuple[str, ...] = _WHERE
    if all(row[_BEDS_ADDED] == "0" for row in rows):
        header, *rows = (row[:_BEDS_ADDED] + row[_BEDS_ADDED + 1 :] for row in (header, *rows))
    print_table("Who sleeps where; points, beds and water that all need, set up by that evening",
                header, rows, synthetic=False)
    if any(str(row[1]).startswith(_REST) for row in rows):
        typer.echo("every place: -o writes them, --json prints them")


def _tell_places(
    rows: pd.DataFrame, date: dt.date, todo: dict[tuple[dt.date, str], Counter[str]]
) -> tuple[str, ...]:
    """One place by its name, or several as so many."""
    from georisk.surge.telling import name_location

    where = (name_location(next(rows.itertuples())) if len(rows) == 1
             else f"{_REST}{len(rows)} places with fewer")
    amounts: Counter[str] = Counter()
    for place in rows["location_id"]:
        amounts.update(todo.get((date, place), {}))
    return (f"{date:%m-%d}", where, *map(_AMOUNT, (
        rows["arrivals"].sum(), rows["with_service"].sum(),
        (rows["short"] + rows["unreachable"]).sum())), *_tell_amounts(amounts))


def _gather_measures(measures: pd.DataFrame) -> dict[tuple[dt.date, str], Counter[str]]:
    """How much of what is to be set up at each place by each evening."""
    todo: dict[tuple[dt.date, str], Counter[str]] = {}
    for row in measures.to_dict("records"):
        todo.setdefault((row["by"], row["location_id"]), Counter())[row["measure"]] += row["count"]
    return todo


def _tell_amounts(amounts: Counter[str]) -> tuple[str, str, str]:
    from georisk.surge.tables import BEDS, POINTS, WATER

    water_m3 = amounts[WATER] / _L_PER_M3
    return (_AMOUNT(amounts[POINTS]), _AMOUNT(amounts[BEDS]), f"{water_m3:,.1f}")


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
    from georisk.surge.amounts import count_noun
    from georisk.surge.tables import sum_costs

    remedy = plan.remedy
    if remedy.fleet:
        usd = remedy.fleet * plan.prices.point_usd
        print_text(f"points: mobile points of {count_noun(plan.point_beds, 'bed')}; "
                   f"{remedy.fleet} made ready "
                   f"(USD {_AMOUNT(usd)}), set up {remedy.moves} "
                   f"{'time' if remedy.moves == 1 else 'times'}", indent=2)
    parts = ", ".join(f"{name} {_AMOUNT(usd)}" for name, usd in sum_costs(plan).items() if usd)
    if parts:
        low, high = plan.cost_range_usd
        print_text(f"USD {_AMOUNT(plan.cost_usd)}: {parts}; {_AMOUNT(low)} to {_AMOUNT(high)} at "
                   "the lowest and highest prices declared; food comes on top", indent=2)


def print_divisions(plan: Plan, today: dt.date, *, as_json: bool) -> None:
    """Print what a partner may have: totals by first division of nights past, in hundreds.

    Raises
    ------
    CallError
        If every night lies ahead, or too few have passed to be told in hundreds.
    """
    from api.commands.tables import print_table, print_text
    from georisk.surge.tables import sum_divisions
    from layers.errors import CallError

    divisions, total = sum_divisions(plan, today)
    if plan.group.start >= today:
        raise CallError(f"--audience partner: every night from {plan.group.start} on lies ahead; "
                        "partners get no day ahead")
    if not len(divisions):
        raise CallError("--audience partner: fewer than 50 person-nights past in every division; "
                        "rounded to 100 nothing is left to tell")
    if as_json:
        told = {"audience": "partner", "synthetic": plan.scene.synthetic,
                "divisions": divisions.to_dict("records"), "total": total, "notes": [ROUNDED]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    rows = [(row["country"], row["admin1"], *(_AMOUNT(row[name]) for name in total))
            for row in [*divisions.to_dict("records"), {"country": "all", "admin1": "", **total}]]
    print_table("PARTNER · totals of nights past", _DIVISIONS, rows,
                synthetic=plan.scene.synthetic)
    print_text(f"note: {ROUNDED}", indent=2)
