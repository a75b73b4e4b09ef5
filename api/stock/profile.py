"""The profile of a corridor: what is known of it, piece by piece along its chainage.

Columns, not rows: each list has one value per piece, in the order in which the corridor runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from layers.errors import NotShownError
from layers.geojson import to_json_values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from api.stock.room import Room

Legs = tuple[tuple[str, int], ...]
# Scores for ranking (`priority_*`) are left out: never beside risk on one scale.
PLAIN_COLUMNS = ("mode", "country", "near_place", "risk_class", "evidence", "risk_score")
NUMBER_PREFIXES = ("intensity_", "base_intensity", "factor_")
COVERAGE_COLUMNS = ("covered", "walk_h", "mode_h", "distance_km", "nearest_id")
REVERSED = {"forward": "backward", "backward": "forward"}
STRETCH_NOTE = "Lengths are rounded to 1 km, so chainage drifts along the corridor."


@dataclass(frozen=True)
class Pieces:
    """Pieces of a corridor in the order in which it runs.

    Attributes
    ----------
    frame : DataFrame
        Their rows, index piece id.
    signs : int array
        +1 where the corridor runs with the leg's chainage, -1 against it.
    """

    frame: pd.DataFrame
    signs: NDArray[np.int8]


def assemble_profile(room: Room, corridor: str) -> dict[str, Any]:
    """Assemble the profile that an audience may see: by segment, or else by stretch of 10 km.

    Parameters
    ----------
    room : Room
    corridor : str
        Id.

    Returns
    -------
    dict
        ``pieces`` and ``coverage`` (by service and direction of the corridor) are columns of
        equal length. Chainage in km from the corridor's beginning.

    Raises
    ------
    NotShownError
        If there is no such corridor, or neither kind of piece is shown.
    """
    source = find_source(room)
    legs = room.door.corridors().get(corridor)
    names = room.frame("corridors")
    if source is None or legs is None or corridor not in names.index:
        raise NotShownError(corridor)
    pieces = order_pieces(room.frame(source), legs)
    return {
        "corridor": corridor,
        "name": name_corridor(names.loc[corridor]),
        "legs": describe_legs(legs),
        "run_id": room.door.run_id,
        "as_of": room.door.as_of.isoformat(),
        "direction": "forward is the order in which the corridor lists its legs",
        "source": source,
        "note": " ".join(filter(None, (
            room.door.caveat, STRETCH_NOTE if source == "stretches" else ""))),
        "synthetic": bool(pieces.frame["synthetic"].any()),
        "units": _list_units(room, source),
        "pieces": _list_pieces(pieces),
        "coverage": _list_coverage(room, pieces) if source == "segments" else {},
    }


def find_source(room: Room) -> str | None:
    """Return the layer whose pieces this audience may see along a corridor."""
    if "corridors" not in room.collections:
        return None
    return next((s for s in ("segments", "stretches") if s in room.collections), None)


def order_pieces(frame: pd.DataFrame, legs: Legs) -> Pieces:
    """Put the pieces of some legs in order, from the corridor's beginning to its end.

    Parameters
    ----------
    frame : DataFrame
        Index piece id, sorted, so that a leg's pieces follow its chainage; column ``leg_id``.
    legs : tuple of (leg id, sign)
        A sign of -1 walks the leg against its chainage.

    Examples
    --------
    >>> frame = pd.DataFrame({"leg_id": ["a", "a", "b"]}, index=["a-1", "a-2", "b-1"])
    >>> order_pieces(frame, (("b", 1), ("a", -1))).frame.index.tolist()
    ['b-1', 'a-2', 'a-1']
    """
    found = frame.groupby("leg_id", sort=False).indices
    rows: list[NDArray[np.intp]] = [np.array([], dtype=np.intp)]
    signs: list[NDArray[np.int8]] = [np.array([], dtype=np.int8)]
    for leg, sign in legs:
        own = np.asarray(found.get(leg, ()), dtype=np.intp)
        rows.append(own[::-1] if sign < 0 else own)
        signs.append(np.full(len(own), sign, dtype=np.int8))
    return Pieces(frame.iloc[np.concatenate(rows)], np.concatenate(signs))


def describe_legs(legs: Legs) -> list[dict[str, Any]]:
    """List legs in order, with those walked against their own direction marked."""
    return [{"leg_id": leg, "reversed": sign < 0} for leg, sign in legs]


def name_corridor(row: pd.Series) -> dict[str, str]:
    """Return the names of a corridor by language; an empty one is left out."""
    languages = ("en", "es", "fr", "ht")
    names = {lang: row.get(f"name_{lang}") for lang in languages}
    return {lang: str(name) for lang, name in names.items() if isinstance(name, str) and name}


def _list_pieces(pieces: Pieces) -> dict[str, list[Any]]:
    frame = pieces.frame
    to_km = frame["length_km"].astype("float64").fillna(0.0).cumsum()
    from_km = to_km.shift(1, fill_value=0.0)
    columns = [c for c in frame if _is_shown(c)]
    return {
        "id": frame.index.tolist(),
        "leg_id": to_json_values(frame["leg_id"]),
        "from_km": from_km.round(3).tolist(),
        "to_km": to_km.round(3).tolist(),
        **{column: to_json_values(frame[column]) for column in columns},
        **_list_optional(frame, ("uncovered_services", "synthetic")),
    }


def _is_shown(column: str) -> bool:
    return column in (*PLAIN_COLUMNS, *COVERAGE_COLUMNS) or column.startswith(NUMBER_PREFIXES)


def _list_optional(frame: pd.DataFrame, columns: Iterable[str]) -> dict[str, list[Any]]:
    return {column: to_json_values(frame[column]) for column in columns if column in frame}


def _list_coverage(room: Room, pieces: Pieces) -> dict[str, dict[str, dict[str, list[Any]]]]:
    if "coverage" not in room.collections:
        return {}
    rows = room.frame("coverage")
    rows = rows[rows["segment_id"].isin(pieces.frame.index)]
    at = pieces.frame.index.get_indexer(pd.Index(rows["segment_id"]))
    # A leg walked against its chainage: the corridor's forward is the leg's backward.
    turned = pieces.signs[at] < 0
    direction = rows["direction"].where(~turned, rows["direction"].map(REVERSED))
    coverage: dict[str, dict[str, dict[str, list[Any]]]] = {}
    for (service, way), own in rows.groupby([rows["service"], direction]).indices.items():
        place = at[own]
        coverage.setdefault(service, {})[way] = {
            column: _spread(to_json_values(rows[column].iloc[own]), place, len(pieces.frame))
            for column in COVERAGE_COLUMNS
            if column in rows
        }
    return coverage


def _spread(values: list[Any], place: NDArray[np.intp], length: int) -> list[Any]:
    spread = np.full(length, None, dtype=object)
    spread[place] = values
    listed: list[Any] = spread.tolist()
    return listed


def _list_units(room: Room, source: str) -> dict[str, str]:
    units = {"from_km": "km", "to_km": "km"}
    for name in (source, "coverage"):
        if name in room.collections:
            columns = room.spec(name).columns
            units.update({c: it.unit for c, it in columns.items() if it.unit and _is_shown(c)})
    return dict(sorted(units.items()))
