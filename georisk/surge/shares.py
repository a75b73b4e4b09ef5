"""Who goes which way: by the people counted where ways part, else equally."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.flows import measure_flows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georisk.study import Study
    from georisk.surge.group import Group
    from georisk.surge.journeys import Chain
    from georisk.surge.ways import Way
    from layers.crs import FloatArray


def share_chains(
    study: Study, group: Group, chains: Sequence[Chain]
) -> tuple[list[float], dict[tuple[str, ...], str]]:
    """Share of each chain: at each parting by the same rule; notes by the corridors before it."""
    shares, notes = [1.0] * len(chains), {}
    names = [tuple(way.name for way in chain) for chain in chains]
    for done in sorted({name[:n] for name in names for n in range(len(name))}):
        here = [n for n, name in enumerate(names)
                if len(name) > len(done) and name[: len(done)] == done]
        ways = {names[n][len(done)]: chains[n][len(done)] for n in here}
        parts, note = share_ways(study, group, tuple(ways[name] for name in sorted(ways)))
        part = {name: each / sum(parts) for name, each in zip(sorted(ways), parts, strict=True)}
        for n in here:
            shares[n] *= part[names[n][len(done)]]
        notes[done] = _tell_where([chains[n] for n in here], len(done)) + note
    return shares, notes


def _tell_where(chains: Sequence[Chain], count: int) -> str:
    """Where ways part: at the end of a corridor, or in a town where others leave it half-way."""
    if not count:
        return ""
    last = chains[0][count - 1].name
    left = sorted({chain[count - 1].left for chain in chains} - {""})
    return f"where others leave {last}, in {left[0]}: " if left else f"where {last} ends: "


def share_ways(study: Study, group: Group, ways: tuple[Way, ...]) -> tuple[list[float], str]:
    """Share of each way, and how it came about."""
    equal = [1.0] * len(ways)
    if len(ways) == 1:
        return equal, f"one corridor leads on: {ways[0].name}"
    names = ", ".join(way.name for way in ways)
    if group.split == "equal":
        return equal, f"split equally over {names}"
    counted = _count_flows(study, group, ways)
    if not np.isfinite(counted).all() or not counted.sum() > 0:
        return equal, f"split equally over {names}: no flow is counted where they part"
    shares = counted / counted.sum()
    told = ", ".join(f"{way.name} {share:.0%}" for way, share in zip(ways, shares, strict=True))
    return [float(share) for share in shares], f"split by the flow counted where they part: {told}"


def _count_flows(study: Study, group: Group, ways: tuple[Way, ...]) -> FloatArray:
    """People a year on the first counted leg that each way has to itself; NaN without one."""
    if "flows" not in study.config.layers:
        return np.full(len(ways), np.nan)
    flows, legs = study.layer("flows").frame, study.value("lines")["leg_id"].to_numpy()
    flows = flows[flows["direction"] == group.direction]
    passed = [list(dict.fromkeys(legs[way.row].tolist())) for way in ways]
    found = np.full(len(ways), np.nan)
    for n, mine in enumerate(passed):
        others = {leg for m, theirs in enumerate(passed) if m != n for leg in theirs}
        own = pd.Series([leg for leg in mine if leg not in others], dtype="str")
        people = measure_flows(flows, own, as_of=study.as_of)
        known = people[np.isfinite(people)]
        found[n] = known[0] if len(known) else np.nan
    return found
