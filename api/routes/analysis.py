"""Corridors, and the profile of each: risk and coverage along its chainage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.answers import JSON, Doorway, answer, answer_json, dump_json
from api.profile import assemble_profile, describe_legs, find_source, name_corridor
from layers.errors import NotShownError
from layers.geojson import to_json_values

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.answers import Ask


def list_corridors(ask: Ask) -> Response:
    """List the corridors with their legs in order."""
    ask.room.features("corridors")
    return answer_json(
        ask, lambda: {"corridors": _describe_corridors(ask), "links": [ask.link_self()]}
    )


def _describe_corridors(ask: Ask) -> list[dict[str, Any]]:
    frame, legs = ask.room.frame("corridors"), ask.room.door.corridors()
    lengths = to_json_values(frame["length_km"])
    described = []
    for row, corridor in enumerate(frame.index):
        entry: dict[str, Any] = {
            "id": corridor,
            "name": name_corridor(frame.loc[corridor]),
            "length_km": lengths[row],
            "legs": describe_legs(legs.get(corridor, ())),
            "synthetic": bool(frame["synthetic"].iloc[row]),
        }
        if find_source(ask.room):
            path = f"/corridors/{corridor}/profile"
            entry["links"] = [ask.link(path, "related", "Profile along the corridor")]
        described.append(entry)
    return described


def read_profile(ask: Ask) -> Response:
    """Return what is known along a corridor, in the detail that this audience may see.

    Raises
    ------
    NotShownError
        If there is no such corridor, or no profile for this audience.
    """
    corridor = ask.names["corridor"]
    if find_source(ask.room) is None or corridor not in ask.room.door.corridors():
        raise NotShownError(corridor)

    def build() -> bytes:
        profile = assemble_profile(ask.room, corridor)
        return dump_json({**profile, "links": [ask.link_self()]})

    return answer(ask, build, media=JSON)


DOORWAYS = (
    Doorway("/corridors", list_corridors, ("f",)),
    Doorway("/corridors/{corridor}/profile", read_profile, ("f",), heavy=True),
)
