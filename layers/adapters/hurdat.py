"""NOAA HURDAT2 best tracks to ``hazard_storms``: one row a passage with 34 knots or more.

A storm is a header line and the positions below it. A passage is an unbroken part of its track
with winds of 34 kt or more, each end lying where the wind, taken as even between positions,
crosses 34 kt. So a storm with one strong position still has a line, and a storm that weakens
and revives has two rows. A storm that never reached 34 kt passes nowhere: it is no record of
this layer, no fault either, and is listed by its number in ``unmapped``.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_lowercase
from types import MappingProxyType
from typing import TYPE_CHECKING

import geopandas as gpd
from shapely.geometry import LineString

from layers.crs import WGS84
from layers.sources import RECORD, Adapter, Haul

if TYPE_CHECKING:
    from pathlib import Path

    from layers.sources import Sample, Wanted

LEAST_WIND_KT = 34
MAX_BYTES = 200_000_000
SOURCE = "NOAA HURDAT2"
HALF_TURN = 180.0
Point = tuple[float, float]
_HEADER = re.compile(r"([A-Z]{2})(\d{2})(\d{4})\s*,\s*([^,]{1,40}?)\s*,\s*(\d{1,4})\s*,?\s*")
_FIX = re.compile(
    r"(\d{4})(\d{2})(\d{2})\s*,\s*(\d{4})\s*,\s*[A-Z]?\s*,\s*[A-Z]{2}\s*,"
    r"\s*(\d{1,2}(?:\.\d+)?)([NS])\s*,\s*(\d{1,3}(?:\.\d+)?)([EW])\s*,\s*(-?\d{1,3})\s*,.*"
)
_DECIMALS = 3


@dataclass(frozen=True)
class Fix:
    """One position of a storm: degrees, knots (negative: not known) and the month."""

    lon: float
    lat: float
    wind_kt: int
    month: int


@dataclass(frozen=True)
class Storm:
    """One storm with its positions, in the order of the file; ``line`` is its header's."""

    line: int
    id: str
    name: str
    year: int
    fixes: tuple[Fix, ...]


def recognise_hurdat(sample: Sample) -> str:
    """Say why a file is HURDAT2: a storm's header above a position."""
    lines = [", ".join(cell.strip() for cell in row) for row in sample.rows[:2]]
    if len(lines) < 2:  # noqa: PLR2004
        return ""
    header = re.match(r"[A-Z]{2}\d{6}, [^,]+, \d+", lines[0])
    if header and re.match(r"\d{8}, \d{4}, ", lines[1]):
        return "HURDAT2: a storm's header (basin, number, year) above its positions"
    return ""


def read_hurdat(path: Path, wanted: Wanted) -> Haul:  # noqa: ARG001
    """Read a HURDAT2 file.

    Returns
    -------
    Haul
        Rows of ``hazard_storms``, EPSG:4326. A passage across the 180th meridian is cut there.

    Raises
    ------
    ValueError
        If a line is neither a storm nor a position, or a storm has fewer or more positions than
        its header says: the file was cut or edited.
    """
    from layers.readers.text import decode_text

    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES:,} bytes: not HURDAT2")
    text, _ = decode_text(path.read_bytes())
    storms = parse_storms(text)
    rows = [row for storm in storms for row in list_passages(storm)]
    weak = {storm.id: 1 for storm in storms if not find_runs(storm.fixes)}
    columns = [RECORD, "storm_id", "name", "year", "month", "max_wind_kt", "source",
               "geometry"]
    frame = gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=WGS84)
    unmapped = {f"storm below {LEAST_WIND_KT} kt": weak} if weak else {}
    notes = _describe(storms, len(rows), len(weak))
    return Haul(frame, notes, MappingProxyType(unmapped), _name_scope(storms))


def _describe(storms: list[Storm], rows: int, weak: int) -> tuple[str, str]:
    fixes = sum(len(storm.fixes) for storm in storms)
    made = (f"{len(storms):,} storms, {fixes:,} positions: {len(storms) - weak:,} storms made "
            f"{rows:,} rows, one a passage with {LEAST_WIND_KT} kt or more")
    return made, f"{weak:,} storms never reached {LEAST_WIND_KT} kt: no passage, no row"


def _name_scope(storms: list[Storm]) -> str:
    """The basins of a file: an edition holds the whole of each."""
    return "hurdat2 " + ",".join(sorted({storm.id[:2] for storm in storms}))


