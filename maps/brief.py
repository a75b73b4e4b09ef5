"""Decision briefs: one proposed point on one page, for planners or for an authority.

What an authority is not given is never handed to its page: `_tell_site` alone knows incidents,
candidates, alternatives and displacement, and only the internal page calls it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from maps.brief_sketch import draw_sketch
from maps.brief_words import (
    list_gap_rows,
    name_country,
    name_pace,
    name_place,
    name_service,
    tell_alternatives,
    tell_choice,
    tell_cost,
    tell_displacement,
    tell_people,
    tell_problem,
    tell_risk,
    tell_unknown,
)
from maps.forms import fill_template
from maps.offline import check_offline, seal_page

if TYPE_CHECKING:
    import datetime as dt

    from georisk.marking import Marking
    from georisk.siting.answers.answers import Answer, SiteBrief
    from maps.brief_sketch import Sketch
    from maps.catalogues import Words

READERS = ("internal", "authority")
CHECKS = ("community", "land", "access", "visit", "consent")
# Assumptions an authority may read: what a point needs and costs, not how it was chosen.
_OPEN_DEFAULTS = ("sphere.", "siting.cost.", "siting.horizon", "siting.least_staff",
                  "siting.consultations")
_TECHNICAL = ("draws", "seed", "time_limit_s", "knee_least", "step_km", "near_optimal", "routes",
              "path_size", "stocked_start", "no_regret", "least_share", "max_detour", "walk.person",
              "capacity_beds", "capacity_people", "border_km", "mobile_km", "far_times",
              "alpha_floor")
_MOST_DEFAULTS = 16
_GAP_FIRST = ("water.", "sphere.")
_UNNAMED = "holder not named"


@dataclass(frozen=True)
class Cover:
    """What stands on every brief of one answer.

    Attributes
    ----------
    study_name : str
    as_of : date
    marking : Marking
        Audience, holder and last day; they stand in the file's name too.
    day_h : float
        Hours walked in a day.
    """

    study_name: str
    as_of: dt.date
    marking: Marking
    day_h: float = 10.0


def draw_brief(
    answer: Answer, site: SiteBrief, cover: Cover, words: Words, *, reader: str = "internal",
    sketch: Sketch | None = None,
) -> str:
    """Write the brief of one proposed point as one self-contained page.

    Parameters
    ----------
    answer : Answer
    site : SiteBrief
        One of its sites.
    cover : Cover
    reader : str
        ``internal``, or ``authority``: nothing on incidents, candidates, alternatives or
        displacement.
    sketch : Sketch, optional
        For an authority the places and points of others are left out of it.

    Returns
    -------
    str
        HTML, which `maps.brief_pdf.print_page` prints on one A4 page.
    """
    internal = reader == "internal"
    told = _tell_all(answer, site, cover, words, internal=internal)
    if internal:
        told |= _tell_site(answer, site, words)
    elif sketch is not None:
        sketch = replace(sketch, places=(), others=(), covered=())
    html = seal_page(str(fill_template(
        "brief.html", policy="georisk-policy-slot", words=words, cover=cover, told=told,
        internal=internal, checks=CHECKS, synthetic=answer.synthetic or site.synthetic,
        holder=words["not_named"] if cover.marking.holder == _UNNAMED else cover.marking.holder,
        sketch=draw_sketch(sketch, words) if sketch else "",
    )))  # fmt: skip
    check_offline(html)
    return html


def _tell_all(
    answer: Answer, site: SiteBrief, cover: Cover, words: Words, *, internal: bool
) -> dict[str, Any]:
    """What every reader is given."""
    services = ", ".join(name_service(name, words) for name in site.services)
    title = words.say(f"brief_{site.option}", place=name_place(site.place, words),
                      country=name_country(site.country, words))
    return {
        "title": title,
        "number": words.say("brief_number", rank=site.rank, count=len(answer.sites))
        if internal else words["brief_single"],
        "gives": words.say("brief_gives", services=services),
        "problem": tell_problem(site, words, day_h=cover.day_h),
        "gaps": list_gap_rows(site, words),
        "more_gaps": max(len(site.gaps) - len(list_gap_rows(site, words)), 0),
        "paces": [name_pace(hours, words) for hours in site.gaps[0].hours] if site.gaps else [],
        "people": tell_people(site, words),
        "cost": tell_cost(site, words),
        "unknown": tell_unknown(site, words, reports=internal),
        "defaults": choose_defaults(_drop_others(site), internal=internal, words=words),
    }


def _tell_site(answer: Answer, site: SiteBrief, words: Words) -> dict[str, Any]:
    """What planners are given besides."""
    return {
        "risk": tell_risk(site, words),
        "choice": tell_choice(answer, site, words),
        "alternatives": tell_alternatives(site, words),
        "displacement": tell_displacement(site, words),
    }


def _drop_others(site: SiteBrief) -> tuple[str, ...]:
    """Assumptions without what the other ways to build a point would cost."""
    mine = f"siting.cost.{site.option}_"
    return tuple(line for line in site.defaults
                 if not line.startswith("siting.cost.") or line.startswith(mine))


def choose_defaults(
    defaults: tuple[str, ...], *, internal: bool, words: Words
) -> tuple[list[str], int]:
    """Assumptions that a reader may judge, and how many more there are.

    Examples
    --------
    >>> from maps.catalogues import load_words
    >>> told = ("siting.draws = 200 draws", "siting.min_apart_km = 5 km", "sphere.x = 4 L")
    >>> choose_defaults(told, internal=True, words=load_words("en"))
    (['sphere.x = 4 L', 'siting.min_apart_km = 5 km'], 1)
    >>> choose_defaults(told, internal=False, words=load_words("fr"))
    (['sphere.x = 4'], 0)
    """
    if not internal:
        chosen = [line for line in defaults if line.startswith(_OPEN_DEFAULTS)]
        return [_translate(line, words) for line in chosen], 0
    telling = [line for line in defaults
               if not any(line.split(" = ")[0].endswith(name) for name in _TECHNICAL)]
    telling.sort(key=lambda line: not line.startswith(_GAP_FIRST))  # what sets the gap
    chosen = telling[:_MOST_DEFAULTS]
    return [_translate(line, words) for line in chosen], len(defaults) - len(chosen)


def _translate(line: str, words: Words) -> str:
    """Units are written in English: in other languages the name of the parameter has to do."""
    if words.lang == "en":
        return line
    name, _, value = line.partition(" = ")
    return f"{name} = {value.split(' ')[0]}"


def name_brief(
    site: SiteBrief, marking: Marking, *, reader: str, lang: str, again: int = 0
) -> str:
    """File name without ending: the place, and audience, holder and last day.

    ``again`` tells places of one name apart where no rank does.

    Examples
    --------
    >>> name_slug("EXAMPLE - clinic, Río Dulce")
    'example-clinic-rio-dulce'
    """
    stem = "brief-authority" if reader == "authority" else f"brief-{site.rank:02d}"
    number = f"-{again + 1}" if again else ""
    name = marking.name(f"{stem}-{name_slug(site.place)}{number}")
    return name if lang == "en" else f"{name}.{lang}"


def name_slug(place: str) -> str:
    """Short name for a file, of small letters and digits."""
    plain = unicodedata.normalize("NFKD", place).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "point"
