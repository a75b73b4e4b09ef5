"""Names of towns: of an id, along a corridor, at its two ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layers.geojson import to_json_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.stock.room import Room

_WAYS = "routes"
_TOWNS = "waypoints"


def name_towns(room: Room) -> Mapping[str, str]:
    """Names of waypoints by their ids; none where the audience does not see them."""
    if _TOWNS not in room.collections or "name" not in room.spec(_TOWNS).columns:
        return {}
    return room.make(("pages", "towns"), lambda: _read_pairs(room, _TOWNS, "name"))


def _read_pairs(room: Room, layer: str, column: str) -> dict[str, str]:
    frame = room.frame(layer)
    values = to_json_values(frame[column])
    return {str(id_): str(value) for id_, value in zip(frame.index, values, strict=True) if value}


def list_towns(room: Room, legs: Sequence[tuple[str, int]]) -> list[str]:
    """Name the towns where some legs begin and end, in their order; none where one is unknown.

    Parameters
    ----------
    room : Room
    legs : sequence of (leg id, sign)
        A sign of -1 walks the leg against its own direction.

    Returns
    -------
    list of str
        One more than there are legs.
    """
    columns = ("from_place", "to_place")
    if _WAYS not in room.collections or not set(columns) <= set(room.spec(_WAYS).columns):
        return []
    begins, ends = room.make(("pages", _WAYS), lambda: tuple(
        _read_pairs(room, _WAYS, column) for column in columns))
    pairs = [(begins.get(leg, ""), ends.get(leg, ""), sign) for leg, sign in legs]
    return join_towns([(a, b) if sign > 0 else (b, a) for a, b, sign in pairs])


def join_towns(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Join the two towns of each leg to the towns of a way.

    Examples
    --------
    >>> join_towns([("A", "B"), ("B", "C")]), join_towns([("A", "B"), ("", "C")])
    (['A', 'B', 'C'], [])
    """
    if not pairs or not all(name for pair in pairs for name in pair):
        return []
    return [pairs[0][0], *(end for _, end in pairs)]


def list_known_towns(room: Room) -> list[str]:
    """Names of all towns on corridors that the audience sees, by their alphabet."""
    if "corridors" not in room.collections:
        return []
    found = {name for legs in room.door.corridors().values() for name in list_towns(room, legs)}
    return sorted(found)


def write_direction(direction: str, towns: Sequence[str]) -> str:
    """Say which way a direction leads.

    Examples
    --------
    >>> write_direction("forward", ["A", "B", "C"]), write_direction("backward", [])
    ('towards C', 'backward')
    """
    if not towns or direction not in {"forward", "backward"}:
        return direction
    return f"towards {towns[-1] if direction == 'forward' else towns[0]}"


def mark_towns(
    pieces: Mapping[str, Sequence[Any]], towns: Sequence[str], legs: Sequence[str]
) -> list[tuple[float, str]]:
    """Say at which km of a profile each town lies.

    Parameters
    ----------
    pieces : dict
        ``leg_id``, ``from_km``, ``to_km``, columns of one length.
    towns : sequence of str
        One more than there are legs; none are known if empty.
    legs : sequence of str

    Examples
    --------
    >>> mark_towns({"leg_id": ["a", "a", "b"], "from_km": [0, 5, 9], "to_km": [5, 9, 12]},
    ...            ["A", "B", "C"], ["a", "b"])
    [(0.0, 'A'), (9.0, 'B'), (12.0, 'C')]
    """
    if len(towns) != len(legs) + 1:
        return []
    begins: dict[str, float] = {}
    for leg, km in zip(pieces.get("leg_id", ()), pieces.get("from_km", ()), strict=False):
        begins.setdefault(str(leg), float(km))
    found = [(begins[leg], town) for leg, town in zip(legs, towns, strict=False) if leg in begins]
    last = max((float(km) for km in pieces.get("to_km", ())), default=0.0)
    return [*found, (last, towns[-1])] if found else []
