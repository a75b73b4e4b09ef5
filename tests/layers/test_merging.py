"""Who may change what, and what is written down about it; by hand on a few invented rows."""

import geopandas as gpd
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from layers.catalog import find_spec
from layers.layer import index_frame
from layers.register.kept import Kept, keep_nothing, read_kept, show_rows, write_kept
from layers.register.merging import Arrival, merge_rows, replace_rows

SPEC = find_spec("shelters")
DAY, LATER = "2026-03-01", "2026-04-01"


def make_rows(**capacity):
    """Invented shelters: id to capacity."""
    names = [name.replace("_", "-") for name in capacity]
    frame = gpd.GeoDataFrame(
        {
            "place_id": names,
            "name": [f"EXAMPLE - {name}" for name in names],
            "country": "GT",
            "services": [("shelter", "water")] * len(names),
            "capacity": [float(value) for value in capacity.values()],
            "synthetic": pd.array([True] * len(names), dtype="boolean"),
        },
        geometry=[Point(-90.5, 14.6)] * len(names), crs="EPSG:4326",
    )
    return index_frame(frame, SPEC)


def arrive(rows, *, owner="", scope="", file="a.xlsx", day=DAY, columns=None,
           present=None):
    index = rows.index
    names = columns or ("name", "country", "services", "capacity", "synthetic", "geometry")
    return Arrival(
        rows, (names,), owner, index if present is None else present, pd.Series(0, index=index),
        pd.Series(scope, index=index), pd.Series(file, index=index), day,
    )


def keep(rows, **more):
    return merge_rows(keep_nothing(SPEC), arrive(rows, **more)).kept


def test_a_first_import_adds_every_row():
    merged = merge_rows(keep_nothing(SPEC), arrive(make_rows(a_1=10, a_2=20), owner="crx"))
    assert merged.counts == {"added": 2, "changed": 0, "returned": 0, "unchanged": 0,
                             "vanished": 0, "in_conflict": 0}
    assert list(merged.kept.frame.index) == ["a-1", "a-2"]
    assert set(merged.kept.marks["_owner"]) == {"crx"}
    assert merged.changes["change"].to_list() == ["added", "added"]


def test_the_same_file_again_changes_nothing():
    kept = keep(make_rows(a_1=10, a_2=20))
    merged = merge_rows(kept, arrive(make_rows(a_1=10, a_2=20), day=LATER))
    assert merged.counts["unchanged"] == 2
    assert not len(merged.changes)
    pd.testing.assert_frame_equal(merged.kept.marks, kept.marks)


def test_a_changed_cell_is_written_down_with_both_values():
    merged = merge_rows(keep(make_rows(a_1=10, a_2=20)),
                        arrive(make_rows(a_1=12, a_2=20), day=LATER, file="b.xlsx"))
    assert merged.changes.to_dict("records") == [
        {"id": "a-1", "change": "changed", "column": "capacity", "before": "10", "after": "12"}]
    assert merged.kept.frame.loc["a-1", "capacity"] == 12
    assert merged.kept.marks.loc["a-1", ["_changed", "_file"]].to_list() == [LATER, "b.xlsx"]
    assert merged.kept.marks.loc["a-2", ["_changed", "_file"]].to_list() == [DAY, "a.xlsx"]


def test_columns_that_the_file_lacks_stay_as_they_were():
    slim = make_rows(a_1=99).assign(name="something else")
    merged = merge_rows(keep(make_rows(a_1=10)), arrive(slim, columns=("capacity",)))
    assert merged.kept.frame.loc["a-1", "name"] == "EXAMPLE - a-1"
    assert merged.kept.frame.loc["a-1", "capacity"] == 99


def test_an_owner_changes_only_its_own_rows_and_the_other_word_becomes_a_conflict():
    kept = keep(make_rows(a_1=10), owner="crx")
    merged = merge_rows(kept, arrive(make_rows(a_1=50, b_1=5), owner="other", day=LATER))
    assert merged.kept.frame.loc["a-1", "capacity"] == 10
    assert merged.kept.marks.loc["b-1", "_owner"] == "other"
    conflict = merged.conflicts.to_dict("records")
    assert conflict == [{
        "id": "a-1", "owner_a": "crx", "owner_b": "other", "field": "capacity",
        "value_a": "10", "value_b": "50", "date_a": DAY, "date_b": LATER}]
    assert merged.counts["in_conflict"] == 1
    assert merged.counts["added"] == 1


def test_the_keeper_of_the_study_may_edit_every_row():
    merged = merge_rows(keep(make_rows(a_1=10), owner="crx"), arrive(make_rows(a_1=11)))
    assert merged.kept.frame.loc["a-1", "capacity"] == 11
    assert merged.kept.marks.loc["a-1", "_owner"] == "crx"


def test_rows_that_an_edition_lacks_are_marked_and_come_back():
    kept = keep(make_rows(a_1=10, a_2=20), scope="register 2021")
    merged = merge_rows(kept, arrive(make_rows(a_1=10), scope="register 2021", day=LATER))
    assert merged.counts["vanished"] == 1
    assert merged.kept.marks.loc["a-2", "_vanished"] == LATER
    assert "a-2" in merged.kept.frame.index
    back = merge_rows(merged.kept, arrive(make_rows(a_1=10, a_2=20), scope="register 2021"))
    assert back.counts["returned"] == 1
    assert back.kept.marks["_vanished"].eq("").all()


