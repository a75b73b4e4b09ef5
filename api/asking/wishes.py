"""What somebody looks for from where they stand: a position, rounded before anything sees it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

import orjson

from api.errors import UnprocessableError

# About 1 km: enough to find the town, too little to find a person.
DECIMALS = 2
_MEMBERS = {"type", "coordinates", "service", "admits"}
WISH_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "coordinates"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "enum": ["Point"]},
        "coordinates": {
            "type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2,
            "description": "Longitude and latitude, degrees; rounded to 0.01 on reading",
        },
        "service": {"type": "string"},
        "admits": {"type": "string"},
    },
}


@dataclass(frozen=True)
class Wish:
    """A position (longitude, latitude; 0.01 degree), a service and a group; empty is any."""

    position: tuple[float, float]
    service: str = ""
    admits: str = ""


def read_wish(body: bytes) -> Wish:
    """Read a wish.

    Raises
    ------
    UnprocessableError
        Naming what is wrong with it, never repeating it.

    Examples
    --------
    >>> read_wish(b'{"type":"Point","coordinates":[-92.26789,14.90321]}').position
    (-92.27, 14.9)
    """
    try:
        wish = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise UnprocessableError("The body is not JSON.") from error
    if not isinstance(wish, dict) or set(wish) - _MEMBERS or wish.get("type") != "Point":
        raise UnprocessableError("The body is a GeoJSON point; beside it `service` and `admits`.")
    lon, lat = _read_position(wish.get("coordinates"))
    words = [wish.get(name, "") for name in ("service", "admits")]
    if not all(isinstance(word, str) for word in words):
        raise UnprocessableError("service, admits: each is one word.")
    return Wish((round(lon, DECIMALS), round(lat, DECIMALS)), *words)


def _read_position(given: object) -> tuple[float, float]:
    if isinstance(given, list) and len(given) == 2 and all(map(_is_number, given)):  # noqa: PLR2004
        lon, lat = (float(value) for value in given)
        if abs(lon) <= 180 and abs(lat) <= 90:  # noqa: PLR2004 - the globe
            return lon, lat
    raise UnprocessableError("coordinates: longitude and latitude, in degrees.")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
