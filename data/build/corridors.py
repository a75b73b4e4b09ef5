"""Check the authored corridors and printed sheets against the legs."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

LANGUAGES = ("es", "en", "fr", "ht")


def check_corridors(config: dict[str, Any], legs: pd.DataFrame) -> list[str]:
    """List every fault: unknown legs, breaks, missing names, legs of no corridor.

    Parameters
    ----------
    config
        Parsed TOML with ``corridors`` and ``sheets``.
    legs
        Index ``leg_id``; ``from_waypoint`` and ``to_waypoint``.
    """
    faults = []
    for kind in ("corridors", "sheets"):
        for name, entry in config.get(kind, {}).items():
            faults += [f"{kind}.{name}: {fault}" for fault in check_way(entry, legs)]
    used = {leg.removeprefix("-") for entry in config.get("corridors", {}).values()
            for leg in entry["legs"]}  # fmt: skip
    faults += [f"legs {leg_id}: in no corridor" for leg_id in legs.index if leg_id not in used]
    return faults


def check_way(entry: dict[str, Any], legs: pd.DataFrame) -> list[str]:
    """List the faults of one corridor or sheet."""
    missing = [lang for lang in LANGUAGES if not entry.get("name", {}).get(lang)]
    faults = [f"no name in {lang}" for lang in missing]
    unknown = [leg for leg in entry["legs"] if leg.removeprefix("-") not in legs.index]
    if unknown:
        return [*faults, f"no such legs: {', '.join(unknown)}"]
    for before, after in pairwise(entry["legs"]):
        if find_ends(before, legs)[1] != find_ends(after, legs)[0]:
            faults.append(f"{after} does not begin where {before} ends")
    return faults


def find_ends(leg: str, legs: pd.DataFrame) -> tuple[str, str]:
    """Return first and last waypoint in the direction of travel; a leading ``-`` turns the leg."""
    row = legs.loc[leg.removeprefix("-")]
    ends = str(row["from_waypoint"]), str(row["to_waypoint"])
    return ends[::-1] if leg.startswith("-") else ends
