"""Which months a place opens in, read from what it tells; who may enter; counted both ways."""

from __future__ import annotations

import grid_study as grid
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from georisk.coverage import (
    STATES,
    Visitor,
    cover_services,
    find_eligible,
    judge_places,
    tabulate_cover,
)
from georisk.coverage.hours import judge_month, read_months
from layers.errors import CallError

V = grid.FLAT_KMH
WEST = ["n00", "n10", "n20", "n30"]
MANY = settings(max_examples=10_000 if CAMPAIGN else 12)


@pytest.mark.parametrize(
    ("text", "months"),
    [("1-12", range(1, 13)), ("1-4;11-12", [1, 2, 3, 4, 11, 12]), ("7", [7]),
     ("11-2", [1, 2, 11, 12]), ("1,3", [1, 3])],
)
def test_months_as_written(text, months):
    assert read_months(text) == frozenset(months)


def test_no_months_are_unknown_and_nonsense_is_said():
    assert read_months(None) is None
    assert read_months(" ") is None
    for text in ("13", "0-4", "x", "1-2-3"):
        with pytest.raises(ValueError, match="1 to 12"):
            read_months(text)
    places = pd.DataFrame({"services": [("water",)], "months": ["13"]}, index=["p"])
    with pytest.raises(CallError, match="places, p: months = '13'"):
        find_eligible(places, "water", Visitor(month=1))


@pytest.mark.parametrize(
    ("text", "month", "state"),
    [
        ("24/7", 1, "open"), ("Mo-Su 08:00-18:00", 1, "open"), ("Sa 08:00-12:00", 2, "open"),
        ("Apr-Oct 08:00-18:00", 3, "closed"), ("Apr-Oct 08:00-18:00", 10, "open"),
        ("Nov-Feb Mo-Fr 09:00-17:00", 1, "open"), ("Nov-Feb Mo-Fr 09:00-17:00", 6, "closed"),
        ("24/7; Dec off", 12, "closed"), ("24/7; Dec off", 11, "open"),
        ("24/7; Dec 24-26 off", 12, "open"),  # some days shut: the month is not
        ("Mo-Su 08:00-18:00; PH off", 1, "open"), ("PH off", 1, "unknown"),
        ("off", 1, "closed"), ("closed", None, "closed"), ("unknown", 1, "unknown"),
        ("", 1, "unknown"), (None, 1, "unknown"), ("sunrise-sunset", 5, "open"),
        ("Mo-Fr off; Sa-Su 10:00-12:00", 4, "open"), ("Jan Mo unknown", 1, "unknown"),
        ("Mo-Fr 08:00-12:00; Mo-Su off", 4, "closed"),  # what stands last holds
    ],
)
def test_hours_in_the_notation_of_openstreetmap(text, month, state):
    assert judge_month(text, month) == state


@pytest.mark.parametrize(
    ("months", "opens", "state"),
    [(None, "closed", "closed"), ("1-12", "off", "closed"),
     ("12-2", "Apr-Oct 08:00-18:00", "closed"),  # no month is left
     ("12-4", "Apr-Oct 08:00-18:00", "open"), (None, "Apr-Oct 08:00-18:00", "unknown"),
     ("4", None, "unknown"), ("4-5", "Apr unknown; May off", "unknown")],
)
def test_what_opens_in_no_month_is_shut_over_the_year(months, opens, state):
    places = pd.DataFrame({"services": [("water",)], "months": [months], "opens": [opens]},
                          index=["p"])
    assert judge_places(places, None).tolist() == [state]
    by_month = {judge_places(places, month).iloc[0] for month in range(1, 13)}
    assert (state == "closed") == (by_month == {"closed"})
    assert (state == "open") == ("open" in by_month)


@MANY
@given(st.text(alphabet="MoTuWeThFrSaSuJanFebDec0123456789 :,;/|()-+ofcled", max_size=40),
       st.one_of(st.none(), st.integers(1, 12)))
def test_no_text_breaks_it(text, month):
    assert judge_month(text, month) in {"open", "closed", "unknown"}


