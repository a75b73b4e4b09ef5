"""The tables of the skill page: gates, scores, classes, differences, totals, harder tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from maps.skill.words import CLASS_NAMES, HEADERS, name_model, say

if TYPE_CHECKING:
    from collections.abc import Sequence

Entry = dict[str, Any]


def write_table(key: str, rows: Sequence[Sequence[object]]) -> Markup:
    """A table with the headers of ``key``; every value is escaped unless it is markup."""
    head = Markup("").join(Markup("<th scope='col'>{}</th>").format(name) for name in HEADERS[key])
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(
            Markup("<td data-name='{}'>{}</td>").format(name, value)
            for name, value in zip(HEADERS[key], row, strict=True)))
        for row in rows)
    return Markup("<div class='scroll'><table class='{}'><thead><tr>{}</tr></thead>"
                  "<tbody>{}</tbody></table></div>").format(key, head, body)


def tabulate_gates(report: Entry) -> Markup:
    """Every bar with its number and its verdict, in words and a sign."""
    titles = {one["name"]: one["title"] for one in (*report["domains"], *report["not_applicable"])}
    return write_table("gates", [
        (gate["gate"], titles.get(gate["domain"], gate["domain"]), gate["statement"],
         show(gate["value"], digits=3), show_interval(gate["low"], gate["high"]),
         _show_verdict(gate))
        for gate in report["gates"]
    ])


def _show_verdict(gate: Entry) -> Markup:
    word = {True: "passed", False: "failed", None: "none"}[gate["passed"]]
    why = Markup("<br><small>{}</small>").format(gate["why"]) if gate["why"] else Markup("")
    return Markup("<strong class='{}'>{}</strong>{}").format(word, say(word), why)


def tabulate_scores(domain: Entry) -> Markup:
    """All scores of all forecasts, test years together."""
    rows = []
    for model in domain["models"]:
        one = model["all_years"]
        rows.append((
            name_model(model["model"]), show(one["bits"]),
            *(show_share(one["hit"][share]) for share in ("1", "5", "10", "20")),
            show(one["pai"]["5"], digits=1), show(one["pei"]["5"]), show(one["auc"], digits=3),
            show_share(one["novel20"]), show(one["deviation"], digits=3)))
    return write_table("scores", rows)


def tabulate_differences(domain: Entry) -> Markup:
    """The model against each other forecast."""
    return write_table("differences", [
        (name_model(row["against"]), row["score"], show_sign(row["value"]),
         show_interval(row["low"], row["high"]), f"{row['years_won']} of {row['years']}",
         row["events"])
        for row in domain["differences"]
    ])


def tabulate_classes(domain: Entry, name: str) -> Markup:
    """Every class of one forecast."""
    rows = []
    for row in domain["classes"]:
        if row["model"] != name:
            continue
        own = row.get("own")
        rows.append((
            CLASS_NAMES.get(row["class"], row["class"]), row["events"], show(row["bits"]),
            show_share(row["hit"]["20"]), show(own["bits"] if own else None),
            show_share(own["hit"]["20"] if own else None)))
    return write_table("classes", rows)


def tabulate_totals(domain: Entry, name: str) -> Markup:
    """Yearly totals of one forecast against what was reported."""
    model = next(one for one in domain["models"] if one["model"] == name)
    inside = {True: "yes", False: "no", None: say("unknown")}
    return write_table("totals", [
        (row["year"], show(row["expected"], digits=0),
         say("unknown") if row["low"] is None else f"{row['low']:,} to {row['high']:,}",
         row["observed"], inside[row["inside"]])
        for row in model["numbers"]["totals"]
    ])


def tabulate_harder(domain: Entry) -> Markup:
    """Few data and left-out blocks."""
    rows: list[Sequence[object]] = [
        ("few data", name_model(row["model"]), show(row["bits"]), show_share(row["hit20"]))
        for row in domain["low_data"]
    ]
    rows += [("blocks left out", name_model(row["model"]), show(row["bits"]),
              show_share(row["hit"]["20"])) for row in domain["blocks"]]
    return write_table("harder", rows)


def tabulate_years(domain: Entry) -> Markup:
    """Years of the record, and why one was not tested."""
    return write_table("years", [
        (row["year"], row["events"],
         say("unknown") if row["novel_events"] is None else row["novel_events"],
         "yes" if row["tested"] else f"no: {row['why_not']}")
        for row in domain["years"]
    ])


def show(value: float | None, *, digits: int = 2) -> str:
    """A number, or a dash where there is none.

    Examples
    --------
    >>> show(1234.5, digits=1), show(None)
    ('1,234.5', '-')
    """
    return say("unknown") if value is None else f"{value:,.{digits}f}"


def show_sign(value: float | None) -> str:
    """A difference with its sign."""
    return say("unknown") if value is None else f"{value:+.3f}"


def show_share(value: float | None) -> str:
    """A share as per cent with one decimal."""
    return say("unknown") if value is None else f"{100 * value:.1f}"


def show_interval(low: float | None, high: float | None) -> str:
    """Both ends of an interval with their signs."""
    return say("unknown") if low is None or high is None else f"{low:+.3f} to {high:+.3f}"


def list_texts(texts: Sequence[str]) -> Markup:
    """A plain list."""
    return Markup("<ul>") + Markup("").join(
        Markup("<li>{}</li>").format(escape(text)) for text in texts) + Markup("</ul>")
