"""How many, as people write it; no reading where two could be meant."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from georisk.surge.amounts import count_noun, read_count
from layers.errors import CallError

MARKS = ",.' _\u00a0\u2007\u2009\u202f\u2019"


@given(st.integers(0, 10**15), st.sampled_from(MARKS))
def test_marks_between_groups_change_nothing(number, mark):
    assert read_count(str(number), "--people") == number
    assert read_count(f" {number:,} ".replace(",", mark), "--people") == number


@pytest.mark.parametrize("text", [
    "4,5", "4.5", "4,00", "4,0000", "1,250.000", "1,250 000", "0,400", "40,00,000", "4e3", "4000.0",
    "4k", "", " ", ",", "4,,000", "4,000,", "٤٠٠٠", "nan", "9" * 30, "\x1b[31m", "--", "+",
])
def test_what_could_be_two_numbers_is_refused(text):
    with pytest.raises(CallError, match=r"^--people '.*': give a whole number, as 4000") as refusal:
        read_count(text, "--people")
    assert "\x1b" not in str(refusal.value)


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_refused(text):
    with suppress(CallError):
        assert isinstance(read_count(text, "--people"), int)


def test_one_is_no_plural():
    assert [count_noun(n, "place") for n in (0, 1, 2)] == ["0 places", "1 place", "2 places"]
