"""What was set aside: faults for a person, and the rows themselves with what may be kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from layers.cells import write_texts
from layers.crs import WGS84
from layers.errors import REMOVED, Fault
from layers.findings import Guess, advise_findings
from layers.plausibility import mark_shaped_ids
from layers.sources import RECORD, SOURCE
from layers.values.wording import list_judged, mask_cells

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layers.spec import LayerSpec

REASON, SUGGESTION = "_reason", "_suggestion"
MAX_REMARKS = 10_000
_MOST_SHOWN = 80
_DIGITS = re.compile(r"\+?\(?[0-9](?:[0-9 ()./-]{0,30}[0-9])?")
_MOST_DIGITS, _PHONE_SURE = 60, 0.9
_DECIMALS = 7


def find_origin(raw: pd.DataFrame, source: str) -> pd.DataFrame:
    """Which file and record each row came from; without a word on it, the order of the rows."""
    order = pd.Series(range(1, len(raw) + 1), dtype="int64")
    sources: object = source
    if SOURCE in raw:
        sources = write_texts(raw[SOURCE].reset_index(drop=True)).fillna(source)
    records = order
    if RECORD in raw:
        stated = pd.to_numeric(raw[RECORD].reset_index(drop=True), errors="coerce")
        records = stated.where(stated.between(0, 2**53), order).astype("int64")
    return pd.DataFrame({"source": sources, "record": records}, index=order.index)


def describe_findings(
    found: pd.DataFrame, raw: pd.DataFrame, spec: LayerSpec, origin: pd.DataFrame
) -> tuple[Fault, ...]:
    """Write findings as faults: never a value of free text or of a personal column.

    Parameters
    ----------
    found : DataFrame
        See `layers.findings`.
    raw : DataFrame
        The rows as they were read; index as ``row`` in the findings.
    origin : DataFrame
        Of `find_origin`, same index as ``raw``.
    """
    if not len(found):
        return ()
    found = advise_patterns(found, raw)
    rows = found["row"].to_numpy()
    ids = write_texts(raw[spec.id].loc[rows].reset_index(drop=True))
    shaped = mark_shaped_ids(ids)
    found = found.reset_index(drop=True)
    shown = _show_values(found, raw, spec)
    shown = shown.mask(found["column"].eq(spec.id) & shown.ne("") & ~shaped, REMOVED)
    hidden = found["column"].isin(spec.hidden_columns)
    hints = found["suggestion"].astype("str").fillna("").mask(hidden, "")
    columns = (origin["source"].loc[rows], origin["record"].loc[rows], ids.where(shaped, ""),
               found["column"], shown, found["reason"].astype("str"), hints,
               found["fix"].mask(hidden, None), found["confidence"].fillna(0.0))
    # Lists: a text column hands out its cells one by one at several times the price.
    told = zip(*(column.tolist() for column in columns), strict=True)
    return tuple(
        Fault(spec.name, source, record, id_, column, value, reason, hint,
              *((fix, confidence) if isinstance(fix, tuple) and fix else ((), 0.0)))
        for source, record, id_, column, value, reason, hint, fix, confidence in told
    )


def advise_patterns(found: pd.DataFrame, raw: pd.DataFrame) -> pd.DataFrame:
    """Say in words what is wrong with a phone or with hours, and offer a phone's digits.

    Examples
    --------
    >>> from layers.findings import list_findings
    >>> raw = pd.DataFrame({"phone": ["ask Ana +502 1"]})
    >>> found = list_findings(raw["phone"].notna(), "phone", "not like ^[0-9]+$")
    >>> advise_patterns(found, raw)["suggestion"].tolist()
    ['+502 1?']
    """
    unlike = found["reason"].astype("str").str.startswith("not like ").to_numpy(dtype=bool)
    found, parts = found.reset_index(drop=True), []
    for column, guess in _GUESSES.items():
        part = found[unlike & found["column"].eq(column).to_numpy(dtype=bool)]
        if len(part):
            parts.append(advise_findings(part, write_texts(raw[column]), guess))
    if not parts:
        return found
    rest = found.drop(index=[label for part in parts for label in part.index])
    return pd.concat([frame.astype(object) for frame in (rest, *parts)]).sort_index()


def _guess_phone(cell: str) -> Guess:
    digits = _read_digits(cell)
    told = "not a phone number: digits and + ( ) / . - alone"
    if not digits:
        return Guess(reason=told)
    return Guess(f"{digits}?", (("", digits),), _PHONE_SURE, told)


def _guess_hours(_cell: str) -> Guess:
    return Guess("Mo-Fr 08:00-17:00, say", reason="not opening hours as OpenStreetMap writes them")


def _read_digits(cell: str) -> str:
    numbers = [number.strip() for number in _DIGITS.findall(cell[:_MOST_DIGITS * 4])]
    return "; ".join(dict.fromkeys(number for number in numbers if len(number) > 1))[:_MOST_DIGITS]


_GUESSES = {"phone": _guess_phone, "opens": _guess_hours}


def _show_values(found: pd.DataFrame, raw: pd.DataFrame, spec: LayerSpec) -> pd.Series:
    """What stands in each cell at fault, shortened, and nothing that may be a name."""
    shown = found["value"].astype(object)
    judged = list_judged(spec)
    for name, part in found.groupby("column", sort=False):
        if name in spec.hidden_columns:
            shown[part.index] = REMOVED
            continue
        unsaid = part.index[part["value"].isna()]
        if len(unsaid):
            cells = write_texts(raw[name].loc[part.loc[unsaid, "row"]]) if name in raw else ""
            shown[unsaid] = cells.to_numpy() if isinstance(cells, pd.Series) else cells
        if name in judged:
            shown[part.index] = mask_cells(write_texts(shown[part.index]), judged[name])
    return shown.astype("str").fillna("").str.slice(0, _MOST_SHOWN)


def describe_remarks(
    notes: dict[str, tuple[str, ...]], doubts: pd.DataFrame, raw: pd.DataFrame, spec: LayerSpec,
    origin: pd.DataFrame,
) -> tuple[Fault, ...]:
    """What is said of columns and of rows that were accepted all the same; of very many, some."""
    if len(doubts) > MAX_REMARKS:
        more = f"{len(doubts)} remarks, the first {MAX_REMARKS} of which are told"
        notes = {**notes, "": (*notes.get("", ()), more)}
    source = ", ".join(dict.fromkeys(origin["source"].unique()))
    said = [Fault(spec.name, source, None, "", name, "", note)
            for name, told in notes.items() for note in told]
    return (*said, *describe_findings(doubts.head(MAX_REMARKS), raw, spec, origin))


def keep_rows(
    raw: pd.DataFrame, found: pd.DataFrame, spec: LayerSpec, origin: pd.DataFrame
) -> pd.DataFrame:
    """Keep the values of rows that were set aside, as text.

    Returns
    -------
    DataFrame
        Columns ``_source _record _reason _suggestion``, then the columns of the file in their
        order; hidden values, and ids and cells of typed columns that may be names, are
        ``[removed]``. One row for each row that has a finding.
    """
    rows = raw.index[raw.index.isin(found["row"])]
    if not len(rows):
        return pd.DataFrame(columns=[SOURCE, RECORD, REASON, SUGGESTION])
    reasons, hints = _join_words(advise_patterns(found, raw), spec)
    judged = list_judged(spec)
    kept = {
        SOURCE: origin["source"].loc[rows].astype("str"),
        RECORD: origin["record"].loc[rows],
        REASON: pd.Series([reasons[row] for row in rows], index=rows, dtype="str"),
        SUGGESTION: pd.Series([hints.get(row, "") for row in rows], index=rows, dtype="str"),
    }
    flat = _flatten_shapes(raw.loc[rows])
    for name in flat.columns:
        text = write_texts(flat[name])
        if name in spec.hidden_columns:
            text = text.where(text.isna(), REMOVED)
        elif name == spec.id:
            text = text.where(text.isna() | mark_shaped_ids(text), REMOVED)
        elif name in judged:
            text = mask_cells(text, judged[name])
        kept[name] = text.fillna("")
    return pd.DataFrame(kept).reset_index(drop=True)


def _join_words(found: pd.DataFrame, spec: LayerSpec) -> tuple[dict[int, str], dict[int, str]]:
    reasons: dict[int, str] = {}
    hints: dict[int, str] = {}
    cells: Iterable[tuple[int, str, str, object]] = zip(
        found["row"], found["column"], found["reason"], found["suggestion"], strict=True)
    for row, column, reason, hint in cells:
        told = f"{column}: {reason}"
        reasons[row] = f"{reasons[row]}; {told}" if row in reasons else told
        if hint and isinstance(hint, str) and column not in spec.hidden_columns:
            hints[row] = f"{hints[row]}; {hint}" if row in hints else hint
    return reasons, hints


def _flatten_shapes(rows: pd.DataFrame) -> pd.DataFrame:
    """Points as lon and lat, other shapes as well-known text."""
    if not isinstance(rows, gpd.GeoDataFrame) or rows.active_geometry_name is None:
        return rows
    shapes = rows.geometry
    flat = pd.DataFrame(rows.drop(columns=shapes.name))
    if (shapes.geom_type.dropna() == "Point").all() and shapes.crs is not None:
        degrees = shapes.to_crs(WGS84)
        return flat.assign(lon=degrees.x.round(_DECIMALS), lat=degrees.y.round(_DECIMALS))
    return flat.assign(geometry=shapes.to_wkt(rounding_precision=_DECIMALS))
