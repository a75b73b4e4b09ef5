"""What a decision brief says, in sentences and rows of one language."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georisk.siting.answers.answers import Answer, GapChange, GapHours, SiteBrief
    from maps.catalogues import Words

MAX_GAPS = 3
_EXAMPLE = "EXAMPLE - "
_FORWARD_FIRST = ("forward", "backward")
_LEAST_SHOWN = 0.001


@dataclass(frozen=True)
class GapRow:
    """One gap before and after: whose it is, km, and hours for each pace."""

    name: str
    km: str
    hours: tuple[str, ...]


def name_place(place: str, words: Words) -> str:
    """Name a place; what is illustrative says so in the language shown.

    Examples
    --------
    >>> from maps.catalogues import load_words
    >>> name_place("EXAMPLE - clinic", load_words("es"))
    'EJEMPLO - clinic'
    """
    if not place:
        return words["brief_unnamed"]
    if place.startswith(_EXAMPLE):
        return words["example_prefix"] + place.removeprefix(_EXAMPLE)
    return place


def name_country(code: str, words: Words) -> str:
    """Name a country of the catalogue; another one by its code."""
    key = f"country_{code}"
    return words.texts.get(key, code)


def name_service(service: str, words: Words) -> str:
    """Name a service; one of a study's own by its id."""
    key = f"service_{service}"
    return words.texts.get(key, service.replace("_", " "))


def show_number(value: float, words: Words, *, decimals: int = 0) -> str:
    """A number with the marks of a language.

    Examples
    --------
    >>> from maps.catalogues import load_words
    >>> show_number(12345.6, load_words("en"), decimals=1)
    '12,345.6'
    """
    text = f"{value:,.{decimals}f}"
    marks = {",": words["thousands_mark"], ".": words["decimal_mark"]}
    return "".join(marks.get(letter, letter) for letter in text)


def show_share(value: float, words: Words) -> str:
    r"""A share in per cent; below 10 % with one decimal.

    Examples
    --------
    >>> from maps.catalogues import load_words
    >>> [show_share(one, load_words("en")).replace("\u00a0", " ") for one in (0.0226, 0.955)]
    ['2.3 %', '96 %']
    """
    if 0 < value < _LEAST_SHOWN:
        return f"< {show_number(100 * _LEAST_SHOWN, words, decimals=1)}\u00a0%"
    small = 0 < abs(value) < 0.0995  # noqa: PLR2004 - shown as 10 % from there on
    return f"{show_number(100 * value, words, decimals=1 if small else 0)}\u00a0%"


def show_hours(hours: float, words: Words, *, day_h: float) -> str:
    """Hours on foot, in days as well where they are more than one day's.

    Examples
    --------
    >>> from maps.catalogues import load_words
    >>> show_hours(14.2, load_words("en"), day_h=10.0)
    '14 h walking (2 days)'
    >>> show_hours(float("inf"), load_words("en"), day_h=10.0)
    'nobody gets through on foot'
    """
    if not math.isfinite(hours):
        return words["brief_no_way"]
    told = show_number(hours, words, decimals=0 if hours >= day_h else 1)
    days = math.ceil(hours / day_h)
    if days <= 1:
        return words.say("walk_hours", hours=told)
    return words.say("walk_hours_days", hours=told, days=show_number(days, words))


def name_pace(hours: GapHours, words: Words) -> str:
    """Who walks, and in which month."""
    key = f"profile_{hours.profile}"
    who = words.texts.get(key, hours.profile)
    month = words["brief_no_heat"] if hours.month is None else words[f"month_{hours.month:02d}"]
    return words.say("brief_pace", profile=who, month=month)


def choose_gap(gaps: Sequence[GapChange]) -> GapChange | None:
    """The gap that a point closes, or else the one that it shortens most."""
    return max(gaps, key=lambda gap: (gap.closed, _gain(gap)), default=None)


def _gain(gap: GapChange) -> float:
    hours = gap.hours[0]
    if not math.isfinite(hours.before_h):
        return gap.length_km - gap.left_km
    return hours.before_h - hours.after_h


def tell_problem(site: SiteBrief, words: Words, *, day_h: float) -> list[str]:
    """The problem, and what the point does to it: two sentences."""
    gap = choose_gap(site.gaps)
    if gap is None:
        return [words["brief_no_gap"], _tell_newly(site, words)]
    hours = gap.hours[0]
    now = words.say(
        "brief_gap", a=name_place(gap.from_place, words), b=name_place(gap.to_place, words),
        direction=words[f"direction_{gap.direction}"], service=name_service(gap.service, words),
        km=show_number(gap.length_km, words), who=name_pace(hours, words),
        hours=show_hours(hours.before_h, words, day_h=day_h))
    then = words["brief_closes"] if gap.closed else words.say(
        "brief_leaves", km=show_number(gap.left_km, words),
        hours=show_hours(hours.after_h, words, day_h=day_h))
    return [now, then, _tell_newly(site, words)]


def _tell_newly(site: SiteBrief, words: Words) -> str:
    order = sorted(site.newly, key=lambda one: (one.service, _FORWARD_FIRST.index(one.direction)))
    told = [words.say("brief_km_way", service=name_service(one.service, words),
                      km=show_number(one.length_km, words),
                      direction=words[f"direction_{one.direction}"]) for one in order]
    return words.say("brief_newly", list=", ".join(told)) if told else ""


