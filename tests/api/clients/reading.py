"""How a client's own form of rows becomes ids, columns and geometries to compare."""

from __future__ import annotations

import json

import numpy as np
import pyogrio
import shapely


def read_package(path):
    """All layers of a GeoPackage that GDAL wrote."""
    return {name: split_frame(pyogrio.read_dataframe(path, layer=name))
            for name, _ in pyogrio.list_layers(path)}


def split_frame(frame):
    """Ids, columns and geometries of a frame that GDAL filled."""
    shapes = frame["geometry"].to_numpy() if "geometry" in frame else None
    columns = {name: frame[name].tolist() for name in frame if name not in {"id", "geometry"}}
    return frame["id"].tolist(), columns, shapes


def split_features(features):
    """The same for GeoJSON features."""
    names = list(features[0]["properties"]) if features else []
    columns = {name: [it["properties"][name] for it in features] for name in names}
    texts = [None if it["geometry"] is None else json.dumps(it["geometry"]) for it in features]
    shapes = shapely.from_geojson(np.array(texts, dtype=object)) if texts else np.array([], object)
    return [it["id"] for it in features], columns, shapes
