"""Merging, undoing and deciding: nothing is lost, and people have the last word."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from layers.catalog import find_spec
from layers.duplicates import (
    DECISION_COLUMNS,
    apply_decisions,
    describe_pairs,
    find_pairs,
    group_pairs,
    merge_pairs,
    name_pair,
    read_decisions,
    undo_merges,
)
from layers.errors import LayerError
from layers.layer import index_frame

INCIDENTS, SHELTERS = find_spec("incidents"), find_spec("shelters")


def make_incidents(*rows):
    base = {"date": "2020-05-01", "date_precision": "day", "class": "env", "n_victims": 1,
            "coord_precision_km": 2.0, "source": "x", "synthetic": True, "lon": -93.9, "lat": 16.2}
    table = pd.DataFrame([base | row for row in rows]).rename(columns={"id": "incident_id"})
    table = table.assign(date=pd.to_datetime(table["date"]),
                         **{name: pd.array(table.get(name, [None] * len(rows)), dtype="Int64")
                            for name in ("dead", "missing", "n_victims")})
    points = gpd.points_from_xy(table.pop("lon"), table.pop("lat"), crs=4326)
    return index_frame(gpd.GeoDataFrame(table, geometry=points), INCIDENTS)


def make_pairs(*pairs, verdict="accept"):
    return pd.DataFrame(
        [(*sorted(pair[:2]), pair[2] if len(pair) > 2 else 0.95, verdict, "") for pair in pairs],
        columns=["id_a", "id_b", "score", "verdict", "why"])


def test_each_value_comes_from_where_the_rule_says():
    rows = make_incidents(
        {"id": "a-1", "date": "2020-05-03", "class": "unk", "dead": 3, "missing": 5,
         "n_victims": 8, "coord_precision_km": 10.0, "source": "x;y", "synthetic": False},
        {"id": "b-1", "date": "2020-05-02", "class": "wat", "dead": 9, "missing": 0,
         "n_victims": 9, "coord_precision_km": 0.3, "source": "y;z", "lat": 16.25},
        {"id": "c-1"},
    )
    merged, merges = merge_pairs(rows, make_pairs(("a-1", "b-1")))
    row = merged.loc["a-1"]
    # nine people, not 3 + 9 nor 9 dead and 5 missing: the fuller report as a whole
    assert (row["dead"], row["missing"], row["n_victims"]) == (9, 0, 9)
    assert (row["coord_precision_km"], row.geometry.y) == (0.3, 16.25)
    assert (row["class"], row["source"], row["merged_ids"]) == ("wat", "x;y;z", ("a-1", "b-1"))
    assert (row["date"], row["synthetic"]) == (pd.Timestamp("2020-05-02"), True)
    assert merged.index.tolist() == ["a-1", "c-1"]
    assert merged.loc["c-1", "merged_ids"] == ()
    assert merges["role"].to_dict() == {"a-1": "kept", "b-1": "merged"}
    assert merges.loc["b-1", "n_victims"] == 9
    assert merged.crs == rows.crs
    assert (merged.dtypes == rows.dtypes).all()


def test_only_accepted_pairs_are_merged():
    rows = make_incidents({"id": "a-1"}, {"id": "b-1"})
    merged, merges = merge_pairs(rows, make_pairs(("a-1", "b-1"), verdict="review"))
    assert len(merged) == 2
    assert merges.empty


def test_a_chain_does_not_join_two_rows_of_one_register():
    rows = make_incidents({"id": "a-1"}, {"id": "a-2"}, {"id": "b-1"}).assign(owner=[*"aab"])
    pairs = make_pairs(("a-1", "b-1", 0.92), ("a-2", "b-1", 0.97))
    assert group_pairs(rows, pairs)["kept_id"].to_dict() == {"a-2": "a-2", "b-1": "a-2"}
    # a person may say that two rows of one register are one
    pairs = make_pairs(("a-1", "a-2", 0.92))
    assert group_pairs(rows, pairs).index.tolist() == ["a-1", "a-2"]


def test_a_chain_does_not_join_what_people_told_apart():
    rows = make_incidents({"id": "a-1"}, {"id": "b-1"}, {"id": "c-1"}).assign(owner=[*"abc"])
    found = make_pairs(("a-1", "b-1", 0.97), ("b-1", "c-1", 0.95), ("a-1", "c-1", 0.3))
    assert len(group_pairs(rows, found)) == 3
    pair = {"kind": "pair", "field": "", "id_a": "a-1", "id_b": "c-1", "decision": "different"}
    after, _ = apply_decisions(found, pd.DataFrame([pair]))
    assert group_pairs(rows, after).index.tolist() == ["a-1", "b-1"]


IDS = [f"{owner}-{n}" for owner in "abc" for n in range(3)]
PAIR = st.tuples(st.sampled_from(IDS), st.sampled_from(IDS), st.floats(0.9, 1)).filter(
    lambda pair: pair[0] != pair[1])


@settings(max_examples=500 if CAMPAIGN else 15)
@given(st.lists(PAIR, min_size=1, max_size=8, unique_by=lambda p: tuple(sorted(p[:2]))),
       st.randoms(use_true_random=False))
def test_rows_in_are_rows_out_and_merged_in_any_order(drawn, random):
    rows = make_incidents(*(
        {"id": id_, "n_victims": 1 + n % 4, "coord_precision_km": (n * 7) % 5 + 0.1,
         "date": f"2020-05-0{1 + n % 3}", "source": f"s{n % 3}"} for n, id_ in enumerate(IDS)
    )).assign(owner=[id_[0] for id_ in IDS])
    pairs = make_pairs(*drawn)
    merged, merges = merge_pairs(rows, pairs)
    assert len(rows) == len(merged) + int(merges["role"].eq("merged").sum())
    behind = [id_ for ids in merged["merged_ids"] for id_ in ids]
    assert sorted(behind) == sorted(merges.index)
    assert merged.index.is_unique
    assert merged.index.is_monotonic_increasing
    order = list(rows.index)
    random.shuffle(order)
    again, merges_again = merge_pairs(rows.loc[order], pairs.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(merged, again)
    pd.testing.assert_frame_equal(merges, merges_again)
    back = undo_merges(merged, merges)
    pd.testing.assert_frame_equal(pd.DataFrame(back)[rows.columns.tolist()], pd.DataFrame(rows))
    kept = sorted(set(merges["kept_id"]))[:1]
    part = undo_merges(merged, merges[merges["kept_id"].isin(kept)])
    assert set(part.index) >= set(merges.index[merges["kept_id"].isin(kept)])


def make_places(*rows):
    base = {"name": "EXAMPLE - Casa Uno", "place_kind": "shelter", "country": "MX",
            "services": ("shelter",), "coord_precision_km": 0.1, "synthetic": True,
            "lon": -93.9, "lat": 16.2, "publish_ok": True}
    table = pd.DataFrame([base | row for row in rows]).rename(columns={"id": "place_id"})
    table = table.assign(
        publish_ok=table["publish_ok"].astype("boolean"),
        last_verified=pd.to_datetime(table.get("last_verified", pd.NaT)),
        consent_until=pd.to_datetime(table.get("consent_until", pd.NaT)))
    points = gpd.points_from_xy(table.pop("lon"), table.pop("lat"), crs=4326)
    return index_frame(gpd.GeoDataFrame(table, geometry=points), SHELTERS)


TWO = (
    {"id": "mx-a-1", "owner": "a", "phone": "9665550100", "last_verified": "2026-01-02",
     "consent_until": "2027-01-01"},
    {"id": "mx-b-1", "owner": "b", "phone": "9665550100", "capacity": 40.0, "lat": 16.201,
     "services": ("shelter", "water"), "publish_ok": None},
)


def test_a_conflict_is_laid_out_field_by_field():
    rows = make_places(*TWO)
    table = describe_pairs(rows, find_pairs(rows, SHELTERS), SHELTERS)
    assert tuple(table.columns) == DECISION_COLUMNS
    assert table["kind"].tolist() == ["pair"] + ["field"] * (len(table) - 1)
    fields = table.set_index("field")
    assert {"services", "capacity", "position"} <= set(fields.index)
    assert "phone" not in fields.index
    services = fields.loc["services", ["value_a", "value_b"]].tolist()
    assert services == ["shelter", "shelter;water"]
    assert fields.loc["", ["owner_a", "owner_b", "date_a", "verdict"]].tolist() == [
        "a", "b", "2026-01-02", "review"]


def test_a_sealed_place_shows_no_value():
    rows = make_places(*({**row, "place_kind": "gbv_survivors"} for row in TWO))
    table = describe_pairs(rows, find_pairs(rows, SHELTERS), SHELTERS)
    fields = table[table["kind"].eq("field")]
    assert len(fields) >= 3
    assert set(fields["value_a"]) | set(fields["value_b"]) == {"[removed]"}


def test_people_decide_pair_and_field_and_a_merge_opens_nothing():
    rows = make_places(*TWO)
    pairs = find_pairs(rows, SHELTERS)
    table = describe_pairs(rows, pairs, SHELTERS)
    table.loc[table["kind"].eq("pair"), "decision"] = "same"
    table.loc[table["field"].isin(["services", "position"]), "decision"] = "b"
    decided = read_decisions(table, layer="shelters", source="d.csv")
    after, taken = apply_decisions(pairs, decided)
    merged, _ = merge_pairs(rows, after, taken=taken)
    row = merged.loc["mx-a-1"]
    assert (row["services"], row["capacity"]) == (("shelter", "water"), 40.0)
    assert (row.geometry.y, row["merged_ids"]) == (16.201, ("mx-a-1", "mx-b-1"))
    # one office has consent, the other does not know: unknown is no until that office knows
    assert pd.isna(row["publish_ok"])
    assert pd.isna(row["consent_until"])


def test_all_faults_of_a_decision_table_come_at_once():
    rows = make_places(*TWO)
    table = describe_pairs(rows, find_pairs(rows, SHELTERS), SHELTERS)
    table.loc[0, "decision"] = "maybe Juana Perez knows"
    table.loc[1, "decision"] = "b"
    table.loc[2, ["id_a", "decision"]] = ["mx-z-9", "c"]
    with pytest.raises(LayerError) as caught:
        read_decisions(table, layer="shelters", source="d.csv")
    faults = caught.value.faults
    assert {(fault.row, fault.column) for fault in faults} >= {
        (1, "decision"), (2, "decision"), (3, "decision"), (3, "pair_id")}
    assert "Juana" not in str(caught.value)
    with pytest.raises(LayerError, match="record 8,"):
        read_decisions(table.iloc[:1].assign(_record=8), layer="shelters", source="d.csv")
    with pytest.raises(LayerError, match="pair_id"):
        read_decisions(table.drop(columns="pair_id"), layer="shelters", source="d.csv")


def test_lines_that_contradict_each_other_are_refused():
    line = {"pair_id": name_pair("a-1", "b-1"), "kind": "pair", "field": "", "id_a": "a-1",
            "id_b": "b-1"}
    table = pd.DataFrame([line | {"decision": "same"}, line | {"decision": "different"}])
    with pytest.raises(LayerError, match="differently"):
        read_decisions(table, layer="shelters", source="d.csv")
    blank = read_decisions(table.assign(decision=[None, " "]), layer="shelters", source="d.csv")
    assert blank.empty


@given(st.data())
def test_any_table_is_read_or_refused(data):
    cell = st.one_of(st.text(max_size=8), st.none(), st.sampled_from(
        ["pair", "field", "same", "different", "a", "b", "x-1", "y-1", name_pair("x-1", "y-1")]))
    columns = ["pair_id", "kind", "field", "id_a", "id_b", "decision"]
    lines = data.draw(st.lists(st.fixed_dictionaries(dict.fromkeys(columns, cell)), max_size=4))
    try:
        found = read_decisions(pd.DataFrame(lines, columns=columns), layer="x", source="d.csv")
    except LayerError:
        return
    assert set(found["decision"]) <= {"same", "different", "a", "b"}
