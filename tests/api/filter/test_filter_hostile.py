"""Whatever is sent as a filter is answered or refused, soon, and the process lives on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from surroundings import CAMPAIGN, ROOT, SHARED

from api.errors import ParameterError, TooComplexError, TooLargeError
from api.filter import read_filter
from api.filter.parsing import parse_text

REFUSED = (ParameterError, TooComplexError, TooLargeError)
SELECTED = {
    "64 brackets", "500 terms", "400 NOTs", "tower", "long string", "flat box", "same places",
    "right to left", "empty geometry", "reads on", "nested arrays", "deep", "3,000 choices", "text",
    "array of arrays", "true", "product", "comment", "4,000 signs", "many functions",
    "nested collections", "both",
}
TOO_MUCH = {
    "10 MB", "2,000 brackets", "65 brackets", "20,000 terms", "501 terms", "2,000 NOTs",
    "sum of 4,000", "long pattern", "deeper", "ring of 100,000", "brackets", "deep mix",
}


@pytest.fixture(scope="module")
def answers():
    listed = SHARED / "ogc_cql2" / "predicates.json"
    seeds = [p["filter"] for p in json.loads(listed.read_text())] if listed.exists() else []
    path = os.pathsep.join(map(str, (ROOT, ROOT / "tests", Path(__file__).parent)))
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", str(Path(__file__).parent / "hostile_filters.py"),
         str(200_000 if CAMPAIGN else 4000)],
        input=json.dumps(seeds), capture_output=True, text=True, timeout=900, check=False,
        env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_hostile_filter_is_answered_soon(answers):
    assert answers[-1][0] == "random"
    slow = [(name, took) for _, name, _, took in answers[:-1] if took > 1.0]
    assert slow == []


def test_what_is_too_much_is_called_so(answers):
    said = {name: word for _, name, word, _ in answers[:-1] if name in TOO_MUCH}
    assert said.keys() == TOO_MUCH
    assert set(said.values()) <= {"TooComplexError", "TooLargeError"}


def test_only_filters_that_mean_something_select(answers):
    selected = {name for _, name, word, _ in answers[:-1] if word == "selected"}
    assert selected <= SELECTED
    assert {"64 brackets", "500 terms", "deep"} <= selected


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    for language in ("cql2-text", "cql2-json"):
        try:
            read_filter(text, language=language)
        except REFUSED:
            continue


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["op", "args", "property", "type", "coordinates", "bbox", "interval"]),
        inner, max_size=3), max_leaves=12)


@given(JSON)
def test_any_json_is_read_or_refused(document):
    try:
        read_filter(json.dumps(document), language="cql2-json")
    except REFUSED:
        return


def test_a_message_says_where():
    with pytest.raises(ParameterError, match="character 7"):
        parse_text("a = 1 )")
    with pytest.raises(ParameterError, match="too early"):
        parse_text("a = ")
