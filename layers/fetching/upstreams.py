"""The upstreams that can be fetched: a readable table, and what to ask for a wish.

The table is ``fetch_sources.toml``; nothing is downloaded here but the answer of a catalogue.
"""

from __future__ import annotations

import json
import math
import re
import tempfile
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

import numpy as np
import shapely

from layers.crs import measure_area_km2
from layers.errors import CallError, InputError
from layers.fetching.transports import Ask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.fetching.transports import Transport

SOURCES_FILE = Path(__file__).parent / "fetch_sources.toml"
FIRST_YEAR, LAST_YEAR = 2014, 2100
_CATALOGUE_BYTES = 20_000_000
_SHAPES = {
    "dataset": re.compile(r"[a-z0-9][a-z0-9_-]{1,99}"),
    "region": re.compile(r"[a-z]+(-[a-z]+)*(/[a-z]+(-[a-z]+)*){0,2}"),
    "year": re.compile(r"20[0-9]{2}"),
}
_SUFFIX = re.compile(r"\.(csv|tsv|xlsx|xls|ods|json|geojson|gpkg|zip|kml|kmz|parquet)$")


@dataclass(frozen=True)
class Source:
    """One row of ``fetch_sources.toml``; its comments say what the columns mean."""

    name: str
    title: str
    kind: Literal["file", "ckan", "overpass"]
    url: str
    hosts: frozenset[str]
    file: str
    layer: str
    max_mb: int
    verified: bool
    basis: str
    needs: tuple[str, ...] = ()
    max_area_km2: float = math.inf


@dataclass(frozen=True)
class Wish:
    """Which part of a source to fetch.

    Attributes
    ----------
    source : str
        Name in ``fetch_sources.toml``.
    options : mapping
        What the source needs, as text: ``year``, ``dataset`` (and ``resource``, part of the
        name of one of its files), ``region``, ``area`` (west,south,east,north in degrees).
    """

    source: str
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@lru_cache(maxsize=1)
def load_sources() -> Mapping[str, Source]:
    """Read the table of sources.

    Examples
    --------
    >>> load_sources()["iom-year"].needs
    ('year',)
    """
    table = tomllib.loads(SOURCES_FILE.read_text(encoding="utf-8"))
    return MappingProxyType({
        name: Source(name=name, **{**row, "hosts": frozenset(row["hosts"]),
                                   "needs": tuple(row.get("needs", ()))})
        for name, row in table.items()
    })


def find_source(wish: Wish) -> Source:
    """The source that a wish names, its options checked.

    Raises
    ------
    CallError
        If the source is unknown or an option is missing or cannot be.

    Examples
    --------
    >>> find_source(Wish("iom-year", {"year": "2021"})).file
    'iom-{year}.json'
    """
    sources = load_sources()
    if wish.source not in sources:
        raise CallError(f"no source named {wish.source!r}; there are: {', '.join(sources)}")
    source = sources[wish.source]
    for name in source.needs:
        value = wish.options.get(name, "")
        if not value:
            raise CallError(f"fetch {source.name}: needs --{name}")
        if name in _SHAPES and not _SHAPES[name].fullmatch(value):
            raise CallError(f"--{name} {value[:40]!r}: not the name of a {name}")
        if name == "year" and not FIRST_YEAR <= int(value) <= LAST_YEAR:
            raise CallError(f"--year {value[:40]!r}: a year from {FIRST_YEAR}")
        if name == "area":
            parse_area(value, max_km2=source.max_area_km2)
    return source


