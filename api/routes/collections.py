"""What there is: the landing page, conformance, and the collections with their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from api.answers import GEOJSON, Doorway, answer_json
from api.room import find_time_column

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.answers import Ask
    from api.room import Room
    from layers.spec import LayerSpec

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
# Empty on purpose. Core asks for an API definition, which is not written yet, and the other
# classes rest on Core; a class is named here when all of its requirements are tested.
CONFORMS_TO: tuple[str, ...] = ()
SYNTHETIC_NOTE = " Illustrative (synthetic) rows are among these data: they say nothing real."


def read_landing(ask: Ask) -> Response:
    """Say what this server is and where to go on."""
    return answer_json(ask, lambda: _describe_server(ask))


def _describe_server(ask: Ask) -> dict[str, Any]:
    door = ask.room.door
    note = SYNTHETIC_NOTE if door.synthetic else ""
    return {
        "title": door.study_name,
        "description": "Where people on the move come to harm, where help is missing, and where "
        f"it should go next, for the audience: {door.audience}.{note}",
        "audience": door.audience,
        "as_of": door.as_of.isoformat(),
        "synthetic": door.synthetic,
        "links": [
            ask.link_self(),
            ask.link("/conformance", "conformance", "What this server conforms to"),
            ask.link("/collections", "data", "Collections"),
            ask.link("/manifest", "describedby", "The run these data come from"),
            ask.link("/maps", "related", "Maps"),
        ],
    }


def read_conformance(ask: Ask) -> Response:
    """List the conformance classes that this server passes."""
    return answer_json(ask, lambda: {"conformsTo": list(CONFORMS_TO), "links": [ask.link_self()]})


def read_collections(ask: Ask) -> Response:
    """List the collections that this audience sees."""
    return answer_json(
        ask,
        lambda: {
            "links": [ask.link_self()],
            "collections": [describe_collection(ask, name) for name in ask.room.collections],
        },
    )


def read_collection(ask: Ask) -> Response:
    """Describe one collection."""
    name = ask.names["collection"]
    ask.room.features(name)
    return answer_json(ask, lambda: describe_collection(ask, name))


def describe_collection(ask: Ask, name: str) -> dict[str, Any]:
    """Describe a collection as this audience sees it: no column that is hidden from it."""
    spec = ask.room.spec(name)
    body = {
        "id": name,
        "title": spec.title.get("en", name),
        "titles": spec.title,
        "description": spec.meaning,
        "itemType": "feature",
        "crs": [CRS84],
        "id_column": spec.id,
        "columns": [
            {"name": column, "dtype": it.dtype, "unit": it.unit, "meaning": it.meaning}
            for column, it in spec.columns.items()
        ],
        "links": [
            ask.link(f"/collections/{name}", "self", "This collection"),
            ask.link(f"/collections/{name}/items", "items", "Its features", GEOJSON),
        ],
    }
    extent = ask.room.make(("extent", name), lambda: measure_extent(ask.room, name, spec))
    return {**body, "extent": extent} if extent else body


def measure_extent(room: Room, name: str, spec: LayerSpec) -> dict[str, Any]:
    """Measure where and when the rows shown lie; empty if they lie nowhere."""
    extent: dict[str, Any] = {}
    bounds = np.asarray(room.features(name).bounds)
    bounds = bounds[~np.isnan(bounds).any(axis=1)] if len(bounds) else bounds
    if len(bounds):
        box = [*bounds[:, :2].min(axis=0).tolist(), *bounds[:, 2:].max(axis=0).tolist()]
        extent["spatial"] = {"bbox": [box], "crs": CRS84}
    times = room.times(name) if find_time_column(spec) else None
    if times is not None and not np.isnat(times.begins).all():
        ends = (np.nanmin(times.begins), np.nanmax(times.ends))
        extent["temporal"] = {"interval": [[f"{end}Z" for end in ends]], "trs": GREGORIAN}
    return extent


DOORWAYS = (
    Doorway("/", read_landing, ("f",)),
    Doorway("/conformance", read_conformance, ("f",)),
    Doorway("/collections", read_collections, ("f",)),
    Doorway("/collections/{collection}", read_collection, ("f",)),
)
