"""Rows that pass by themselves are compared with the world, when a gazetteer is given."""

from __future__ import annotations

import sys
import types

import geopandas as gpd
import pandas as pd
import pytest

from layers.catalog import find_spec
from layers.doubts import find_stated
from layers.intake import Limits, take_in

SPEC = find_spec("incidents")
SOUND = {
    "lon": "-97.50", "lat": "19,250", "date": "2020-02-29", "class": "env", "dead": "1",
    "missing": "0", "n_victims": "1", "coord_precision_km": "99", "source": "A",
    "synthetic": "true",
}


@pytest.fixture
def quality(monkeypatch):
    """Stands in for the real checks: the first row is in the wrong country, the second vague."""
    seen = {}

    def find_doubts(rows, stated, spec, *, gazetteer, said):
        seen.update(rows=rows, stated=stated, gazetteer=gazetteer)
        found = [
            {"row": row, "column": "lon, lat", "value": "", "reason": reason, "suggestion": hint,
             "fix": fix, "confidence": confidence, "grave": grave}
            for row, reason, hint, fix, confidence, grave in [
                (rows.index[0], "outside MX", "lon sign lost: -1?", (("lon", "-1"),), 0.9, True),
                (rows.index[1], "a round position", "", (), 0.0, False)]
        ]
        return pd.DataFrame(found)

    module = types.ModuleType("layers.quality")
    module.find_doubts = find_doubts
    module.estimate_precision_km = lambda rows, stated, spec, *, gazetteer, said: pd.Series(
        12.5, index=rows.index)
    module.name_places = lambda stated, *, gazetteer, said: stated["_place"].str.upper()
    module.read_stated = lambda stated, *, gazetteer: None
    monkeypatch.setitem(sys.modules, "layers.quality", module)
    return seen


def make_rows():
    rows = pd.DataFrame([{**SOUND, "incident_id": f"i-{n}"} for n in range(12)])
    rows.loc[0, "dead"] = "x"
    return rows.assign(_country="MX", _place="Tapachula", _record=range(100, 112))


def test_grave_doubts_set_rows_aside_and_others_are_remarks(quality):
    world = object()
    intake = take_in(make_rows(), SPEC, source="a.csv", limits=Limits(gazetteer=world))
    assert quality["gazetteer"] is world
    assert quality["rows"].index.tolist() == list(range(1, 12))
    assert isinstance(quality["rows"], gpd.GeoDataFrame)
    assert intake.count() == {"read": 12, "accepted": 10, "quarantined": 2}
    assert [(f.row, f.reason, f.fix, f.confidence) for f in intake.faults] == [
        (100, "not a whole number", (), 0.0), (101, "outside MX", (("lon", "-1"),), 0.9)]
    assert [(f.row, f.reason) for f in intake.remarks if f.row] == [(102, "a round position")]
    assert len(intake.quarantine) == 2


def test_checks_see_what_was_stated_and_how_it_was_written(quality):
    take_in(make_rows(), SPEC, source="a.csv", limits=Limits(gazetteer=object()))
    assert quality["stated"].iloc[0].to_dict() == {
        "_country": "MX", "_place": "Tapachula", "lon_text": "-97.50", "lat_text": "19.250"}


def test_precision_and_place_are_filled(quality):
    accepted = take_in(make_rows(), SPEC, source="a.csv",
                       limits=Limits(gazetteer=object())).accepted
    assert set(accepted["coord_precision_km"]) == {12.5}
    assert set(accepted["stated_place"]) == {"TAPACHULA"}
    assert "_place" not in accepted


def test_without_a_gazetteer_nothing_is_compared(quality):
    accepted = take_in(make_rows(), SPEC, source="a.csv").accepted
    assert not quality
    assert set(accepted["coord_precision_km"]) == {99.0}
    assert accepted["stated_place"].isna().all()


def test_columns_of_a_layer_say_where_a_place_is():
    typed = pd.DataFrame({"country": ["MX", None], "town": ["Arriaga", None],
                          "admin1": ["Chiapas", "Oaxaca"]}, dtype="str")
    stated = find_stated(typed, typed, pd.DataFrame(index=typed.index))
    assert stated["_country"].tolist() == ["MX", ""]
    assert stated["_place"].tolist() == ["Arriaga", "Oaxaca"]
