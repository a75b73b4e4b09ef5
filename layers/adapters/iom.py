"""IOM Missing Migrants Project: yearly JSON and the downloads as spreadsheet, to ``incidents``.

Names, nationality and free text are never read: only the columns in `COLUMNS` leave the file.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from layers.adapters.causes import classify_cause, count_unmapped
from layers.adapters.choosing import choose_grid
from layers.adapters.positions import estimate_precision_km, parse_position
from layers.adapters.reporters import clean_source
from layers.sources import COUNTRY, PLACE, RECORD, SCOPE, Adapter, Haul

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from layers.sources import Sample, Wanted

# What is read, and the names it has had: the yearly JSON first, then the downloads.
COLUMNS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType({
    "id": ("web_id", "main_id", "incident_id"),
    "kind": ("incident_type",),
    "date": ("reported_date", "website_date", "incident_date"),
    "dead": ("number_dead", "number_of_dead"),
    "missing": ("number_missing", "minimum_estimated_number_of_missing",
                "minimum_estimated_missing", "number_of_missing"),
    "total": ("total_dead_and_missing", "total_number_of_dead_and_missing"),
    "cause": ("cause_death", "cause_of_death"),
    "country": ("country_of_incident",),
    "place": ("location_description", "location_of_death", "location_of_incident"),
    "position": ("location_coodinates", "location_coordinates", "coordinates"),
    "source": ("information_source",),
    "url": ("url",),
})
_NEEDED = ("id", "date", "cause", "position")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_ID_YEAR = re.compile(r"((?:19|20)\d\d)-?mmp")
_KIND_CUMULATIVE = "cumulative incident"
_WHOLE = re.compile(r"\d{1,9}(?:\.0+)?")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
_NOTHING = frozenset({"nan", "NaT", "<NA>"})
_NUMBERS = ("dead", "missing", "total")


def recognise_iom(sample: Sample) -> str:
    """Say why a file is the IOM's register: its own column names; empty if it is not."""
    names = _find_names([*sample.rows, sorted(sample.keys)])
    if not names:
        return ""
    found, cause = (next(n for n in COLUMNS[field] if n in names) for field in ("id", "cause"))
    return f"IOM Missing Migrants: it has the columns {found} and {cause}"


def _find_names(rows: Sequence[Sequence[str]]) -> set[str]:
    """Folded names of the first row that has all the columns needed; empty without one."""
    from layers.readers.headers import fold_name

    heads = ({fold_name(cell) for cell in row} for row in rows)
    return next((names for names in heads
                 if all(names.intersection(COLUMNS[field]) for field in _NEEDED)), set())


def read_iom(path: Path, wanted: Wanted) -> Haul:
    """Read one file of the register: yearly JSON, XLSX or CSV download.

    Coordinates are "lat, lon" text or WKT ``POINT (lon lat)``; each cell says itself which. A
    date is kept as it stands: a blank one is a fault of its row, not a guess. Causes are mapped
    by ``iom_causes.toml``.

    Returns
    -------
    Haul
        Rows of ``incidents`` with ``lon`` and ``lat``, text; the country and place as stated
        stand aside.

    Raises
    ------
    ValueError
        If the file has not the register's columns.
    """
    table, notes = _read_table(path, wanted.sheet)
    frame = convert_records(table)
    return Haul(frame, (*notes, *_describe(frame, table)),
                MappingProxyType(count_unmapped(table["cause"])), _name_scope(frame))


