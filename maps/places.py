"""Places of assistance and proposed sites, as the door shows them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maps.encoding import to_plain
from maps.frames import read_frame
from maps.theme import FACILITY_SYMBOLS

if TYPE_CHECKING:
    import pandas as pd

    from georisk.doors import Door
    from maps.catalogues import Words

_EXAMPLE = re.compile(r"^\s*EXAMPLE\s*[-\u2013\u2014:]\s*")
_PLACE_COLUMNS = (
    "name", "country", "town", "services", "capacity", "opens", "months", "admits", "languages",
    "phone", "last_verified", "verify_by", "coord_precision_km", "synthetic",
)  # fmt: skip
_SITE_COLUMNS = (
    "place", "country", "services", "benefit_share", "cumulative_share", "selection_frequency",
    "bound_gap", "reason", "synthetic",
)  # fmt: skip


def pack_places(places: pd.DataFrame, words: Words, *, kind: str) -> dict[str, Any]:
    """Rows of a facility layer; the columns are those the door let through.

    Parameters
    ----------
    kind : str
        Name of the layer: decides the symbol.
    """
    columns = [name for name in _PLACE_COLUMNS if name in places.columns]
    towns = _name_towns(places)
    rows = []
    for key in places.index:
        row = {name: to_plain(places.loc[key, name]) for name in columns}
        row["town"] = towns.get(key, row.get("town"))
        row["name"] = name_place(str(row["name"]), words, synthetic=row.get("synthetic") is True)
        row["at"] = _round_point(places, key)
        rows.append({**row, "id": str(key)})
    return {"kind": kind, "symbol": FACILITY_SYMBOLS[kind], "rows": rows}


def name_place(name: str, words: Words, *, synthetic: bool) -> str:
    """Name as shown: an illustrative place says so first, in the language of the page.

    Examples
    --------
    >>> from maps.catalogues import load_words
    >>> name_place("EXAMPLE - Casa Uno", load_words("es"), synthetic=True)
    'EJEMPLO - Casa Uno'
    """
    if not synthetic:
        return name
    return words["example_prefix"] + _EXAMPLE.sub("", name)


def _name_towns(places: pd.DataFrame) -> dict[str, str]:
    # A town may be given as the id of a waypoint, which says nothing to a reader.
    if "town_name" not in places.columns:
        return {}
    return {key: str(name) for key, name in places["town_name"].items() if to_plain(name)}


def name_towns(places: pd.DataFrame, towns: pd.DataFrame | None) -> pd.DataFrame:
    """Add ``town_name``: the waypoint's name where ``town`` is a waypoint id."""
    if towns is None or "town" not in places.columns:
        return places
    names = places["town"].map(towns["name"]).fillna(places["town"])
    return places.assign(town_name=names)


def pack_sites(door: Door) -> dict[str, Any] | None:
    """Both solutions side by side; None where no site was proposed.

    ``chosen`` is ``both``, ``risk`` (risk-weighted person-km alone) or ``length`` (person-km
    alone). A site that both chose is one row with both ranks.
    """
    by_risk = read_frame(door, "proposed_sites")
    by_length = read_frame(door, "proposed_sites_km")
    rows: dict[str, dict[str, Any]] = {}
    for frame, rank, chosen in ((by_risk, "rank", "risk"), (by_length, "rank_km", "length")):
        if frame is None:
            continue
        for key in frame.index:
            row = rows.get(str(key))
            if row is None:
                row = rows[str(key)] = _describe_site(frame, key, chosen)
            else:
                row["chosen"] = "both"
            row[rank] = to_plain(frame.loc[key, "rank"])
    if not rows:
        return None
    return {"rows": sorted(rows.values(), key=_rank_site)}


def _rank_site(row: dict[str, Any]) -> tuple[bool, int, str]:
    unranked = row["rank"] is None
    return unranked, int((row["rank_km"] if unranked else row["rank"]) or 0), row["id"]


def _describe_site(frame: pd.DataFrame, key: str, chosen: str) -> dict[str, Any]:
    row: dict[str, Any] = {name: to_plain(frame.loc[key, name]) for name in _SITE_COLUMNS}
    row.update(id=str(key), chosen=chosen, rank=None, rank_km=None)
    row["at"] = _round_point(frame, key)
    return row


def _round_point(frame: pd.DataFrame, key: str) -> list[float]:
    point = frame.geometry[key]
    return [round(float(point.x), 4), round(float(point.y), 4)]
