"""The next places both ways from a town, by hand on a line of four stops."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from georisk.nearest import (
    NearestQuery,
    coarsen_nearest,
    find_nearest_town,
    list_nearest,
)
from layers.errors import CallError

TODAY = dt.date(2026, 1, 15)


def make_along():
    """A 0, B 10, C 30, D 40 km at 4 km/h; places at 5 (water, food), 12 (water), 35 km (food)."""
    rows = [("stop", None, "A", 0), ("place", "shelters", "p-1", 5), ("stop", None, "B", 10),
            ("place", "shelters", "p-2", 12), ("stop", None, "C", 30),
            ("place", "assistance_points", "q-1", 35), ("stop", None, "D", 40)]
    frame = pd.DataFrame(rows, columns=["kind", "layer", "ref", "km"])
    frame = frame.assign(corridor="north", leg_id="l", forward_h=frame["km"] / 4,
                         backward_h=(40 - frame["km"]) / 4, access_km=0.5, synthetic=True)
    frame.index = pd.Index([f"a{n}" for n in range(len(frame))], name="along_id")
    return frame


def make_facilities():
    def make(ids, services):
        return pd.DataFrame({
            "name": [f"EXAMPLE - {id_}" for id_ in ids], "services": services,
            "admits": [("families:yes",)] * len(ids), "town": "x", "country": "MX", "phone": None,
            "opens": None, "months": None, "synthetic": True,
            "verify_by": pd.to_datetime(["2026-02-01"] * len(ids)),
        }, index=pd.Index(ids, name="place_id"))

    return {"shelters": make(["p-1", "p-2"], [("water", "food"), ("water",)]),
            "assistance_points": make(["q-1"], [("food",)])}


def ask(place, **more):
    return list_nearest(make_along(), make_facilities(), NearestQuery(TODAY, place, **more))


def tell(table):
    return [(row.direction, row.service, row.place_id, row.km, row.walk_h)
            for row in table.itertuples()]


def test_both_ways_from_a_town():
    table = ask("B")
    # Northwards from km 10: food at 35 km (25 km, 6.25 h), water at 12 (2 km, 0.5 h), and what
    # lies up to 5 km behind counts as here: food at km 5 (5 km, 1.25 h). Southwards food at 5,
    # water at 12, which is here too.
    assert tell(table) == [
        ("forward", "food", "p-1", 5.0, 1.2), ("forward", "water", "p-2", 2.0, 0.5),
        ("backward", "food", "p-1", 5.0, 1.2), ("backward", "water", "p-2", 2.0, 0.5),
    ]
    assert table["towards"].tolist() == ["D", "D", "A", "A"]
    assert table.attrs["place"] == "B"
    assert set(table["check"]) == {""}


def test_from_a_place_it_is_not_its_own_neighbour():
    table = ask("p-1", service="water")
    assert tell(table) == [("forward", "water", "p-2", 7.0, 1.8)]
    assert table.attrs["place"] == "EXAMPLE - p-1"


def test_what_is_not_shown_is_not_named():
    shown = {"shelters": make_facilities()["shelters"].loc[["p-2"]]}
    table = list_nearest(make_along(), shown, NearestQuery(TODAY, "A"))
    assert tell(table) == [("forward", "water", "p-2", 12.0, 3.0)]
    with pytest.raises(CallError):
        list_nearest(make_along(), shown, NearestQuery(TODAY, "p-1"))
    assert list_nearest(make_along(), {}, NearestQuery(TODAY, "A")).empty


def test_who_is_not_admitted_and_what_is_stale():
    assert ask("A", admits="men").empty
    assert len(ask("A", admits="families")) == 2
    later = NearestQuery(dt.date(2026, 3, 1), "A")
    assert set(list_nearest(make_along(), make_facilities(), later)["check"]) == {"call first"}


def test_coarse_for_who_may_not_see_the_line():
    coarse = coarsen_nearest(ask("B"))
    assert coarse["km"].tolist() == [5.0, 0.0, 5.0, 0.0]
    assert coarse["walk_h"].tolist() == [1.0, 0.0, 1.0, 0.0]
    assert coarse.attrs["place"] == "B"


def test_the_nearest_town_that_is_shown():
    towns = gpd.GeoDataFrame({"name": ["A", "b", "Elsewhere"]}, crs=4326,
                             geometry=shapely.points([[-92, 15], [-92.2, 15.2], [-91.9, 15.1]]))
    assert find_nearest_town(towns, make_along(), lon=-91.9, lat=15.1) == "A"
    assert find_nearest_town(towns, make_along(), lon=-92.3, lat=15.2) == "b"
    with pytest.raises(CallError, match="is shown"):
        find_nearest_town(towns.iloc[2:], make_along(), lon=-92, lat=15)
    with pytest.raises(CallError, match="100 km"):
        find_nearest_town(towns, make_along(), lon=92.3, lat=15.2)
