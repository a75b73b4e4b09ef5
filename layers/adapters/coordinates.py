"""Where a row is, from whatever a person wrote: two columns, one, degrees and minutes, WKT."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from layers.cells import take_arrow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

_MINUS = "\N{MINUS SIGN}"  # as word processors write it
_NUMBER = rf"[-+{_MINUS}]?\d{{1,8}}(?:[.,]\d{{1,20}})?"
_PLAIN = re.compile(r"\s*[-+]?\d*[.,]?\d*\s*")
_PART = r"\d{1,2}(?:[.,]\d{1,12})?"
_MINUTE_SIGN = "(?:['\N{RIGHT SINGLE QUOTATION MARK}\N{PRIME}\N{ACUTE ACCENT}m]|\\s|$)"
_SECOND_SIGN = (
    "(?:\"|\N{RIGHT DOUBLE QUOTATION MARK}|\N{DOUBLE PRIME}|''|"
    "\N{RIGHT SINGLE QUOTATION MARK}{2}|\N{PRIME}{2}|s)?"
)
_DEGREE_SIGN = "(?:\N{DEGREE SIGN}|\N{MASCULINE ORDINAL INDICATOR}|\N{RING ABOVE}|deg|d|\\s)"
_ANGLE = re.compile(
    rf"\s*(?P<before>[NSEWO])?\s*(?P<degrees>{_NUMBER})\s*{_DEGREE_SIGN}\s*"
    rf"(?:(?P<minutes>{_PART})\s*{_MINUTE_SIGN}\s*)?"
    rf"(?:(?P<seconds>{_PART})\s*{_SECOND_SIGN}\s*)?(?P<after>[NSEWO])?\s*", re.IGNORECASE)
_SIGNED = re.compile(
    rf"\s*(?P<before>[NSEWO])?\s*(?P<degrees>{_NUMBER})\s*{_DEGREE_SIGN}?"
    r"\s*(?P<after>[NSEWO])?\s*", re.IGNORECASE)
_ENDED = re.compile(r"\s*(.{1,40}?[NS])\s*[,;/]?\s*(.{1,40}?[EWO])\s*", re.IGNORECASE)
_PAIRS = tuple(
    re.compile(rf"\s*[(\[]?\s*({_NUMBER}){gap}({_NUMBER})(?:\s+{_NUMBER}){{0,2}}\s*[)\]]?\s*")
    for gap in (r"\s*[;|/]\s*", r"\s*,\s+", r"\s+")
)
_TIGHT = re.compile(r"\s*[(\[]?\s*([-+]?\d+(?:\.\d+)?),([-+]?\d+(?:\.\d+)?)\s*[)\]]?\s*")
_SHAPE = re.compile(
    r"\s*(?:SRID=4326\s*;\s*)?(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\b", re.IGNORECASE)
_MAX_TEXT, _MAX_WKT = 120, 5_000_000
_MAX_DEGREES, _FULL_CIRCLE, _SIXTY, _QUARTER = 180, 360, 60, 90


def apply_unique(values: pd.Series, change: Callable[[str], str]) -> pd.Series:
    """Change each distinct text once; index and missing cells stay."""
    table = {value: change(value) for value in values.dropna().unique()}
    return values.map(table, na_action="ignore").astype("str").where(values.notna())


def read_angle(text: str, *, axis: str) -> str:
    r"""Degrees, minutes and seconds as decimal degrees; what is none of these stays as it is.

    Parameters
    ----------
    text : str
        As written. A letter N, S, E, W (or O, oeste, ouest) or a sign says which side.
    axis : str
        ``lon`` or ``lat``: a letter of the other axis leaves the text unread.

    Examples
    --------
    >>> read_angle("14°32'10\"N", axis="lat"), read_angle("90° 30.5' O", axis="lon")
    ('14.5361111', '-90.5083333')
    >>> read_angle("14,5", axis="lat"), read_angle("92.1 W", axis="lat")
    ('14,5', '92.1 W')
    """
    if len(text) > _MAX_TEXT or _PLAIN.fullmatch(text):
        return text
    found = _ANGLE.fullmatch(text) or _SIGNED.fullmatch(text)
    if not found:
        return text
    parts = found.groupdict()
    letters = {(parts.get(k) or "").upper() for k in ("before", "after")} - {""}
    if len(letters) > 1 or not letters <= set("NS" if axis == "lat" else "EWO"):
        return text
    return _join_angle(parts, letters.pop() if letters else "") or text


def _join_angle(parts: Mapping[str, str | None], letter: str) -> str:
    degrees, minutes, seconds = (
        _read_number(parts.get(name) or "0") for name in ("degrees", "minutes", "seconds")
    )
    signed = str(parts["degrees"]).startswith(("-", "+", _MINUS))
    if minutes >= _SIXTY or seconds >= _SIXTY or abs(degrees) > _MAX_DEGREES or (letter and signed):
        return ""
    size = abs(degrees) + minutes / 60 + seconds / 3600
    negative = letter in {"S", "W", "O"} or str(parts["degrees"])[0] in {"-", _MINUS}
    return f"{-size if negative else size:.7f}".rstrip("0").rstrip(".")


def _read_number(text: str) -> float:
    return float(text.replace(",", ".").replace(_MINUS, "-"))


def split_pair(text: str) -> tuple[str, str] | None:
    r"""Two numbers out of one cell, in the order written; None if it holds no clear pair.

    Examples
    --------
    >>> split_pair("14.63, -90.51"), split_pair("14,63; -90,51"), split_pair("14,63")
    (('14.63', '-90.51'), ('14,63', '-90,51'), None)
    >>> split_pair("14°32'10\"N 90°30'00\"W")
    ('14.5361111', '-90.5')
    """
    if len(text) > _MAX_TEXT:
        return None
    for pattern in _PAIRS:
        found = pattern.fullmatch(text)
        if found:
            return found.group(1), found.group(2)
    found = _TIGHT.fullmatch(text)
    if found and ("." in text or "-" in text):
        return found.group(1), found.group(2)
    found = _ENDED.fullmatch(text)
    if found:
        lat, lon = read_angle(found.group(1), axis="lat"), read_angle(found.group(2), axis="lon")
        if lat != found.group(1) and lon != found.group(2):
            return lat, lon
    return None


def split_pairs(values: pd.Series, *, lon_first: bool) -> tuple[pd.Series, pd.Series, str]:
    """Longitudes and latitudes of one column of pairs, and the order in words.

    A cell without a clear pair keeps its text as latitude: its row will say what is wrong. Where
    a first number lies beyond 90 and no second one does, the pairs are longitude first.

    Examples
    --------
    >>> lon, lat, order = split_pairs(pd.Series(["14.63, -90.51"]), lon_first=False)
    >>> lon[0], lat[0], order
    ('-90.51', '14.63', 'latitude, longitude')
    """
    pairs = {value: split_pair(value) for value in values.dropna().unique()}
    both = [pair for pair in pairs.values() if pair]
    firsts = any(_measure(a) > _QUARTER for a, _ in both)
    seconds = any(_measure(b) > _QUARTER for _, b in both)
    turned = lon_first if firsts == seconds else firsts
    table = {value: pair or (("", value) if turned else (value, ""))
             for value, pair in pairs.items()}
    first = values.map({value: pair[0] for value, pair in table.items()}, na_action="ignore")
    second = values.map({value: pair[1] for value, pair in table.items()}, na_action="ignore")
    lon, lat = (first, second) if turned else (second, first)
    words = "longitude, latitude" if turned else "latitude, longitude"
    return lon.fillna("").astype("str"), lat.fillna("").astype("str"), words


def _measure(text: str) -> float:
    try:
        return abs(_read_number(text))
    except ValueError:
        return 0.0


def check_degrees(lon: pd.Series, lat: pd.Series) -> None:
    """Refuse columns that hold projected coordinates.

    Raises
    ------
    ValueError
        If most numbers are too large for degrees.
    """
    sizes = [np.abs(_read_degrees(values)) for values in (lon, lat)]
    known = ~np.isnan(sizes[0]) & ~np.isnan(sizes[1])
    large = (sizes[0] > _FULL_CIRCLE) | (sizes[1] > _FULL_CIRCLE)
    if known.any() and (large & known).sum() * 2 > known.sum():
        raise ValueError(
            "the coordinates are not degrees (UTM or another projection, or the decimal point was "
            "lost): save the file with longitude and latitude in WGS 84 and import it again"
        )


def _read_degrees(values: pd.Series) -> NDArray[np.float64]:
    text = values.astype("str")
    plain = read_plain(text)
    if plain is not None:
        return plain
    numbers = pd.to_numeric(text.str.replace(",", ".", regex=False), errors="coerce")
    read: NDArray[np.float64] = np.asarray(numbers, dtype="float64")
    return read


def read_plain(text: pd.Series) -> NDArray[np.float64] | None:
    """Numbers of a column of text in which nothing else stands but blanks (NaN); else None.

    Examples
    --------
    >>> read_plain(pd.Series(["14.5", ""])).tolist(), read_plain(pd.Series(["14,5"]))
    ([14.5, nan], None)
    """
    array = take_arrow(text)
    filled = pc.if_else(pc.equal(array, ""), None, array)
    try:
        numbers = pc.cast(filled, pa.float64())
    except pa.ArrowInvalid:
        return None
    plain = pc.all(pc.is_finite(numbers)).as_py() is not False
    return np.asarray(numbers.to_numpy(zero_copy_only=False)) if plain else None


def holds_shapes(values: pd.Series) -> bool:
    """Whether a column's first filled cell is WKT."""
    filled = values[values.fillna("").str.strip() != ""]
    return bool(len(filled)) and bool(_SHAPE.match(str(filled.iloc[0])[:200]))


def read_shapes(values: pd.Series) -> gpd.GeoSeries:
    """Shapes of a column of WKT in degrees (EPSG:4326); None where a cell cannot be read.

    Examples
    --------
    >>> read_shapes(pd.Series(["POINT (-90.5 14.6)", "no"])).notna().tolist()
    [True, False]
    """
    import geopandas as gpd
    import shapely

    texts = [_take_wkt(value) for value in values]
    return gpd.GeoSeries(shapely.from_wkt(texts, on_invalid="ignore"), index=values.index,
                         crs="EPSG:4326")


def _take_wkt(value: object) -> str | None:
    text = value if isinstance(value, str) and len(value) <= _MAX_WKT else ""
    # Collections nest without end: the parser's stack does not.
    if not _SHAPE.match(text[:200]) or "COLLECTION" in text.upper():
        return None
    return text.partition(";")[2] if text.lstrip()[:4].upper() == "SRID" else text
