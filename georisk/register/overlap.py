"""How far two registers of incidents overlap, and what that hints at about what neither holds."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pandas as pd

from layers.duplicates import estimate_total

LEAST_SHARED = 7


def estimate_overlaps(rows: pd.DataFrame, pairs: pd.DataFrame, *, register: str
                      ) -> list[dict[str, Any]]:
    """Chapman's estimate for every two registers that share enough incidents.

    Both are cut to the days that both cover. It is a hint at an undercount, not a count: it
    takes registers for independent and every death for equally likely to be found, and deaths
    that reach one newspaper reach two.

    Parameters
    ----------
    rows : DataFrame
        Incidents with ``date`` and the column that says whose they are.
    pairs : DataFrame
        ``id_a id_b verdict``; those with the verdict accept are shared.

    Returns
    -------
    list of dict
        ``registers, incidents, shared, estimate, low, high``; registers that share fewer than 7
        are left out (Chapman's estimate is biased there).

    References
    ----------
    Chapman 1951, Some properties of the hypergeometric distribution with applications to
    zoological sample censuses.
    """
    told = []
    shared = pairs[pairs["verdict"].eq("accept")]
    whose = rows[register].astype("str")
    for a, b in combinations(sorted(set(whose) - {""}), 2):
        ends = [(rows.loc[whose.eq(one), "date"].min(), rows.loc[whose.eq(one), "date"].max())
                for one in (a, b)]
        first, last = max(end[0] for end in ends), min(end[1] for end in ends)
        within = rows["date"].between(first, last)
        counts = [int((whose.eq(one) & within).sum()) for one in (a, b)]
        sides = [shared[name].map(whose.where(within, "")) for name in ("id_a", "id_b")]
        across = (sides[0].eq(a) & sides[1].eq(b)) | (sides[0].eq(b) & sides[1].eq(a))
        ids = pd.concat([shared.loc[across, "id_a"], shared.loc[across, "id_b"]]).unique()
        both = min(int(whose.loc[ids].eq(one).sum()) for one in (a, b))
        if both < LEAST_SHARED:
            continue
        total = estimate_total(counts[0], counts[1], both)
        told.append({
            "registers": [a, b], "incidents": counts, "shared": both,
            "estimate": round(total.total), "low": round(total.low), "high": round(total.high),
        })
    return told
