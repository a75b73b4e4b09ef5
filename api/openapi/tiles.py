"""Documents of OGC API - Tiles as OpenAPI 3.0 schemas."""

from __future__ import annotations

from typing import Any

from api.openapi.parts import COUNT, LINKS, NUMBER, TEXT, close, list_of

Schema = dict[str, Any]

PAIR: Schema = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
BOX: Schema = {"type": "array", "items": NUMBER, "minItems": 4, "maxItems": 4}
KIND: dict[str, Schema] = {
    "title": TEXT,
    "dataType": {"type": "string", "enum": ["vector"]},
    "crs": {"type": "string", "format": "uri"},
    "tileMatrixSetURI": {"type": "string", "format": "uri"},
    "links": LINKS,
}
LIMITS = close({
    "tileMatrix": TEXT, "minTileRow": COUNT, "maxTileRow": COUNT, "minTileCol": COUNT,
    "maxTileCol": COUNT,
})
LAYER = close(
    {
        "id": TEXT, "title": TEXT, "description": TEXT,
        "dataType": {"type": "string", "enum": ["vector"]},
        "minTileMatrix": TEXT, "maxTileMatrix": TEXT,
        "propertiesSchema": close({
            "type": {"type": "string", "enum": ["object"]},
            "properties": {
                "type": "object",
                "additionalProperties": close(
                    {"type": TEXT, "title": TEXT}, **{"x-ogc-unit": TEXT, "x-ogc-unitLang": TEXT}
                ),
            },
        }),
    },
    geometryDimension={"type": "integer", "minimum": 0, "maximum": 2},
)
VECTOR_LAYER = close({
    "id": TEXT, "description": TEXT, "minzoom": COUNT, "maxzoom": COUNT,
    "fields": {"type": "object", "additionalProperties": TEXT},
})
TILESETS = close(
    {"tilesets": list_of(close(KIND)), "links": LINKS}, "Tilesets of a collection", title=TEXT,
)
TILESET = close(
    {
        **KIND, "description": TEXT, "layers": list_of(LAYER),
        "tileMatrixSetLimits": list_of(LIMITS),
        "tilejson": TEXT, "name": TEXT, "scheme": {"type": "string", "enum": ["xyz"]},
        "tiles": {"type": "array", "items": TEXT, "minItems": 1},
        "minzoom": COUNT, "maxzoom": COUNT, "vector_layers": list_of(VECTOR_LAYER),
    },
    "A tileset, as OGC API - Tiles and as TileJSON 3.0",
    boundingBox=close({"lowerLeft": PAIR, "upperRight": PAIR, "crs": TEXT}), bounds=BOX,
)
MATRIX_SETS = close(
    {
        "tileMatrixSets": list_of(close(
            {"id": TEXT, "links": LINKS}, title=TEXT, uri={"type": "string", "format": "uri"},
        )),
        "links": LINKS,
    },
    "Ways in which the world is cut into tiles",
)
MATRIX = close({
    "id": TEXT, "scaleDenominator": NUMBER, "cellSize": NUMBER,
    "cornerOfOrigin": {"type": "string", "enum": ["topLeft"]}, "pointOfOrigin": PAIR,
    "tileWidth": COUNT, "tileHeight": COUNT, "matrixWidth": COUNT, "matrixHeight": COUNT,
})
MATRIX_SET = close(
    {
        "id": TEXT, "title": TEXT, "uri": {"type": "string", "format": "uri"}, "crs": TEXT,
        "orderedAxes": list_of(TEXT), "wellKnownScaleSet": {"type": "string", "format": "uri"},
        "tileMatrices": list_of(MATRIX), "links": LINKS,
    },
    "A way in which the world is cut into tiles (OGC 17-083r4)",
)

TILE_DOCUMENTS: dict[str, Schema] = {
    "tilesets": TILESETS,
    "tileset": TILESET,
    "tileMatrixSets": MATRIX_SETS,
    "tileMatrixSet": MATRIX_SET,
}
