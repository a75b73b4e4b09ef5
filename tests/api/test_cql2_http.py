"""OGC's 137 predicates over HTTP, on a published run of the study that holds OGC's data."""

from __future__ import annotations

import json

import cql2
import pytest
from cql2_study import (
    COUNTS,
    ERRATA,
    FOLDER,
    TODAY,
    find_expected,
    find_geopackage,
    read_predicates,
)
from http_doubles import open_client
from surroundings import require_shared

import georisk.doors
from georisk.publishing import publish
from georisk.study import Study

PREDICATES = read_predicates()
ALL = 1000  # more than any of the layers has


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    find_geopackage()
    runs = tmp_path_factory.mktemp("cql2") / "runs"
    publish(Study.open(FOLDER, today=TODAY), runs)
    return runs


@pytest.fixture(scope="module")
def client(runs):
    with open_client(georisk.doors.open("public", runs=runs, today=TODAY)) as client:
        yield client


def ask(client, collection, **query):
    answer = client.get(f"/collections/{collection}/items", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def list_ids(client, collection, **query):
    document = ask(client, collection, limit=ALL, **query)
    ids = [feature["id"] for feature in document["features"]]
    assert document["numberMatched"] == document["numberReturned"] == len(ids) == len(set(ids))
    return ids


def test_the_predicates_are_all_here():
    require_shared("ogc_cql2", "predicates.json")
    assert len(PREDICATES) == 137
    assert len(ERRATA) == 1


def test_the_collections_are_public_and_whole(client):
    shown = {entry["id"] for entry in client.get("/collections").json()["collections"]}
    assert shown == set(COUNTS)
    for name, count in COUNTS.items():
        assert len(list_ids(client, name)) == count


@pytest.mark.parametrize("predicate", PREDICATES, ids=lambda p: p["filter"])
def test_a_predicate_gives_its_count_and_the_same_items_as_json(client, predicate):
    collection, text = predicate["collection"], predicate["filter"]
    ids = list_ids(client, collection, filter=text)
    assert len(ids) == find_expected(predicate)
    document = json.dumps(cql2.parse_text(text).to_json(), ensure_ascii=False)
    assert list_ids(client, collection, filter=document, **{"filter-lang": "cql2-json"}) == ids


@pytest.mark.parametrize("collection", COUNTS)
def test_a_filter_and_its_negation_share_nothing_and_leave_out_only_the_unknown(
    client, collection
):
    everything = set(list_ids(client, collection))
    chosen = [p for p in PREDICATES if p["collection"] == collection and "NULL" not in p["filter"]]
    for predicate in chosen[::7]:
        text = predicate["filter"]
        yes = set(list_ids(client, collection, filter=text))
        no = set(list_ids(client, collection, filter=f"NOT ({text})"))
        assert not yes & no, text
        assert yes | no <= everything, text


def test_paging_through_a_filter_gives_each_item_once(client):
    collection, text = "ne_110m_populated_places_simple", "pop_other>1038288"
    expected = list_ids(client, collection, filter=text)
    document, found = ask(client, collection, filter=text, limit=50), []
    while True:
        assert document["numberMatched"] == 122
        found += [feature["id"] for feature in document["features"]]
        onward = [link["href"] for link in document["links"] if link["rel"] == "next"]
        if not onward:
            break
        document = client.get(onward[0]).json()
    assert found == expected


@pytest.mark.parametrize("audience", ["partner", "restricted"])
def test_whoever_sees_more_sees_the_same_of_public_layers(client, runs, audience):
    with open_client(georisk.doors.open(audience, runs=runs, today=TODAY)) as other:
        for name in COUNTS:
            assert list_ids(other, name) == list_ids(client, name)


@pytest.mark.parametrize(("system", "box", "ring"), [
    ("CRS84", "BBOX(0,40,10,50)", "0 40,10 40,10 50,0 50,0 40"),
    ("EPSG:4326", "BBOX(40,0,50,10)", "40 0,40 10,50 10,50 0,40 0"),
    ("EPSG:3857", "BBOX(0,4865942.28,1113194.91,6446275.84)",
     "0 4865942.28,1113194.91 4865942.28,1113194.91 6446275.84,0 6446275.84,0 4865942.28"),
])
def test_geometries_are_read_in_the_system_that_the_filter_names(client, system, box, ring):
    options = {} if system == "CRS84" else {"filter-crs": system}
    for shape in (box, f"POLYGON(({ring}))"):
        found = list_ids(client, "ne_110m_admin_0_countries",
                         filter=f"S_INTERSECTS(geom,{shape})", **options)
        assert len(found) == 8


@pytest.mark.parametrize(("text", "document"), [
    ("name='a' AND", '{"op":"and","args":[{"op":"=","args":[{"property":"name"},"a"]}]}'),
    ("nobody='a'", '{"op":"=","args":[{"property":"nobody"},"a"]}'),
    ("name=1", '{"op":"=","args":[{"property":"name"},1]}'),
    ("name=NULL", '{"op":"=","args":[{"property":"name"},null]}'),
    ("pop_max LIKE '1%'", '{"op":"like","args":[{"property":"pop_max"},"1%"]}'),
    ("pop_max BETWEEN 1", '{"op":"between","args":[{"property":"pop_max"},1]}'),
    ("pop_max=2^1^1", '{"op":"=","args":[{"op":"^","args":[2,1,1]},2]}'),
    ("S_INTERSECTS(geom)", '{"op":"s_intersects","args":[{"property":"geom"}]}'),
    ("S_INTERSECTS(geom,POINT(1))",
     '{"op":"s_intersects","args":[{"property":"geom"},{"type":"Point","coordinates":[1]}]}'),
    ("T_AFTER(start,'2022-01-01')", '{"op":"t_after","args":[{"property":"start"},"2022-01-01"]}'),
    ("A_CONTAINS(name,('a'))", '{"op":"a_contains","args":[{"property":"name"},["a"]]}'),
    ("upper(name)='A'", '{"op":"=","args":[{"op":"upper","args":[{"property":"name"}]},"A"]}'),
    ('{"op":"not","args":[true]}', "NOT TRUE"),
])
def test_what_is_no_filter_is_400_in_either_language(client, text, document):
    address = "/collections/ne_110m_populated_places_simple/items"
    for language, filter_ in (("cql2-text", text), ("cql2-json", document)):
        answer = client.get(address, params={"filter": filter_, "filter-lang": language})
        assert answer.status_code == 400, filter_
        assert answer.headers["content-type"] == "application/problem+json"
