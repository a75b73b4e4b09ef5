"""Positions written as text, and how precise their digits can be."""

from __future__ import annotations

import re

_NUMBER = r"[-+]?\d{1,12}(?:\.\d{0,30})?"
_PAIR = re.compile(rf"\s*({_NUMBER})\s*[,;]\s*({_NUMBER})\s*")
_WKT = re.compile(rf"\s*POINT\s*\(\s*({_NUMBER})\s+({_NUMBER})\s*\)\s*", re.IGNORECASE)
UNREADABLE = "not a coordinate pair"
_PRECISION_KM = {0: 80.0, 1: 15.0, 2: 2.0}
_FINE_KM = 0.3
_MINUTE_KM = 2.0
_NOISE_DECIMALS = 6
_CHANCE_DECIMALS = 2


def parse_position(text: str) -> tuple[str, str]:
    """Longitude and latitude as written, from "lat, lon" or WKT ``POINT (lon lat)``.

    What cannot be read leaves the longitude blank and says so as latitude: a fault of its row.

    Examples
    --------
    >>> parse_position("19.5, -97.25")
    ('-97.25', '19.5')
    >>> parse_position("POINT (-97.25 19.5)")
    ('-97.25', '19.5')
    >>> parse_position("near the river")
    ('', 'not a coordinate pair')
    """
    if not text.strip():
        return "", ""
    wkt = _WKT.fullmatch(text)
    if wkt:
        return wkt.group(1), wkt.group(2)
    pair = _PAIR.fullmatch(text)
    return (pair.group(2), pair.group(1)) if pair else ("", UNREADABLE)


def count_decimals(text: str) -> int:
    """Decimals that say something: closing zeros do not, nor what a computer adds at the end.

    Examples
    --------
    >>> count_decimals("19.5000"), count_decimals("28.0999999999"), count_decimals("8")
    (1, 1, 0)
    """
    try:
        number = float(text)
    except ValueError:
        return 0
    rounded = f"{number:.{_NOISE_DECIMALS}f}"
    return len(rounded.partition(".")[2].rstrip("0"))


def estimate_precision_km(lon: str, lat: str) -> str:
    """One sigma of a position, km, from its decimals (METHOD 2.2); blank without a position.

    The axis with more decimals speaks for both, since one number in ten ends in a zero by
    chance. An axis that lacks more than two of the other's decimals was cut off: it decides.
    Whole minutes of arc on both axes are 2 km, however many decimals they make.

    Examples
    --------
    >>> estimate_precision_km("-97", "19"), estimate_precision_km("-97.5", "19.25")
    ('80.0', '2.0')
    >>> estimate_precision_km("-112", "31.62332"), estimate_precision_km("-97.6167", "19.3833")
    ('80.0', '2.0')
    """
    if not lon or not lat:
        return ""
    coarse, fine = sorted((count_decimals(lon), count_decimals(lat)))
    decimals = coarse if fine - coarse > _CHANCE_DECIMALS else fine
    if fine > _CHANCE_DECIMALS and all(_is_whole_minute(axis, fine) for axis in (lon, lat)):
        return str(_MINUTE_KM)
    return str(_PRECISION_KM.get(decimals, _FINE_KM))


def _is_whole_minute(text: str, decimals: int) -> bool:
    """Whether a number of degrees, written to so many decimals, may be a whole minute."""
    minutes = float(text) * 60
    return abs(minutes - round(minutes)) <= 60 * 0.5 * 10.0**-decimals
