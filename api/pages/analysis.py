"""Corridors, the profile of each, and the state of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from api.pages.forms import fill_template
from api.pages.layout import lay_out
from api.pages.strips import draw_profile
from api.pages.surroundings import surround
from api.pages.tables import tabulate_rows
from api.pages.towns import list_towns, mark_towns, name_towns
from api.pages.words import list_classes, write_value
from api.stock.profile import name_corridor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.asking.ask import Ask

_ASK_AGAIN_S = 5
_PLACE_COLUMNS = (
    "name", "town", "km", "walk_h", "check", "services", "admits", "opens", "months",
    "phone", "last_verified",
)
_MOST_PIECES = 150
_PIECE_COLUMNS = frozenset({
    "id", "from_km", "to_km", "mode", "near_place", "risk_class", "evidence", "risk_score",
    "uncovered_services",
})
_PROFILE_OWN = frozenset({
    "links", "pieces", "coverage", "name", "legs", "units", "direction", "note", "synthetic",
    "run_id", "as_of", "corridor", "source",
})


def show_corridors(document: Mapping[str, Any], ask: Ask) -> str:
    """List the corridors; each leads to its profile."""
    corridors = [
        {
            "name": entry["name"].get("en", entry["id"]),
            "length": write_value(entry["length_km"]),
            "legs": len(entry["legs"]),
            "href": (entry.get("links") or [{"href": ""}])[0]["href"],
        }
        for entry in document["corridors"]
    ]
    around = surround(ask, document, title="Corridors")
    return fill_template("corridors.html", around=around, corridors=corridors)


def show_profile(document: Mapping[str, Any], ask: Ask) -> str:
    """Show a profile as a strip, and its pieces as a table."""
    pieces = {
        name: values[:_MOST_PIECES] for name, values in document["pieces"].items()
        if name in _PIECE_COLUMNS
    }
    title = document["name"].get("en") or document["corridor"]
    parts = [part for part in lay_out({"pieces": pieces}) if part.table is not None]
    around = surround(
        ask, document, title=str(title), columns=list(document["pieces"]),
        synthetic=document["synthetic"],
    )
    legs = [(leg["leg_id"], -1 if leg["reversed"] else 1) for leg in document["legs"]]
    towns = mark_towns(document["pieces"], list_towns(ask.room, legs), [leg for leg, _ in legs])
    return fill_template(
        "profile.html", around=around, profile=draw_profile(document, towns), pieces=parts,
        towns=towns, coverage=f"{ask.base}/coverage?corridor={quote(document['corridor'])}",
        direction=document["direction"], note=document["note"], classes=list_classes(),
        left_out=max(len(document["pieces"].get("id", ())) - _MOST_PIECES, 0),
        rest=list(lay_out(document, left_out=_PROFILE_OWN)),
    )


def show_places(document: Mapping[str, Any], ask: Ask) -> str:
    """List places along a way, and offer another way."""
    layer, towns = ask.texts.get("layer", ""), name_towns(ask.room)
    rows = [
        {**{name: row.get(name) for name in _PLACE_COLUMNS},
         "name": row.get("name") or row["place_id"],
         "town": towns.get(row.get("town"), row.get("town")),
         "phone": row.get("phone") or "not known",
         "links": [{"href": link_feature(ask, layer, row["place_id"])}]}
        for row in document["places"]
    ]
    synthetic = any(row.get("synthetic") is not False for row in document["places"])
    around = surround(
        ask, document, title="Places along a way", synthetic=synthetic if rows else None
    )
    return fill_template(
        "places.html", around=around, table=tabulate_rows(rows) if rows else None,
        places=describe_places_form(ask),
    )


def link_feature(ask: Ask, layer: str, id_: str) -> str:
    """Address of a feature."""
    return f"{ask.base}/collections/{quote(layer)}/items/{quote(str(id_), safe='')}"


def describe_places_form(ask: Ask) -> dict[str, Any] | None:
    """Kinds of places and corridors to choose from; None where there are none."""
    room = ask.room
    layers = [(name, room.spec(name).title.get("en", name)) for name in room.collections
              if room.spec(name).role == "facility"]
    if not layers or "corridors" not in room.collections:
        return None
    known = room.door.corridors()
    corridors = [(name, text) for name, text in name_corridors(ask).items() if name in known]
    return {
        "action": f"{ask.base}/places", "layers": layers, "corridors": corridors,
        "layer": ask.texts.get("layer", ""), "corridor": ask.texts.get("corridor", ""),
    }


def name_corridors(ask: Ask) -> dict[str, str]:
    """Names of the corridors by their ids; none where the audience does not see them."""
    if "corridors" not in ask.room.collections:
        return {}
    frame = ask.room.frame("corridors")
    return {str(name): name_corridor(frame.loc[name]).get("en", str(name))
            for name in frame.index}


def show_job(document: Mapping[str, Any], ask: Ask) -> str:
    """Show the state of a job; while it runs the page asks again by itself."""
    waiting = document["state"] == "running"
    around = surround(
        ask, document, title="Job", refresh_s=_ASK_AGAIN_S if waiting else 0,
    )
    links = [(link["href"], link.get("title", link["rel"])) for link in document.get("links", ())
             if link["rel"] not in {"self", "alternate"}]
    return fill_template(
        "job.html", around=around, sections=list(lay_out(document)), links=links, waiting=waiting,
    )
