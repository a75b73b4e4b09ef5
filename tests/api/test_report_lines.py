"""The line a phone can send: every slip of one character, and of two neighbours, is seen."""

from __future__ import annotations

import datetime as dt
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import UnprocessableError
from api.reports.line import find_checksum, read_line, write_line
from api.reports.refusals import REFER
from api.reports.report import PlaceReport
from api.reports.vocabulary import MAX_PLACE_ID, MOST_DAYS, STATUSES

TODAY = dt.date(2026, 3, 15)
SAMPLE = [
    PlaceReport("gt-ex-1", "CLOSED", dt.date(2026, 3, 15)),
    PlaceReport("mx-crm-0108", "OPEN", dt.date(2025, 12, 31)),
    PlaceReport("0-0", "FULL", dt.date(2026, 1, 1)),
    PlaceReport("z9-" + "y" * (MAX_PLACE_ID - 3), "MOVED", dt.date(2025, 11, 11)),
]
REPORTS = st.builds(
    PlaceReport, st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,6}){1,5}", fullmatch=True),
    st.sampled_from(STATUSES), st.dates(TODAY - dt.timedelta(days=MOST_DAYS), TODAY))


def refuses(text):
    try:
        read_line(text, today=TODAY)
    except UnprocessableError:
        return True
    return False


def test_the_checksum_is_iso_7064_mod_97_10_over_codes_of_characters():
    # 65 for A; with the checksum appended the number leaves 1 when divided by 97.
    for text in ("A", "AB", "GR1 GT-EX-1 FULL 2026-01-05"):
        number = int("".join(str(ord(one)) for one in text) + find_checksum(text))
        assert number % 97 == 1
    assert find_checksum("AB") == "91"


@given(REPORTS)
def test_a_line_is_read_as_it_was_written(report):
    assert read_line(write_line(report), today=TODAY) == report


@pytest.mark.parametrize("report", SAMPLE)
def test_every_other_character_at_every_place_is_refused(report):
    line = write_line(report).upper()
    letters = string.ascii_uppercase + string.digits + "- .,:/?"
    passed = [
        (at, one) for at, was in enumerate(line) for one in letters
        if one != was and not refuses(line[:at] + one + line[at + 1:])
    ]
    assert passed == []


@pytest.mark.parametrize("report", SAMPLE)
def test_every_pair_that_changed_places_is_refused(report):
    line = write_line(report).upper()
    for gap in range(1, len(line)):
        for at in range(len(line) - gap):
            slip = list(line)
            slip[at], slip[at + gap] = slip[at + gap], slip[at]
            # Powers of 100 repeat after 48 places: two characters so far apart are one.
            if "".join(slip) != line and gap != 48:
                assert refuses("".join(slip)), (at, gap)


@pytest.mark.parametrize("report", SAMPLE[:2])
def test_a_lost_or_doubled_character_is_refused(report):
    line = write_line(report)
    assert all(refuses(line[:at] + line[at + 1:]) for at in range(len(line)))
    doubled = [line[:at] + one + line[at:] for at, one in enumerate(line) if one != " "]
    assert all(map(refuses, doubled))


@pytest.mark.parametrize("form", [
    str.upper, str.lower, lambda line: f"  {line}\r\n", lambda line: line.replace(" ", "   "),
    lambda line: line.replace(" ", "\t"), lambda line: f"\ufeff{line}\n",
    lambda line: line.replace(" ", "\u00a0"), lambda line: line.replace("-", "\u2013"),
])
def test_what_gateways_do_to_a_line_is_forgiven(form):
    assert read_line(form(write_line(SAMPLE[0])), today=TODAY) == SAMPLE[0]


@pytest.mark.parametrize(("place", "status", "day", "named"), [
    ("GT-EX-1", "CLOSED", "2026-03-16", "date"),
    ("GT-EX-1", "CLOSED", "2025-03-13", "date"),
    ("GT-EX-1", "CLOSED", "2026-02-30", "date"),
    ("GT-EX-1", "CLOSED", "20260315", "date"),
    ("GT-EX-1", "BURNT", "2026-03-15", "status"),
    ("GT_EX", "CLOSED", "2026-03-15", "place_id"),
    ("GTEX", "CLOSED", "2026-03-15", "place_id"),
    ("A-" + "B" * MAX_PLACE_ID, "CLOSED", "2026-03-15", "place_id"),
])
def test_a_sound_checksum_does_not_make_a_report(place, status, day, named):
    line = f"GR1 {place} {status} {day}"
    with pytest.raises(UnprocessableError, match=f'^Member "{named}": .*\\.$') as raised:
        read_line(f"{line} {find_checksum(line)}", today=TODAY)
    assert not [part for part in (place, status, day) if part in str(raised.value)
                and part not in STATUSES]


def test_the_first_and_last_day_are_taken():
    for day in (TODAY, TODAY - dt.timedelta(days=MOST_DAYS)):
        report = PlaceReport("gt-ex-1", "FULL", day)
        assert read_line(write_line(report), today=TODAY) == report


@pytest.mark.parametrize("text", [
    "GR1 gt-ex-1 RAPE 2026-03-15 11", "una niña sola en el cruce", "GR1 menor no acompañado 3 x y",
])
def test_what_must_be_referred_is_referred(text):
    with pytest.raises(UnprocessableError) as raised:
        read_line(text, today=TODAY)
    assert str(raised.value) == REFER


@given(st.text(max_size=80))
def test_no_text_does_anything_but_be_refused(text):
    assert refuses(text)
