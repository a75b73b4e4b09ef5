"""IOM Missing Migrants Project: yearly JSON files to rows of ``incidents``.

Names and free text are never read: only the columns below leave the file.
"""

from __future__ import annotations

import html
import json
import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

CAUSES_FILE = Path(__file__).parent / "iom_causes.toml"
_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_PAIR = re.compile(rf"\s*({_NUMBER})\s*,\s*({_NUMBER})\s*$")
_PRECISION_KM = {0: 80.0, 1: 15.0, 2: 2.0}
_FINE_KM = 0.3


def read_iom_json(path: Path) -> pd.DataFrame:
    """Read one yearly file of the register.

    Coordinates are "lat, lon" text. A date is kept as it stands: a blank one is a fault of its
    row, not a guess. Causes are mapped by ``iom_causes.toml``; one that no pattern fits becomes
    ``unk``. Repeated ``web_id`` are parts of one event: they get a suffix.

    Returns
    -------
    DataFrame
        Columns of the ``incidents`` layer, with ``lon`` and ``lat``; text as in the file.

    Raises
    ------
    ValueError
        If the file is not the register's JSON.
    """
    records = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise ValueError("not a list of records as the IOM publishes them")
    if records and "web_id" not in records[0]:
        raise ValueError("records carry no web_id: not the IOM register")
    frame = pd.DataFrame([_convert(record) for record in records])
    part = frame.groupby("incident_id").cumcount()
    suffix = part.map(lambda n: f"-{n + 1}" if n else "")
    return frame.assign(incident_id=frame["incident_id"] + suffix)


def _convert(record: dict[str, Any]) -> dict[str, str]:
    lat, lon, precision_km = _parse_position(str(record.get("location_coodinates", "")))
    dead, missing = str(record.get("number_dead", "")), str(record.get("number_missing", ""))
    class_, subtype = classify_cause(str(record.get("cause_death", "")))
    return {
        "incident_id": re.sub(r"[^a-z0-9]+", "-", str(record["web_id"]).lower()).strip("-"),
        "lon": lon,
        "lat": lat,
        "date": str(record.get("reported_date", "")),
        "date_precision": "day",
        "class": class_,
        "subtype": subtype,
        "dead": dead,
        "missing": missing,
        "injured": "",
        "n_victims": str(record.get("total_dead_and_missing", "")),
        "coord_precision_km": precision_km,
        "source": _clean(str(record.get("information_source", ""))) or "unnamed source",
        "source_url": str(record.get("url", "")),
        "synthetic": "false",
    }


def _clean(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(text)).strip().rstrip(".")


def _parse_position(text: str) -> tuple[str, str, str]:
    match = _PAIR.match(text)
    if not match:
        return "", text.strip(), ""
    lat, lon = match.groups()
    decimals = max(len(part.partition(".")[2].rstrip("0")) for part in (lat, lon))
    return lat, lon, str(_PRECISION_KM.get(decimals, _FINE_KM))


@lru_cache(maxsize=1)
def _load_causes() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    table = tomllib.loads(CAUSES_FILE.read_text(encoding="utf-8"))
    return tuple((row["class"], row["subtype"], tuple(row["words"])) for row in table["cause"])


def classify_cause(text: str) -> tuple[str, str]:
    """Map a cause of death to an incident class and subtype; the first rule that fits.

    Examples
    --------
    >>> classify_cause("Presumed drowning")
    ('wat', 'drowning')
    >>> classify_cause("Unknown (skeletal remains)")
    ('unk', 'unknown')
    """
    words = _clean(text).lower()
    for class_, subtype, patterns in _load_causes():
        if any(pattern in words for pattern in patterns):
            return class_, subtype
    return "unk", "unknown"
