"""Vector tiles of the collections that lie somewhere (OGC API - Tiles)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.answering.answers import answer, answer_json
from api.asking.ask import Doorway
from api.tiles.cache import TileCache
from api.tiles.encoding import encode_tile
from api.tiles.matrix import NAME, URI, describe_matrix_set, find_tile, lies_within
from api.tiles.tileset import describe_tileset, list_tilesets, measure_limits
from layers.errors import NotShownError

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.asking.ask import Ask
    from layers.served import Served

TILES = "/collections/{collection}/tiles"
CONFORMANCE = tuple(
    f"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{name}"
    for name in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt")
) + tuple(
    f"http://www.opengis.net/spec/tms/2.0/conf/{name}"
    for name in ("tilematrixset", "json-tilematrixset")
)


def read_tilesets(ask: Ask) -> Response:
    """List the tilesets of a collection."""
    served = _find_served(ask)
    return answer_json(ask, lambda: list_tilesets(ask, served))


def read_tileset(ask: Ask) -> Response:
    """Describe the tileset of a collection; a TileJSON document as well."""
    served = _find_served(ask)
    return answer_json(ask, lambda: describe_tileset(ask, served))


def read_tile(ask: Ask) -> Response:
    """Return one tile; one without a feature in it, inside the limits, has an empty body.

    Raises
    ------
    NotShownError
        If there is no such collection, if it is a table, or if there is no such tile: beyond the
        limits that the tileset tells as well.
    """
    served = _find_served(ask)
    tile = find_tile(*(ask.names[part] for part in ("z", "x", "y")))
    if tile is None:
        raise NotShownError(served.spec.name)
    limits = ask.room.make(("limits of tiles", served.spec.name), lambda: measure_limits(served))
    if limits and not lies_within(tile, limits):
        raise NotShownError(served.spec.name)
    cache = ask.room.make("tiles", TileCache)
    key = (served.spec.name, tile)
    return answer(ask, lambda: cache.find(key, lambda: encode_tile(served, tile)).body)


def read_matrix_sets(ask: Ask) -> Response:
    """List the ways in which the world is cut into tiles: one."""
    return answer_json(ask, lambda: {
        "links": [ask.link_self()],
        "tileMatrixSets": [{
            "id": NAME, "title": "Google Maps Compatible for the World", "uri": URI,
            "links": [ask.link(f"/tileMatrixSets/{NAME}", "self", NAME)],
        }],
    })


def read_matrix_set(ask: Ask) -> Response:
    """Describe the way in which the world is cut into tiles.

    Raises
    ------
    NotShownError
        If it is asked for by another name.
    """
    if ask.names["matrix_set"] != NAME:
        raise NotShownError(NAME)
    return answer_json(ask, lambda: {**describe_matrix_set(), "links": [ask.link_self()]})


def _find_served(ask: Ask) -> Served:
    served = ask.room.served(ask.names["collection"])
    if served.spec.geometry == "none":
        raise NotShownError(served.spec.name)
    return served


DOORWAYS = (
    Doorway(TILES, read_tilesets, ("f",), formats=("json", "html"), tag="Tiles",
            answers="tilesets", page="tilesets"),
    Doorway(f"{TILES}/{NAME}", read_tileset, ("f",), formats=("json", "html"), heavy=True,
            tag="Tiles", answers="tileset", page="tileset"),
    Doorway(f"{TILES}/{NAME}/{{z}}/{{y}}/{{x}}", read_tile, ("f",), formats=("mvt",), heavy=True,
            tag="Tiles", answers="tile"),
    Doorway(f"{TILES}/{{z}}/{{x}}/{{y}}.mvt", read_tile, formats=("mvt",), heavy=True,
            tag="Tiles", answers="tile"),
    Doorway("/tileMatrixSets", read_matrix_sets, ("f",), formats=("json", "html"), tag="Tiles",
            answers="tileMatrixSets", page="document"),
    Doorway("/tileMatrixSets/{matrix_set}", read_matrix_set, ("f",), formats=("json", "html"),
            tag="Tiles", answers="tileMatrixSet", page="document"),
)
