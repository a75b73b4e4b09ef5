"""QGIS without a screen on every collection, through its own OAPIF provider."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import shapely
from expected import compare
from picks import pick_box, pick_condition
from surroundings import require_tool
from test_client_gdal import list_asked

# A table of more rows is counted whole, and read so far: QGIS takes half a minute for all of it.
MOST_ROWS = 20_000
MOST_FILTERED = 4000
SCRIPT = Path(__file__).with_name("qgis_questions.py")


@pytest.fixture(scope="session")
def python():
    """The Python that has QGIS, or a skip by name."""
    require_tool("qgis")
    for path in ("/usr/bin/python3", require_tool("python3")):
        done = subprocess.run([path, "-c", "import qgis.core"], capture_output=True, check=False,
                              env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})
        if done.returncode == 0:
            return path
    return require_tool("python3-qgis")


@pytest.fixture
def ask(python, tmp_path):
    """Put questions to QGIS, all in one process."""

    def put(questions):
        asked, answered = tmp_path / "asked.json", tmp_path / "answered.json"
        asked.write_text(json.dumps(questions), encoding="utf-8")
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path),
                       "XDG_RUNTIME_DIR": str(tmp_path), "TMPDIR": str(tmp_path)}
        environment.pop("PYTHONPATH", None)
        done = subprocess.run([python, str(SCRIPT), str(asked), str(answered)], text=True,
                              env=environment, capture_output=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(answered.read_text(encoding="utf-8"))

    return put


def split_answer(answer):
    """Ids, columns and geometries of what QGIS read."""
    by_column = list(zip(*answer["rows"], strict=True)) or [()] * len(answer["fields"])
    columns = dict(zip(answer["fields"], by_column, strict=True))
    ids = columns.pop("id")
    shapes = [None if text is None else bytes.fromhex(text) for text in answer["shapes"]]
    return ids, columns, shapely.from_wkb(np.array(shapes, dtype=object))


def list_guessed(expected):
    """Lists that are empty in the ten rows from which QGIS 3.22 guesses that they are text."""
    return [name for name, spec in expected.spec.columns.items()
            if spec.dtype == "list" and not any(expected.columns[name][:10])]


def test_every_collection_opens_and_is_read(ask, servers, audience, expected):
    answers = ask([{"address": servers[audience], "name": name, "most": MOST_ROWS}
                   for name in expected])
    faults = {}
    for answer in answers:
        name = answer["name"]
        it = expected[name]
        assert answer["valid"], name
        assert answer["count"] == len(it.ids), name
        assert answer["geometry"] == (it.shapes is not None), name
        if it.shapes is not None:
            assert np.allclose(answer["extent"], shapely.total_bounds(it.shapes), atol=2e-6), name
        ids, columns, shapes = split_answer(answer)
        assert len(ids) == min(len(it.ids), MOST_ROWS), name
        it = it.take(np.isin(it.ids, ids))
        for column in list_guessed(it):
            known = dict(zip(it.ids, it.columns[column], strict=True))
            columns[column] = [known.get(id_) for id_ in ids]
        faults[name] = compare(it, ids, columns, shapes, sorted_by_id=False)
    assert {name: fault for name, fault in faults.items() if fault} == {}


def test_a_box_is_sent(ask, heard, expected):
    boxes = {name: pick_box(it) for name, it in expected.items()
             if it.shapes is not None and it.ids}
    answers = ask([{"address": heard.address, "name": name, "box": box}
                   for name, box in boxes.items()])
    for answer in answers:
        name = answer["name"]
        it = expected[name]
        rows = it.meets(boxes[name]) & ~shapely.is_missing(it.shapes)
        found = {row[answer["fields"].index("id")] for row in answer["rows"]}
        # QGIS itself keeps by envelope.
        assert found >= set(it.take(rows).ids), name
        assert any("bbox" in asked for asked in list_asked(heard, name)), name


def test_a_condition_keeps_what_meets_it(ask, servers, audience, expected):
    """A subset string. QGIS sends it from 3.42 on; before, it reads all rows and keeps some."""
    picks = {name: pick_condition(it) for name, it in expected.items()
             if len(it.ids) <= MOST_FILTERED}
    answers = ask([{"address": servers[audience], "name": name, "condition": pick.text}
                   for name, pick in picks.items() if pick is not None])
    for answer in answers:
        name = answer["name"]
        assert answer["taken"], name
        found = sorted(row[answer["fields"].index("id")] for row in answer["rows"])
        assert found == list(expected[name].take(picks[name].rows).ids), name


def test_what_the_public_may_not_see_does_not_open(ask, servers, snapshot):
    hidden = sorted(set(snapshot["restricted"]) - set(snapshot["public"]))
    answers = ask([{"address": servers["public"], "name": name} for name in hidden])
    assert [answer["name"] for answer in answers if answer["valid"]] == []
