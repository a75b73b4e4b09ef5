"""Decision briefs: what they say, to whom, in every language, on one page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from brief_answers import COVER, EMPTY, HOSTILE, LONG, SITE, SKETCH, lengthen, make_answer

from maps.brief import CHECKS, draw_brief, name_brief
from maps.brief_words import choose_gap, show_hours, show_share
from maps.catalogues import LANGUAGES, load_words
from maps.offline import find_outside_links

EN = load_words("en")


def draw(site=SITE, *, lang="en", reader="internal", **changes):
    return draw_brief(make_answer(site, **changes), site, COVER, load_words(lang), reader=reader,
                      sketch=SKETCH)


def test_a_planner_reads_everything_that_is_asked_of_a_brief(read):
    words = read(draw()).words
    for told in (
        "A new point in Sitio, Mexico", "Decision brief 1 of 1", "data as of 2025-12-31",
        # the problem, in one sentence, and what the point does to it
        "Between Aldea and Bolsa, northwards, water is out of reach for 70 km: 14 h walking",
        "(2 days) (adult man, Jun).",
        "the longest part that stays is 20 km: 3.6 h walking.",
        # gap before and after: km, and hours by pace and month
        "70 → 20 km", "14 → 4 h", "with small children, Jun", "22 → 6 h", "12 → 3 h",
        "water 50 km northwards, water 6 km southwards",
        "158 people a day", "Counted on 33 of 56 km", "2,375 L a day", "Staff on duty: 4",
        "benchmark for a stopping place",
        "Highest class: very high", "19.9 a year per 100 km (8.0 to 41.8)",
        "40 km with reports nearby, 10 km estimated from farther away, 6 km insufficient",
        "Robbery, kidnapping and sexual violence are not measured here",
        "USD 225,000 over 3 years: 60,000 to set up, 55,000 a year to run",
        "Otrositio, Guatemala: loses 27 %", "Tercersitio, Guatemala: as good",
        "chosen in 82 % of the draws (± 2.8 %)", "it rests on reports",
        'Not known: silence is no "no"', "4.4 % of journeys",
        "siting.min_apart_km = 5 km", "and 1 more in the parameter file",
        "Whether the community", "6 km of the way have too few reports",
        "Decision, name, function, date, signature", "A field visit decides",
        "RESTRICTED", "holder: Ana P.", "delete after 2026-04-01",
        "SYNTHETIC: illustrative data",
    ):
        assert told in words, told
    for name in CHECKS:
        assert EN[f"brief_check_{name}"] in words


def test_where_nothing_is_known_it_says_so(read):
    words = read(draw(EMPTY)).words
    assert "No flow data: how many people would come is not known." in words
    assert "Highest class: insufficient evidence" in words
    assert "No other candidate fits." in words
    assert "was not computed for this aim" in words
    assert "Not computed." in words
    assert "None" not in words
    assert "nan" not in words


SECRETS = ("19.9", "41.8", "8.0 to", "very high", "Highest class", "eported", "reports",
           "Otrositio", "Tercersitio", "Cuartositio", "loses", "draws", "82 %", "2.3 %", "4.4 %",
           "deadlier", "journeys", "kilo-lima", "town-4242", "candidate", "Excluido",
           "security_top", "insufficient", "lethal", "Decision brief 1 of", "another proposed",
           "min_apart")


def test_an_authority_is_given_no_incident_candidate_alternative_or_displacement(read):
    inside = read(draw()).words
    page = draw(reader="authority")
    words = read(page).words
    # every secret that a planner reads is gone, in the whole file and not in what is seen alone
    for secret in SECRETS:
        assert secret not in page, secret
    assert sum(secret in inside for secret in SECRETS) > 18
    for told in ("for the authority", "70 → 20 km", "158 people a day", "2,375 L a day",
                 "USD 225,000", "A field visit decides", "sphere.consultations_per_year", "Land"):
        assert told in words, told


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("reader", ["internal", "authority"])
def test_every_language_is_whole(read, lang, reader):
    page = draw(lengthen(SITE), lang=lang, reader=reader)
    assert f'<html lang="{lang}">' in page
    assert find_outside_links(page) == []
    assert "{" not in read(page).words
    if lang != "en":
        words = read(page).words
        for english in ("walking", "The problem", "not known on legs", "times the threshold"):
            assert english not in words


def test_data_cannot_write_the_page(read):
    site = replace(SITE, place=HOSTILE)
    page = draw(site)
    assert "<img" not in page
    assert "{{ 7 * 7 }}" in read(page).words
    assert "script-src ;" in page
    assert not read(page).find("script")


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"objective": "hours", "more_is_better": False}, "takes 2.3 % off what the aim counts now"),
     ({"objective": "gap", "more_is_better": False}, "shortest longest stretch")])
def test_aims_are_told_in_words(read, changes, told):
    assert told in read(draw(**changes)).words


def test_a_choice_that_is_not_proven_says_by_how_much(read):
    answer = make_answer()
    near = replace(answer.solution, status="time limit", gap=0.034)
    assert "at most 3.4 % better" in read(draw(solution=near)).words


def test_the_same_page_each_time_and_its_name_says_for_whom():
    assert draw() == draw()
    site = replace(SITE, place=f"EXAMPLE - {LONG}")
    name = name_brief(site, COVER.marking, reader="internal", lang="en")
    assert name == ("brief-01-example-heroica-ciudad-de-san-juan-bauti.restricted.ana-p."
                    "until-2026-04-01")
    hidden = name_brief(SITE, COVER.marking, reader="authority", lang="es")
    assert hidden == "brief-authority-sitio.restricted.ana-p.until-2026-04-01.es"
    second = name_brief(SITE, COVER.marking, reader="authority", lang="en", again=1)
    assert second.startswith("brief-authority-sitio-2.restricted")


def test_the_gap_in_the_sentence_is_the_one_closed_or_shortened_most():
    gap = SITE.gaps[0]
    closed = replace(gap, to_place="Cerca", closed=True, left_km=0.0)
    assert choose_gap((gap, closed)).to_place == "Cerca"
    assert choose_gap(()) is None


def test_hours_and_shares_keep_their_meaning():
    assert show_hours(0.4, EN, day_h=10.0) == "0.4 h walking"
    assert show_hours(10.0, EN, day_h=10.0) == "10 h walking"
    assert show_hours(10.1, EN, day_h=10.0) == "10 h walking (2 days)"
    assert show_share(0.0, EN) == "0\u00a0%"
    assert show_share(0.0002, EN) == "< 0.1\u00a0%"
