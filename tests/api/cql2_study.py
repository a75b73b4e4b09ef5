"""The study of OGC's CQL2 test data: where its GeoPackage and its predicates lie."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

from surroundings import SHARED, require_shared

FOLDER = Path(__file__).resolve().parent / "cql2"
TODAY = dt.date(2026, 1, 15)
COUNTS = {
    "ne_110m_admin_0_countries": 177,
    "ne_110m_populated_places_simple": 243,
    "ne_110m_rivers_lake_centerlines": 13,
}
# OGC's table counts one too many (opengeospatial/ogcapi-features, issue 1011): of the 243 names
# only Chișinău begins with "Chis" once accents and capitals are gone; Chicago does not.
ERRATA = {"ACCENTI(CASEI(name)) LIKE accenti(casei('Chiș%'))": 1}


def find_geopackage() -> Path:
    """The GeoPackage that the study reads; without it, skip, or fail where CI asks."""
    named = os.environ.get("GEORISK_CQL2_GPKG")
    return Path(named) if named else require_shared("ogc_cql2", "ne110m4cql2.gpkg")


def read_predicates() -> list[dict[str, object]]:
    """OGC's predicates: class, collection, filter and the count that OGC states; none without."""
    path = SHARED / "ogc_cql2" / "predicates.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def find_expected(predicate: dict[str, object]) -> object:
    """How many items a predicate must match: OGC's count, or what `ERRATA` says instead."""
    return ERRATA.get(str(predicate["filter"]), predicate["expected"])
