from __future__ import annotations

import pytest
from described import ask
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from api.stock.schemas import (
    GEOMETRY_FORMATS,
    TYPES,
    UCUM,
    describe_column,
    describe_queryables,
    describe_returnables,
)
from layers.catalog import load_catalog
from layers.spec import AUDIENCES, ColumnSpec, LayerSpec

OGC = "http://www.opengis.net/def/rel/ogc/1.0/"
ADDRESS = "https://example.org/collections/x/schema"
DRAWN = set(GEOMETRY_FORMATS.values())


@pytest.fixture(scope="module", params=AUDIENCES)
def client(published_grid, request):
    with ask(published_grid, request.param) as client:
        yield client


def list_collections(client):
    return client.get("/collections").json()["collections"]


@pytest.mark.parametrize("kind", ["schema", "queryables"])
def test_every_collection_leads_to_it(client, kind):
    for collection in list_collections(client):
        (link,) = [one for one in collection["links"] if one["rel"] == OGC + kind]
        assert link["type"] == "application/schema+json"
        answer = client.get(link["href"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/schema+json"
        schema = answer.json()
        Draft202012Validator.check_schema(schema)
        assert schema["$id"] == link["href"].partition("?")[0]
        assert client.get(schema["$id"], headers={"Accept": "application/schema+json"}).headers[
            "content-type"] == "application/schema+json"


def test_it_names_what_is_shown_and_nothing_else(client):
    for collection in list_collections(client):
        path = f"/collections/{collection['id']}"
        shown = {column["name"] for column in collection["columns"]}
        page = client.get(f"{path}/items?limit=1").json()["features"]
        for kind in ("schema", "queryables"):
            named = client.get(f"{path}/{kind}").json()["properties"]
            own = set(named) - {"geom", collection["id_column"]}
            assert own == shown
            assert all(set(feature["properties"]) == own for feature in page)


def test_rules_of_part_5(client):
    for collection in list_collections(client):
        for kind in ("schema", "queryables"):
            schema = client.get(f"/collections/{collection['id']}/{kind}").json()
            assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
            assert schema["type"] == "object"
            assert schema["title"]
            assert schema["description"]
            check_properties(schema["properties"])
    assert schema["additionalProperties"] is False


def check_properties(properties):
    roles = [it["x-ogc-role"] for it in properties.values() if "x-ogc-role" in it]
    assert roles.count("id") == 1
    assert len(roles) == len(set(roles))
    assert [it["x-ogc-propertySeq"] for it in properties.values()] == list(
        range(1, len(properties) + 1))
    for name, it in properties.items():
        assert it["title"], name
        if it.get("x-ogc-role") == "primary-geometry":
            assert name == "geom"
            assert it["format"] in DRAWN
            assert "type" not in it
        else:
            assert it["type"] in {"string", "number", "integer", "boolean", "array"}
        if it.get("x-ogc-role") == "primary-instant":
            assert it["format"] in {"date", "date-time"}
        if "x-ogc-unit" in it and "x-ogc-unitLang" not in it:
            assert it["x-ogc-unit"] in UCUM.values()


def test_every_row_holds_to_its_schema(client):
    for collection in list_collections(client):
        path = f"/collections/{collection['id']}"
        schema = client.get(f"{path}/schema").json()
        validator = Draft202012Validator({**schema, "additionalProperties": False})
        for feature in client.get(f"{path}/items?limit=10000").json()["features"]:
            given = {k: v for k, v in feature["properties"].items() if v is not None}
            row = {collection["id_column"]: feature["id"], **given}
            assert not [error.message for error in validator.iter_errors(row)]


def test_every_feature_holds_to_its_schema(client):
    for collection in list_collections(client):
        path = f"/collections/{collection['id']}"
        (link,) = [one for one in collection["links"] if one["rel"] == "describedby"]
        schema = client.get(link["href"]).json()
        Draft202012Validator.check_schema(schema)
        columns = schema["properties"]["properties"]["properties"]
        assert list(columns) == [column["name"] for column in collection["columns"]]
        assert all(isinstance(column["type"], str) for column in columns.values())
        validator = Draft202012Validator(schema)
        for feature in client.get(f"{path}/items?limit=10000").json()["features"]:
            given = {k: v for k, v in feature["properties"].items() if v is not None}
            row = {**feature, "properties": given}
            assert not [error.message for error in validator.iter_errors(row)]


@pytest.mark.parametrize(("accept", "media"), [
    ("*/*", "application/schema+json"), ("application/schema+json", "application/schema+json"),
    ("application/geo+json, application/json", "application/json"),
    ("text/html,*/*;q=0.8", "text/html; charset=utf-8"),
])
def test_a_client_gets_the_kind_of_json_that_it_takes(client, accept, media):
    for kind in ("schema", "queryables", "feature-schema"):
        answer = client.get(f"/collections/corridors/{kind}", headers={"Accept": accept})
        assert answer.headers["content-type"] == media


def test_by_hand():
    spec = LayerSpec(
        name="wells", kind="vector", role="place", title={"en": "Wells"}, meaning="Water",
        geometry="Polygon", id="well_id", columns={
            "date": ColumnSpec(dtype="date", meaning="Dug"),
            "depth": ColumnSpec(dtype="number", meaning="Depth", unit="m", range=(0, 99.5)),
            "kind": ColumnSpec(dtype="string", meaning="Kind", one_of=("a", "b"), nullable=False),
            "months": ColumnSpec(dtype="list", meaning="Months", pattern="[0-9]+"),
            "yield": ColumnSpec(dtype="integer", meaning="Yield", unit="cups"),
        },
    )
    schema = describe_returnables(spec, ADDRESS)
    assert schema["required"] == ["well_id", "kind"]
    assert schema["properties"] == {
        "well_id": {"title": "well_id", "type": "string", "x-ogc-role": "id",
                    "x-ogc-propertySeq": 1},
        "geom": {"title": "Geometry", "format": "geometry-polygon-or-multipolygon",
                 "x-ogc-role": "primary-geometry", "x-ogc-propertySeq": 2},
        "date": {"title": "date", "type": "string", "format": "date", "description": "Dug",
                 "x-ogc-role": "primary-instant", "x-ogc-propertySeq": 3},
        "depth": {"title": "depth", "type": "number", "minimum": 0, "maximum": 99.5,
                  "description": "Depth (m)", "x-ogc-unit": "m", "x-ogc-propertySeq": 4},
        "kind": {"title": "kind", "type": "string", "enum": ["a", "b"], "description": "Kind",
                 "x-ogc-propertySeq": 5},
        "months": {"title": "months", "type": "array", "description": "Months",
                   "items": {"type": "string", "pattern": "^(?:[0-9]+)$"},
                   "x-ogc-propertySeq": 6},
        "yield": {"title": "yield", "type": "integer", "description": "Yield (cups)",
                  "x-ogc-unit": "cups", "x-ogc-unitLang": "en", "x-ogc-propertySeq": 7},
    }
    asked = describe_queryables(spec, ADDRESS)
    assert asked["additionalProperties"] is False
    assert "required" not in asked
    assert asked["properties"] == schema["properties"]


def test_units_of_the_catalogue_are_all_in_the_unified_code():
    units = {
        column.unit
        for spec in load_catalog().values()
        for columns in (spec.columns, *(view.columns for view in spec.views.values()))
        for column in columns.values()
    }
    assert units - {""} <= set(UCUM)


@given(
    dtype=st.sampled_from(sorted(set(TYPES) - {"datetime"})),
    bounds=st.none() | st.tuples(st.floats(), st.floats()),
    words=st.lists(st.text(min_size=1, max_size=5), max_size=3, unique=True),
    unit=st.text(max_size=5),
)
def test_any_column_gives_a_valid_schema(dtype, bounds, words, unit):
    column = ColumnSpec(dtype=dtype, meaning="m", range=bounds, one_of=tuple(words), unit=unit)
    described = describe_column("c", column)
    Draft202012Validator.check_schema(described)
    assert described["description"].startswith("m")


def test_an_unknown_collection_has_none(client):
    for kind in ("schema", "queryables"):
        answer = client.get(f"/collections/nothing/{kind}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_queryables_as_the_drafts_list_them(client):
    """GDAL up to 3.12 sends no filter without; lists it would compare with text."""
    for collection in list_collections(client):
        schema = client.get(f"/collections/{collection['id']}/queryables").json()
        wanted = [{"id": name, "type": it["type"]} for name, it in schema["properties"].items()
                  if it.get("type", "array") != "array"]
        assert schema["queryables"] == wanted
        assert {"id": collection["id_column"], "type": "string"} in wanted
        assert "queryables" not in client.get(f"/collections/{collection['id']}/schema").json()
