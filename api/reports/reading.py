"""Bodies and texts to reports: a line, or JSON in a closed vocabulary."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import orjson

from api.errors import TooLargeError, UnprocessableError
from api.reports.line import check_day, check_place, check_status, read_line
from api.reports.refusals import refer_topics, refuse
from api.reports.report import IncidentReport, PlaceReport
from api.reports.vocabulary import CLASSES, COUNTS, MAX_BODY_BYTES, MOST_PEOPLE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping

    from api.reports.report import Report

DECIMALS = 2  # of degrees: about 1 km
_PLACE = ("place_id", "status", "date", "synthetic")
_INCIDENT = ("class", "date", *COUNTS, "place_id", "synthetic")
_FEATURE = ("type", "geometry", "properties")
_LON, _LAT, _POSITION = 180.0, 90.0, (2, 3)


def read_report(body: bytes, *, today: dt.date) -> Report:
    """Read a report as it was sent; a position is rounded before anything else sees it.

    Parameters
    ----------
    body : bytes
        UTF-8: a ``GR1`` line, a JSON object ``{place_id, status, date}``, or a GeoJSON feature.
    today : datetime.date
        UTC.

    Raises
    ------
    TooLargeError
        Above 4 KB.
    UnprocessableError
        Naming the member that is wrong, never repeating what it holds.
    """
    if len(body) > MAX_BODY_BYTES:
        raise TooLargeError(f"A report has at most {MAX_BODY_BYTES} bytes.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnprocessableError("The report is not UTF-8.") from None
    if not text.lstrip().startswith(("{", "[")):
        return read_line(text, today=today)
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        with refer_topics(text):
            raise UnprocessableError("The report is not JSON.") from None
    try:
        plain = orjson.dumps(document).decode()
    except orjson.JSONEncodeError:  # nested deeper than anybody would
        with refer_topics(text):
            raise UnprocessableError("The report is nested too deeply.") from None
    with refer_topics(plain):
        return _read_document(document, today=today)


def _read_document(document: object, *, today: dt.date) -> Report:
    if not isinstance(document, dict):
        raise UnprocessableError("Send one report at a time: a JSON object.")
    if "type" not in document:
        return _read_place(document, today=today)
    _check_members(document, _FEATURE, where="")
    if document["type"] != "Feature":
        raise refuse("type", "Feature: one report at a time")
    said = document.get("properties")
    if not isinstance(said, dict):
        raise refuse("properties", "an object")
    geometry = document.get("geometry")
    if "status" not in said:
        return _read_incident(said, geometry, today=today)
    if geometry is not None:
        raise refuse("geometry", "null: the place_id says where the place is")
    return _read_place(said, today=today)


def _check_members(said: Mapping[str, Any], known: Collection[str], *, where: str) -> None:
    for name in said:
        if name not in known:
            raise refuse(f"{where}{name}", f"not part of a report; there are {', '.join(known)}")


def _read_place(said: Mapping[str, Any], *, today: dt.date) -> PlaceReport:
    _check_members(said, _PLACE, where="")
    return PlaceReport(
        check_place(said.get("place_id")), check_status(said.get("status")),
        check_day(said.get("date"), today=today), _read_flag(said),
    )


def _read_incident(
    said: Mapping[str, Any], geometry: object, *, today: dt.date
) -> IncidentReport:
    _check_members(said, _INCIDENT, where="")
    if said.get("class") not in CLASSES:
        raise refuse("class", f"one of {', '.join(CLASSES)}")
    place_id = check_place(said["place_id"]) if "place_id" in said else ""
    if bool(place_id) == (geometry is not None):
        raise refuse("geometry", "say where once: a Point, or null with a place_id")
    lon, lat = (None, None) if place_id else _read_point(geometry)
    report = IncidentReport(
        said["class"], check_day(said.get("date"), today=today),
        dead=_read_count(said, "dead"), missing=_read_count(said, "missing"),
        injured=_read_count(said, "injured"),
        lon=lon, lat=lat, place_id=place_id, synthetic=_read_flag(said),
    )
    if not report.n_victims:
        raise refuse("dead", f"at least one of {', '.join(COUNTS)} is 1 or more")
    return report


def _read_point(geometry: object) -> tuple[float, float]:
    """Longitude and latitude to 0.01 degree; a height is dropped."""
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        raise refuse("geometry", "a Point, or null with a place_id")
    _check_members(geometry, ("type", "coordinates"), where="geometry.")
    position = geometry.get("coordinates")
    if (not isinstance(position, list) or len(position) not in _POSITION
            or not all(_is_number(one) for one in position)):
        raise refuse("coordinates", "[longitude, latitude] in degrees")
    lon, lat = cast("list[float]", position[:2])
    if abs(lon) > _LON or abs(lat) > _LAT:
        raise refuse("coordinates", "longitude from -180 to 180, latitude from -90 to 90")
    # Zero is added because minus zero would be another text, and so another report.
    return round(float(lon), DECIMALS) + 0.0, round(float(lat), DECIMALS) + 0.0


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _read_count(said: Mapping[str, Any], name: str) -> int:
    count = said.get(name, 0)
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_PEOPLE:
        raise refuse(name, f"a whole number from 0 to {MOST_PEOPLE}")
    return count


def _read_flag(said: Mapping[str, Any]) -> bool:
    flag = said.get("synthetic", False)
    if not isinstance(flag, bool):
        raise refuse("synthetic", "true or false")
    return flag