def make_three() -> pd.DataFrame:
    """Water at km 5 (April to October), 10 (nobody knows) and 15 (always) of column 0."""
    places = pd.concat([grid.put_place(name, row, 0.0, "water")
                        for name, row in (("a", 1.0), ("b", 2.0), ("c", 3.0))])
    return places.assign(months=["4-10", None, "1-12"], opens=["24/7"] * 3)


def cover_west(places, visitor, **options):
    segments = grid.make_segments(grid.make_routes(WEST))
    travel = grid.make_travel(segments, places)
    cover = cover_services([travel], places, grid.make_services(water=4.0), visitor=visitor,
                           **options)
    frame = tabulate_cover(segments, cover)
    return frame[frame["direction"] == "forward"].sort_values("segment_id"), cover


def test_counted_both_ways_by_hand():
    """Threshold 4 km, northwards. July: a, c known, b not. Entered at km 0 ... 19.

    Known water ahead at 5 and 15: within 4 km of it at km 1 to 5 and 11 to 15. Unknown at 10:
    km 6 to 10. In December a is shut: 1 to 5 go.
    """
    july, _ = cover_west(make_three(), Visitor(month=7))
    expected = ["uncovered"] + ["covered"] * 5 + ["unverified"] * 5 + ["covered"] * 5
    assert july["status"].tolist() == expected + ["uncovered"] * 4
    assert july["covered"].tolist() == [state != "uncovered" for state in july["status"]]
    december, _ = cover_west(make_three(), Visitor(month=12))
    assert december["status"].tolist() == (
        ["uncovered"] * 6 + ["unverified"] * 5 + ["covered"] * 5 + ["uncovered"] * 4)
    assert "a" not in set(december["nearest_id"].dropna())
    known, _ = cover_west(make_three(), Visitor(month=12, known_only=True))
    assert known["status"].tolist() == (
        ["uncovered"] * 11 + ["covered"] * 5 + ["uncovered"] * 4)
    year, _ = cover_west(make_three(), Visitor())
    assert year["covered"].tolist() == july["covered"].tolist()


def test_redundant_is_a_second_place_within_one_and_a_half_thresholds():
    """At km 5: a is there, b 5 km on, within 6. At km 4: b 6 km on, exactly at it. At 3: not."""
    july, cover = cover_west(make_three(), Visitor(month=7))
    assert july["redundant"].tolist()[1:7] == [False, False, False, True, True, False]
    assert cover.redundant_times == 1.5
    strict, _ = cover_west(make_three(), Visitor(month=7), redundant_times=1.0)
    assert not strict["redundant"].any()


def test_a_threshold_of_its_own_on_each_segment():
    import numpy as np

    limits = np.full((20, 2), 1.0 / V)
    limits[3] = 2.0 / V  # entered northwards at km 3, 2 km from a: exactly at it
    july, _ = cover_west(make_three(), Visitor(month=7), limits={"water": limits})
    assert july["covered"].tolist()[:6] == [False, False, False, True, True, True]
    assert july["threshold_h"].tolist()[3] == pytest.approx(2.0 / V)


months = st.sampled_from([None, "1-12", "4-10", "11-2"])
hours = st.sampled_from([None, "24/7", "Apr-Sep 08:00-18:00", "off"])


@MANY
@given(st.lists(st.tuples(st.sampled_from([0.5, 1.0, 2.0, 3.5]), months, hours), max_size=4),
       st.tuples(st.sampled_from([0.0, 1.5, 3.0]), months, hours), st.integers(1, 12))
def test_a_new_place_never_worsens_a_state_nor_a_closed_one_betters_it(old, new, month):
    def make(rows):
        parts = [grid.make_places([])] + [
            grid.put_place(f"p{n}", row, 0.0, "water") for n, (row, _, _) in enumerate(rows)]
        return pd.concat(parts).assign(months=[r[1] for r in rows], opens=[r[2] for r in rows])

    rank = {name: n for n, name in enumerate(STATES)}
    before, _ = cover_west(make(old), Visitor(month=month))
    after, _ = cover_west(make([*old, new]), Visitor(month=month))
    one, two = (frame["status"].map(rank).to_numpy() for frame in (before, after))
    assert (two >= one).all()
    known, _ = cover_west(make(old), Visitor(month=month, known_only=True))
    assert (known["status"].map(rank).to_numpy() <= one).all()
