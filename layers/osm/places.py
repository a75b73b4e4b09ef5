"""Places of help in an OpenStreetMap extract, as rows of one of the three facility layers."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from layers.catalog import find_spec
from layers.osm.extracts import SOURCE, import_osmium, open_extract
from layers.osm.tags import Verdict, fold_text, judge_tags, load_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from osmium.osm.types import Area, Node, Way

_LAYER = "health_facilities"
MAX_PLACES = 2_000_000
SEALED_NAME = "[removed]"
COLUMNS = (
    "place_id", "name", "place_kind", "operator_kind", "country", "admin1", "town", "services",
    "capacity", "capacity_unit", "opens", "months", "admits", "languages", "phone", "publish_ok",
    "consent_until", "last_verified", "verify_by", "steward", "owner", "coord_precision_km",
    "source", "synthetic", "lon", "lat", "_record", "_country",
)  # fmt: skip
# A sealed place is kept to a tenth of a degree: half of 11 km, one sigma, rounded up.
_SEALED_DECIMALS = 1
_DECIMALS = 7
_SEALED_PRECISION_KM = 8.0
_NODE_PRECISION_KM, _AREA_PRECISION_KM = 0.05, 0.1
_ALPHA2 = re.compile(r"[A-Z]{2}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TITLE = re.compile(r"\b(dr|dra|drs|doctor|doctora|docteur|dokte|lic|licda|mtra|psic|comadrona"
                    r"|partera|matrona|obstetra|enfermera|midwife|fanm saj)\b")
_PRACTICES = frozenset({"doctor", "midwife", "nurse", "psychotherapist", "community_health_worker"})
_WHOLE = re.compile(r"\d{1,5}")
_TAG_VALUE = re.compile(r"[a-z0-9_:;-]{1,40}")
_TOLD_KEYS = ("healthcare", "social_facility")


@dataclass(frozen=True)
class Found:
    """Places of one layer, and what else was seen.

    Attributes
    ----------
    frame : DataFrame
        Columns `COLUMNS`, all text but ``_record``; in the file's order.
    elsewhere : mapping
        Other layers to the number of their places in the file.
    aside : mapping
        Reason to the number of objects that look like a place and were left aside.
    unknown : mapping
        Key to its values that no row of the table knows, counted.
    """

    frame: pd.DataFrame
    elsewhere: Mapping[str, int] = field(default_factory=dict)
    aside: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def read_places(path: Path, layer: str) -> Found:
    """Read every object of a file that is a place of one layer.

    A node is where it is; a way or a multipolygon becomes a point inside it. An object whose
    nodes lie outside the extract has no position and says so at intake. Nothing here claims
    that an operator agreed to be published.

    Parameters
    ----------
    path : Path
    layer : str
        ``assistance_points``, ``shelters`` or ``health_facilities``.

    Raises
    ------
    ValueError
        If the file is not a sound extract, or holds more than two million places.
    OSError
        If it cannot be opened.
    """
    rows: list[dict[str, Any]] = []
    elsewhere: Counter[str] = Counter()
    aside: Counter[str] = Counter()
    unknown: dict[str, Counter[str]] = {key: Counter() for key in _TOLD_KEYS}
    for ref, tags, point in _iterate_objects(path):
        verdict = judge_tags(tags)
        if verdict.layer == layer:
            if len(rows) == MAX_PLACES:
                raise ValueError(f"more than {MAX_PLACES:,} places: cut the extract to your area")
            rows.append(_make_row(ref, tags, point, verdict=verdict, record=len(rows) + 1))
        elif verdict.layer:
            elsewhere[verdict.layer] += 1
        elif verdict.reason:
            aside[verdict.reason] += 1
        else:
            _count_unknown(tags, unknown)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return Found(frame, dict(sorted(elsewhere.items())), dict(aside.most_common()),
                 {key: dict(values.most_common(50)) for key, values in unknown.items() if values})


def _count_unknown(tags: Mapping[str, str], unknown: dict[str, Counter[str]]) -> None:
    for key in _TOLD_KEYS:
        if key in tags:
            value = tags[key]
            unknown[key][value if _TAG_VALUE.fullmatch(value) else "(other)"] += 1


def _iterate_objects(
    path: Path
) -> Iterator[tuple[str, dict[str, str], tuple[float, float] | None]]:
    """Objects that have a key of the table: reference (n1, w1, r1), tags, position."""
    osmium = import_osmium()
    keys = osmium.filter.KeyFilter(*load_rules().keys)
    relations: dict[int, dict[str, str]] = {}
    with open_extract(path) as processor:
        for item in processor.with_areas(keys).with_filter(keys):
            if getattr(item, "deleted", False):
                continue
            tags = dict(item.tags)
            if item.is_node():
                yield f"n{item.id}", tags, _locate_node(item)
            elif item.is_way():
                yield f"w{item.id}", tags, _locate_way(item)
            elif item.is_relation():
                relations.setdefault(item.id, tags)
            elif not item.from_way():
                relations.pop(item.orig_id(), None)
                yield f"r{item.orig_id()}", tags, _locate_area(item)
    # A relation that never became an area: its ways are not all in the extract.
    for number, tags in sorted(relations.items()):
        yield f"r{number}", tags, None


def _locate_node(node: Node) -> tuple[float, float] | None:
    return (node.location.lon, node.location.lat) if node.location.valid() else None


def _locate_way(way: Way) -> tuple[float, float] | None:
    points = [(n.location.lon, n.location.lat) for n in way.nodes if n.location.valid()]
    if not points:
        return None
    whole = len(points) == len(way.nodes) and len(points) > 3  # noqa: PLR2004 - a ring has four
    if whole and points[0] == points[-1]:
        return _pick_inside(shapely.Polygon(points), points[0])
    middle = shapely.LineString([*points, points[-1]]).interpolate(0.5, normalized=True)
    return (middle.x, middle.y)


def _locate_area(area: Area) -> tuple[float, float] | None:
    rings = [
        [(n.location.lon, n.location.lat) for n in ring if n.location.valid()]
        for ring in area.outer_rings()
    ]
    polygons = [shapely.Polygon(ring) for ring in rings if len(ring) > 3]  # noqa: PLR2004
    if not polygons:
        return None
    largest = max(polygons, key=lambda polygon: polygon.area)
    return _pick_inside(largest, rings[0][0])


def _pick_inside(polygon: shapely.Polygon, fallback: tuple[float, float]) -> tuple[float, float]:
    if not polygon.is_valid or polygon.area == 0:
        return fallback
    point = polygon.point_on_surface()
    return (point.x, point.y)


def _make_row(
    ref: str, tags: Mapping[str, str], point: tuple[float, float] | None, *,
    verdict: Verdict, record: int,
) -> dict[str, Any]:
    country = tags.get("addr:country", "").strip().upper()
    country = country if _ALPHA2.fullmatch(country) else ""
    row: dict[str, Any] = dict.fromkeys(COLUMNS, "")
    row |= {
        "place_kind": verdict.kind, "services": ";".join(verdict.services), "country": country,
        "_country": country, "_record": record, "source": SOURCE, "synthetic": "false",
    }
    if verdict.sealed:
        return row | _hide_place(ref, point)
    precision_km = _NODE_PRECISION_KM if ref.startswith("n") else _AREA_PRECISION_KM
    beds = tags.get("beds", "") or tags.get("capacity:beds", "")
    beds = beds if _WHOLE.fullmatch(beds) else ""
    return row | {
        "place_id": f"osm-{ref}", "name": _name_place(ref, tags, verdict),
        "operator_kind": load_rules().operator_kinds.get(tags.get("operator:type", ""), ""),
        "admin1": tags.get("addr:state", ""), "town": tags.get("addr:city", ""),
        "capacity": beds, "capacity_unit": "beds" if beds else "",
        "opens": _fit_pattern(tags.get("opening_hours", ""), "opens"),
        "last_verified": _read_check_date(tags),
        "phone": "" if bears_person(tags, verdict) else _read_phone(tags),
        **_write_position(point, decimals=_DECIMALS, precision_km=precision_km),
    }


def _write_position(
    point: tuple[float, float] | None, *, decimals: int, precision_km: float
) -> dict[str, str]:
    if point is None:
        return {"lon": "", "lat": "", "coord_precision_km": ""}
    lon, lat = (str(round(degrees, decimals)) for degrees in point)
    return {"lon": lon, "lat": lat, "coord_precision_km": str(precision_km)}


def _hide_place(ref: str, point: tuple[float, float] | None) -> dict[str, Any]:
    """A place that leaves by no door: no name, no phone, no reference, and a coarse position."""
    mark = hashlib.sha256(f"georisk sealed {ref}".encode()).hexdigest()[:12]
    position = _write_position(point, decimals=_SEALED_DECIMALS, precision_km=_SEALED_PRECISION_KM)
    return {"place_id": f"osm-sealed-{mark}", "name": SEALED_NAME, **position}


def bears_person(tags: Mapping[str, str], verdict: Verdict) -> bool:
    """Tell whether a place is probably named after the person who runs it.

    Practices are, and whatever but a hospital has a personal title in its name.

    Examples
    --------
    >>> bears_person({"name": "Consultorio Dra. Ejemplo"}, Verdict(label="Clinic"))
    True
    >>> bears_person({"name": "Hospital Dr. Ejemplo"}, Verdict(label="Hospital"))
    False
    """
    if verdict.label == "Hospital":
        return verdict.personal
    titled = _TITLE.search(fold_text(tags.get("name", ""))) is not None
    return verdict.personal or titled or tags.get("healthcare", "") in _PRACTICES


def _read_phone(tags: Mapping[str, str]) -> str:
    return _fit_pattern(tags.get("phone") or tags.get("contact:phone", ""), "phone")


def _fit_pattern(text: str, column: str) -> str:
    """A cell that the column may hold; anybody can write anything on the map."""
    plain = " ".join(text.split())
    return plain if re.fullmatch(find_spec(_LAYER).columns[column].pattern, plain) else ""


def _name_place(ref: str, tags: Mapping[str, str], verdict: Verdict) -> str:
    name = "" if bears_person(tags, verdict) else " ".join(tags.get("name", "").split())
    return name or f"{verdict.label} (OpenStreetMap {ref})"


def _read_check_date(tags: Mapping[str, str]) -> str:
    day = tags.get("check_date", "")
    if not _DAY.fullmatch(day):
        return ""
    return "" if pd.isna(pd.to_datetime(day, format="%Y-%m-%d", errors="coerce")) else day
