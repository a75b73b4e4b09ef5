"""What is said of a collection's tiles: OGC API - Tiles, and the same as TileJSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from api.stock.schemas import describe_column
from api.tiles.encoding import limit_features
from api.tiles.matrix import CRS_URI, MAX_LATITUDE, MAX_ZOOM, NAME, URI, list_limits

if TYPE_CHECKING:
    from api.asking.ask import Ask
    from layers.served import Served
    from layers.spec import LayerSpec

Box = tuple[float, float, float, float]
MVT = "application/vnd.mapbox-vector-tile"
_REL = "http://www.opengis.net/def/rel/ogc/1.0"
_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_DIMENSIONS = {"Point": 0, "LineString": 1, "Polygon": 2}
_TYPES = {"integer": "integer", "number": "number", "boolean": "boolean"}
_FIELDS = {"integer": "Number", "number": "Number", "boolean": "Boolean"}


def list_tilesets(ask: Ask, served: Served) -> dict[str, Any]:
    """List the tilesets of a collection: one."""
    return {
        "title": f"Vector tiles of {_title(served.spec)}",
        "links": [ask.link_self(), _link_collection(ask)],
        "tilesets": [{
            **_describe_kind(served.spec),
            "links": [
                ask.link(_find_path(ask), "self", f"{_title(served.spec)} in {NAME}"),
                _link_scheme(ask),
            ],
        }],
    }


def describe_tileset(ask: Ask, served: Served) -> dict[str, Any]:
    """Describe a tileset: where its tiles are, what is in them, and where on the earth."""
    spec, box = served.spec, _measure_box(served)
    most = limit_features(len(spec.columns))
    properties = {
        spec.id: {"type": "string", "title": "Id"},
        **{name: _describe_property(name, spec) for name in spec.columns},
    }
    base = f"{ask.base}/collections/{ask.names['collection']}/tiles"
    return {
        **_describe_kind(spec),
        "description": f"{spec.meaning}. A tile holds at most {most} features: where more lie in "
        "it, crowded ground is thinned.",
        "links": [
            ask.link_self(), _link_scheme(ask), _link_tiles(ask), _link_collection(ask),
        ],
        "layers": [{
            "id": spec.name, "title": _title(spec), "description": spec.meaning,
            "dataType": "vector", "minTileMatrix": "0", "maxTileMatrix": str(MAX_ZOOM),
            **_describe_dimension(spec),
            "propertiesSchema": {"type": "object", "properties": properties},
        }],
        "tileMatrixSetLimits": measure_limits(served),
        **({"boundingBox": {"lowerLeft": list(box[:2]), "upperRight": list(box[2:]),
                            "crs": _CRS84}} if box else {}),
        "tilejson": "3.0.0",
        "name": spec.name,
        "scheme": "xyz",
        "tiles": [f"{base}/{{z}}/{{x}}/{{y}}.mvt"],
        "minzoom": 0,
        "maxzoom": MAX_ZOOM,
        **({"bounds": list(box)} if box else {}),
        "vector_layers": [{
            "id": spec.name, "description": spec.meaning, "minzoom": 0, "maxzoom": MAX_ZOOM,
            "fields": {name: _describe_field(name, spec) for name in properties},
        }],
    }


def measure_limits(served: Served) -> list[dict[str, Any]]:
    """Rows and columns of each level that hold any row; none where nothing lies anywhere."""
    box = _measure_box(served)
    return [] if box is None else list_limits(box)


def _measure_box(served: Served) -> Box | None:
    """Box of all rows in degrees, as far as tiles reach; None where nothing lies anywhere."""
    bounds = np.asarray(served.bounds)
    bounds = bounds[~np.isnan(bounds).any(axis=1)]
    if not len(bounds):
        return None
    west, south = bounds[:, :2].min(axis=0).tolist()
    east, north = bounds[:, 2:].max(axis=0).tolist()
    return west, max(south, -MAX_LATITUDE), east, min(north, MAX_LATITUDE)


def _title(spec: LayerSpec) -> str:
    return spec.title.get("en", spec.name)


def _find_path(ask: Ask) -> str:
    # By the collection's name: that of a job's result is not the layer's.
    return f"/collections/{ask.names['collection']}/tiles/{NAME}"


def _describe_kind(spec: LayerSpec) -> dict[str, Any]:
    return {"title": _title(spec), "dataType": "vector", "crs": CRS_URI, "tileMatrixSetURI": URI}


def _link_tiles(ask: Ask) -> dict[str, Any]:
    path = f"{_find_path(ask)}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
    return {**ask.link(path, "item", "Tiles", MVT), "templated": True}


def _link_scheme(ask: Ask) -> dict[str, Any]:
    return ask.link(f"/tileMatrixSets/{NAME}", f"{_REL}/tiling-scheme", NAME)


def _link_collection(ask: Ask) -> dict[str, Any]:
    return ask.link(f"/collections/{ask.names['collection']}", f"{_REL}/geodata", "The collection")


def _describe_dimension(spec: LayerSpec) -> dict[str, int]:
    found = _DIMENSIONS.get(spec.geometry)
    return {} if found is None else {"geometryDimension": found}


def _describe_property(name: str, spec: LayerSpec) -> dict[str, Any]:
    column = spec.columns[name]
    told = describe_column(name, column)
    unit = {key: value for key, value in told.items() if key.startswith("x-ogc-unit")}
    return {"type": _TYPES.get(column.dtype, "string"), "title": column.meaning, **unit}


def _describe_field(name: str, spec: LayerSpec) -> str:
    return _FIELDS.get(spec.columns[name].dtype, "String") if name in spec.columns else "String"
