"""Both axis orders, and what the digits of a position are worth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.adapters.positions import UNREADABLE, estimate_precision_km, parse_position


@pytest.mark.parametrize(("text", "expected"), [
    ("19.5, -97.25", ("-97.25", "19.5")), ("  19.5,-97.25 ", ("-97.25", "19.5")),
    ("POINT (-97.25 19.5)", ("-97.25", "19.5")), ("point(-97 19)", ("-97", "19")),
    ("", ("", "")), ("POINT (1 2 3)", ("", UNREADABLE)), ("19.5 N, 97 W", ("", UNREADABLE)),
    ("Ana's house, 3", ("", UNREADABLE)), ("1e5, 2", ("", UNREADABLE)),
])
def test_positions(text, expected):
    assert parse_position(text) == expected


@pytest.mark.parametrize(("lon", "lat", "km"), [
    ("-77", "8", "80.0"), ("-77.0", "8.00", "80.0"), ("-97.5", "19", "15.0"),
    ("-97.25", "19.5", "2.0"), ("-97.250", "19.51", "2.0"), ("-97.1234", "19.5678", "0.3"),
    # one axis cut off to whole degrees, or to a tenth
    ("-112", "31.62332", "80.0"), ("-97.5", "19.56781", "15.0"),
    # noise of binary numbers
    ("28.0999999999999", "-97.2", "15.0"),
    # 19 deg 34 min, 97 deg 11 min
    ("-97.183333", "19.566667", "2.0"), ("-97.183333", "19.56791", "0.3"), ("", "19", ""),
])
def test_precision(lon, lat, km):
    assert estimate_precision_km(lon, lat) == km


@given(st.floats(-180, 180), st.floats(-90, 90), st.integers(0, 6))
def test_both_orders_agree_and_zeros_at_the_end_change_nothing(lon, lat, decimals):
    x, y = f"{lon:.{decimals}f}", f"{lat:.{decimals}f}"
    assert parse_position(f"{y}, {x}") == parse_position(f"POINT ({x} {y})") == (x, y)
    padded = [text + "00" if "." in text else text for text in (x, y)]
    assert estimate_precision_km(*padded) == estimate_precision_km(x, y)
