"""Two scenarios in words and tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.commands.tables import SYNTHETIC, TIE, is_missing, print_groups, print_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from georisk.scenarios.comparing import Comparison
    from georisk.scenarios.world import World

NOTE = ("What if, not what is: a computation over the study's own layers; nothing was published. "
        "People are those counted in the study as it is.")
_WAYS = {"forward": "north", "backward": "south"}
_CHANGED = ("appears", "widens", "graver", "moves", "milder", "shrinks", "vanishes")
_POINT_WORDS = {"opened": "opens", "closed": "closes", "changed": "changes"}
_EXPLAINED = ("km verified: within reach of a place known to be open. km unverified: only if "
              "places of unknown months or hours are open, or of water where nobody knows the "
              "heat. Person-km and gaps count both as within reach.")
_MANY = 8
_WHOLE_FROM = 10
NO_DATA = "no data"


def print_comparison(
    found: Comparison, table: pd.DataFrame, gaps: pd.DataFrame, *, top: int
) -> None:
    """Print what differs: the scenarios, the whole, the corridors, the gaps."""
    synthetic = found.table.provenance.synthetic
    title = f"RESTRICTED · What if: {found.one.name} (a) against {found.two.name} (b)"
    print_text(" · ".join((title, *found.assumptions)))
    if synthetic:
        print_text(SYNTHETIC)
    for line in _tell_scenarios(found):
        print_text(line)
    changed = table[table["changed"]]
    if not len(changed):
        print_text("\nNo change: coverage, people, gaps and room are the same in both.")
    else:
        _print_tables(changed, synthetic=synthetic)
        _print_gaps(gaps, top=top, synthetic=synthetic)
        same = len(table) - len(changed)
        if same:
            print_text(f"Unchanged: {same} of {len(table)} rows (corridor, service, direction).")
    print_text(NOTE)


def _print_tables(changed: pd.DataFrame, *, synthetic: bool) -> None:
    whole = changed[changed["corridor"].isna()]
    if len(whole):
        header = ("service", "going", "km verified", "km unverified", "person-km",
                  "person-hours", "people with no place", "short of room")
        print_groups("Every leg once (a→b; people on a mean day)",
                     *_drop_empty(header, [_tell_whole(row) for _, row in whole.iterrows()]),
                     synthetic=synthetic)
    corridors = changed[changed["corridor"].notna()]
    if len(corridors):
        names = ("corridor", "service", "going", "km verified", "km unverified", "longest gap",
                 "person-km", "short of room", "gaps")
        print_groups("By corridor (a→b; longest gap in hours on foot)",
                     *_drop_empty(names, [_tell_corridor(row) for _, row in corridors.iterrows()]),
                     synthetic=synthetic)
    print_text(_EXPLAINED)


def _drop_empty(
    header: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Leave out columns of which no row knows anything; a note says that nobody counted."""
    kept = [n for n in range(len(header)) if any(row[n] not in ("", NO_DATA) for row in rows)]
    return tuple(header[n] for n in kept), [tuple(row[n] for n in kept) for row in rows]


def _print_gaps(gaps: pd.DataFrame, *, top: int, synthetic: bool) -> None:
    from georisk.scenarios.matching import rank_changes

    rows = rank_changes(gaps)
    if not len(rows) or not top:
        return
    print_groups(
        f"Gaps that changed most ({min(top, len(rows))} of {len(rows)})",
        ("between", "service", "going", "change", "km", "h on foot", "severity", "corridors"),
        [_tell_gap(row) for _, row in rows.head(top).iterrows()], synthetic=synthetic)


def _tell_scenarios(found: Comparison) -> list[str]:
    lines = []
    for side, world in (("a", found.one), ("b", found.two)):
        lines.append(f"{side} {world.name}: {'; '.join(_tell_choices(world))}")
    points = found.points.frame
    by_change = {
        word: points.loc[points["change"] == change, "place_id"].tolist()
        for change, word in _POINT_WORDS.items()
    }
    told = [f"{word} {_join(ids)}" for word, ids in by_change.items() if ids]
    if told:
        lines.append(f"from a to b: {'; '.join(told)}")
    return lines


def _tell_choices(world: World) -> list[str]:
    reference = world.study.config.reference
    month = f"month {reference.month}" if reference.month else "whole year"
    told = [f"{reference.profile}, {month}"]
    if reference.closed:
        told.append(f"closed: {_join(list(reference.closed))}")
    told += [f"{name} = {value:g}" for name, value in sorted(world.choices.parameters.items())]
    if world.choices.as_of is not None:
        told.append(f"as of {world.choices.as_of}")
    return told


def _join(names: list[str]) -> str:
    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    return ", ".join(names[:_MANY]) + more


def _tell_whole(row: pd.Series) -> tuple[str, ...]:
    return (
        row["service"], _WAYS[row["direction"]], *_tell_reach(row),
        _set(row, "covered_person_km"), _set(row, "person_h"), _set(row, "people_out"),
        _tell_short(row),
    )


def _tell_corridor(row: pd.Series) -> tuple[str, ...]:
    counts = ", ".join(f"{int(row[name])} {name}" for name in _CHANGED
                       if row[name] == row[name] and int(row[name]))
    return (
        row["corridor"], row["service"], _WAYS[row["direction"]], *_tell_reach(row),
        _set(row, "longest_gap_h"), _set(row, "covered_person_km"), _tell_short(row),
        counts or "same",
    )


def _tell_reach(row: pd.Series) -> tuple[str, str]:
    """Km within reach of places known to be open, and apart from them of others."""
    sides = {f"unverified_km_{side}": row[f"covered_km_{side}"] - row[f"verified_km_{side}"]
             for side in ("a", "b")}
    return _set(row, "verified_km"), _set(sides, "unverified_km")


def _tell_gap(row: pd.Series) -> tuple[str, ...]:
    ends = [str(row[name]) for name in ("from_place", "to_place") if row[name] == row[name]]
    where = " - ".join(dict.fromkeys(ends)) or f"km {row['from_km']:.0f}-{row['to_km']:.0f}"
    severities = [str(row[name]) for name in ("severity_a", "severity_b")
                  if row[name] == row[name]]
    return (
        where, row["service"], _WAYS[row["direction"]], row["change"], _set(row, "km"),
        _set(row, "walk_h"), "→".join(dict.fromkeys(severities)), ", ".join(row["corridors"]),
    )


def _tell_short(row: pd.Series) -> str:
    amounts = [row[f"short_{side}"] for side in ("a", "b")]
    is_short = any(amount > 0 for amount in amounts)  # not where nobody counted
    return f"{_set(row, 'short')}{TIE}{row['unit']}" if is_short else ""


def _set(row: Mapping[str, float] | pd.Series, name: str) -> str:
    """One number, or both where they differ; what nobody counted says so."""
    one, two = (_write(row[f"{name}_{side}"]) for side in ("a", "b"))
    return one if one == two else f"{one}→{two}"


def _write(value: float) -> str:
    if is_missing(value):
        return NO_DATA
    number = float(value)
    return f"{number:,.0f}" if number == 0 or abs(number) >= _WHOLE_FROM else f"{number:,.1f}"
