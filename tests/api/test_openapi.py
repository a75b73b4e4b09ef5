from __future__ import annotations

import html
import json
import re
import subprocess

import pytest
from described import Told, ask, fill_path, list_operations, resolve
from hypothesis import given
from hypothesis import strategies as st
from openapi_spec_validator import validate
from surroundings import require_tool

from api.app import DOORWAYS
from api.asking.parameters import PARAMETERS, read_datetime
from api.errors import ParameterError
from api.openapi.document import TAGS
from api.openapi.inputs import DATETIME_PATTERN
from api.openapi.names import clean_path
from api.openapi.responses import find_media
from api.openapi.schemas import PER_COLLECTION, describe_documents
from layers.spec import AUDIENCES, may_see

# Where an audience has nothing to name: no map is drawn for partners, no profile for the public.
EMPTY = {("partner", "/maps/{map}"), ("public", "/corridors/{corridor}/profile")}
MEDIA = "application/vnd.oai.openapi+json;version=3.0"


@pytest.fixture(scope="module", params=AUDIENCES)
def client(published_grid, request):
    with ask(published_grid, request.param) as client:
        client.audience = request.param
        yield client


@pytest.fixture(scope="module")
def document(client):
    return client.get("/api").json()


@pytest.fixture(scope="module")
def told(document):
    return Told(document)


def test_it_is_served_as_openapi(client, document):
    answer = client.get("/api")
    assert answer.headers["content-type"] == MEDIA
    assert client.get("/api", headers={"Accept": "application/json"}).headers[
        "content-type"] == MEDIA
    assert document["openapi"] == "3.0.3"
    assert client.get("/api").content == answer.content


def test_the_landing_page_leads_to_it(client):
    links = {link["rel"]: link for link in client.get("/").json()["links"]}
    assert links["service-desc"]["type"] == MEDIA
    assert client.get(links["service-desc"]["href"]).headers["content-type"] == MEDIA
    assert client.get(links["service-doc"]["href"]).headers["content-type"].startswith("text/html")


def test_it_is_valid(document):
    validate(document)


def test_it_needs_nothing_else(document):
    text = json.dumps(document)
    references = set(_find(document, "$ref"))
    assert references
    assert all(reference.startswith("#/components/") for reference in references)
    assert all(resolve(document, {"$ref": reference}) for reference in references)
    assert "externalDocs" not in text


def _find(part, key):
    if isinstance(part, dict):
        yield from (value for name, value in part.items() if name == key)
        for value in part.values():
            yield from _find(value, key)
    elif isinstance(part, list):
        for value in part:
            yield from _find(value, key)


