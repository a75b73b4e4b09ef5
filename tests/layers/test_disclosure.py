"""The gate fails closed: each rule of SAFETY that holds from the first commit."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.catalog import load_catalog
from layers.disclosure import (
    RELEASES,
    ROW_RULES,
    VIEWS,
    disclose,
    find_consented_places,
    find_sealed_places,
    judge_level,
)
from layers.errors import NotShownError
from layers.geojson import encode_features
from layers.layer import Layer, Provenance, empty_column, index_frame
from layers.spec import AUDIENCES, LEVELS, may_see, parse_spec

TODAY = dt.date(2026, 6, 1)
BARE = """
name = "bare"
kind = "vector"
role = "place"
title = {en = "Bare"}
meaning = "A spec that says nothing of levels"
geometry = "Point"
id = "bare_id"
[columns.what]
dtype = "string"
meaning = "Something"
[columns.words]
dtype = "text"
meaning = "Free text"
level = "public"
"""


def make_layer(spec, rows, inputs_level="public", geometry=None):
    frame = pd.DataFrame(rows)
    for name, column in spec.columns.items():
        if name not in frame:
            frame[name] = empty_column(column, len(frame))
        if column.dtype == "date":
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
        if column.dtype == "boolean":
            frame[name] = frame[name].astype("boolean")
    if spec.geometry != "none":
        frame = gpd.GeoDataFrame(
            frame, geometry=geometry or [shapely.Point(0, 0)] * len(frame), crs="EPSG:4326")
    provenance = Provenance(("t",), "", synthetic=False, inputs_level=inputs_level)
    return Layer(spec, index_frame(frame, spec), provenance)


def bare_layer(text=BARE):
    spec = parse_spec(text, where="bare.toml")
    return make_layer(spec, [{"bare_id": "b-1", "what": "secret-x", "words": "secret-y"}])


def test_a_bare_spec_shows_nothing_to_public_or_partner():
    for audience in ("public", "partner"):
        with pytest.raises(NotShownError):
            disclose(bare_layer(), audience, today=TODAY)


def test_free_text_is_sealed_whatever_the_spec_says():
    shown = disclose(bare_layer(), "restricted", today=TODAY)
    assert list(shown.frame.columns) == ["what", "geometry"]
    assert b"secret-y" not in encode_features(shown).buffer


def test_a_public_layer_keeps_columns_and_geometry_without_level():
    layer = bare_layer(BARE.replace('id = "bare_id"', 'id = "bare_id"\nlevel = "public"'))
    shown = disclose(layer, "public", today=TODAY)
    assert shown.spec.geometry == "none"
    assert shown.spec.columns == {}
    body = bytes(encode_features(shown).buffer)
    assert b"secret" not in body
    assert b"coordinates" not in body


def test_what_is_hidden_reads_like_what_does_not_exist():
    with pytest.raises(NotShownError, match=r"^no layer named 'bare'$"):
        disclose(bare_layer(), "public", today=TODAY)


RESULT = BARE.replace('role = "place"', 'role = "result"\nlevel = "public"')


@given(st.sampled_from(LEVELS), st.sampled_from(LEVELS), st.sampled_from(AUDIENCES))
def test_a_result_keeps_the_strictest_level_of_its_inputs(own, inputs, audience):
    text = RESULT.replace('level = "public"\n', f'level = "{own}"\n', 1)
    spec = parse_spec(text, where="t")
    layer = make_layer(spec, [{"bare_id": "b"}], inputs_level=inputs)
    strictest = max(own, inputs, key=LEVELS.index)
    assert judge_level(layer) == strictest
    if may_see(audience, strictest):
        disclose(layer, audience, today=TODAY)
    else:
        with pytest.raises(NotShownError):
            disclose(layer, audience, today=TODAY)


def test_a_release_that_nobody_wrote_counts_for_nothing():
    text = RESULT.replace('level = "public"', 'level = "public"\nreleased_by = "trust_me"', 1)
    layer = make_layer(parse_spec(text, where="t"), [{"bare_id": "b"}], inputs_level="sealed")
    assert judge_level(layer) == "sealed"


def test_a_release_reaches_no_lower_than_its_list_says():
    text = RESULT.replace(
        'level = "public"', 'level = "public"\nreleased_by = "kernel_intensity"', 1)
    layer = make_layer(parse_spec(text, where="t"), [{"bare_id": "b"}], inputs_level="sealed")
    assert judge_level(layer) == "restricted"


def test_an_unknown_view_or_row_rule_hides_the_layer():
    text = BARE + '[views.public]\ngeneraliser = "no_such_view"\n'
    with pytest.raises(NotShownError):
        disclose(bare_layer(text), "public", today=TODAY)
    text = BARE.replace('id = "bare_id"', 'id = "bare_id"\nlevel = "public"\nrow_rule = "none"')
    with pytest.raises(NotShownError):
        disclose(bare_layer(text), "public", today=TODAY)


def test_every_name_in_the_catalogue_is_known_to_the_gate():
    for spec in load_catalog().values():
        assert spec.released_by in {"", *RELEASES}, spec.name
        assert spec.row_rule in {"", *ROW_RULES}, spec.name
        assert {v.generaliser for v in spec.views.values()} <= set(VIEWS), spec.name


def test_who_sees_which_layer_as_it_stands():
    """SAFETY's table, written out: a change here is a change of policy."""
    public = {spec.name for spec in load_catalog().values()
              if spec.effective_level == "public" and spec.role != "result"}
    assert public == {
        "waypoints", "places", "boundaries", "shelters", "assistance_points",
        "health_facilities", "hazard_temperature", "hazard_rain", "hazard_relief",
        "hazard_landcover", "hazard_storms", "hazard_humidity", "hazard_wbgt", "rivers",
    }
    results = {spec.name: spec.effective_level for spec in load_catalog().values()
               if spec.role == "result"}
    assert {n for n, level in results.items() if level == "public"} == {"corridors", "risk_cells"}
    assert {n for n, level in results.items() if level == "partner"} == {"stretches"}
    assert load_catalog()["incidents"].effective_level == "sealed"


