"""The skill page: whole without a script or a network, honest about failures, and restricted."""

from __future__ import annotations

import copy
import datetime as dt
from html.parser import HTMLParser

import numpy as np
import pytest
from browser import open_page
from validation_world import Kde, make_record, make_report

from georisk.marking import Marking
from maps.skill.page import draw_skill_page

MARKING = Marking("restricted", "Ana P.", dt.date(2027, 1, 1), "", synthetic=False)


@pytest.fixture(scope="module")
def report():
    return make_report()


@pytest.fixture(scope="module")
def page(report):
    return draw_skill_page(report, marking=MARKING)


class Outline(HTMLParser):
    void = frozenset({"meta", "br"})

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(page):
    outline = Outline()
    outline.feed(page)
    assert not outline.open
    return outline


def test_one_file_without_script_or_address(page):
    outline = read(page)
    names = {tag for tag, _ in outline.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "form", "a"}
    assert "http" not in page.replace("http-equiv", "")
    policy = [attrs["content"] for _, attrs in outline.tags
              if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policy[0].startswith("default-src 'none';")
    assert len(page) < 500_000


def test_every_gate_stands_with_a_word_a_sign_and_its_number(report, page):
    text = " ".join(read(page).text)
    assert text.count("✗ FAILED") == report["counts"]["failed"] > 0
    assert text.count("✓ passed") == report["counts"]["passed"]
    for gate in report["gates"]:
        if gate["value"] is not None:
            assert f"{gate['value']:,.3f}" in text


def test_it_says_what_it_is_and_what_it_cannot_know(page):
    text = " ".join(" ".join(read(page).text).split())
    for said in ("Reported deaths and disappearances", "RESTRICTED", "Ana P.", "2027-01-01",
                 "Robbery, kidnapping and sexual violence are not measured here",
                 "few reported", "drowning", "bits per event", "share of the area"):
        assert said in text, said
    assert "safe" not in text.lower()
    assert "low risk" not in text.lower()


def test_every_picture_has_a_name_and_axes_with_units(page):
    svgs = [attrs for tag, attrs in read(page).tags if tag == "svg" and "key" not in attrs["class"]]
    assert len(svgs) == 5
    assert all(attrs["aria-label"] for attrs in svgs)
    for label in ("test year", "bits per event", "events caught (%)", "forecast chance", "km"):
        assert label in page


def test_the_same_bytes(report, page):
    assert draw_skill_page(copy.deepcopy(report), marking=MARKING) == page


def test_synthetic_is_headed(page):
    made = draw_skill_page(make_report(synthetic=True), marking=MARKING)
    assert "SYNTHETIC: says nothing about the world" in made.split("<header>")[0]
    assert "SYNTHETIC" not in page


def test_text_from_a_study_cannot_become_markup(report):
    sly = copy.deepcopy(report)
    sly["study"] = sly["domains"][0]["title"] = "<script>alert(1)</script>"
    sly["warnings"] = ["<img src=x>"]
    sly["domains"][0]["models"][-1]["model"] = "model"
    page = draw_skill_page(sly, marking=MARKING)
    assert "<script" not in page
    assert "<img" not in page


@pytest.mark.parametrize("rows", [0, 40])
def test_a_study_that_cannot_be_tested_has_a_page_too(rows):
    record = make_record()
    made = make_report(record=record.take(np.arange(len(record)) < rows))
    text = " ".join(read(draw_skill_page(made, marking=MARKING)).text)
    assert "no year could be tested" in text
    assert "NaN" not in text
    assert "None" not in text


def test_forecasts_of_other_names_are_drawn():
    page = draw_skill_page(make_report(contenders=(Kde("mine"),)), marking=MARKING)
    assert "mine" in page
    read(page)


@pytest.mark.parametrize("size", ["360,800", "1280,900"])
def test_a_browser_finds_nothing_wrong_and_asks_for_nothing(page, tmp_path, size):
    path = tmp_path / "skill.html"
    path.write_text(page, encoding="utf-8")
    text, console, asked = open_page(path, tmp_path, size=size)
    assert "Gates" in text
    assert not console
    assert [one for one in asked if not one.startswith("file:")] == []
