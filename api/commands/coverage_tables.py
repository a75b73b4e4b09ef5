"""Tables of ``georisk coverage``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.commands.tables import TIE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from georisk.coverage.asking import Answer

_FRAGILE = 10
_STATES = ("covered", "unverified", "uncovered")
_COLUMNS = ("verified", "unverified", "uncovered", "second near")
_EXPLAINED = ("Each in km, and as a share of the way. verified: covered by a place known to be "
              "open. unverified: covered only if places of unknown months or hours are open; of "
              "water also where nobody knows the heat. second near: verified or unverified, and "
              "another place lies within 1.5 times the threshold.")


def print_shares(table: pd.DataFrame, title: str, *, synthetic: bool) -> None:
    """Print a row for each way and service."""
    from api.commands.questions import name_month
    from api.commands.tables import print_groups, print_text

    both = len(set(table["direction"])) > 1
    worst = len(set(table["month"])) > 1
    rows = [
        (_name_way(row, both=both), row["service"], *_tell_parts(row),
         _tell_km(row["redundant_km"], row["length_km"]),
         *([name_month(row["month"])] if worst else []), _tell_people(row), row["longest_gap"])
        for _, row in table.iterrows()
    ]
    print_groups(f"Coverage: {title} (restricted)",
                 ("way", "service", *_COLUMNS, *(["month"] if worst else []),
                  "person-km a day, uncovered of all", "longest gap"), rows, synthetic=synthetic)
    print_text(_EXPLAINED)


def _name_way(row: pd.Series, *, both: bool) -> str:
    return f"{row['corridor']} {row['direction']}" if both else str(row["corridor"])


def _tell_parts(row: pd.Series) -> list[str]:
    return [_tell_km(row[f"{state}_km"], row["length_km"]) for state in _STATES]


def _tell_km(km: float, of_km: float) -> str:
    """A length with its share.

    Examples
    --------
    >>> _tell_km(12.0, 48.0).split(TIE)
    ['12', '(25%)']
    """
    share = km / of_km if of_km > 0 else 0.0
    return f"{km:,.0f}{TIE}({share:.0%})"


def _tell_people(row: pd.Series) -> str:
    if not row["counted_km"] > 0:
        return ""
    return f"{row['uncovered_person_km']:,.0f} of {row['person_km']:,.0f}"


def print_profiles(tables: Sequence[pd.DataFrame], when: str, *, synthetic: bool) -> None:
    """Print a row for each profile, way and service."""
    from api.commands.tables import print_groups, print_text

    rows = []
    for table in tables:
        ways = set(table["corridor"])
        kept = table if len(ways) == 1 else table[table["corridor"] == _find_whole(ways)]
        both = len(set(kept["direction"])) > 1
        rows += [(row["profile"], row["service"], *_tell_parts(row),
                  _tell_km(row["redundant_km"], row["length_km"]), _name_way(row, both=both))
                 for _, row in kept.iterrows()]
    print_groups(f"Coverage by profile: {when} (restricted)",
                 ("profile", "service", *_COLUMNS, "way"), rows, synthetic=synthetic)
    print_text(_EXPLAINED)


def _find_whole(ways: set[str]) -> str:
    from georisk.coverage.telling import ALL_LEGS

    return ALL_LEGS if ALL_LEGS in ways else min(ways)


def print_fragility(table: pd.DataFrame, *, synthetic: bool) -> None:
    """Print the places whose closing would cost most."""
    from api.commands.tables import print_table, show_value

    shown = table[table["lost_km"] > 0].head(_FRAGILE)
    if not len(shown):
        return
    rows = [(row.place_id, row.service, f"{row.lost_forward_km:,.0f}",
             f"{row.lost_backward_km:,.0f}", show_value(row.lost_person_km))
            for row in shown.itertuples()]
    print_table("What hangs on one place: km that lose the service if it closes",
                ("place", "service", "forward", "backward", "person-km a day"), rows,
                synthetic=synthetic)


def print_thresholds(profiles: Sequence[Sequence[Answer]]) -> None:
    """Print how far each service may be, and who says so."""
    from api.commands.tables import print_groups, print_table

    rows = []
    for answers in profiles:
        for at, (service, row) in enumerate(answers[0].cover.services.iterrows()):
            hours = [answer.cover.threshold_h[:, at] for answer in answers]
            low, high = min(part.min() for part in hours), max(part.max() for part in hours)
            told = f"{TIE}to{TIE}".join(dict.fromkeys((f"{low:.1f}", f"{high:.1f}")))
            who = [answers[0].question.profile] if len(profiles) > 1 else []
            rows.append((*who, service, told, row["measure"], row["source"]))
    who = ["profile"] if len(profiles) > 1 else []
    draw = print_groups if len(profiles) > 1 else print_table
    draw("Thresholds", (*who, "service", "hours", "by", "source"), rows, synthetic=False)