def test_a_linter_finds_nothing(document, tmp_path):
    spectral = require_tool("spectral")
    (tmp_path / "api.json").write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / "rules.yaml").write_text('extends: ["spectral:oas"]\n', encoding="utf-8")
    done = subprocess.run(
        [spectral, "lint", "--ruleset", "rules.yaml", "--fail-severity", "hint", "api.json"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )
    assert done.returncode == 0, done.stdout


def test_every_doorway_is_described_where_it_is_open(client, document):
    paths = set(document["paths"])
    for doorway in DOORWAYS:
        path = clean_path(doorway.path)
        found = {told for told in paths if _fits(path, told, document)}
        if (client.audience, path) not in EMPTY:
            assert bool(found) == may_see(client.audience, doorway.least), path
        assert all(doorway.method.lower() in document["paths"][told] for told in found)


def _fits(path, told, document):
    return told == path or told in {
        path.replace("{collection}", name)
        for name in _list_collections(document)
    }


def _list_collections(document):
    return {path.split("/")[2] for path in document["paths"] if path.endswith("/items")}


def test_collections_are_those_of_the_audience(client, document):
    shown = {it["id"] for it in client.get("/collections").json()["collections"]}
    assert _list_collections(document) == shown
    (names,) = {
        tuple(one["schema"]["enum"])
        for one in document["paths"]["/collections/{collection}"]["get"]["parameters"]
        if one.get("in") == "path"
    }
    assert set(names) == shown


def test_columns_are_those_that_are_shown(client, document):
    for collection in client.get("/collections").json()["collections"]:
        shown = [column["name"] for column in collection["columns"]]
        typed = document["components"]["schemas"][f"feature.{collection['id']}"]
        assert list(typed["properties"]["properties"]["properties"]) == shown
        items = document["paths"][f"/collections/{collection['id']}/items"]["get"]
        (asked,) = [it for it in items["parameters"] if it.get("name") == "properties"]
        assert asked["schema"]["items"]["enum"] == shown


def test_nothing_hidden_is_named(published_grid):
    with ask(published_grid, "restricted") as client:
        whole = client.get("/api").json()
    with ask(published_grid, "public") as client:
        seen = client.get("/api").json()
        text = json.dumps(seen) + client.get("/api.html").text
    hidden = _list_collections(whole) - _list_collections(seen)
    assert {"segments", "coverage", "incidents"} <= hidden
    named = {value for values in _find(seen, "enum") for value in values}
    assert "corridors" in named
    assert not hidden & named
    for name in hidden:
        assert f"/collections/{name}" not in text
        assert f"features.{name}" not in text
    columns = whole["components"]["schemas"]["feature.segments"]["properties"]["properties"]
    for column in ("intensity_per_100km_year", "risk_score", "factor_incidents"):
        assert column in columns["properties"]
        assert column not in text


def test_schemas_parameters_and_groups_are_all_known():
    documents = describe_documents()
    for doorway in DOORWAYS:
        documented = any(find_media(name).endswith("json") for name in doorway.formats)
        if documented or doorway.answers:
            known = {*documents, *PER_COLLECTION, "tile", "map"}
            assert doorway.answers in known, doorway.path
        assert set(doorway.bodies.values()) <= set(documents), doorway.path
        assert set(doorway.parameters) <= set(PARAMETERS), doorway.path
        assert doorway.tag in TAGS, doorway.path


def test_parameters_are_those_that_are_read(client, document):
    for path, method, operation in list_operations(document):
        if method != "GET":
            continue
        told = {resolve(document, one)["name"] for one in operation["parameters"]
                if resolve(document, one)["in"] == "query"}
        address = fill_path(document, path, operation)
        refused = client.get(f"{address}?nonsense=1")
        assert refused.status_code == 400, path
        named = refused.json()["detail"].partition("knows: ")[2].rstrip(".")
        assert {name for name in named.split(", ") if name != "none"} == told, path


def test_every_answer_is_as_described(client, told):
    asked = 0
    for path, method, operation in list_operations(told.document):
        if method != "GET":
            continue
        address = fill_path(told.document, path, operation)
        answer = client.get(address)
        assert told.find_faults(operation, answer) == [], address
        asked += answer.status_code == 200
        held = {"If-None-Match": answer.headers.get("etag", "x")}
        again = client.get(address, headers=held)
        assert told.find_faults(operation, again) == [], address
    assert asked > 20


def test_every_example_of_a_question_has_an_answer(client, document):
    asked = 0
    for path, method, operation in list_operations(document):
        for one in operation["parameters"]:
            told = resolve(document, one)
            if method != "GET" or told["in"] != "query":
                continue
            values = [it["value"] for it in told.get("examples", {}).values()]
            for value in [*values, *([told["example"]] if "example" in told else ())]:
                text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
                answer = client.get(fill_path(document, path, operation),
                                    params={told["name"]: text})
                assert answer.status_code == 200, (path, told["name"], text, answer.text)
                asked += 1
    assert asked > 30


@given(text=st.from_regex(DATETIME_PATTERN, fullmatch=True))
def test_what_a_time_is_described_as_is_read(text):
    try:
        read_datetime(text)
    except ParameterError:
        ends = [end for end in text.split("/") if end not in {"", ".."}]
        assert len(ends) == 2 or re.search(r"-(30|31)", text) or "-02-29" in text


@pytest.mark.parametrize("text", [
    "2024-05-01", "2024-05-01T12:00:00Z", "2024-05-01t12:00:00.5z", "2024-05-01/..",
    "../2024-05-01", "/2024-05-01", "2024-05-01/", "2024-05-01/2024-05-02T00:00:00-06:00",
    "2024-02-29",
])
def test_what_is_read_as_a_time_is_so_described(text):
    read_datetime(text)
    assert re.search(DATETIME_PATTERN, text)


def test_every_format_is_as_described(client, told):
    for path, method, operation in list_operations(told.document):
        for one in operation["parameters"]:
            parameter = resolve(told.document, one)
            if method != "GET" or parameter["name"] != "f":
                continue
            address = fill_path(told.document, path, operation)
            for name in parameter["schema"]["enum"]:
                answer = client.get(f"{address}?f={name}")
                assert told.find_faults(operation, answer) == [], f"{address}?f={name}"


def test_every_row_is_as_described(client, told):
    for name in _list_collections(told.document):
        operation = told.document["paths"][f"/collections/{name}/items"]["get"]
        answer = client.get(f"/collections/{name}/items?limit=10000")
        assert answer.status_code == 200
        assert told.find_faults(operation, answer) == [], name


def test_a_row_that_is_not_as_described_is_noticed(client, told):
    page = client.get("/collections/corridors/items").json()
    schema = {"$ref": "#/components/schemas/features.corridors"}
    assert told.check(schema, page) == []
    for spoil in (
        lambda feature: feature["properties"].update(secret=1),
        lambda feature: feature["properties"].update(length_km="long"),
        lambda feature: feature.update(geometry={"type": "Point", "coordinates": [0, 0]}),
        lambda feature: feature.pop("id"),
    ):
        spoilt = json.loads(json.dumps(page))
        spoil(spoilt["features"][0])
        assert told.check(schema, spoilt), spoil


def test_the_page_needs_nothing_else_and_links_lead_somewhere(client, document):
    page = client.get("/api.html")
    assert page.headers["content-type"].startswith("text/html")
    assert client.get("/api?f=html").content == page.content
    assert "built-in method" not in page.text
    for asset in ("<script", "<img", "<link", "@import", "url(http", "src="):
        assert asset not in page.text
    for href in re.findall(r'href="([^"]+)"', page.text):
        assert href.startswith("http://localhost/"), href
        followed = client.get(html.unescape(href), headers={"Accept": "text/html"})
        assert followed.status_code == 200, href
    for path, method, _ in list_operations(document):
        row = f'<span class="method">{method}</span><code>{path}</code>'
        assert row in page.text
    # What is not public says whom it is for, and until when.
    assert ("until 20" in page.text) == (client.audience != "public")
