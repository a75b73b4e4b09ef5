"""Rows without ids: the same row gets the same id again."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from layers.catalog import find_spec
from layers.register.identity import fill_ids, fold_id

SHELTERS, INCIDENTS, ACTIVITY = (find_spec(name) for name in ("shelters", "incidents", "activity"))


def make_places(*names):
    return pd.DataFrame({"name": names, "town": "Xtown", "country": "GT"})


def test_places_are_numbered_and_found_again_by_name_and_town():
    first = fill_ids(make_places("EXAMPLE - A", "EXAMPLE - B"), SHELTERS,
                     known=pd.DataFrame(), owner="Cruz X")
    assert first["place_id"].to_list() == ["gt-cruz-x-1", "gt-cruz-x-2"]
    known = first.set_index("place_id")
    again = fill_ids(make_places("EXAMPLE - C", "example - b"), SHELTERS, known=known,
                     owner="Cruz X")
    assert again["place_id"].to_list() == ["gt-cruz-x-3", "gt-cruz-x-2"]


def test_ids_that_are_there_stay():
    raw = make_places("EXAMPLE - A", "EXAMPLE - B").assign(place_id=["", "gt-own-7"])
    ids = fill_ids(raw, SHELTERS, known=pd.DataFrame(), owner="")["place_id"]
    assert ids.to_list() == ["gt-own-8", "gt-own-7"]


def test_an_incident_keeps_its_id_whatever_its_place_in_the_file():
    raw = pd.DataFrame({"date": ["2024-01-01", "2024-01-02"], "lon": ["-90", "-91"],
                        "lat": ["14", "15"], "dead": ["1", "2"], "source": ["a", "b"]})
    known = pd.DataFrame()
    first = fill_ids(raw, INCIDENTS, known=known, owner="x")["incident_id"]
    turned = fill_ids(raw[::-1].reset_index(drop=True), INCIDENTS, known=known, owner="x")
    assert turned["incident_id"].to_list() == first[::-1].to_list()
    assert first.is_unique


def test_a_corrected_count_of_a_table_keeps_its_id():
    raw = pd.DataFrame({"place_id": ["hn-x-1"], "month": ["2024-01"], "service": ["water"],
                        "people": ["10"]})
    ids = [fill_ids(raw.assign(people=people), ACTIVITY, known=pd.DataFrame(), owner="")
           ["activity_row"][0] for people in ("10", "12")]
    assert ids[0] == ids[1]


def test_two_rows_that_say_the_same_get_two_ids():
    raw = pd.DataFrame({"date": ["2024-01-01"] * 2, "lon": ["-90"] * 2, "lat": ["14"] * 2})
    ids = fill_ids(raw, INCIDENTS, known=pd.DataFrame(), owner="x")["incident_id"]
    assert ids[1] == f"{ids[0]}-2"


@given(st.text())
def test_a_folded_text_is_fit_for_an_id(text):
    assert set(fold_id(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
