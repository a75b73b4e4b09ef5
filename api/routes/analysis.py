"""Corridors, and the profile of each: risk and coverage along its chainage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from api.answering.answers import answer_json, dump_json
from api.asking.ask import JSON, Doorway
from api.asking.wishes import read_wish
from api.errors import ParameterError, UnprocessableError
from api.routes.places import check_word, list_rows, tell_names
from api.stock.profile import assemble_profile, describe_legs, find_source, name_corridor
from api.stock.reach import SHARES_NOTE, sum_up_coverage
from georisk.nearest import NearestQuery
from georisk.places import GROUPS, list_services
from layers.errors import CallError, NotShownError
from layers.geojson import to_json_values

if TYPE_CHECKING:
    from api.asking.ask import Ask

NEAREST_NOTE = ("Kilometres and hours count from this town or place. Only places that are listed "
                "are named; a service without a row may exist all the same. Call first where "
                "check says so.")


def list_corridors(ask: Ask) -> Response:
    """List the corridors with their legs in order."""
    ask.room.check("corridors")
    return answer_json(
        ask, lambda: {"corridors": _describe_corridors(ask), "links": ask.link_formats()}
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

    return answer_json(
        ask, lambda: {**assemble_profile(ask.room, corridor), "links": ask.link_formats()}
    )


def read_coverage(ask: Ask) -> Response:
    """Sum up what is within reach along each corridor, by service and direction.

    Raises
    ------
    NotShownError
        If the audience sees no corridors.
    ParameterError
        If there is no such corridor or service.
    """
    room, corridor, service = ask.room, ask.values.get("corridor"), ask.values.get("service")
    room.check("corridors")
    check_word("corridor", corridor, sorted(room.door.corridors()))
    check_word("service", service, list_services())

    def build() -> dict[str, Any]:
        rows = room.make(("reach",), lambda: sum_up_coverage(room))
        shown = [row for row in rows
                 if corridor in {None, row["corridor"]} and service in {None, row["service"]}]
        notes = (room.door.caveat, "" if "coverage" in room.collections else SHARES_NOTE)
        note = " ".join(filter(None, notes))
        return {"run_id": room.door.run_id, "as_of": room.door.as_of.isoformat(),
                "synthetic": room.door.synthetic, "note": note, "coverage": shown,
                "links": ask.link_formats()}

    return answer_json(ask, build)


def read_nearest(ask: Ask) -> Response:
    """List the next place of each service, both ways, from a town or a place.

    Raises
    ------
    ParameterError
        If the place is not said, or a service or group is unknown.
    """
    place = ask.values.get("place")
    if not place and ask.format == "html":  # a page to ask with
        return answer_json(ask, lambda: {"from": "", "nearest": [], "note": NEAREST_NOTE,
                                         "synthetic": ask.room.door.synthetic,
                                         "run_id": ask.room.door.run_id,
                                         "links": ask.link_formats()})
    if not place:
        raise ParameterError("place: a town on a corridor, or the id of a place.")
    return answer_json(ask, lambda: _tell_nearest(ask, place, dict(ask.values)))


def find_nearest(ask: Ask) -> Response:
    """List the same from the town nearest to a position, which is rounded before it is used.

    Raises
    ------
    UnprocessableError
        If the body is not a GeoJSON point with, at most, a service and a group, or if no town
        is near.
    """
    wish = read_wish(ask.body)
    try:
        town = ask.room.door.find_town(*wish.position)
    except CallError as error:
        raise UnprocessableError(str(error)) from error
    body = _tell_nearest(ask, town, {"service": wish.service, "admits": wish.admits})
    body["links"] = [ask.link("/nearest", "self", "This document")]
    return Response(dump_json(body), media_type=JSON, headers={"Cache-Control": "no-store"})


def _tell_nearest(ask: Ask, place: str, wish: dict[str, Any]) -> dict[str, Any]:
    service, admits = wish.get("service") or "", wish.get("admits") or ""
    check_word("service", service or None, list_services())
    check_word("admits", admits or None, GROUPS)
    door = ask.room.door
    query = NearestQuery(today=door.today, place=place, service=service, admits=admits)
    with tell_names(ask):
        table = ask.room.remember(("nearest", place, service, admits),
                                  lambda: door.list_nearest(query))
    return {"from": table.attrs["place"], "run_id": door.run_id, "synthetic": door.synthetic,
            "note": NEAREST_NOTE, "nearest": list_rows(table), "links": ask.link_formats()}


def read_quarantine(ask: Ask) -> Response:
    """List the rows of an input layer that were set aside, each with its reason.

    Raises
    ------
    NotShownError
        If there is no such input.
    """
    name = ask.names["layer"]
    counts, rows = ask.room.door.quarantine(name)
    return answer_json(ask, lambda: {"layer": name, **counts, "rows": rows,
                                     "links": ask.link_formats()})


BOTH = ("json", "html")
DOORWAYS = (
    Doorway("/corridors", list_corridors, ("f",), formats=BOTH, page="corridors",
            answers="corridors", tag="Analysis"),
    Doorway("/corridors/{corridor}/profile", read_profile, ("f",), heavy=True,
            formats=BOTH, page="profile", answers="profile", tag="Analysis"),
    Doorway("/coverage", read_coverage, ("corridor", "service", "f"), heavy=True,
            formats=BOTH, page="coverage", answers="coverage", tag="Analysis"),
    Doorway("/nearest", read_nearest, ("place", "service", "admits", "f"), heavy=True,
            formats=BOTH, page="nearest", answers="nearest", tag="Analysis"),
    Doorway("/nearest", find_nearest, (), heavy=True, method="POST", answers="nearest",
            bodies={"application/geo+json": "wish", JSON: "wish"}, tag="Analysis",
            max_body_bytes=1024),
    Doorway("/layers/{layer}/quarantine", read_quarantine, ("f",), heavy=True, formats=BOTH,
            page="quarantine", answers="quarantine", least="restricted", tag="Analysis"),
)
