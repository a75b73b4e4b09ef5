"""Result folders: marked in name and content, and taken back as they were written."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pandas as pd
import pyarrow.parquet as pq
import pytest

from georisk.marking import Marking
from georisk.results import read_results, write_results
from layers.catalog import find_spec
from layers.errors import CallError
from layers.layer import Layer, Provenance

MARKED = Marking("restricted", "Ana P.", dt.date(2027, 1, 1), "", synthetic=False)
NAME = "fragility.restricted.ana-p.until-2027-01-01.parquet"


@pytest.fixture
def layer():
    frame = pd.DataFrame({
        "place_id": ["gt-ex-1"], "service": ["water"], "serves_km": [3.0],
        "lost_forward_km": [2.0], "lost_backward_km": [1.0], "lost_person_km": [None],
        "synthetic": [False]}, index=pd.Index(["gt-ex-1-water"], name="fragility_id", dtype="str"))
    return Layer(find_spec("fragility"), frame, Provenance(("routes",), "abc", synthetic=False,
                                   inputs_level="public"))


def test_audience_holder_and_last_day_stand_in_name_and_content(tmp_path, layer):
    paths = write_results(tmp_path, {"fragility": layer}, marking=MARKED,
                          asked={"month": 6, "synthetic": False})
    asked = "asked.restricted.ana-p.until-2027-01-01.json"
    assert [path.name for path in paths] == [NAME, asked, "results.json"]
    said = {"audience": "restricted", "holder": "Ana P.", "expires": "2027-01-01"}
    metadata = json.loads(pq.read_schema(tmp_path / NAME).metadata[b"georisk"])
    index = json.loads((tmp_path / "results.json").read_text())
    for told in (metadata, index["georisk"], json.loads((tmp_path / asked).read_text())):
        assert said.items() <= told.items()
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}
    back = read_results(tmp_path)["fragility"]
    assert back.frame["serves_km"].tolist() == [3.0]
    assert back.provenance.sources == ("routes",)
    assert back.provenance.inputs_level == "restricted"


def test_a_later_edition_takes_the_place_of_the_earlier(tmp_path, layer):
    write_results(tmp_path, {"fragility": layer}, marking=MARKED)
    later = replace(MARKED, expires=dt.date(2027, 2, 2), holder="Bo")
    write_results(tmp_path, {"fragility": layer}, marking=later)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "fragility.restricted.bo.until-2027-02-02.parquet", "results.json"]
    assert set(read_results(tmp_path)) == {"fragility"}


@pytest.mark.parametrize("file", ["../other.parquet", "/etc/passwd", "", "..", 3, "a\0b"])
def test_an_index_leads_nowhere_else(tmp_path, layer, file):
    write_results(tmp_path, {"fragility": layer}, marking=MARKED)
    index = json.loads((tmp_path / "results.json").read_text())
    index["fragility"]["file"] = file
    (tmp_path / "results.json").write_text(json.dumps(index))
    with pytest.raises(CallError, match="missing or damaged"):
        read_results(tmp_path)


def test_an_index_with_nothing_but_a_marking_is_refused(tmp_path):
    (tmp_path / "results.json").write_text(json.dumps({"georisk": MARKED.as_text()}))
    with pytest.raises(CallError, match="missing or damaged"):
        read_results(tmp_path)
