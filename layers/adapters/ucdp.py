"""UCDP Georeferenced Event Dataset: events of organised violence, to ``incidents``.

Every event is a row of class ``sec``. The dead are anyone, not people on the move: `read_ucdp`
says so, and how many events are of which kind. Names of sides and free text are never read.
"""

from __future__ import annotations

import re
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from layers.adapters.choosing import choose_grid
from layers.sources import COUNTRY, PLACE, RECORD, Adapter, Haul

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layers.sources import Sample, Wanted

KINDS = MappingProxyType({"1": "state_based", "2": "non_state", "3": "one_sided"})
KIND_WORDS = MappingProxyType({
    "1": "state-based conflict", "2": "between groups, no state among them",
    "3": "against civilians",
})
# Codebook: 1 exact place, 2 within about 25 km of it, 3 second-level unit, 4 first-level unit,
# 5 a line or an estimated area, 6 country only, 7 international waters or airspace.
# [decl] 25 km are taken for two sigmas; 15 km is the median of sqrt(area / 2 pi) over the
# Mexican municipalities of such events; from 4 on vaguer than any surface takes (METHOD 2.2).
PRECISION_KM = MappingProxyType({
    "1": "2", "2": "12.5", "3": "15", "4": "250", "5": "250", "6": "1000", "7": "1000",
})
# Codebook: 1 the day, 2 two to six days, 3 the week, 4 eight to thirty days or the month, 5 more
# than a month up to a year. Of our three words, the finest that is not too fine.
DATE_PRECISION = MappingProxyType({
    "1": "day", "2": "month", "3": "month", "4": "month", "5": "year",
})
NEEDED = ("id", "type_of_violence", "date_start", "best", "latitude", "longitude", "where_prec",
          "date_prec")
ASIDE = ("country", "where_coordinates")
_WHOLE = frozenset({"id", "type_of_violence", "best", "where_prec", "date_prec"})
_SIGNS = ("type_of_violence", "where_prec", "date_prec")
_CODE = re.compile(r"-?\d{1,6}|")
_FLOAT = re.compile(r"(\d{1,12})\.0+")


def recognise_ucdp(sample: Sample) -> str:
    """Say why a file is the UCDP's: the columns that only its codebook has."""
    if _has_columns(sample.rows):
        return f"UCDP GED: it has the columns {', '.join(_SIGNS)}"
    return ""


def _has_columns(rows: Sequence[Sequence[str]]) -> bool:
    from layers.readers.headers import fold_name

    return any({fold_name(cell) for cell in row}.issuperset(_SIGNS) for row in rows)


def read_ucdp(path: Path, wanted: Wanted) -> Haul:
    """Read one file of the dataset: CSV, or a spreadsheet with its columns.

    Returns
    -------
    Haul
        Rows of ``incidents``: class ``sec``, ``dead`` the best estimate, ``missing`` blank.

    Raises
    ------
    ValueError
        If the file has not the dataset's columns.
    """
    from layers.readers.headers import find_table, fold_name

    grid = choose_grid(path, wanted.sheet, _has_columns)
    raw, notes = find_table(grid, known=frozenset(NEEDED))
    raw = raw.rename(columns={name: fold_name(str(name)) for name in raw if name != RECORD})
    missing = [name for name in NEEDED if name not in raw]
    if missing:
        raise ValueError(f"not UCDP GED: no column {', '.join(missing)}")
    table = pd.DataFrame({
        name: _drop_point_zero(_take_first(raw, name)) if name in _WHOLE else _take_first(raw, name)
        for name in (*NEEDED, *ASIDE)
    }).assign(**{RECORD: raw[RECORD]})
    return Haul(convert_events(table), (*grid.notes, *notes, *_describe(table)),
                _count_unknown(table), "ucdp")


def _take_first(raw: pd.DataFrame, name: str) -> pd.Series:
    if name not in raw:
        return pd.Series("", index=raw.index, dtype="str")
    values = raw[name]
    first = values.iloc[:, 0] if isinstance(values, pd.DataFrame) else values
    return first.astype("str")


def _drop_point_zero(values: pd.Series) -> pd.Series:
    """Whole numbers without the ``.0`` that a table of floats has put there."""
    return values.str.replace(_FLOAT, r"\1", regex=True)


def convert_events(table: pd.DataFrame) -> pd.DataFrame:
    """Turn the dataset's columns into those of ``incidents``.

    Examples
    --------
    >>> row = {"id": "182027", "type_of_violence": "3", "date_start": "1992-09-01", "best": "9",
    ...     "latitude": "19.4", "longitude": "-99.1", "where_prec": "3", "date_prec": "4",
    ...     "country": "Mexico", "where_coordinates": "", "_record": 2}
    >>> frame = convert_events(pd.DataFrame([row]))
    >>> frame.loc[0, ["incident_id", "subtype", "date_precision", "coord_precision_km"]].tolist()
    ['ucdp-182027', 'one_sided', 'month', '15']
    """
    ids = table["id"].where(table["id"].str.fullmatch(r"\d{1,12}"), "")
    return pd.DataFrame({
        RECORD: table[RECORD],
        "incident_id": ("ucdp-" + ids).where(ids != "", ""),
        "lon": table["longitude"],
        "lat": table["latitude"],
        # Editions differ: a day alone, or with a time that is always midnight.
        "date": table["date_start"].str.replace(r" 00:00:00(\.0+)?$", "", regex=True),
        "date_precision": table["date_prec"].map(DATE_PRECISION).fillna(""),
        "class": "sec",
        "subtype": table["type_of_violence"].map(KINDS).fillna("unknown"),
        "dead": table["best"],
        "missing": "",
        "injured": "",
        "n_victims": table["best"],
        "coord_precision_km": table["where_prec"].map(PRECISION_KM).fillna(""),
        "source": "UCDP GED",
        "source_url": "",
        "synthetic": "false",
        COUNTRY: table["country"],
        PLACE: table["where_coordinates"],
    })


def _describe(table: pd.DataFrame) -> tuple[str, ...]:
    kinds = table["type_of_violence"].value_counts()
    parts = [f"{kinds[code]:,} {words}" for code, words in KIND_WORDS.items() if code in kinds]
    vague = table["where_prec"].isin(["4", "5", "6", "7"]).sum()
    none = (table["best"] == "0").sum()
    return (
        f"{len(table):,} events of organised violence: {'; '.join(parts)}",
        "the dead are anyone, not people on the move",
        f"{vague:,} events are placed no finer than a first-level unit: in totals, in no surface",
        f"{none:,} events have a best estimate of 0 dead",
    )


def _count_unknown(table: pd.DataFrame) -> MappingProxyType[str, dict[str, int]]:
    """Codes that the codebook has not, by column; text that is no code is not repeated."""
    known = {"type_of_violence": KINDS, "where_prec": PRECISION_KM, "date_prec": DATE_PRECISION}
    found: dict[str, Counter[str]] = {}
    for name, codes in known.items():
        for text, count in table[name].value_counts().items():
            if text not in codes:
                shown = text if _CODE.fullmatch(text) else "[other wording]"
                shown = shown or "[blank]"
                found.setdefault(f"{name} not in the codebook", Counter())[shown] += int(count)
    return MappingProxyType({heading: dict(counts) for heading, counts in found.items()})


ADAPTER = Adapter("ucdp", ("violence", "incidents"), recognise_ucdp, read_ucdp)
