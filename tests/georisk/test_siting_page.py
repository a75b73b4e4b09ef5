"""The page on the sites of the embedded study shows what its script makes now."""

from __future__ import annotations

import doctest
import importlib
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from georisk.siting.objectives import OBJECTIVES

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
# Those that cost little: two objectives of ten. `make campaign` makes every table anew.
SAMPLED = ("scene", "sites-coverage", "sites-length", "curve", "evidence")


@pytest.fixture(scope="module")
def builder():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        yield importlib.import_module("build_siting")


@pytest.fixture(scope="module")
def page(builder):
    return builder.PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def facts(builder):
    return builder.read_facts()


def read_blocks(builder, text):
    return {found[2]: found[0] for found in builder.BLOCK.finditer(text)}


def check_blocks(builder, facts, page, names):
    for name in names:
        told = read_blocks(builder, page)[name]
        same = builder.fill_page(told, facts) == told
        assert same, f"{name} is outdated: run `PYTHONPATH=. python docs/build_siting.py`"


def test_every_table_stands_on_the_page_once_and_says_synthetic(builder, page):
    names = [found[2] for found in builder.BLOCK.finditer(page)]
    assert sorted(names) == sorted(builder.BLOCKS)
    for name, block in read_blocks(builder, page).items():
        tables = len(re.findall(r"^\|---", block, re.MULTILINE))
        assert tables >= 1, name
        assert block.count(builder.SYNTHETIC) == tables, name
    assert page.index("**SYNTHETIC.") < page.index("|")
    assert page.count("**Conclude**") == page.count("**Do not conclude**") >= len(OBJECTIVES)


def test_the_chart_is_a_picture_that_says_synthetic(builder):
    root = ET.fromstring(builder.CHART.read_text(encoding="utf-8"))
    assert root.get("aria-label").startswith("SYNTHETIC")
    assert sum(part.tag.endswith("rect") for part in root) == 1 + 20


def test_sampled_tables_and_the_chart_are_what_the_script_makes_now(builder, facts, page):
    check_blocks(builder, facts, page, SAMPLED)
    assert builder.CHART.read_text(encoding="utf-8") == builder.draw_chart(facts)


@pytest.mark.campaign
def test_every_table_is_what_the_script_makes_now(builder, facts, page):
    check_blocks(builder, facts, page, builder.BLOCKS)


@pytest.mark.campaign
def test_what_the_page_concludes_still_holds(facts):
    """Words are written by hand: these are the claims in them that a change could overturn."""
    assert not facts.wanted["in_all"].any()
    assert facts.worth["hours"]["coverage"] >= 0.95
    drawn = facts.draw("coverage").table.reindex(facts.list_ids("coverage"))
    assert (drawn["no_regret"] & drawn["sure"]).tolist()[:4] == [True] * 4
    assert not drawn["no_regret"].iloc[4:].any()
    (_, near), (_, far) = facts.trace("coverage", 10), facts.trace("coverage", 20)
    assert near.k < far.k
    assert len(facts.ask("needed").sites) > 100


def test_the_builder_tells_its_examples_true(builder):
    failed, tried = doctest.testmod(importlib.import_module("siting_cells"))
    assert tried
    assert not failed
