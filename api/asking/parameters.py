"""The parameters of requests: one table that reads them and that will describe them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import numpy as np

from api.asking.ask import FORMATS
from api.asking.tokens import read_token
from api.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

Interval = tuple[np.datetime64, np.datetime64]

LIMIT_DEFAULT = 100
LIMIT_MAX = 10_000
# Rows of a page for people: nobody reads more.
LIMIT_SHOWN = 1000
LANGUAGES = ("en", "es", "fr", "ht")
# The last is what the drafts called the first; GDAL up to 3.12 asks by that name.
FILTER_LANGUAGES = ("cql2-text", "cql2-json", "cql-text")
# A filter of 8 KB, each of its bytes written as %XX, and the rest of a query.
MAX_QUERY_BYTES = 32_768
MAX_NAME = 80
MOST_KEYS = 8
_NUMBER = re.compile(r"[+-]?([0-9]{1,20}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_ALWAYS = np.datetime64("0001-01-01T00:00:00", "s")
_EVER = np.datetime64("9999-12-31T23:59:59", "s")


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, how it is read, what it means.

    ``schema`` is the OpenAPI schema of its values.
    """

    name: str
    read: Callable[[str], Any]
    meaning: str
    schema: dict[str, Any]


def parse_query(raw: bytes, names: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, str]]:
    """Read a query string.

    Parameters
    ----------
    raw : bytes
        As it came over the wire.
    names : tuple of str
        Parameters that this route knows.

    Returns
    -------
    values : dict
        Parsed values of those given.
    texts : dict
        The same as text, for links.

    Raises
    ------
    ParameterError
        For an unknown, repeated or wrong parameter.

    Examples
    --------
    >>> parse_query(b"limit=20000", ("limit",))
    ({'limit': 10000}, {'limit': '20000'})
    """
    if not raw:
        return {}, {}
    texts: dict[str, str] = {}
    for name, text in _split_query(raw):
        if name not in names:
            known = ", ".join(names) or "none"
            raise ParameterError(f"Unknown parameter {name[:40]!r}; this address knows: {known}.")
        if name in texts:
            raise ParameterError(f"Parameter {name!r} is given twice; give it once.")
        texts[name] = text
    return {name: PARAMETERS[name].read(text) for name, text in texts.items()}, texts


def _split_query(raw: bytes) -> list[tuple[str, str]]:
    if len(raw) > MAX_QUERY_BYTES:
        raise ParameterError(f"The query is longer than {MAX_QUERY_BYTES} bytes.")
    try:
        return parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50
        )
    except ValueError as error:
        raise ParameterError("The query is not name=value pairs in UTF-8.") from error


def read_limit(text: str) -> int:
    """Read a page size; more than the largest page is the largest page.

    Examples
    --------
    >>> read_limit("25"), read_limit("99999999")
    (25, 10000)
    """
    if not re.fullmatch(r"[0-9]{1,20}", text) or int(text) < 1:
        raise ParameterError(f"limit: a whole number from 1 to {LIMIT_MAX}.")
    return min(int(text), LIMIT_MAX)


def read_bbox(text: str) -> tuple[float, ...]:
    """Read the corners of a box, in the order of the axes of its reference system.

    Examples
    --------
    >>> read_bbox("170,-10,-170,10")
    (170.0, -10.0, -170.0, 10.0)
    """
    parts = text.split(",", maxsplit=7)
    if len(parts) not in {4, 6} or not all(_NUMBER.fullmatch(part) for part in parts):
        raise ParameterError("bbox: four or six numbers: west,south,east,north.")
    numbers = tuple(float(part) for part in parts)
    if not all(map(isfinite, numbers)):
        raise ParameterError("bbox: numbers that lie on a map.")
    return numbers


def read_datetime(text: str) -> Interval:
    """Read an instant, a day or an interval (RFC 3339; ``..`` or nothing is an open end).

    Examples
    --------
    >>> first, last = read_datetime("2020-01-01/..")
    >>> str(first)
    '2020-01-01T00:00:00'
    """
    ends = text.split("/")
    if len(ends) == 1:
        return _read_moment(text)
    first, last = (end in {"", ".."} for end in ends) if len(ends) == 2 else (True, True)  # noqa: PLR2004
    if first and last:
        raise ParameterError("datetime: an interval has two ends, at most one of them open.")
    begin = _ALWAYS if first else _read_moment(ends[0])[0]
    end = _EVER if last else _read_moment(ends[1])[1]
    if begin > end:
        raise ParameterError("datetime: the interval ends before it begins.")
    return begin, end


def _read_moment(text: str) -> Interval:
    """Read a moment, to the second, or a whole day."""
    try:
        if _DAY.fullmatch(text):
            day = np.datetime64(datetime.fromisoformat(text), "s")
            return day, day + np.timedelta64(86_399, "s")
        if _MOMENT.fullmatch(text):
            moment = datetime.fromisoformat(text.upper())
            offset = moment.utcoffset()
            second = np.datetime64(moment.replace(tzinfo=None), "s")
            if offset is not None:
                second -= np.timedelta64(int(offset.total_seconds()), "s")
            return second, second
    except ValueError:
        pass
    raise ParameterError(
        "datetime: a day (2024-05-01), a moment (2024-05-01T12:00:00Z) or two of them joined by /."
    )


