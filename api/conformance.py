"""The conformance classes that this server passes: a class is named here when it is tested."""

from __future__ import annotations

from api.filter.conformance import CONFORMANCE as FILTERS
from api.routes.tiles import CONFORMANCE as TILES

_FEATURES = "http://www.opengis.net/spec/ogcapi-features-"

CONFORMS_TO: tuple[str, ...] = (
    *(f"{_FEATURES}1/1.0/conf/{name}" for name in ("core", "oas30", "geojson", "html")),
    f"{_FEATURES}2/1.0/conf/crs",
    *FILTERS,
    *TILES,
)
