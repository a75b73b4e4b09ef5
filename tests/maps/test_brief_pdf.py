"""Decision briefs on paper: one page, readable by machines, the same bytes, no secret."""

from __future__ import annotations

import builtins
import subprocess

import pytest
from brief_answers import COVER, EMPTY, SITE, SKETCH, lengthen, make_answer
from surroundings import require_tool
from test_brief import SECRETS

from layers.errors import BrokenError, CallError
from maps.brief import draw_brief
from maps.brief_pdf import check_printer, print_page
from maps.catalogues import load_words


@pytest.fixture(autouse=True, scope="module")
def printer():
    pytest.importorskip("weasyprint", reason="needs WeasyPrint (the extra `pdf`)", exc_type=OSError)


def draw(site, *, lang="en", reader="internal"):
    return draw_brief(make_answer(site), site, COVER, load_words(lang), reader=reader,
                      sketch=SKETCH)


def read_pdf(pdf, tmp_path):
    """Text of a PDF, as a person could copy it, and how many pages it has."""
    path = tmp_path / "brief.pdf"
    path.write_bytes(pdf)
    told = subprocess.run([require_tool("pdftotext"), "-layout", path, "-"], capture_output=True,
                          text=True, check=True).stdout
    facts = subprocess.run([require_tool("pdfinfo"), path], capture_output=True, text=True,
                           check=True).stdout
    pairs = (line.split(":", 1) for line in facts.splitlines() if ":" in line)
    return " ".join(told.split()), {name: value.strip() for name, value in pairs}


def test_one_page_of_a4_tagged_and_in_words(tmp_path):
    words, facts = read_pdf(print_page(draw(SITE)), tmp_path)
    assert facts["Pages"] == "1"
    assert "A4" in facts["Page size"]
    assert facts["Tagged"] == "yes"
    assert facts["Title"].startswith("A new point in Sitio, Mexico")
    for told in ("RESTRICTED", "SYNTHETIC", "Between Aldea and Bolsa", "19.9 a year", "Otrositio",
                 "A field visit decides", "70 → 20 km"):
        assert told in words, told


def test_an_authority_s_paper_holds_no_secret(tmp_path):
    pdf = print_page(draw(SITE, reader="authority"))
    words, facts = read_pdf(pdf, tmp_path)
    assert facts["Pages"] == "1"
    assert "158 people a day" in words
    for secret in SECRETS:
        assert secret not in words, secret
        assert secret not in facts["Title"] + facts.get("Subject", ""), secret


@pytest.mark.parametrize("lang", ["en", "fr", "ht"])
def test_the_longest_names_still_fit_on_one_page(tmp_path, lang):
    words, facts = read_pdf(print_page(draw(lengthen(SITE), lang=lang)), tmp_path)
    assert facts["Pages"] == "1"
    assert "Heroica Ciudad" in words


def test_an_empty_brief_is_a_page_too(tmp_path):
    words, facts = read_pdf(print_page(draw(EMPTY)), tmp_path)
    assert facts["Pages"] == "1"
    assert "No flow data" in words


def test_the_same_bytes_each_time():
    page = draw(SITE)
    assert print_page(page) == print_page(page)


def test_a_page_that_never_fits_is_our_fault():
    page = draw(SITE).replace("</main>", "<p>more</p>" * 250 + "</main>")
    with pytest.raises(BrokenError, match="one page"):
        print_page(page)


@pytest.mark.parametrize("error", [ImportError("no module"), OSError("cannot load library")])
def test_without_weasyprint_it_says_what_to_do(monkeypatch, error):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "weasyprint":
            raise error
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(CallError, match=r"georisk\[pdf\].*--format html"):
        check_printer()