def parse_storms(text: str) -> list[Storm]:
    r"""Storms of a HURDAT2 text; raises ValueError naming the line that does not fit.

    Examples
    --------
    >>> storms = parse_storms("EP011949, UNNAMED, 1,\n19490611, 0000, , TS, 20.2N, 106.3W, 45,")
    >>> storms[0].id, storms[0].fixes[0].lon
    ('ep011949', -106.3)
    """
    storms: list[Storm] = []
    lines = [(n, line.strip()) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    at = 0
    while at < len(lines):
        number, line = lines[at]
        header = _HEADER.fullmatch(line)
        if not header:
            raise ValueError(f"line {number} is no storm's header; the storm above it may have "
                             "more positions than its header says")
        basin, cyclone, year, name, count = header.groups()
        body = lines[at + 1:at + 1 + int(count)]
        fixes = tuple(_parse_fix(n, fix) for n, fix in body)
        if len(fixes) < int(count) or not fixes:
            raise ValueError(f"line {number}: the storm announces {int(count)} positions, "
                             f"{len(fixes)} follow: the file is cut short")
        id_ = f"{basin}{cyclone}{year}".lower()
        storms.append(Storm(number, id_, name, int(year), fixes))
        at += 1 + len(body)
    if not storms:
        raise ValueError("no storm in the file")
    return storms


def _parse_fix(number: int, line: str) -> Fix:
    match = _FIX.fullmatch(line + ",")
    if not match:
        raise ValueError(f"line {number} is no position of a storm (date, time, latitude, "
                         "longitude, wind)")
    _, month, _, _, lat, north, lon, east, wind = match.groups()
    latitude = float(lat) * (1 if north == "N" else -1)
    longitude = float(lon) * (1 if east == "E" else -1)
    # A few storms of the basin's far west are written past the 180th meridian.
    longitude = (longitude + 180) % 360 - 180
    return Fix(round(longitude, _DECIMALS), latitude, int(wind), int(month))


def find_runs(fixes: tuple[Fix, ...]) -> list[tuple[int, int]]:
    """First and last position, from 0, of every unbroken run at 34 kt or more.

    Examples
    --------
    >>> find_runs(tuple(Fix(0, 0, wind, 1) for wind in (30, 35, 50, 30, 35)))
    [(1, 2), (4, 4)]
    """
    runs: list[tuple[int, int]] = []
    for number, fix in enumerate(fixes):
        if fix.wind_kt < LEAST_WIND_KT:
            continue
        if runs and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs


def list_passages(storm: Storm) -> list[dict[str, object]]:
    """Rows of ``hazard_storms`` for one storm; the first has the storm's id, others a number.

    A passage across the 180th meridian is cut there into rows ``-b``, ``-c``; one without length
    (a single position of a storm that has no other) is a row without a line.
    """
    rows: list[dict[str, object]] = []
    for number, (first, last) in enumerate(find_runs(storm.fixes), 1):
        id_ = storm.id + (f"-{number}" if number > 1 else "")
        lines = draw_passage(storm.fixes, first, last) or (None,)
        rows += [
            {
                RECORD: storm.line,
                "storm_id": id_ + (f"-{letter}" if part else ""),
                "name": storm.name,
                "year": storm.year,
                "month": storm.fixes[first].month,
                "max_wind_kt": max(fix.wind_kt for fix in storm.fixes[first:last + 1]),
                "source": SOURCE,
                "geometry": line,
            }
            for part, (letter, line) in enumerate(zip(ascii_lowercase, lines, strict=False))
        ]
    return rows


def draw_passage(fixes: tuple[Fix, ...], first: int, last: int) -> tuple[LineString, ...]:
    """Lines of a run, drawn out to where the wind crosses 34 kt; none where it has no length.

    Examples
    --------
    >>> track = (Fix(-90, 20, 30, 8), Fix(-91, 20, 35, 8), Fix(-92, 20, 30, 8))
    >>> draw_passage(track, 1, 1)[0].wkt
    'LINESTRING (-90.8 20, -91 20, -91.2 20)'
    """
    run = [(fix.lon, fix.lat) for fix in fixes[first:last + 1]]
    if first > 0:
        run.insert(0, _find_crossing(fixes[first], fixes[first - 1]))
    if last + 1 < len(fixes):
        run.append(_find_crossing(fixes[last], fixes[last + 1]))
    return tuple(LineString(part) for part in cut_at_meridian(run) if len(part) > 1)


def _find_crossing(strong: Fix, weak: Fix) -> Point:
    """Where the wind falls to 34 kt between two positions; the strong one if that is unknown."""
    if weak.wind_kt <= 0:
        return strong.lon, strong.lat
    share = (strong.wind_kt - LEAST_WIND_KT) / (strong.wind_kt - weak.wind_kt)
    step = (weak.lon - strong.lon + 180) % 360 - 180
    lon = (strong.lon + share * step + 180) % 360 - 180
    return (round(lon, _DECIMALS),
            round(strong.lat + share * (weak.lat - strong.lat), _DECIMALS))


def cut_at_meridian(points: list[Point]) -> list[list[Point]]:
    """Cut a track where it crosses the 180th meridian; points that repeat are left out.

    Examples
    --------
    >>> cut_at_meridian([(-179.0, 10.0), (179.0, 12.0), (178.0, 12.0)])
    [[(-179.0, 10.0), (-180.0, 11.0)], [(180.0, 11.0), (179.0, 12.0), (178.0, 12.0)]]
    """
    parts = [[points[0]]]
    for (lon_a, lat_a), (lon_b, lat_b) in pairwise(points):
        if abs(lon_b - lon_a) > HALF_TURN:
            edge = math.copysign(HALF_TURN, lon_a)
            share = (edge - lon_a) / (lon_b + 2 * edge - lon_a)
            lat = round(lat_a + share * (lat_b - lat_a), _DECIMALS)
            parts[-1].append((edge, lat))
            parts.append([(-edge, lat)])
        parts[-1].append((lon_b, lat_b))
    return [[p for n, p in enumerate(part) if n == 0 or p != part[n - 1]] for part in parts]


ADAPTER = Adapter("hurdat", ("hazard_storms",), recognise_hurdat, read_hurdat)