def _read_table(path: Path, sheet: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Columns of `COLUMNS` as text, blank where the file has none, and the record numbers."""
    from layers.readers.formats import sniff_format
    from layers.readers.headers import fold_name

    if sniff_format(path) == "json":
        from layers.readers.records import read_records

        records = read_records(path)
        raw = pd.DataFrame([{fold_name(k): v for k, v in r.items()} for r in records])
        raw[RECORD] = range(1, len(raw) + 1)
        notes: tuple[str, ...] = ()
    else:
        raw, notes = _read_sheet(path, sheet)
    return _pick_columns(raw), notes


def _read_sheet(path: Path, sheet: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    from layers.readers.headers import find_table, fold_name

    grid = choose_grid(path, sheet, lambda rows: bool(_find_names(rows)))
    known = frozenset(name for names in COLUMNS.values() for name in names)
    raw, notes = find_table(grid, known=known)
    folded = [name if name == RECORD else fold_name(str(name)) for name in raw.columns]
    return raw.set_axis(folded, axis="columns"), (*grid.notes, *notes)


def _pick_columns(raw: pd.DataFrame) -> pd.DataFrame:
    table = {RECORD: raw[RECORD].to_numpy()}
    missing = []
    for field, names in COLUMNS.items():
        name = next((name for name in names if name in raw), None)
        if name is None and field in _NEEDED:
            missing.append(names[0])
        values = raw.loc[:, name] if name is not None else ""
        # Two columns of one name: the first is the register's.
        values = values.iloc[:, 0] if isinstance(values, pd.DataFrame) else values
        table[field] = values if isinstance(values, str) else [_to_text(v) for v in values]
    if missing:
        raise ValueError(f"not the IOM register: no column {', '.join(missing)}")
    for field in _NUMBERS:
        # The register counts whole people: a comma in front of three digits sets off thousands.
        table[field] = [t.replace(",", "") if _THOUSANDS.fullmatch(t) else t for t in table[field]]
    fields = pd.DataFrame(table, index=range(len(raw)))
    return fields.astype(dict.fromkeys(COLUMNS, "str"))


def _to_text(value: object) -> str:
    """Text of a cell; a missing one, a list or an object is blank."""
    if value is None or isinstance(value, list | dict) or str(value) in _NOTHING:
        return ""
    return " ".join(str(value).replace("\ufeff", "").split())


def convert_records(table: pd.DataFrame) -> pd.DataFrame:
    """Turn the register's columns into those of ``incidents``.

    Parameters
    ----------
    table : DataFrame
        Fields of `COLUMNS` and ``_record``, text.

    Examples
    --------
    >>> row = dict.fromkeys([*COLUMNS, "_record"], "")
    >>> row |= {"id": "2020.MMP0007", "position": "POINT (-97.25 19.5)", "cause": "Drowning"}
    >>> frame = convert_records(pd.DataFrame([row]))
    >>> frame.loc[0, ["incident_id", "lon", "lat", "class"]].tolist()
    ['2020-mmp0007', '-97.25', '19.5', 'wat']
    """
    where = [parse_position(text) for text in table["position"]]
    causes = [classify_cause(text) for text in table["cause"]]
    cumulative = table["kind"].str.casefold() == _KIND_CUMULATIVE
    source = table["source"].map(clean_source)
    frame = pd.DataFrame({
        RECORD: table[RECORD],
        "incident_id": table["id"].map(make_id),
        "lon": [lon for lon, _ in where],
        "lat": [lat for _, lat in where],
        "date": table["date"],
        # A cumulative incident is a count over a time that the register does not state.
        "date_precision": cumulative.map({True: "month", False: "day"}),
        "class": [class_ for class_, _ in causes],
        "subtype": [subtype for _, subtype in causes],
        "dead": table["dead"],
        "missing": table["missing"],
        "injured": "",
        "n_victims": [_add_up(*row) for row in table[["total", "dead", "missing"]].to_numpy()],
        "coord_precision_km": [estimate_precision_km(lon, lat) for lon, lat in where],
        "source": source.mask(source == "", "unnamed source"),
        "source_url": table["url"].map(html.unescape),
        "synthetic": "false",
        COUNTRY: table["country"].map(html.unescape),
        PLACE: table["place"].map(html.unescape),
    })
    year = frame["incident_id"].str.extract(_ID_YEAR)[0]
    scope = ("iom " + year).where(year.notna(), "")
    return frame.assign(**{"incident_id": name_parts(frame), SCOPE: scope})


def make_id(text: str) -> str:
    """Turn the register's id into one of ours; blank if it is none (a remark, say).

    Examples
    --------
    >>> make_id("2021.MMP0892"), make_id("to be decided next week")
    ('2021-mmp0892', '')
    """
    if not _ID.fullmatch(text):
        return ""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _add_up(total: str, dead: str, missing: str) -> str:
    """Stated total, else the sum of what is stated; anything odd is left to intake."""
    stated = [text for text in (dead, missing) if text]
    if total or not stated or not all(_WHOLE.fullmatch(text) for text in stated):
        return total
    return str(sum(int(float(text)) for text in stated))


def name_parts(frame: pd.DataFrame) -> pd.Series:
    """Ids in which the parts of a split incident are told apart by what they say.

    An id that stands on several rows gets the suffix ``-p`` and six hexadecimal digits made
    from date, position and numbers of the part, so that a part keeps its id in every file and
    in any order, and a further part changes no other's. Parts that say the same are counted:
    ``-2``, ``-3``.

    Examples
    --------
    >>> frame = pd.DataFrame({"incident_id": ["a-1", "a-1", "a-2"], "date": "2020-02-01",
    ...     "lon": "1.50", "lat": "2", "dead": ["1", "2", "1"], "missing": ""})
    >>> name_parts(frame).tolist()
    ['a-1-pcf34b1', 'a-1-p7f5559', 'a-2']
    """
    ids = frame["incident_id"].tolist()
    often = Counter(ids)
    cells = frame[["date", "lon", "lat", "dead", "missing"]].to_numpy().tolist()
    names = [f"{id_}-p{_digest(row)}" if id_ and often[id_] > 1 else id_
             for id_, row in zip(ids, cells, strict=True)]
    # Parts alike are counted in an order of their own, so that the order of the file is nothing.
    ties = frame.reindex(columns=["source_url", "source", "subtype"], fill_value="")
    order = ties.to_numpy().tolist()
    again: Counter[str] = Counter()
    for row in sorted(range(len(names)), key=lambda row: (names[row], order[row])):
        name = names[row]
        again[name] += 1
        if name and again[name] > 1:
            names[row] = f"{name}-{again[name]}"
    return pd.Series(names, index=frame.index, dtype="str")


def _digest(cells: Iterable[str]) -> str:
    date, lon, lat, dead, missing = cells
    parts = [date[:10], *(_round(text, 4) for text in (lon, lat)),
             *(_round(text, 0) for text in (dead, missing))]
    return hashlib.blake2s("|".join(parts).encode(errors="replace"), digest_size=3).hexdigest()


def _round(text: str, digits: int) -> str:
    """A number as every file writes it alike; other text as it is, nothing as 0."""
    try:
        return f"{float(text or 0) + 0.0:.{digits}f}"
    except ValueError:
        return text


def _describe(frame: pd.DataFrame, table: pd.DataFrame) -> tuple[str, ...]:
    parts = frame["incident_id"].str.contains(r"-p[0-9a-f]{6}(?:-\d+)?$").sum()
    kinds = table["kind"].str.casefold()
    facts = (
        (parts, "rows are parts of split incidents: each part has an id of its own"),
        ((kinds == "split incident").sum(), "rows are sums of split incidents (one row a whole)"),
        ((kinds == _KIND_CUMULATIVE).sum(), "rows count a longer time: precise to the month"),
        ((frame["incident_id"] == "").sum(), "rows have no id of the register"),
    )
    return tuple(f"{count:,} {text}" for count, text in facts if count)


def _name_scope(frame: pd.DataFrame) -> str:
    """Years of the register that the ids name: "iom 2021", "iom 2014-2021"."""
    years = sorted(set(frame["incident_id"].str.extract(_ID_YEAR)[0].dropna().astype(int)))
    if not years:
        return ""
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return "iom " + ",".join(f"{r[0]}-{r[-1]}" if len(r) > 1 else str(r[0]) for r in runs)



ADAPTER = Adapter("iom", ("incidents",), recognise_iom, read_iom)
