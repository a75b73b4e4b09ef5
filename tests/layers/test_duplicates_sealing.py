"""A merge opens nothing: what one row keeps closed stays closed in the row of both."""

from __future__ import annotations

import datetime as dt
import itertools

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from layers.catalog import find_spec
from layers.disclosure import SEALED_KINDS, disclose, find_sealed_places
from layers.duplicates import combine_rows, describe_pairs, find_pairs, read_decisions
from layers.duplicates.combining import CAUTIOUS, SEALING
from layers.errors import LayerError
from layers.layer import Layer, Provenance, index_frame

SHELTERS = find_spec("shelters")
TODAY = dt.date(2026, 11, 22)
CHILDREN = ("unaccompanied_children:yes",)
LOCKED = (*CAUTIOUS, *SEALING)


def make_places(*rows):
    base = {"name": "EXAMPLE - Casa Uno", "place_kind": "shelter", "country": "GT",
            "services": ("shelter",), "admits": ("men:yes",), "coord_precision_km": 0.1,
            "publish_ok": True, "consent_until": "2027-01-01", "last_verified": "2026-11-01",
            "verify_by": "2027-01-15", "phone": "55501234", "synthetic": True}
    table = pd.DataFrame([
        base | {"place_id": f"gt-{owner}-1", "owner": owner} | row
        for owner, row in zip("abcdefgh", rows, strict=False)
    ])
    dates = {name: pd.to_datetime(table[name]) for name in CAUTIOUS[1:]}
    table = table.assign(publish_ok=table["publish_ok"].astype("boolean"), **dates)
    points = gpd.points_from_xy([-92.14] * len(table), [14.68] * len(table), crs=4326)
    return index_frame(gpd.GeoDataFrame(table, geometry=points), SHELTERS)


def group_all(rows):
    return pd.Series(rows.index.min(), index=rows.index)


def see(rows, audience="public"):
    origin = Provenance(("a.csv",), "", synthetic=True, inputs_level="restricted")
    layer = Layer(SHELTERS, rows, origin)
    return list(disclose(layer, audience, today=TODAY).frame.index)


def test_a_house_for_children_alone_does_not_open_by_a_merge():
    rows = make_places({}, {"admits": CHILDREN})
    merged = combine_rows(rows, group_all(rows))
    assert merged["place_kind"].to_list() == ["unaccompanied_children"]
    assert merged["admits"].to_list() == [CHILDREN]
    assert see(merged) == see(merged, "restricted") == []
    bare = combine_rows(rows.drop(columns="place_kind"), group_all(rows))
    assert find_sealed_places(bare).all()


@pytest.mark.parametrize("kind", sorted(SEALED_KINDS))
def test_no_choice_opens_a_sealed_kind(kind):
    rows = make_places({}, {"place_kind": kind})
    choices = {(id_, field): "gt-a-1" for id_ in rows.index for field in LOCKED}
    merged = combine_rows(rows, group_all(rows), taken=choices)
    assert merged["place_kind"].to_list() == [kind]


def test_no_choice_gives_a_consent_that_one_office_lacks():
    rows = make_places({}, {"publish_ok": None, "consent_until": None, "last_verified": None})
    choices = {("gt-a-1", field): "gt-a-1" for field in LOCKED}
    row = combine_rows(rows, group_all(rows), taken=choices).loc["gt-a-1"]
    assert row[["publish_ok", "consent_until", "last_verified"]].isna().all()


def test_between_open_houses_a_choice_of_kind_counts():
    rows = make_places({}, {"place_kind": "health_facility"})
    merged = combine_rows(rows, group_all(rows), taken={("gt-a-1", "place_kind"): "gt-b-1"})
    assert merged["place_kind"].to_list() == ["health_facility"]


ROW = st.fixed_dictionaries({
    "place_kind": st.sampled_from(["shelter", "", None, "gbv_survivors", "detention"]),
    "admits": st.sampled_from([(), ("men:yes",), CHILDREN, ("men:no", *CHILDREN)]),
    "publish_ok": st.sampled_from([True, True, False, None]),
    **dict.fromkeys(CAUTIOUS[1:], st.sampled_from(
        ["2026-11-01", "2026-11-21", "2026-07-01", "2026-12-24", None])),
})


@settings(max_examples=500 if CAMPAIGN else 60)
@given(st.lists(ROW, min_size=2, max_size=4), st.data())
def test_no_merge_and_no_choice_opens_what_a_row_keeps_closed(drawn, data):
    rows = make_places(*drawn)
    rows = rows[~rows["last_verified"].gt(pd.Timestamp(TODAY))]
    if len(rows) < 2:
        return
    pairs = list(itertools.product(rows.index, [*LOCKED, "position", "phone"]))
    choices = data.draw(st.dictionaries(st.sampled_from(pairs), st.sampled_from(list(rows.index))))
    merged = combine_rows(rows, group_all(rows), taken=choices)
    for audience in ("public", "partner", "restricted"):
        if len(see(rows, audience)) < len(rows):
            assert not see(merged, audience)


def test_what_opens_is_not_up_for_decision():
    rows = make_places({}, {"place_kind": "gbv_survivors", "publish_ok": None, "phone": "55501234",
                            "admits": ("women:yes",), "consent_until": None, "capacity": 9.0,
                            "last_verified": None, "verify_by": None})
    table = describe_pairs(rows, find_pairs(rows, SHELTERS), SHELTERS)
    assert "capacity" in set(table["field"])
    assert set(table["field"]).isdisjoint(LOCKED)


def test_a_house_sealed_by_whom_it_admits_shows_no_value():
    rows = make_places({"capacity": 4.0}, {"admits": CHILDREN, "capacity": 9.0})
    table = describe_pairs(rows, find_pairs(rows, SHELTERS), SHELTERS)
    fields = table[table["kind"].eq("field")]
    assert set(fields["value_a"]) | set(fields["value_b"]) == {"[removed]"}


def test_an_old_table_that_decides_consent_is_refused():
    rows = make_places({}, {"capacity": 9.0})
    table = describe_pairs(rows, find_pairs(rows, SHELTERS), SHELTERS)
    line = table[table["field"].eq("capacity")].assign(field="publish_ok", decision="a")
    table = pd.concat([table.assign(decision="same").query("kind == 'pair'"), line])
    with pytest.raises(LayerError, match="the word that opens least stands"):
        read_decisions(table, layer="shelters", source="d.csv")


def test_an_id_that_is_not_there_survives_nothing():
    rows = make_places({}, {}, {})
    groups = pd.Series("gt-a-1", index=rows.index)
    left = combine_rows(rows.drop(index="gt-a-1"), groups)
    assert left["merged_ids"].to_dict() == {"gt-b-1": ("gt-b-1", "gt-c-1")}
    # renamed by somebody, or the id of a row of its own: still one that is in the group
    other = combine_rows(rows, pd.Series("gt-a-1", index=["gt-b-1", "gt-c-1"]))
    assert other["merged_ids"].to_dict() == {"gt-a-1": (), "gt-b-1": ("gt-b-1", "gt-c-1")}
    alone = combine_rows(rows.loc[["gt-b-1"]], groups)
    assert alone["merged_ids"].to_dict() == {"gt-b-1": ()}
    assert not len(combine_rows(rows.iloc[:0], groups))
