"""Write the tables and the chart of the page on the sites of the embedded study.

Run it after a change of siting, of the embedded study, or of a parameter that enters (three
minutes of CPU; the words around the tables are written by hand: read them again afterwards)::

    PYTHONPATH=. OMP_NUM_THREADS=1 .venv/bin/python docs/build_siting.py [TABLE ...]

A test fails while tables that it makes anew differ from those on the page.
"""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from siting_cells import SYNTHETIC, name_site, show_share, show_tenth, show_value, tabulate
from siting_chart import CHART, draw_chart
from siting_facts import FAR, NEAR_KM, WORLDS, K, read_facts

from georisk.siting.objectives import OBJECTIVES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from siting_facts import Facts

    from georisk.siting.answers.answers import Answer

__all__ = ["BLOCK", "BLOCKS", "CHART", "PAGE", "SYNTHETIC", "draw_chart", "fill_page", "read_facts"]
DOCS = Path(__file__).resolve().parent
PAGE = DOCS / "explanation" / "siting-embedded.md"
BLOCK = re.compile(r"(<!-- made: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
SHORT = (1, 2, 3, 5, 7, 10)
MANY = 3
OFTEN = 0.2  # of the draws: rarer points are not listed


def tell_sites(facts: Facts, name: str) -> str:
    """The first ten points of one objective."""
    answer = facts.ask(name)
    drawn = facts.drawn_intensity.table if name == "coverage" else None
    head = ["rank", "point", "option", "brings", "by km too", "deadlier way?"]
    rows = []
    for site in answer.sites[:K]:
        moved = site.displacement.verdict if site.displacement else "not asked"
        brings = f"{site.benefit:.2f}" if name == "fair" else show_share(site.benefit_share)
        rows.append([site.rank, name_site(site), site.option, brings,
                     "yes" if site.in_both else "no", moved])
    if name not in {"coverage", "hours"}:  # of the others the choice holds no risk
        head.remove("by km too")
        rows = [[*row[:4], row[5]] for row in rows]
    if drawn is not None:
        head.insert(4, "in draws")
        for row, site in zip(rows, answer.sites, strict=False):
            one = drawn.loc[site.candidate_id]
            row.insert(4, f"{show_share(one['frequency'])} ± {100 * one['error']:.0f}")
    return f"{_tell_answer(answer)}\n\n{tabulate(head, rows)}"


def _tell_answer(answer: Answer) -> str:
    found = answer.solution
    proof = "proven the best" if found.status == "optimal" else f"gap {found.gap:.1%}"
    told = (f"{answer.title.capitalize()}; {answer.unit}: {show_value(answer.before)} now, "
            f"{show_value(answer.after)} with {len(answer.sites)} points; {proof}.")
    return " ".join((told, *(f"{note[0].upper()}{note[1:]}." for note in answer.notes)))


def tell_scene(facts: Facts) -> str:
    """What there is to choose from and to reach."""
    scene, answer = facts.scene, facts.ask("coverage")
    kinds = scene.candidates["kind"].value_counts().sort_index().items()
    listed = ", ".join(f"{count:,} {kind}" for kind, count in kinds)
    reasons = scene.excluded["reason"].str.split("; (?!name it)", regex=True).explode()
    reasons = reasons.str.split("[:;]", regex=True).str[0].str.replace(
        r"^\S+ gives all of it .*", "a place that stands near gives it", regex=True)
    left = [[reason, f"{count:,}"] for reason, count in reasons.value_counts().items()]
    text = (f"{len(scene.candidates):,} candidates ({listed}); {len(scene.excluded):,} places near "
            f"the legs are left out. Out of reach of water are {float(scene.by_km.sum()):,.0f} of "
            f"{2 * answer.total_km:,.0f} km, both directions counted apart. "
            f"{answer.flow_basis[0].upper()}{answer.flow_basis[1:]}.")
    return f"{text}\n\n{tabulate(('left out because (several may hold)', 'places'), left)}"


def tell_together(facts: Facts) -> str:
    """One line an objective."""
    rows = []
    for name in OBJECTIVES:
        answer = facts.ask(name)
        worth = facts.worth[name]["coverage"]
        rows.append([f"`{name}`", show_value(answer.before), show_value(answer.after), answer.unit,
                     f"{facts.overlap.loc['coverage', name]:.2f}",
                     f"{facts.count_near(name)} of {K}", show_share(1.0 - worth)])
    return tabulate(("objective", "now", "then", "unit", "overlap with `coverage`",
                     f"within {NEAR_KM:.0f} km of its points", "gives up of `coverage`"), rows)


def tell_overlap(facts: Facts) -> str:
    """Jaccard index of each two choices."""
    names = list(OBJECTIVES)
    rows = [[f"`{one}`", *("" if one == two else f"{facts.overlap.loc[one, two]:.2f}"
                           for two in names)] for one in names]
    return tabulate(("", *names), rows)


def tell_wanted(facts: Facts) -> str:
    """Points that several objectives want."""
    wanted, names = facts.wanted, list(OBJECTIVES)
    count = wanted["wanted_by"]
    most = len(names) // 2 + 1
    text = (f"{len(wanted)} different points are among somebody's first ten: {(count == 1).sum()} "
            f"of them for one objective alone, {(count >= most).sum()} for most (at least {most} "
            f"of {len(names)}), {int(wanted['in_all'].sum())} for all.")
    places = facts.scene.candidates
    rows = [[f"{places.at[site, 'place']} ({places.at[site, 'country']})", int(row["wanted_by"]),
             ", ".join(f"`{name}`" for name in names if row[name])]
            for site, row in wanted[count >= MANY].iterrows()]
    return f"{text}\n\n{tabulate(('point', 'objectives', 'which'), rows)}"


def tell_worth(facts: Facts) -> str:
    """What each choice achieves by the measure of each other."""
    measures = list(facts.worth["coverage"])
    rows = [[f"`{name}`", *(show_share(facts.worth[name][one]) for one in measures)]
            for name in OBJECTIVES]
    return tabulate(("the ten points of", *measures), rows)


def tell_draws(facts: Facts) -> str:
    """How often points are chosen for coverage: intensity drawn, then parameters as well."""
    alone, both = facts.drawn_intensity, facts.draw("coverage")
    table = both.table.join(alone.table["frequency"].rename("alone")).fillna({"alone": 0.0})
    table = table[table["proposed"] | (table["frequency"] >= OFTEN)]
    rows = []
    for name, row in table.iterrows():
        own = alone.table.loc[name] if name in alone.table.index else None
        rows.append([f"{row['place']} ({row['country']})", "yes" if row["proposed"] else "no",
                     "0" if own is None else f"{show_share(own['frequency'])} ± "
                     f"{100 * own['error']:.0f}",
                     f"{show_share(row['frequency'])} ± {100 * row['error']:.0f}",
                     "yes" if row["no_regret"] and row["sure"] else "no"])
    text = (f"{alone.draws} draws of the intensity; then {both.draws} draws spread over "
            f"{both.worlds} sets of parameters ({'; '.join(both.varied)}).")
    head = ("point", "proposed", "intensity drawn", "parameters too", "no-regret")
    return f"{text}\n\n{tabulate(head, rows)}"


def tell_regret(facts: Facts) -> str:
    """The proposed, the cautious and the usual choice, in the draws."""
    proposed = set(facts.list_ids("coverage"))
    rows = []
    for told, trust in (("intensity", facts.drawn_intensity),
                        ("parameters too", facts.draw("coverage"))):
        robust = trust.robust
        if robust is None:
            continue
        rows += [
            [told, "proposed", show_tenth(robust.proposed_worst),
             show_tenth(robust.proposed_mean), K],
            [told, "least worst regret", show_tenth(robust.worst), show_tenth(robust.mean),
             len(proposed & set(robust.sites))],
            [told, "best on average", show_tenth(robust.mean_worst), show_tenth(robust.mean_mean),
             len(proposed & set(robust.mean_sites))],
        ]
    return tabulate(("drawn", "choice", "misses at worst", "on average",
                     f"of its {K} points proposed"), rows)


def tell_stable(facts: Facts) -> str:
    """Every objective under other parameters."""
    rows = []
    for name in OBJECTIVES:
        trust = facts.draw(name)
        own = trust.table.reindex(facts.list_ids(name))
        robust = trust.robust
        regret = ("", "", "") if robust is None else tuple(map(show_share, (
            robust.proposed_worst, robust.proposed_mean, robust.worst)))
        rows.append([f"`{name}`", trust.draws, int((own["no_regret"] & own["sure"]).sum()),
                     int(own["no_regret"].sum()), show_share(float(own["frequency"].mean())),
                     f"{100 * float(own['error'].max()):.0f}", *regret])
    return tabulate(("objective", "draws", "surely no-regret, of 10", "no-regret, of 10",
                     "mean frequency", "largest error, points", "misses at worst", "on average",
                     "cautious choice at worst"), rows)


def tell_curve(facts: Facts) -> str:
    """What each further point brings of coverage, and where the curve bends."""
    (near, near_knee), (far, far_knee) = (facts.trace("coverage", to) for to in (K, FAR))
    whole = facts.ask("coverage").before
    rows = [[k, show_tenth(have / whole), show_tenth(more / whole), "yes" if sure else "no"]
            for k, have, more, sure in zip(far.k, far.benefit, far.marginal, far.proven,
                                           strict=True)]
    bends = "; ".join(
        f"drawn to {len(curve.k)}, it bends after {knee.k} ({knee.distance:.2f} above the chord)"
        if knee else f"drawn to {len(curve.k)}, it does not bend"
        for curve, knee in ((near, near_knee), (far, far_knee)))
    text = f"{bends[0].upper()}{bends[1:]}."
    return f"{text}\n\n{tabulate(('points', 'together', 'the last', 'proven'), rows)}"


def tell_curves(facts: Facts) -> str:
    """The curve of every other objective in a line."""
    rows = []
    for name in OBJECTIVES:
        if name == "needed":
            continue
        curve, knee = facts.trace(name, K)
        top = max(curve.benefit[-1], 1e-300)
        rows.append([f"`{name}`", *(show_share(curve.benefit[k - 1] / top) for k in SHORT),
                     knee.k if knee else "straight"])
    return tabulate(("objective", *(f"{k}" for k in SHORT), "bends after"), rows)


def tell_fairness(facts: Facts) -> str:
    """Shares within reach by country, and what fairness gives up."""
    one, other = facts.ask("equity"), facts.ask("fair")
    if one.groups is None or other.groups is None:
        raise SystemExit("equity: no groups")
    rows = [[country, show_share(row["before"]), show_share(row["after"]),
             show_share(other.groups.at[country, "after"])] for country, row in
            one.groups.iterrows()]
    text = "; ".join(
        f"`{answer.objective}` gives up {show_share(answer.equity_price or 0.0)} of what the best "
        f"choice for `coverage` brings (at most {show_share(answer.equity_price_most or 0.0)})"
        for answer in (one, other))
    table = tabulate(("share of km with water in reach", "now", "`equity`", "`fair`"), rows)
    return f"{text}.\n\n{table}"


def tell_displacement(facts: Facts) -> str:
    """What the guard says of the points of each objective."""
    rows: list[list[object]] = []
    why: dict[str, int] = {}
    for name in OBJECTIVES:
        moved = [site.displacement for site in facts.ask(name).sites[:K]]
        said = ["not asked" if one is None else one.verdict for one in moved]
        rows.append([f"`{name}`", *(said.count(word) for word in
                                    ("yes", "no", "not known", "not asked"))])
        for one in moved:
            if one is not None:  # the reason without the legs by name
                told = f"{one.verdict}: {re.sub(' change: .*', ' change', one.reason)}"
                why[told] = why.get(told, 0) + 1
    reasons = sorted(why.items(), key=lambda item: (-item[1], item[0]))
    table = tabulate(("objective", "yes", "no", "not known", "not asked"), rows)
    return f"{table}\n\n{tabulate(('verdict and reason', 'points'), reasons)}"


def tell_evidence(facts: Facts) -> str:
    """Km without sufficient evidence, and the choice by km beside that by risk."""
    answer, by_km = facts.ask("coverage"), set(facts.list_ids("length"))
    both = sum(site.candidate_id in by_km for site in answer.sites)
    rows = []
    for site in answer.sites[:K]:
        found = site.evidence
        rows.append([site.rank, name_site(site), f"{found.observed_km:.0f}",
                     f"{found.modelled_km:.0f}", f"{found.insufficient_km:.0f}",
                     "yes" if site.candidate_id in by_km else "no"])
    new = [sum(site.evidence.insufficient_km for site in facts.ask(name).sites[:K])
           for name in ("coverage", "length")]
    text = (f"{answer.filled_km:,.0f} of {answer.total_km:,.0f} km have too few reports for a "
            f"number and weigh as the median of their corridor. {both} of the {K} points chosen "
            f"by risk are also chosen by kilometres alone. Of such km the choice by risk newly "
            f"reaches {new[0]:,.0f}, that by kilometres {new[1]:,.0f}.")
    head = ("rank", "point of `coverage`", "observed km reached", "modelled", "insufficient",
            "by km too")
    return f"{text}\n\n{tabulate(head, rows)}"


BLOCKS: dict[str, Callable[[Facts], str]] = {
    "scene": tell_scene, "together": tell_together, "overlap": tell_overlap,
    "wanted": tell_wanted, "worth": tell_worth, "draws": tell_draws, "regret": tell_regret,
    "stable": tell_stable, "curve": tell_curve, "curves": tell_curves,
    "fairness": tell_fairness, "displacement": tell_displacement, "evidence": tell_evidence,
    **{f"sites-{name}": partial(tell_sites, name=name) for name in OBJECTIVES},
}


def fill_page(text: str, facts: Facts, names: Collection[str] = tuple(BLOCKS)) -> str:
    """The page with some tables made anew, or all."""
    def fill(found: re.Match[str]) -> str:
        if found[2] not in names:
            return found[0]
        return f"{found[1]}{BLOCKS[found[2]](facts)}\n{found[3]}"

    return BLOCK.sub(fill, text)


if __name__ == "__main__":
    known = read_facts()
    asked = sys.argv[1:] or tuple(BLOCKS)
    PAGE.write_text(fill_page(PAGE.read_text(encoding="utf-8"), known, asked), encoding="utf-8")
    CHART.write_text(draw_chart(known), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} and {CHART.name} written; {WORLDS} sets of parameters\n")