def list_gap_rows(site: SiteBrief, words: Words) -> list[GapRow]:
    """The gaps that change most, each with km and hours before and after."""
    ordered = sorted(site.gaps, key=lambda gap: (gap.closed, _gain(gap)), reverse=True)
    rows = []
    for gap in ordered[:MAX_GAPS]:
        ends = (name_place(gap.from_place, words), name_place(gap.to_place, words))
        name = (f"{words.say('brief_ends', a=ends[0], b=ends[1])}, "
                f"{words[f'direction_{gap.direction}']} ({name_service(gap.service, words)})")
        km = _tell_change(gap.length_km, gap.left_km, words, closed=gap.closed)
        hours = tuple(_tell_change(one.before_h, one.after_h, words, closed=gap.closed)
                      for one in gap.hours)
        rows.append(GapRow(name, f"{km} km", tuple(f"{told} h" for told in hours)))
    return rows


def _tell_change(before: float, after: float, words: Words, *, closed: bool) -> str:
    shown = [show_number(value, words, decimals=0 if value >= 1 or value == 0 else 1)
             if math.isfinite(value) else "∞" for value in (before, 0.0 if closed else after)]
    return words.say("brief_change", a=shown[0], b=shown[1])


def tell_people(site: SiteBrief, words: Words) -> list[str]:
    """Who would come and what they would need; or that nobody counted."""
    people, needs = site.people, site.needs
    if people is None or needs is None:
        return [words["brief_no_flow"]]
    newly_km = sum(one.length_km for one in site.newly)
    per_day = show_number(people.per_day, words)
    return [
        words.say("brief_people_day", people=per_day, km=show_number(newly_km, words),
                  counted=show_number(people.counted_km, words)),
        words.say("brief_litres", litres=show_number(needs.water_l_per_day, words),
                  least=show_number(needs.water_survival_l_per_day, words)),
        words.say("brief_staff", staff=show_number(needs.staff, words),
                  count=show_number(needs.consultations_per_day, words, decimals=1)),
        words["brief_benchmark"],
    ]


def tell_cost(site: SiteBrief, words: Words) -> list[str]:
    """What it costs, and whether that is more than an order of magnitude."""
    cost = site.cost
    told = words.say("brief_cost_sum", currency=cost.currency, total=show_number(cost.total, words),
                     years=show_number(cost.years, words, decimals=0 if cost.years % 1 == 0 else 1),
                     once=show_number(cost.once, words), year=show_number(cost.per_year, words))
    return [told, words["brief_declared"]] if cost.declared else [told]


def tell_risk(site: SiteBrief, words: Words) -> list[str]:
    """Class, interval and grade of evidence on the way newly reached."""
    grade = site.evidence
    told = [words.say("brief_class", name=words[f"class_{grade.risk_class or 'insufficient'}"])]
    if grade.intensity is not None and grade.low is not None and grade.high is not None:
        rate, low, high = (show_number(value, words, decimals=1)
                           for value in (grade.intensity, grade.low, grade.high))
        told.append(words.say("brief_rate", rate=rate, a=low, b=high))
    told.append(words.say("brief_evidence", observed=show_number(grade.observed_km, words),
                          modelled=show_number(grade.modelled_km, words),
                          insufficient=show_number(grade.insufficient_km, words)))
    return [*told, words["note_not_measured"]]


def tell_choice(answer: Answer, site: SiteBrief, words: Words) -> list[str]:
    """Why this point, and how far that can be believed."""
    told = [words.say("brief_aim", aim=words[f"objective_{answer.objective}"])]
    if site.benefit_share:
        key = "brief_share" if answer.objective in {"coverage", "length"} else "brief_share_off"
        if key == "brief_share" or not answer.more_is_better:
            told.append(words.say(key, share=show_share(site.benefit_share, words)))
    chosen = site.selection
    if chosen is None:
        told.append(words["brief_not_drawn"])
    else:
        told.append(words.say("brief_drawn", share=show_share(chosen.frequency, words),
                              error=show_share(chosen.error, words)))
    if answer.solution.status == "optimal":
        told.append(words["brief_best"])
    else:
        told.append(words.say("brief_off_best", share=show_share(answer.solution.gap, words)))
    if answer.objective in {"coverage", "hours"}:
        told.append(words["brief_both" if site.in_both else "brief_only"])
    return told


def tell_alternatives(site: SiteBrief, words: Words) -> list[str]:
    """What to do where the point cannot be had, and what that loses."""
    told = []
    for one in site.alternatives:
        key = "brief_loses" if one.lost_share >= _LEAST_SHOWN else "brief_as_good"
        values = {"place": name_place(one.place, words),
                  "country": name_country(one.country, words)}
        share = {"share": show_share(one.lost_share, words)} if key == "brief_loses" else {}
        told.append(words.say(key, **values, **share))
    return told or [words["brief_no_other"]]


def tell_displacement(site: SiteBrief, words: Words) -> list[str]:
    """Whether people would be drawn onto a deadlier way; the guard's own words in English."""
    found = site.displacement
    if found is None:
        return [words["brief_displaced_not_asked"]]
    told = [words[f"brief_displaced_{found.verdict.replace(' ', '_')}"]]
    if math.isfinite(found.moved_share):
        told.append(words.say("brief_moved", share=show_share(found.moved_share, words)))
    if words.lang == "en" and found.reason:
        told.append(found.reason[0].upper() + found.reason[1:] + ".")
    return told


def tell_unknown(site: SiteBrief, words: Words, *, reports: bool) -> list[str]:
    """What nobody knows; what rests on reports only where they are told of."""
    told = [words["brief_unknown_agree"], words["brief_unknown_ground"]]
    if site.people is None:
        told.append(words["brief_unknown_flow"])
    if reports and site.evidence.insufficient_km > 0:
        told.append(words.say("brief_unknown_few",
                              km=show_number(site.evidence.insufficient_km, words)))
    return told