PLACE = {"place_id": "mx-a-1", "name": "EXAMPLE - one", "services": ("water",), "admits": (),
         "synthetic": True, "country": "MX"}
GOOD = {"publish_ok": True, "consent_until": "2027-01-01", "last_verified": "2026-05-01",
        "verify_by": "2026-07-01"}


def make_places(*rows):
    spec = load_catalog()["shelters"]
    return make_layer(spec, [{**PLACE, "place_id": f"mx-a-{n}", **row}
                             for n, row in enumerate(rows)])


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({}, True),
        ({"publish_ok": False}, False),
        ({"publish_ok": None}, False),
        ({"consent_until": "2026-05-31"}, False),
        ({"consent_until": None}, False),
        ({"consent_until": "2026-06-01"}, True),
        ({"verify_by": "2026-05-31"}, False),
        ({"verify_by": None}, False),
        ({"last_verified": None}, False),
        ({"last_verified": "2026-01-01", "verify_by": "2026-12-31"}, False),
    ],
)
def test_a_place_is_public_only_with_consent_and_a_recent_check(change, shown):
    layer = make_places({**GOOD, **change})
    assert bool(find_consented_places(layer.frame, today=TODAY).iloc[0]) is shown
    for audience in ("public", "partner"):
        assert len(disclose(layer, audience, today=TODAY)) == int(shown)
    assert len(disclose(layer, "restricted", today=TODAY)) == 1


@pytest.mark.parametrize(
    "kind", ["unaccompanied_children", "trafficking_survivors", "gbv_survivors", "detention"])
def test_sealed_kinds_leave_by_no_door_whatever_the_consent(kind):
    layer = make_places({**GOOD, "place_kind": kind})
    for audience in AUDIENCES:
        assert len(disclose(layer, audience, today=TODAY)) == 0


def test_a_place_for_children_alone_is_sealed_even_if_nobody_said_so():
    layer = make_places(
        {**GOOD, "admits": ("men:no", "unaccompanied_children:yes", "women:no")},
        {**GOOD, "admits": ("unaccompanied_children:yes", "women:yes")},
    )
    assert find_sealed_places(layer.frame).tolist() == [True, False]


def test_public_rows_of_a_place_carry_no_restricted_column():
    shown = disclose(make_places(GOOD), "public", today=TODAY)
    hidden = {"publish_ok", "consent_until", "capacity", "steward", "owner", "place_kind"}
    assert not hidden & set(shown.frame.columns)


def make_leg(line, **changes):
    row = {"leg_id": "l-1", "route_id": "r", "leg_no": 1, "mode": "foot", "from_place": "A",
           "to_place": "B", "accuracy_km": 12.0, "status": "open", "synthetic": False,
           "off_road": True, **changes}
    return make_layer(load_catalog()["routes"], [row], geometry=[line])


LINE = shapely.LineString([(-77.31234, 8.51234), (-77.5021, 8.2517), (-77.7312, 8.2123)])


