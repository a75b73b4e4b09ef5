"""A closed vocabulary: what is outside is refused by name, and never repeated."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import TooLargeError, UnprocessableError
from api.reports.reading import read_report
from api.reports.refusals import REFER
from api.reports.report import IncidentReport, PlaceReport, read_stored, write_report
from api.reports.schema import describe_reports
from api.reports.vocabulary import CLASSES, MAX_BODY_BYTES

TODAY = dt.date(2026, 3, 15)
PLACE = {"place_id": "gt-ex-1", "status": "FULL", "date": "2026-03-14"}
SAID = {"class": "wat", "date": "2026-03-14", "dead": 2}
POINT = {"type": "Point", "coordinates": [-92.13456, 14.6789]}


def read(document):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_report(body, today=TODAY)


def wrap(properties, geometry=POINT, **more):
    return {"type": "Feature", "geometry": geometry, "properties": properties, **more}


def test_a_place_as_json_and_as_geojson_is_the_same_report():
    told = PlaceReport("gt-ex-1", "FULL", dt.date(2026, 3, 14))
    assert read(PLACE) == read(wrap(PLACE, None)) == told
    assert read({**PLACE, "synthetic": True}).synthetic


def test_positions_are_rounded_before_anything_else_sees_them():
    report = read(wrap(SAID))
    assert report == IncidentReport("wat", dt.date(2026, 3, 14), dead=2, lon=-92.13, lat=14.68)
    assert "92.134" not in write_report(report)
    high = {"type": "Point", "coordinates": [-92.13456, 14.6789, 1234.5]}
    assert read(wrap(SAID, high)) == report


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_no_position_keeps_more_than_a_hundredth_of_a_degree(lon, lat):
    report = read(wrap(SAID, {"type": "Point", "coordinates": [lon, lat]}))
    assert abs(report.lon - lon) <= 0.005 + 1e-9
    assert abs(report.lat - lat) <= 0.005 + 1e-9
    assert len(repr(abs(report.lon)).split(".")[1]) <= 2
    assert read_stored(write_report(report)) == report


def test_an_incident_may_say_where_by_a_place():
    assert read(wrap({**SAID, "place_id": "gt-ex-1"}, None)).place_id == "gt-ex-1"


@pytest.mark.parametrize(("document", "named"), [
    ({**PLACE, "note": "x"}, "note"),
    ({**PLACE, "status": "closed"}, "status"),
    ({**PLACE, "status": ["FULL"]}, "status"),
    ({**PLACE, "place_id": 7}, "place_id"),
    ({**PLACE, "place_id": "Casa Ana"}, "place_id"),
    ({**PLACE, "date": 20260314}, "date"),
    ({**PLACE, "date": "2026-03-14T10:00:00Z"}, "date"),
    ({**PLACE, "synthetic": "no"}, "synthetic"),
    ({"place_id": "gt-ex-1"}, "status"),
    (wrap(PLACE, POINT), "geometry"),
    (wrap(SAID, None), "geometry"),
    (wrap({**SAID, "place_id": "gt-ex-1"}), "geometry"),
    (wrap(SAID, {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}), "geometry"),
    (wrap(SAID, {**POINT, "crs": "x"}), "geometry.crs"),
    (wrap(SAID, {"type": "Point", "coordinates": [181, 0]}), "coordinates"),
    (wrap(SAID, {"type": "Point", "coordinates": [0, 90.001]}), "coordinates"),
    (wrap(SAID, {"type": "Point", "coordinates": ["1", 2]}), "coordinates"),
    (wrap(SAID, {"type": "Point", "coordinates": [True, 2]}), "coordinates"),
    (wrap(SAID, {"type": "Point", "coordinates": [1]}), "coordinates"),
    (wrap({**SAID, "class": "violence"}), "class"),
    (wrap({**SAID, "class": None}), "class"),
    (wrap({**SAID, "dead": -1}), "dead"),
    (wrap({**SAID, "dead": 2001}), "dead"),
    (wrap({**SAID, "dead": 1.0}), "dead"),
    (wrap({**SAID, "dead": True}), "dead"),
    (wrap({**SAID, "dead": 0}), "dead"),
    (wrap({**SAID, "name": "x"}), "name"),
    (wrap(SAID, id="7"), "id"),
    (wrap(7), "properties"),
    ({"type": "FeatureCollection", "features": []}, "features"),
    ({"type": "Polygon"}, "type"),
])
def test_what_is_outside_the_vocabulary_is_refused_by_name(document, named):
    with pytest.raises(UnprocessableError, match=f'^Member "{named}": .*\\.$'):
        read(document)


@pytest.mark.parametrize("place", [
    {**PLACE, "status": "SECRET-7"}, {**PLACE, "SECRET 7": 1}, {**PLACE, "place_id": "SECRET"},
    wrap({**SAID, "class": "SECRET"}), wrap({**SAID, "date": "SECRET"}),
    {"SECRET, 7": "SECRET"}, {"AnaSECRET": 1}, b'{"SECRET"', b"SECRET",
])
def test_what_was_sent_is_never_repeated(place):
    with pytest.raises(UnprocessableError) as raised:
        read(place)
    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize("document", [
    wrap({**SAID, "class": "sexual_violence"}), wrap({**SAID, "subtype": "rape"}),
    wrap({**SAID, "subtype": "violación"}), wrap({**SAID, "subtype": "viol"}),
    wrap({**SAID, "class": "kadejak"}), wrap({**SAID, "sexualViolence": 1}),
    wrap({**SAID, "unaccompanied_children": 2}), wrap({**SAID, "note": "menor no acompañada"}),
    wrap({**SAID, "note": "enfants non accompagnés"}), wrap({**SAID, "note": "a child alone"}),
    {**PLACE, "note": "GBV"}, b'{"class": "se\\u0078ual"}',
    b'["\\u0072ape"]',
])
def test_what_must_be_referred_is_referred(document):
    with pytest.raises(UnprocessableError) as raised:
        read(document)
    assert str(raised.value) == REFER


@pytest.mark.parametrize("place_id", [
    "gt-unaccompanied-3", "ana-lopez-rape", "menor-sola-555", "kadejak-12", "x-minor-alone",
])
def test_an_id_that_reads_like_such_a_word_is_referred(place_id):
    for document in ({**PLACE, "place_id": place_id}, wrap({**SAID, "place_id": place_id}, None)):
        with pytest.raises(UnprocessableError) as raised:
            read(document)
        assert str(raised.value) == REFER


def test_other_violence_is_taken():
    assert {read(wrap({**SAID, "class": kind})).kind for kind in CLASSES} == set(CLASSES)


@pytest.mark.parametrize("body", [
    b"", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 4000, b'{"a":' * 800, b"NaN",
    b'{"dead":1e999}', b'{"a":' * 600 + b"1" + b"}" * 600, b"[" * 200 + b"]" * 200,
    b"[" * 2000 + b"]" * 2000, b'{"a":' * 253 + b"1" + b"}" * 253,
    b'{"status":' + b"[" * 1000 + b"]" * 1000 + b"}",
])
def test_no_body_does_anything_but_be_refused(body):
    with pytest.raises(UnprocessableError):
        read(body)


def test_a_long_body_is_not_looked_into():
    with pytest.raises(TooLargeError):
        read(b" " * MAX_BODY_BYTES + json.dumps(PLACE).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["Feature", "Point", "FULL", "wat", "gt-ex-1", "2026-03-14"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.text(max_size=8) | st.sampled_from(
            ["type", "geometry", "properties", "coordinates", "class", "date", "status",
             "place_id", "dead"]), inner, max_size=5), max_leaves=12)


@given(JSON)
def test_any_json_is_a_report_or_refused(document):
    try:
        report = read(document)
    except (UnprocessableError, TooLargeError):
        return
    assert read_stored(write_report(report)) == report


def test_schemas_are_what_is_read():
    jsonschema = pytest.importorskip("jsonschema")
    schemas = describe_reports()
    feature = jsonschema.Draft7Validator(_undo_nullable(schemas["report.feature"]))
    place = jsonschema.Draft7Validator(schemas["report.place"])
    assert not list(place.iter_errors(PLACE))
    assert list(place.iter_errors({**PLACE, "note": "x"}))
    for sound in (wrap(SAID), wrap(PLACE, None), wrap({**SAID, "place_id": "gt-ex-1"}, None)):
        assert not list(feature.iter_errors(sound))
    for bad in (wrap({**SAID, "note": "x"}), wrap({**SAID, "class": "x"}), wrap(PLACE, POINT)):
        assert list(feature.iter_errors(bad))


def _undo_nullable(schema):
    """OpenAPI 3.0's ``nullable`` as JSON Schema says it."""
    if isinstance(schema, list):
        return [_undo_nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _undo_nullable(one) for name, one in schema.items() if name != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain
