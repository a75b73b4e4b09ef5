"""The GeoJSON of every collection, checked by a linter that is not ours."""

from __future__ import annotations

import warnings

import pytest
from described import ask

from layers.spec import AUDIENCES

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from geojson_validator import validate_geometries, validate_structure
    from loguru import logger

logger.disable("geojson_validator")

# Holes, many vertices and lines that cross themselves lie in the world, not in how it is written.
OURS = ("duplicate_nodes", "excessive_coordinate_precision", "3d_coordinates",
        "outside_lat_lon_boundaries", "crosses_antimeridian")
WRONG = ("unclosed", "less_three_unique_nodes", "exterior_not_ccw", "interior_not_cw")


def lint(document):
    found = validate_geometries(document, criteria_invalid=WRONG, criteria_problematic=OURS)
    return validate_structure(document, check_crs=True), found["invalid"], found["problematic"]


@pytest.mark.parametrize("audience", AUDIENCES)
def test_every_collection_is_clean(published_grid, audience):
    seen = set()
    with ask(published_grid, audience) as client:
        for collection in client.get("/collections").json()["collections"]:
            page = client.get(f"/collections/{collection['id']}/items?limit=10000").json()
            drawn = [one for one in page["features"] if one["geometry"]]
            seen |= {one["geometry"]["type"] for one in drawn}
            # The linter takes a feature without geometry for an unknown one; the standard does not.
            structure = validate_structure(page, check_crs=True)
            assert {fault for fault in structure if "null" not in fault.lower()} == set()
            if drawn:
                assert lint({"type": "FeatureCollection", "features": drawn}) == ({}, {}, {})
    assert {"Point", "Polygon", "LineString"} & seen


def test_one_feature_is_clean(published_grid):
    with ask(published_grid) as client:
        page = client.get("/collections/risk_cells/items?limit=1").json()
        path = f"/collections/risk_cells/items/{page['features'][0]['id']}"
        assert lint(client.get(path).json()) == ({}, {}, {})


def test_the_linter_sees_what_is_wrong():
    clockwise = [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]
    polygon = {"type": "Polygon", "coordinates": [clockwise]}
    assert lint({"type": "Feature", "properties": {}, "geometry": polygon})[1]
    line = {"type": "LineString", "coordinates": [[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]]}
    assert lint({"type": "Feature", "properties": {}, "geometry": line})[2]
    assert lint({"type": "Feature", "geometry": None})[0]