@given(st.floats(1, 60), st.floats(-0.8, 0.8), st.floats(0.05, 0.8))
def test_an_off_road_leg_is_a_band_twice_its_accuracy_wide(accuracy_km, dx, dy):
    line = shapely.LineString([(-77, 8), (-77 + dx / 2, 8 + dy), (-77 + dx, 8 + dy)])
    shown = disclose(make_leg(line, accuracy_km=accuracy_km), "public", today=TODAY)
    (band,) = shown.frame.geometry
    assert band.geom_type in {"Polygon", "MultiPolygon"}
    assert bool(shown.frame["band"].iloc[0])
    straight = shapely.LineString([line.coords[0], line.coords[-1]])
    half_deg = accuracy_km / 111.2  # north-south, the narrow reading everywhere here
    assert band.covers(straight.buffer(half_deg * 0.999, quad_segs=8))


def test_a_foot_leg_of_unknown_ground_is_a_band_too():
    shown = disclose(make_leg(LINE, off_road=None), "public", today=TODAY)
    assert bool(shown.frame["band"].iloc[0])


def test_a_facility_needs_consent_even_if_its_spec_forgot_the_rule():
    text = BARE.replace('role = "place"', 'role = "facility"').replace(
        'id = "bare_id"', 'id = "bare_id"\nlevel = "public"\ngeometry_level = "public"')
    assert len(disclose(bare_layer(text), "public", today=TODAY)) == 0


def test_no_spec_of_a_study_lowers_incidents_or_routes():
    for role, floor in (("incident", "sealed"), ("route", "restricted")):
        text = BARE.replace('role = "place"', f'role = "{role}"').replace(
            'id = "bare_id"', 'id = "bare_id"\nlevel = "public"\ngeometry_level = "public"')
        assert judge_level(bare_layer(text)) == floor
        with pytest.raises(NotShownError):
            disclose(bare_layer(text), "public", today=TODAY)


def test_no_raw_vertex_of_a_leg_is_public():
    for changes in ({}, {"off_road": False}, {"mode": "road", "off_road": False}):
        shown = disclose(make_leg(LINE, **changes), "public", today=TODAY)
        xy = shapely.get_coordinates(shown.frame.geometry.to_numpy())
        assert np.allclose(xy, np.round(xy, 1), atol=1e-9)
        raw = {tuple(point) for point in shapely.get_coordinates(LINE).tolist()}
        assert not raw & {tuple(point) for point in xy.tolist()}


def test_gaps_are_public_in_words_only():
    spec = load_catalog()["gaps"]
    row = {"gap_id": "c-water-forward-leg-0042", "corridor": "c", "service": "water",
           "direction": "forward", "from_place": "A", "to_place": "B", "leg_ids": ("leg",),
           "length_km": 61.234, "walk_h": 13.6, "next_h": 19.1, "severity": "critical",
           "synthetic": False}
    layer = make_layer(spec, [row], inputs_level="restricted", geometry=[LINE])
    shown = disclose(layer, "public", today=TODAY)
    body = bytes(encode_features(shown).buffer)
    assert shown.spec.geometry == "none"
    assert list(shown.frame.index) == ["c-water-forward-01"]
    assert shown.frame["words"].iloc[0].startswith("no known water between A and B")
    for leak in (b"0042", b"61.2", b"-77.", b"critical", b"19.1", b'"leg"'):
        assert leak not in body
    partner = disclose(layer, "partner", today=TODAY)
    assert partner.spec.geometry == "Geometry"
    assert b"0042" not in encode_features(partner).buffer


def test_raw_incidents_are_never_shown():
    spec = load_catalog()["incidents"]
    rows = [{"incident_id": "2020-mmp00123", "date": "2020-02-03", "class": "env", "n_victims": 1,
             "coord_precision_km": 0.1, "source": "County office", "subtype": "heat",
             "synthetic": False}]
    layer = make_layer(spec, rows, geometry=[shapely.Point(-110.923456, 32.123456)])
    for audience in ("public", "partner"):
        with pytest.raises(NotShownError):
            disclose(layer, audience, today=TODAY)
    shown = disclose(layer, "restricted", today=TODAY)
    body = bytes(encode_features(shown).buffer)
    for leak in (b"mmp00123", b"110.923", b"32.123", b"2020-02-03", b"County", b"heat"):
        assert leak not in body


def test_a_landing_or_an_unofficial_crossing_is_not_public():
    spec = load_catalog()["waypoints"]
    rows = [
        {"waypoint_id": f"w-{n}", "name": "x", "kind": kind, "country": "GT", "synthetic": False,
         "official_crossing": official}
        for n, (kind, official) in enumerate(
            [("town", None), ("crossing", True), ("crossing", False), ("crossing", None),
             ("landing", None), ("station", None), ("village", None)])
    ]
    shown = disclose(make_layer(spec, rows), "public", today=TODAY)
    assert list(shown.frame.index) == ["w-0", "w-1"]
