"""Places along a way: which were asked for, which way was taken, and what is refused."""

from __future__ import annotations

import datetime as dt
import re

import pandas as pd
import pytest

from api.commands.places import tell_empty
from georisk.places import GROUPS, PlaceQuery, coarsen_places, list_places, list_services
from layers.catalog import find_spec
from layers.errors import CallError

TODAY = dt.date(2025, 1, 15)
TOWNS = ("Tapachula", "Huixtla", "Necoclí", "Arriaga")


def make_along():
    rows = [
        {"corridor": "south", "kind": "stop", "layer": "", "ref": town, "leg_id": f"leg-{n // 2}",
         "km": 10.04 * n, "forward_h": 2.0 * n, "backward_h": 2.0 * (3 - n), "access_km": 0.0}
        for n, town in enumerate(TOWNS)
    ]
    rows += [
        {"corridor": "south", "kind": "place", "layer": "shelters", "ref": ref, "leg_id": "leg-0",
         "km": km, "forward_h": km / 5, "backward_h": 6 - km / 5, "access_km": 0.3}
        for ref, km in (("p-1", 0.0), ("p-2", 12.0))
    ]
    return pd.DataFrame(rows)


def make_facilities():
    names = find_spec("shelters").columns
    frame = pd.DataFrame({name: [None, None] for name in names})
    return frame.assign(
        place_id=["p-1", "p-2"], name=["One", "Two"], services=[("water",), ("food", "water")],
        admits=[("men:yes",), ("men:no", "families:yes")], synthetic=True,
        verify_by=pd.to_datetime(["2025-02-01", None]),
    ).set_index("place_id")


def list_along(**options):
    return list_places(make_along(), make_facilities(), PlaceQuery("shelters", TODAY, **options))


def test_the_way_taken_is_said():
    table = list_along(corridor="south")
    assert table.attrs["way"] == {
        "corridor": "south", "from": "Tapachula", "to": "Arriaga", "km": 30.1}
    back = list_along(start="arriaga", end="necocli")
    assert (back.attrs["way"]["from"], back.attrs["way"]["to"]) == ("Arriaga", "Necoclí")
    assert coarsen_places(table).attrs["way"]["km"] == 30
    assert table.attrs["way"]["km"] == 30.1


def test_services_and_groups_filter():
    assert list_along(corridor="south", service="food")["name"].tolist() == ["Two"]
    assert list_along(corridor="south", admits="families")["name"].tolist() == ["Two"]


def test_no_distance_is_minus_zero():
    table = list_along(start="Huixtla", end="Tapachula")
    texts = [str(value) for name in ("km", "walk_h") for value in table[name]]
    assert "-0.0" not in texts


@pytest.mark.parametrize(("options", "said"), [
    ({"service": "watr"}, "water, food"),
    ({"admits": "cats"}, "men, women"),
    ({"start": "Tapachulla", "end": "Arriaga"},
     "nearest in spelling: Tapachula, .*`georisk list legs` names"),
    ({"start": "Tapachula", "end": "TAPACHULA"}, "the two towns are the same"),
])
def test_what_is_refused_says_what_there_is(options, said):
    way = {} if "start" in options else {"corridor": "south"}
    with pytest.raises(CallError, match=said):
        list_along(**way, **options)


def test_groups_and_services_are_those_of_the_layer():
    pattern = find_spec("shelters").columns["admits"].pattern
    assert all(re.fullmatch(pattern, group) for group in GROUPS)
    assert set(re.search(r"\(([a-z_|]+)\)", pattern).group(1).split("|")) == set(GROUPS)
    assert "water" in list_services()


def test_an_empty_list_blames_consent_only_where_it_may_be_so():
    assert "consent" in tell_empty("public")
    assert tell_empty("restricted") == "no place here"
