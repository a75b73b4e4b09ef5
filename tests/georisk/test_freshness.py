"""What nobody checked in time is listed, with the reason and the longest overdue first."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from georisk.freshness import NOTICE_DAYS, STALE_COLUMNS, find_stale
from layers.disclosure import find_consented_places

TODAY = dt.date(2026, 2, 1)
SOUND = {"steward": "office", "owner": "office", "last_verified": "2026-01-10",
         "verify_by": "2026-03-31", "publish_ok": True, "consent_until": "2026-12-31",
         "synthetic": False}
DAYS = ("last_verified", "verify_by", "consent_until")


def make_places(*changes):
    rows = [{**SOUND, **change} for change in changes]
    frame = pd.DataFrame(rows, index=[f"gt-x-{n}" for n in range(len(rows))])
    for name in DAYS:
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    return frame.astype({"publish_ok": "boolean", "synthetic": "boolean"})


@pytest.mark.parametrize(("change", "why"), [
    ({}, None),
    ({"verify_by": "2026-01-20"}, "verify_by passed 12 days ago"),
    ({"verify_by": "2026-01-31"}, "verify_by passed 1 day ago"),
    ({"verify_by": "2026-02-01"}, "verify_by comes today"),
    ({"verify_by": "2026-02-15"}, "verify_by comes in 14 days"),
    ({"verify_by": "2026-02-16"}, None),
    ({"verify_by": "2026-04-10"}, None),
    ({"verify_by": "2026-04-11"}, "verify_by more than 90 days after last_verified"),
    ({"last_verified": None}, "never verified"),
    ({"last_verified": None, "verify_by": None}, "never verified"),
    ({"last_verified": "2026-02-02"}, "last_verified lies in the future"),
    ({"verify_by": None}, "no verify_by"),
    ({"consent_until": "2026-02-10"}, "consent lapses in 9 days"),
    ({"consent_until": "2026-01-29"}, "consent lapsed 3 days ago"),
    ({"consent_until": None}, "consent without an end: not published"),
    ({"publish_ok": False, "consent_until": "2020-01-01"}, None),
    ({"publish_ok": None, "consent_until": None}, None),
    ({"steward": ""}, "no steward"),
    ({"steward": None}, "no steward"),
    ({"steward": " ", "verify_by": "2026-01-20"}, "verify_by passed 12 days ago; no steward"),
])
def test_each_reason_is_told_in_words(change, why):
    stale = find_stale(make_places(change), today=TODAY)
    assert list(stale.columns) == STALE_COLUMNS
    assert stale["why"].to_list() == ([why] if why else [])


def test_the_longest_overdue_comes_first_and_what_was_never_known_before_it():
    places = make_places({"steward": ""}, {"verify_by": "2026-01-30"}, {"verify_by": "2025-12-01"},
                         {"last_verified": None})
    assert find_stale(places, today=TODAY)["place_id"].to_list() == [
        "gt-x-3", "gt-x-2", "gt-x-1", "gt-x-0"]


def test_synthetic_rows_are_marked_and_days_are_text():
    stale = find_stale(make_places({"synthetic": True, "verify_by": "2026-01-20"}), today=TODAY)
    assert stale.to_dict("records") == [{
        "place_id": "gt-x-0", "steward": "office", "owner": "office",
        "last_verified": "2026-01-10", "verify_by": "2026-01-20",
        "why": "verify_by passed 12 days ago", "synthetic": True,
    }]


def test_a_layer_without_these_columns_was_never_verified():
    stale = find_stale(pd.DataFrame({"name": ["a"]}, index=["gt-x-1"]), today=TODAY)
    assert stale["why"].to_list() == ["never verified; no steward"]
    assert find_stale(pd.DataFrame({"name": []}), today=TODAY).empty


some_day = st.none() | st.dates(dt.date(2025, 6, 1), dt.date(2026, 12, 31)).map(str)


@given(some_day, some_day, some_day, st.sampled_from([True, False, None]))
def test_a_place_that_is_not_listed_stays_published(verified, due, consent, ok):
    """Whatever drops out of public view soon or already, for lack of a check, is on the list."""
    places = make_places({"last_verified": verified, "verify_by": due, "consent_until": consent,
                          "publish_ok": ok})
    if len(find_stale(places, today=TODAY)) or not ok:
        return
    for ahead in range(NOTICE_DAYS + 1):
        day = TODAY + dt.timedelta(days=ahead)
        assert bool(find_consented_places(places, today=day).all())
