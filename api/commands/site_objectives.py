"""Every objective of ``georisk site`` side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.commands.tables import TIE, print_table, show_part

if TYPE_CHECKING:
    from api.commands.site_answers import Proposed
    from georisk.siting.answers.answers import Answer


SHOWN = 12  # points told one by one
_NAMED = 5


def tell_proof(answer: Answer) -> str:
    """Whether a choice is proven the best, or how far from it it may be."""
    found = answer.solution
    return "proven" if found.status == "optimal" else f"within{TIE}{found.gap:.1%}"


def print_objectives(proposed: Proposed) -> None:
    """Print what each objective would choose, and how far the choices agree."""
    rows: list[tuple[object, ...]] = []
    first = proposed.answer.objective
    for name, one in proposed.others.items():
        shared = "" if proposed.overlap is None or name == first else show_part(
            float(proposed.overlap.loc[first, name]))
        places = [site.place for site in one.sites]
        more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
        rows.append((name, shared, tell_proof(one),
                     f"{', '.join(places[:_NAMED])}{more}" or "none helps"))
    rows += [(name, "", "", f"no answer: {why}") for name, why in proposed.refused.items()]
    print_table(f"Every objective · RESTRICTED · overlap with {first}: shared points of all "
                "chosen by either", ("objective", "overlap", "best", "points, in order"), rows,
                synthetic=proposed.answer.synthetic)
    if proposed.common is None:
        return
    names = {site.candidate_id: site.place for one in proposed.others.values()
             for site in one.sites}
    wanted = proposed.common[proposed.common["wanted_by"] > 1]
    told = [(names[str(site)], int(count))
            for site, count in wanted["wanted_by"].head(SHOWN).items()]
    if told:
        print_table("Points that several objectives want", ("point", "objectives"), told,
                    synthetic=False)