def parse_area(text: str, *, max_km2: float = math.inf) -> tuple[float, float, float, float]:
    """West, south, east and north of an area, degrees.

    Raises
    ------
    CallError
        If it is no area on the globe, or larger than a source gives.

    Examples
    --------
    >>> parse_area("-92.3,14.8,-92.1,15.0", max_km2=2500)
    (-92.3, 14.8, -92.1, 15.0)
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise CallError("--area: four numbers, west,south,east,north") from error
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004 - degrees
        raise CallError("--area: west,south,east,north in degrees, west before east")
    box = np.array([shapely.box(west, south, east, north)], dtype=object)
    area_km2 = float(measure_area_km2(box)[0])
    if area_km2 > max_km2:
        raise CallError(f"--area: {area_km2:.0f} km2, more than {max_km2:g}: fetch an extract "
                        "instead (georisk fetch geofabrik --region ...)")
    return west, south, east, north


def plan_download(wish: Wish, transport: Transport) -> tuple[Source, str, Ask]:
    """The source of a wish, the name of the file, and what to ask for it.

    Raises
    ------
    CallError
        If the wish cannot be.
    InputError
        If a catalogue had to be asked and did not answer.
    """
    source, options = find_source(wish), wish.options
    chosen = {name: options[name] for name in source.needs}
    name = re.sub(r"[^a-z0-9.-]+", "-", source.file.format(**chosen))
    max_bytes = source.max_mb * 1_000_000
    if source.kind == "overpass":
        body = _write_query(parse_area(chosen["area"])).encode()
        return source, name, Ask(source.url, source.hosts, max_bytes, body=body, deadline_s=900)
    url = source.url.format(**chosen)
    if source.kind == "file":
        return source, name, Ask(url, source.hosts, max_bytes)
    catalogue = _ask_catalogue(Ask(url, source.hosts, _CATALOGUE_BYTES), transport)
    resource, url = choose_resource(catalogue, options.get("resource", ""))
    return source, f"{name}-{resource}", Ask(url, source.hosts, max_bytes)


def _write_query(area: tuple[float, float, float, float]) -> str:
    """Overpass QL for the ways and the places of an area, as `layers.osm` reads them."""
    from layers.osm.roads import KEYS
    from layers.osm.tags import load_rules

    west, south, east, north = area
    keys = "".join(f'nwr["{key}"];' for key in sorted({*load_rules().keys, *KEYS}))
    box = f"[bbox:{south:.7f},{west:.7f},{north:.7f},{east:.7f}]"
    return urlencode({"data": f"[out:xml][timeout:600]{box};({keys});(._;>;);out body;"})


def _ask_catalogue(ask: Ask, transport: Transport) -> dict[str, Any]:
    with tempfile.TemporaryFile() as stream:
        transport(ask, stream)
        stream.seek(0)
        try:
            answer = json.loads(stream.read())
        except (ValueError, RecursionError) as error:
            raise InputError("the catalogue's answer is not JSON") from error
    result = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(result, dict) or not isinstance(result.get("resources"), list):
        raise InputError("the catalogue's answer names no dataset with resources")
    return result


def choose_resource(dataset: Mapping[str, Any], part: str) -> tuple[str, str]:
    """File name and address of the one resource whose name holds ``part``.

    Raises
    ------
    CallError
        If none or several fit; the names that exist are listed.

    Examples
    --------
    >>> choose_resource({"resources": [{"name": "Points 2024.csv", "url": "https://e.org/p"}]}, "")
    ('points-2024.csv', 'https://e.org/p')
    """
    found = []
    for resource in dataset["resources"]:
        if not isinstance(resource, dict):
            continue
        url = str(resource.get("download_url") or resource.get("url") or "")
        stem = _SUFFIX.sub("", str(resource.get("name", "")).lower())
        name = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:80] or "resource"
        format_ = re.sub(r"[^a-z0-9]", "", str(resource.get("format", "")).lower())
        ending = _SUFFIX.search(str(resource.get("name", "")).lower()) or _SUFFIX.search(url)
        found.append((name + (ending[0] if ending else f".{format_ or 'bin'}"[:9]), url))
    fitting = [(name, url) for name, url in found if part.lower() in name]
    if len(fitting) != 1:
        names = ", ".join(sorted({name for name, _ in found}))[:600]
        raise CallError(f"--resource {part!r} fits {len(fitting)} of: {names or 'no resources'}")
    return fitting[0]
