"""The skill page: one file, no script, no network; restricted, and it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from maps.skill.charts import draw_bits, draw_calibration, draw_curve, draw_reliability
from maps.skill.drawing import draw_key
from maps.skill.ranks import draw_map, draw_map_key
from maps.skill.style import STYLE
from maps.skill.tables import (
    list_texts,
    show,
    show_share,
    tabulate_classes,
    tabulate_differences,
    tabulate_gates,
    tabulate_harder,
    tabulate_scores,
    tabulate_totals,
    tabulate_years,
)
from maps.skill.words import name_model, say

if TYPE_CHECKING:
    from georisk.marking import Marking

Entry = dict[str, Any]
MODEL = "model"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def draw_skill_page(report: Entry, *, marking: Marking) -> str:
    """Draw the report of `georisk.validation.report.assemble_report` as one HTML page.

    Parameters
    ----------
    report : dict
        As assembled, or read back from its JSON.
    marking : Marking
        Holder and expiry, which stand on the page.

    Returns
    -------
    str
        The same for the same report and marking, byte by byte.
    """
    body = Markup("").join((
        _write_head(report, marking), _write_short(report), _write_gates(report),
        *(_write_domain(domain, report["design"]) for domain in report["domains"]),
        _write_rest(report),
    ))
    return str(Markup(
        "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta http-equiv='Content-Security-Policy' content=\"{policy}\">"
        "<meta name='referrer' content='no-referrer'><meta name='robots' content='noindex'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<title>{title}</title><style>{style}</style></head><body>{body}</body></html>\n"
    ).format(policy=_POLICY, title=report["title"], style=Markup(STYLE), body=body))  # noqa: S704 - our own


def _write_head(report: Entry, marking: Marking) -> Markup:
    heading = Markup("<p class='banner made' role='note'>{}</p>").format(
        report["heading"]) if report["heading"] else Markup("")
    return heading + Markup(
        "<p class='banner' role='note'>{}</p><header><h1>{}</h1><p class='lead'>{}</p><p>{}</p>"
        "</header>"
    ).format(
        say("restricted", holder=marking.holder, expires=marking.expires.isoformat()),
        report["title"], say("subtitle"),
        say("as_of", study=report["study"], as_of=report["as_of"], version=report["version"]))


def _write_short(report: Entry) -> Markup:
    texts = [say("verdicts", **report["counts"])]
    texts += [_tell_domain(domain) for domain in report["domains"]]
    return _section("short", list_texts(texts))


def _tell_domain(domain: Entry) -> str:
    years = [row["year"] for row in domain["years"] if row["tested"]]
    if not years:
        return say("domain_none", title=domain["title"])
    span = ", ".join(map(str, years))
    one = next((m["all_years"] for m in domain["models"] if m["model"] == MODEL), None)
    if one is None or not one["events"]:
        return say("not_scored", title=domain["title"], years=span)
    return say("domain_short", title=domain["title"], bits=show(one["bits"]),
               hit=f"{show_share(one['hit']['20'])} %", events=one["events"], years=span)


def _write_gates(report: Entry) -> Markup:
    return _section("gates", _note("gates_note", level=report["design"]["level"]),
                    tabulate_gates(report))


def _write_domain(domain: Entry, design: Entry) -> Markup:
    counts = domain["incidents"]
    facts = _note("domain_facts", cells=domain["cells"], cell_km=domain["cell_km"],
                  area=domain["area_km2"], inside=counts["in_domain"],
                  located=counts["located"], moved=counts["moved_to_nearest_cell"],
                  outside=counts["outside"])
    tested = any(row["tested"] for row in domain["years"])
    content = _write_results(domain, design) if tested else _note("no_years")
    return Markup("<section class='domain'><h2>{}</h2>{}{}{}</section>").format(
        domain["title"], facts, content, _fold("years", tabulate_years(domain)))


def _write_results(domain: Entry, design: Entry) -> Markup:
    names = [model["model"] for model in domain["models"]]
    name = MODEL if MODEL in names else names[-1]
    numbers = next(m["numbers"] for m in domain["models"] if m["model"] == name)
    keys = Markup("<ul class='legend'>{}</ul>").format(
        Markup("").join(draw_key(one, name_model(one)) for one in names))
    compared = tuple(one for one in names if one in {name, "plain-kde"})
    charts = Markup("<div class='charts'>{}</div>").format(Markup("").join((
        _figure("bits_title", draw_bits(domain), _note("bits_note")),
        _figure("curve_title", draw_curve(domain)),
        _figure("calibration_title", draw_calibration(domain, name), _note("calibration_note"),
                model=name_model(name)),
        _figure("reliability_title", draw_reliability(domain, compared), _note(
            "reliability_note", brier=show(numbers["brier"], digits=5),
            base=show(numbers["brier_of_base_rate"], digits=5))),
    )))
    return Markup("").join((
        keys, charts, _write_map(domain["map"]),
        _fold("classes", _note("classes_note"), tabulate_classes(domain, name), shown=True),
        _fold("scores", tabulate_scores(domain)),
        _fold("differences", tabulate_differences(domain)) if domain["differences"] else "",
        _fold("totals", _note("totals_note"), tabulate_totals(domain, name)),
        _write_harder(domain, design),
    ))


def _write_map(drawn: Entry | None) -> Markup:
    if not drawn:
        return Markup("")
    return _figure("map_title", draw_map(drawn), draw_map_key(),
                   _note("map_note", cell_km=drawn["cell_km"]),
                   year=drawn["year"], model=name_model(drawn["model"]))


def _write_harder(domain: Entry, design: Entry) -> Markup:
    if not domain["low_data"] and not domain["blocks"]:
        return Markup("")
    note = _note("harder_note", low=design["low_events"], draws=design["low_draws"],
                 block=design["block_km"])
    return _fold("harder", note, tabulate_harder(domain))


def _write_rest(report: Entry) -> Markup:
    absent = [f"{one['title']}: {one['why']}." for one in report["not_applicable"]]
    return Markup("").join((
        _section("absent", list_texts(absent)) if absent else "",
        _section("warnings", list_texts(report["warnings"])) if report["warnings"] else "",
        _section("cannot_know", list_texts(report["cannot_know"])),
    ))


def _section(key: str, *parts: Markup) -> Markup:
    return Markup("<section id='{}'><h2>{}</h2>{}</section>").format(
        key, say(key), Markup("").join(parts))


def _fold(key: str, *parts: Markup, shown: bool = False) -> Markup:
    return Markup("<details{}><summary>{}</summary>{}</details>").format(
        Markup(" open") if shown else "", say(key), Markup("").join(parts))


def _figure(key: str, *parts: Markup, **values: object) -> Markup:
    return Markup("<figure><h3>{}</h3>{}</figure>").format(
        say(key, **values), Markup("").join(parts))


def _note(key: str, **values: object) -> Markup:
    return Markup("<p class='note'>{}</p>").format(say(key, **values))