def test_another_edition_or_a_loose_sheet_lets_nothing_vanish():
    kept = keep(make_rows(a_1=10, a_2=20), scope="register 2021")
    for scope in ("register 2020", ""):
        assert merge_rows(kept, arrive(make_rows(a_1=10), scope=scope)).counts["vanished"] == 0


def test_replacing_removes_the_rows_of_that_owner_alone():
    kept = merge_rows(keep(make_rows(a_1=10, a_2=20), owner="crx"),
                      arrive(make_rows(b_1=1), owner="other")).kept
    merged = replace_rows(kept, arrive(make_rows(a_1=11), owner="crx"))
    assert list(merged.kept.frame.index) == ["a-1", "b-1"]
    assert merged.counts["removed"] == 1
    assert "removed" in merged.changes["change"].to_list()


def test_vanished_rows_and_marks_do_not_reach_a_layer(tmp_path):
    kept = keep(make_rows(a_1=10, a_2=20), scope="register 2021")
    kept = merge_rows(kept, arrive(make_rows(a_1=10), scope="register 2021", day=LATER)).kept
    path = tmp_path / "shelters.parquet"
    write_kept(kept, path)
    again = read_kept(path, SPEC)
    pd.testing.assert_frame_equal(again.frame, kept.frame)
    pd.testing.assert_frame_equal(again.marks, kept.marks)
    shown = show_rows(again)
    assert shown["place_id"].to_list() == ["a-1"]
    assert not [name for name in shown if name.startswith("_")]


def test_the_same_state_is_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_kept(keep(make_rows(a_1=10, a_2=20)), tmp_path / f"{name}.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


IDS = st.dictionaries(st.sampled_from(["a_1", "a_2", "b_1", "b_2"]), st.integers(0, 9), min_size=1)


@given(IDS, IDS, st.sampled_from(["", "crx", "other"]))
def test_every_row_that_came_in_is_counted_once(first, second, owner):
    kept = keep(make_rows(**first), owner="crx", scope="s")
    merged = merge_rows(kept, arrive(make_rows(**second), owner=owner, scope="s"))
    counts = merged.counts
    assert len(second) == sum(
        counts[name] for name in ("added", "changed", "unchanged", "in_conflict"))
    assert set(merged.kept.frame.index) == set(kept.frame.index) | {
        name.replace("_", "-") for name in second}
    assert list(merged.kept.frame.index) == sorted(merged.kept.frame.index)
    assert isinstance(merged.kept, Kept)
    assert merged.kept.marks.index.equals(merged.kept.frame.index)


def test_nobody_s_rows_are_not_an_office_s_to_change():
    kept = keep(make_rows(a_1=10))
    merged = merge_rows(kept, arrive(make_rows(a_1=50), owner="other"))
    assert merged.kept.frame.loc["a-1", "capacity"] == 10
    assert merged.kept.marks.loc["a-1", "_owner"] == ""
    assert merged.counts["in_conflict"] == 1


def test_rows_that_were_set_aside_have_not_vanished():
    kept = keep(make_rows(a_1=10, a_2=20), scope="register 2021")
    both = pd.Index(["a-1", "a-2"])
    merged = merge_rows(kept, arrive(make_rows(a_1=10), scope="register 2021", present=both))
    assert merged.counts["vanished"] == 0
    replaced = replace_rows(kept, arrive(make_rows(a_1=10), present=both))
    assert list(replaced.kept.frame.index) == ["a-1", "a-2"]


def test_a_blank_kind_never_opens_a_sealed_place():
    sealed = make_rows(a_1=10).assign(place_kind="gbv_survivors")
    names = ("place_kind", "capacity")
    kept = keep(sealed, columns=names)
    merged = merge_rows(kept, arrive(make_rows(a_1=11), columns=names))
    assert merged.kept.frame.loc["a-1", "place_kind"] == "gbv_survivors"
    assert merged.kept.frame.loc["a-1", "capacity"] == 11


def test_what_is_left_of_a_merge_goes_on_under_its_own_id_and_keeps_the_refusal():
    rows = make_rows(a_1=10, b_1=20).assign(publish_ok=pd.array([False, True], dtype="boolean"))
    kept = keep(rows, columns=("publish_ok",))
    kept.marks["_merged"] = "a-1"
    replaced = replace_rows(kept, arrive(rows.loc[["b-1"]], columns=("publish_ok",)))
    assert replaced.kept.marks.loc["b-1", "_merged"] == ""
    assert list(show_rows(replaced.kept)["place_id"]) == ["b-1"]


def test_a_record_that_vanished_goes_on_refusing_for_what_it_was_merged_with():
    rows = make_rows(a_1=10, b_1=20).assign(publish_ok=pd.array([False, True], dtype="boolean"))
    kept = keep(rows, columns=("publish_ok",))
    kept.marks["_merged"] = "a-1"
    kept.marks.loc["a-1", "_vanished"] = LATER
    shown = show_rows(kept).set_index("place_id")
    assert list(shown.index) == ["b-1"]
    assert not shown["publish_ok"].any()
