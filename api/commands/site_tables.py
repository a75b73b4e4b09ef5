"""Tables of ``georisk site``: points in rank order, what is gained, what else would do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from api.commands.site_objectives import SHOWN, print_objectives
from api.commands.tables import LEAST, TIE, print_table, print_text, show_part, show_share

if TYPE_CHECKING:
    from api.commands.site_answers import Proposed
    from georisk.siting.answers.answers import Answer, GapChange, SiteBrief
    from layers.layer import Layer

_DAY_H = 10.0
_BARS = 24
_COVER = frozenset({"coverage", "length"})
_SITES = ("rank", "place", "brings", "in draws", "USD", "why")


def print_proposed(proposed: Proposed) -> None:
    """Print the points, what each further one brings, and what else would do."""
    answer = proposed.answer
    if proposed.others:
        print_objectives(proposed)
    _print_sites(answer, proposed)
    if proposed.by_km.objective != answer.objective:
        _print_by_km(proposed)
    _print_curve(proposed)
    _print_alternatives(proposed)
    _print_different(proposed)
    _print_groups(answer)
    _print_plan(answer)
    _print_regret(answer)
    _print_displacement(answer)


def print_sites(layer: Layer) -> None:
    """Print the proposed points of a run in rank order."""
    rows = [(row.rank, f"{row.place} ({row.country})", show_part(row.benefit_share),
             show_share(row.selection_frequency), "both" if row.in_both else "only here",
             str(row.reason).split("; ")[0])
            for row in layer.frame.sort_values("rank").itertuples()]
    if rows:
        print_table(f"{layer.spec.title['en']} · RESTRICTED",
                    ("rank", "place", "brings", "in draws", "by km", "why"), rows,
                    synthetic=layer.provenance.synthetic)


def _print_sites(answer: Answer, proposed: Proposed) -> None:
    required = proposed.study.config.siting.required
    rows = [
        (site.rank, f"{site.place} ({site.country})", show_part(site.benefit_share),
         "required" if site.candidate_id in required else _tell_draws(site),
         f"{site.cost.total:,.0f}", tell_why(site))
        for site in answer.sites[:SHOWN]
    ]
    title = (f"Proposed points for {', '.join(proposed.wish.services)} · RESTRICTED · "
             f"{answer.title}; {_tell_whom(answer)}; {_tell_brings(answer)}")
    print_table(title, _SITES, rows, synthetic=answer.synthetic)
    if len(answer.sites) > SHOWN:
        print_text(f"and {len(answer.sites) - SHOWN} more points: -o writes them, --json prints "
                   "them", indent=2)


def _tell_whom(answer: Answer) -> str:
    who = answer.profile.replace("_", " ")
    return f"{who}, {'no heat counted' if answer.month is None else f'month {answer.month}'}"


def _tell_brings(answer: Answer) -> str:
    if answer.objective in _COVER:
        return "brings: of all that is out of reach"
    return "brings: what it adds" if answer.more_is_better else "brings: off what it is now"


def _tell_draws(site: SiteBrief) -> str:
    chosen = site.selection
    if chosen is None:
        return "not asked"
    return f"{show_share(chosen.frequency)}{TIE}±{TIE}{100 * chosen.error:.0f}"


def tell_why(site: SiteBrief) -> str:
    """Why a point, in one sentence: the gap it changes most, and what comes within reach."""
    gap = max(site.gaps, key=lambda one: (one.closed, _gain(one)), default=None)
    km: dict[str, float] = {}
    for one in site.newly:
        km[one.service] = km.get(one.service, 0.0) + one.length_km
    reached = ", ".join(f"{service.replace('_', ' ')}{TIE}+{length:.0f}{TIE}km"
                        for service, length in sorted(km.items()))
    return "; ".join(filter(None, (_tell_gap(gap) if gap else "", reached)))


def _gain(gap: GapChange) -> float:
    hours = gap.hours[0]
    if not math.isfinite(hours.before_h):
        return gap.length_km - gap.left_km
    return hours.before_h - hours.after_h


def _tell_gap(gap: GapChange) -> str:
    hours = gap.hours[0]
    ends = f"{gap.from_place or 'an unnamed place'} - {gap.to_place or 'an unnamed place'}"
    what = f"the {gap.service.replace('_', ' ')} gap {ends}"
    if not math.isfinite(hours.before_h):
        return f"shortens {what} from {gap.length_km:.0f} to {gap.left_km:.0f}{TIE}km"
    if gap.closed:
        return f"closes {what}, {_show_hours(hours.before_h)} on foot"
    return (f"shortens {what}, {_show_hours(hours.before_h)} on foot, to "
            f"{hours.after_h:.0f}{TIE}h")


def _show_hours(hours: float) -> str:
    days = math.ceil(hours / _DAY_H)
    return f"{hours:.0f}{TIE}h" + (f" ({days}{TIE}days)" if days > 1 else "")


def _print_by_km(proposed: Proposed) -> None:
    rows = [(site.rank, f"{site.place} ({site.country})", show_part(site.benefit_share),
             "yes" if site.in_both else "no", tell_why(site))
            for site in proposed.by_km.sites[:SHOWN]]
    print_table("By kilometres alone, whatever was reported",
                ("rank", "place", "brings", "above too", "why"), rows,
                synthetic=proposed.by_km.synthetic)


def _print_curve(proposed: Proposed) -> None:
    curve, knee = proposed.answer.curve, proposed.answer.knee
    if curve is None:
        return
    top = max(curve.benefit, default=0.0)
    whole = proposed.answer.before
    rows = []
    for k, benefit, more, proven in zip(curve.k, curve.benefit, curve.marginal, curve.proven,
                                        strict=True):
        bar = "#" * round(_BARS * benefit / top) if top > 0 else ""
        sign = " <- the curve bends here" if knee and knee.k == k else ""
        rows.append((k, show_part(benefit / whole if whole > 0 else None),
                     show_part(more / whole if whole > 0 else None),
                     "proven" if proven else "best found", bar + sign))
    print_table("What each further point brings", ("points", "together", "the last", "", ""), rows,
                synthetic=False)


def _print_different(proposed: Proposed) -> None:
    other = proposed.different
    if other is None:
        return
    if len(other.kept) == len(other.chosen):
        print_text("No other points were found that serve nearly as much: what one of these loses "
                   "stands above.")
        return
    place = proposed.scene.candidates["place"]
    kept = set(other.kept)
    rows = [(str(place.iloc[row]), "yes" if row in kept else "no") for row in other.chosen]
    how = "no choice so good shares fewer" if other.status == "optimal" else "the best found"
    print_table(f"Nearly as good and as different as can be: serves {show_part(other.loss_share)} "
                f"less, shares {len(kept)} of {len(rows)} ({how})", ("points", "above too"), rows,
                synthetic=proposed.answer.synthetic)


def _print_alternatives(proposed: Proposed) -> None:
    answer = proposed.answer
    ids = proposed.scene.candidates.index
    anew = {str(ids[lost.site]): "" if lost.refusal else show_part(lost.loss_share)
            for lost in proposed.losses}
    rows = []
    for site in answer.sites[:SHOWN]:
        told = [f"{other.place} ({other.country})" + (
            f": loses {show_part(other.lost_share)}" if other.lost_share >= LEAST else ": as good")
            for other in site.alternatives]
        rows.append((site.place, *([anew.get(site.candidate_id, "")] if anew else []),
                     "; ".join(told) or "no other candidate fits"))
    if rows:
        print_table("If a point cannot be had: what of the whole is lost if all is chosen anew, or "
                    "if one other stands in" if anew else
                    "If a point cannot be had: others, and what of the whole they lose",
                    ("without", *(["anew"] if anew else []), "or instead"), rows, synthetic=False)


def _print_groups(answer: Answer) -> None:
    if answer.groups is None:
        return
    rows = [(str(name), show_part(row["before"]), show_part(row["after"]))
            for name, row in answer.groups.iterrows()]
    print_table("Share of km within reach", (str(answer.groups.index.name), "now", "then"), rows,
                synthetic=False)


def _print_plan(answer: Answer) -> None:
    plan = answer.plan
    if plan is None:
        return
    rows = []
    for year, money in enumerate(plan.money, start=1):
        built = [one.place for one in plan.sites if one.year == year]
        rows.append((year, f"{money:,.0f}", ", ".join(built) or "none",
                     f"{plan.building[year - 1]:,.0f}", f"{plan.running[year - 1]:,.0f}",
                     f"{plan.left[year - 1]:,.0f}"))
    print_table(f"Year by year, {plan.currency}",
                ("year", "money", "points", "to build", "to run", "lapses"), rows, synthetic=False)


def _print_regret(answer: Answer) -> None:
    trust = answer.trust
    robust = trust.robust if trust else None
    if trust is None or robust is None:
        return
    names = {str(name): str(place) for name, place in trust.table["place"].items()}
    sets = ((", ".join(site.place for site in answer.sites), robust.proposed_worst,
             robust.proposed_mean, "proposed"),
            (", ".join(names.get(name, name) for name in robust.sites), robust.worst, robust.mean,
             "least loss at worst"),
            (", ".join(names.get(name, name) for name in robust.mean_sites), robust.mean_worst,
             robust.mean_mean, "best on average"))
    rows = [(what, show_part(worst), show_part(mean), told) for told, worst, mean, what in sets]
    print_table(f"If {trust.worlds} other sets of parameters hold: what a choice loses to the best",
                ("choice", "at worst", "on average", "points"), rows, synthetic=False)


def _print_displacement(answer: Answer) -> None:
    told: dict[str, list[str]] = {}
    for site in answer.sites[:SHOWN]:
        found = site.displacement
        text = f"{found.verdict}: {found.reason}" if found is not None else "not computed"
        told.setdefault(text, []).append(site.place)
    rows = [(", ".join(places), text) for text, places in told.items()]
    if rows:
        print_table("Would people be drawn onto a deadlier way?", ("point", "answer"), rows,
                    synthetic=False)


def list_notes(proposed: Proposed) -> list[str]:
    """What a planner has to know besides, once each."""
    answer = proposed.answer
    found = answer.solution
    best = ("proven the best for this aim and these data" if found.status == "optimal" else
            f"not proven the best ({found.status}): at most {found.gap:.1%} better is possible")
    kinds = answer.excluded["reason"].str.contains("lethal violence").sum() \
        if len(answer.excluded) else 0
    notes = [best, f"USD {answer.spent:,.0f} over the horizon, by declared prices",
             answer.flow_basis]
    if proposed.scene.ground.silent:
        notes.append("no report weighs on any leg: by risk is by kilometres alone, and nothing "
                     "could be drawn anew")
    elif answer.filled_km:
        notes.append(f"{answer.filled_km:,.0f} of {answer.total_km:,.0f} km have too few reports: "
                     "they weigh as their corridor's median")
    if len(answer.excluded):
        notes.append(f"{len(answer.excluded)} places are no candidates, {kinds} of them for lethal "
                     "violence reported there; --json says why of each")
    if answer.equity_price is not None:
        notes.append(f"fairness gives up {answer.equity_price:.0%} of what coverage could bring")
    if proposed.wish.allowed:
        notes.append(f"let in against the security rule: {', '.join(proposed.wish.allowed)} "
                     f"({proposed.wish.because})")
    if answer.plan is not None:
        notes.append("the plan by year stands in its own table; the points above and the briefs "
                     "are those of k and budget, whatever each year pays for")
    notes += list(answer.notes)
    unknown = _list_unknown(answer)
    notes.append("not known: " + "; ".join(unknown) if unknown else "")
    notes.append("computed, not decided: a field visit decides")
    return [note for note in dict.fromkeys(notes) if note]


def _list_unknown(answer: Answer) -> list[str]:
    """What is not known; of some points alone with their names."""
    whose: dict[str, list[str]] = {}
    for site in answer.sites:
        for line in site.unknown:
            whose.setdefault(line, []).append(site.place)
    return [line if len(places) == len(answer.sites) else f"{line} ({', '.join(places)})"
            for line, places in whose.items()]
