"""What there is: the landing page, conformance, and the collections."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from api.answering.answers import answer_json
from api.asking.ask import FORMATS, GEOJSON, HTML, Doorway
from api.asking.crs import CRS84, list_references
from api.conformance import CONFORMS_TO
from api.formats import list_formats
from api.stock.room import find_time_column

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.asking.ask import Ask
    from api.stock.room import Room
    from layers.spec import LayerSpec

GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
OGC_REL = "http://www.opengis.net/def/rel/ogc/1.0/"
SYNTHETIC_NOTE = " Illustrative (synthetic) rows are among these data: they say nothing real."
SCHEMA = FORMATS["schema"]


def read_landing(ask: Ask) -> Response:
    """Say what this server is and where to go on."""
    return answer_json(ask, lambda: _describe_server(ask))


def _describe_server(ask: Ask) -> dict[str, Any]:
    door = ask.room.door
    note = SYNTHETIC_NOTE if door.synthetic else ""
    return {
        "title": door.study_name,
        "description": "Where people on the move come to harm, where help is missing, and where "
        f"it should go next, for the audience: {door.audience}.{note}"
        + (f" {door.caveat}" if door.caveat else ""),
        "audience": door.audience,
        "as_of": door.as_of.isoformat(),
        "synthetic": door.synthetic,
        "links": [
            *ask.link_formats(),
            ask.link("/api", "service-desc", "This API (OpenAPI 3.0)", FORMATS["openapi"]),
            ask.link("/api.html", "service-doc", "This API, to read", HTML),
            ask.link("/conformance", "conformance", "What this server conforms to"),
            ask.link("/collections", "data", "Collections"),
            ask.link("/tileMatrixSets", f"{OGC_REL}tiling-schemes", "How tiles are cut"),
            ask.link("/manifest", "describedby", "The run these data come from"),
            ask.link("/maps", "related", "Maps"),
            *(_link_ways(ask) if "corridors" in ask.room.collections else ()),
        ],
    }


def _link_ways(ask: Ask) -> list[dict[str, str]]:
    """What is known along ways, where there are any."""
    return [
        ask.link("/corridors", "related", "Corridors and their profiles"),
        ask.link("/coverage", "related", "What is within reach along each corridor"),
        ask.link("/places", "related", "Places along a way"),
        ask.link("/nearest?f=html", "related", "The next places both ways from a town", HTML),
    ]


def read_conformance(ask: Ask) -> Response:
    """List the conformance classes that this server passes."""
    return answer_json(
        ask, lambda: {"conformsTo": list(CONFORMS_TO), "links": ask.link_formats()}
    )


def read_collections(ask: Ask) -> Response:
    """List the collections that this audience sees."""
    return answer_json(
        ask,
        lambda: {
            "links": ask.link_formats(),
            "crs": list(list_references(ask.room.door.crs_metric)),
            "collections": [
                describe_collection(ask, name, [_link_collection(ask, name, "self")])
                for name in ask.room.collections
            ],
        },
    )


def read_collection(ask: Ask) -> Response:
    """Describe one collection."""
    name = ask.names["collection"]
    ask.room.check(name)
    # Where Part 3 lets a client look that reads no document.
    queryables = f"{ask.base}/collections/{name}/queryables"
    link = f'<{queryables}>; rel="{OGC_REL}queryables"; type="{SCHEMA}"'
    return answer_json(ask, lambda: describe_collection(ask, name, ask.link_formats()),
                       headers={"Link": link})


def describe_collection(
    ask: Ask, name: str, own_links: list[dict[str, str]]
) -> dict[str, Any]:
    """Describe a collection as this audience sees it: no column that is hidden from it."""
    spec = ask.room.spec(name)
    body: dict[str, Any] = {
        "id": name,
        "title": spec.title.get("en", name),
        "titles": spec.title,
        "description": _tell_meaning(ask, spec),
        "itemType": "feature",
        "id_column": spec.id,
        "columns": [
            {"name": column, "dtype": it.dtype, "unit": it.unit, "meaning": it.meaning}
            for column, it in spec.columns.items()
        ],
        "links": [*own_links, *_link_contents(ask, name, spec)],
    }
    if spec.geometry != "none":
        body |= {"crs": list(list_references(ask.room.door.crs_metric)), "storageCrs": CRS84}
    extent = ask.room.make(("extent", name), lambda: measure_extent(ask.room, name, spec))
    return {**body, "extent": extent} if extent else body


def _tell_meaning(ask: Ask, spec: LayerSpec) -> str:
    """Meaning of a layer; of what was worked out, with what must be known of this run."""
    caveat = ask.room.door.caveat if spec.role == "result" else ""
    return f"{spec.meaning}. {caveat}" if caveat else spec.meaning


def _link_collection(ask: Ask, name: str, rel: str) -> dict[str, str]:
    return ask.link(f"/collections/{name}", rel, "This collection")


def _link_contents(ask: Ask, name: str, spec: LayerSpec) -> list[dict[str, str]]:
    path = f"/collections/{name}"
    links = [ask.link(f"{path}/items", "items", "Its features", GEOJSON)]
    links += [
        ask.link(f"{path}/items?f={key}", "items", f"Its features as {key}", FORMATS[key])
        for key in (*list_formats(spec), "html") if key != "geojson"
    ]
    # Several names for one thing: GDAL up to 3.12 and Debian's 3.6 know the shorter ones only.
    links += [
        *(ask.link(f"{path}/queryables", rel, "What can be asked", SCHEMA)
          for rel in (f"{OGC_REL}queryables", "queryables")),
        *(ask.link(f"{path}/feature-schema", rel, "What a feature is, as GeoJSON", SCHEMA)
          for rel in ("describedby", "describedBy")),
        ask.link(f"{path}/schema", f"{OGC_REL}schema", "What its features are", SCHEMA),
    ]
    if spec.geometry != "none":
        tiles = f"{OGC_REL}tilesets-vector"
        links.append(ask.link(f"{path}/tiles", tiles, "Vector tiles"))
    return links


def prepare_room(room: Room) -> None:
    """Make what the first asker would wait for, before a room is opened to anybody."""
    for name in room.collections:
        spec = room.spec(name)
        room.make(("extent", name), partial(measure_extent, room, name, spec))


def measure_extent(room: Room, name: str, spec: LayerSpec) -> dict[str, Any]:
    """Measure where and when the rows shown lie; empty if they lie nowhere."""
    extent: dict[str, Any] = {}
    bounds = np.asarray(room.served(name).bounds)
    bounds = bounds[~np.isnan(bounds).any(axis=1)] if len(bounds) else bounds
    if len(bounds):
        box = [*bounds[:, :2].min(axis=0).tolist(), *bounds[:, 2:].max(axis=0).tolist()]
        extent["spatial"] = {"bbox": [box], "crs": CRS84}
    times = room.times(name) if find_time_column(spec) else None
    if times is not None and not np.isnat(times.begins).all():
        ends = (np.nanmin(times.begins), np.nanmax(times.ends))
        extent["temporal"] = {"interval": [[f"{end}Z" for end in ends]], "trs": GREGORIAN}
    return extent


BOTH = ("json", "html")
DOORWAYS = (
    Doorway("/", read_landing, ("f",), formats=BOTH, page="landing", answers="landing",
            tag="Capabilities"),
    Doorway("/conformance", read_conformance, ("f",), formats=BOTH, page="conformance",
            answers="conformance", tag="Capabilities"),
    Doorway("/collections", read_collections, ("f",), formats=BOTH, page="collections",
            answers="collections", tag="Capabilities"),
    Doorway("/collections/{collection}", read_collection, ("f",), formats=BOTH,
            page="collection", answers="collection", tag="Capabilities"),
)