def read_format(text: str) -> str:
    """Read the format asked for; each address has its own (`api.asking.negotiation`)."""
    return text


def read_reference(text: str) -> str:
    """Read the name of a reference system; each server knows its own (`api.asking.crs`)."""
    if not 1 <= len(text) <= MAX_NAME:
        raise ParameterError("A reference system is named by its URI, as `/collections` lists it.")
    return text


def read_filter_language(text: str) -> str:
    """Read the language of a filter."""
    if text not in FILTER_LANGUAGES:
        raise ParameterError(f"filter-lang: there are {', '.join(FILTER_LANGUAGES)}.")
    return text


def read_text(text: str) -> str:
    """Read a text as it is."""
    return text


def read_columns(text: str) -> tuple[str, ...]:
    """Read names of properties, joined by commas; none at all is a choice too.

    Examples
    --------
    >>> read_columns("mode,country"), read_columns("")
    (('mode', 'country'), ())
    """
    return tuple(dict.fromkeys(text.split(","))) if text else ()


def read_order(text: str) -> tuple[tuple[str, bool], ...]:
    """Read what to sort by: names joined by commas, ``-`` before one for the largest first.

    Examples
    --------
    >>> read_order("-risk_score,leg_id")
    (('risk_score', True), ('leg_id', False))
    """
    parts = text.split(",", maxsplit=MOST_KEYS)
    names = [part[1:] if part.startswith(("+", "-", " ")) else part for part in parts]
    if len(parts) > MOST_KEYS or not all(names):
        raise ParameterError(f"sortby: one to {MOST_KEYS} properties, as in -length_km,country.")
    return tuple(
        (name, part.startswith("-")) for name, part in zip(names, parts, strict=True))


def read_language(text: str) -> str:
    """Read a language code."""
    if text not in LANGUAGES:
        raise ParameterError(f"lang: there are {', '.join(LANGUAGES)}.")
    return text


def read_name(text: str) -> str:
    """Read a name: of a layer, a corridor, a leg, a town, a service or a group."""
    if not 1 <= len(text) <= MAX_NAME or not text.isprintable():
        raise ParameterError(f"A name has 1 to {MAX_NAME} printable characters.")
    return text


_TEXT = {"type": "string"}
_URI = {"type": "string", "format": "uri"}
_NAMES = {"type": "array", "items": {"type": "string"}}

PARAMETERS: dict[str, Parameter] = {
    parameter.name: parameter
    for parameter in (
        Parameter(
            "limit", read_limit, "Features on a page; more than the maximum is the maximum",
            {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
        ),
        Parameter(
            "bbox", read_bbox, "Only features that meet this box; those without geometry stay. "
            "West greater than east crosses the antimeridian",
            {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6},
        ),
        Parameter(
            "datetime", read_datetime, "Only features of this time; those without a time stay",
            _TEXT,
        ),
        Parameter("token", read_token, "Where the page begins; from the `next` link", _TEXT),
        Parameter("bbox-crs", read_reference, "Reference system of `bbox`; CRS84 unless said",
                  _URI),
        Parameter("crs", read_reference, "Reference system of the answer; CRS84 unless said",
                  _URI),
        Parameter("properties", read_columns, "Only these properties, joined by commas; empty: "
                  "none", _NAMES),
        Parameter("sortby", read_order, "Properties to sort by, joined by commas; `-` before one "
                  "for the largest first. Rows without a value come last", _NAMES),
        Parameter("filter", read_text, "Only features for which this holds (CQL2)", _TEXT),
        Parameter("filter-lang", read_filter_language, "Language of `filter`",
                  {"type": "string", "enum": list(FILTER_LANGUAGES), "default": "cql2-text"}),
        Parameter("filter-crs", read_reference, "Reference system of geometries in `filter`; "
                  "CRS84 unless said", _URI),
        Parameter("f", read_format, "Format", {"type": "string", "enum": list(FORMATS)}),
        Parameter("lang", read_language, "Language", {"type": "string", "enum": list(LANGUAGES)}),
        Parameter("layer", read_name, "Layer of places, such as shelters", _TEXT),
        Parameter("corridor", read_name, "Corridor, by its id", _TEXT),
        Parameter("leg", read_name, "Leg to list places along", _TEXT),
        Parameter("from", read_name, "Town where the way begins", _TEXT),
        Parameter("to", read_name, "Town where the way ends", _TEXT),
        Parameter("place", read_name, "Town on a corridor, or the id of a place that is shown",
                  _TEXT),
        Parameter("service", read_name, "Only places that offer this", _TEXT),
        Parameter("admits", read_name, "Only places that admit this group", _TEXT),
    )
}
