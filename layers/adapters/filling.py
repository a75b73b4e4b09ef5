"""From a table of a file to rows of a layer: columns claimed, words translated, nothing dropped."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.adapters.causes import OTHER_WORDING, classify_cause, count_unmapped
from layers.adapters.coordinates import apply_unique
from layers.adapters.hours import tidy_cells
from layers.adapters.naming import Claims, claim_columns, mask_heading, show_headings
from layers.adapters.placing import is_geographic, place_rows, says_where, write_text
from layers.adapters.vocabulary import translate_columns
from layers.coerce import coerce_columns
from layers.errors import Fault, LayerError
from layers.readers.headers import fold_name
from layers.sources import ASIDE_COLUMNS, COUNTRY, PLACE, RECORD, Haul

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layers.sources import Wanted
    from layers.spec import LayerSpec

NOT_USED = "column not used"
_UNKNOWN = ("unknown", "unk")
_COUNTS = ("dead", "missing", "injured")
_PROJECTED = frozenset({
    "utm", "utm_x", "utm_y", "x_utm", "y_utm", "este", "norte", "easting", "northing", "zona_utm",
    "utm_zone", "utm_este", "utm_norte", "coordenadas_utm", "utm_easting", "utm_northing",
})
_MAX_LISTED = 100
_SUBTYPE = r"[a-z_]{1,30}"


def list_headings(table: pd.DataFrame) -> list[str]:
    """Headings of a table, without the geometry and what stands aside."""
    shapes = {str(table.geometry.name)} if is_geographic(table) else set()
    return [str(name) for name in table if str(name) not in {*ASIDE_COLUMNS, *shapes}]


@contextmanager
def blame_columns(spec: LayerSpec, file: str) -> Iterator[None]:
    """Turn a ValueError about columns into a fault of the layer, which says what to do itself."""
    try:
        yield
    except ValueError as error:
        fault = Fault(spec.name, file, None, "", "", "", " ".join(str(error).split()))
        raise LayerError([fault]) from error


def fill_layer(
    table: pd.DataFrame,
    wanted: Wanted,
    *,
    file: str,
    notes: Sequence[str] = (),
    claims: Claims | None = None,
) -> Haul:
    """Turn a table into rows of the wanted layer.

    Parameters
    ----------
    table : DataFrame or GeoDataFrame
        Text cells under the file's headings; ``_record`` where known.
    wanted : Wanted
    file : str
        Name of the file, a row's source where nothing else is stated.
    notes : sequence of str
        How the file was read so far.
    claims : Claims, optional
        Which heading fills which column; decided by name if absent.

    Raises
    ------
    ValueError
        If two headings claim a column, the position is missing or in metres, or a column that may
        not be empty has no heading.
    """
    spec = wanted.spec
    headings = list_headings(table)
    claims = claims or claim_columns(headings, spec, wanted.columns)
    _check_needs(claims, table, spec)
    rows = pd.DataFrame(index=table.index)
    for column, heading in claims.taken.items():
        if not column.startswith("_"):
            rows[column] = write_text(table[heading])
    told = [_tell_columns(claims, spec)]
    unmapped: dict[str, dict[str, int]] = {}
    if "class" in spec.columns:
        rows, unmapped = _fill_class(rows, table, claims, spec)
    if "subtype" in claims.taken:
        rows, strange = _clear_subtypes(rows)
        unmapped.update(strange)
    rows, unknown = translate_columns(tidy_cells(rows, spec), spec)
    unmapped.update(unknown)
    stated = {*rows.columns, *({"n_victims"} if set(_COUNTS) & set(rows.columns) else ())}
    rows = _add_defaults(rows, wanted, file)
    rows, more = _add_empty(rows, spec)
    defaults = frozenset(map(str, rows.columns)) - stated
    if not {"class", "_cause"} & set(claims.taken):
        defaults |= {"class"} & set(rows.columns)
    rows = _add_aside(rows, table, claims)
    placed, where = place_rows(rows, table, claims, spec)
    if claims.unused:
        unmapped[NOT_USED] = {
            mask_heading(name): int(write_text(table[name]).astype("str").ne("").sum())
            for name in claims.unused[:_MAX_LISTED]
        }
    told = [note for note in (*notes, *told, *more, *where) if note]
    return Haul(placed, tuple(told), unmapped, defaults=defaults)


def _check_needs(claims: Claims, table: pd.DataFrame, spec: LayerSpec) -> None:
    missing = [] if spec.geometry == "none" or says_where(claims, table) else ["the position"]
    missing += [
        name for name, column in spec.columns.items()
        if not column.nullable and column.required and name not in claims.taken
        and not _has_default(name, spec)
    ]
    if not missing:
        return
    folded = {fold_name(heading) for heading in claims.unused}
    advice = ""
    if missing[0] == "the position":
        advice = "; give longitude and latitude in degrees (WGS 84)"
        if folded & _PROJECTED:
            advice = ("; it has UTM coordinates, which are not read: save it with longitude and "
                      "latitude in degrees (WGS 84)")
    elif claims.unused:
        advice = f'; say in the study which it is: columns = {{ {missing[0]} = "..." }}'
    # Without one known heading the first row may be no header at all: it is not repeated.
    shown = "; none of its columns is known"
    if claims.taken:
        shown = f"; not used so far: {show_headings(claims.unused)}" if claims.unused else ""
    raise ValueError(f"no column gives {', '.join(missing)} for {spec.name}{shown}{advice}")


def _has_default(name: str, spec: LayerSpec) -> bool:
    if name in {"synthetic", "source", "class", "n_victims"}:
        return True
    return bool(set(_UNKNOWN) & set(spec.columns[name].one_of))


def _tell_columns(claims: Claims, spec: LayerSpec) -> str:
    pairs = [f"{column.removeprefix('_')} from {mask_heading(heading)!r}"
             for column, heading in claims.taken.items() if fold_name(heading) != column]
    own = len(claims.taken) - len(pairs)
    words = [f"{own} columns by their own name"] if own else []
    return f"columns of {spec.name}: {', '.join([*words, *pairs])}"


def _fill_class(
    rows: pd.DataFrame, table: pd.DataFrame, claims: Claims, spec: LayerSpec
) -> tuple[pd.DataFrame, dict[str, dict[str, int]]]:
    """Classes of incidents from a column of causes; without one the class is unknown."""
    if "class" in rows:
        known = set(spec.columns["class"].one_of)
        return rows.assign(**{"class": apply_unique(
            rows["class"].astype("str"), lambda text: _read_class(text, known))}), {}
    if "_cause" not in claims.taken:
        return rows.assign(**{"class": "unk"}), {}
    texts = write_text(table[claims.taken["_cause"]]).astype("str").fillna("")
    counts = texts.value_counts(sort=False)
    found = {str(text): classify_cause(str(text)) for text in counts.index}
    filled = rows.assign(**{"class": texts.map({text: pair[0] for text, pair in found.items()})})
    if "subtype" not in rows:
        filled["subtype"] = texts.map({text: pair[1] for text, pair in found.items()})
    unmapped: dict[str, Counter[str]] = {}
    for text, count in counts.items():
        for heading, words in count_unmapped([str(text)]).items():
            for word in words:
                unmapped.setdefault(heading, Counter())[word] += int(count)
    return filled, {heading: dict(words.most_common()) for heading, words in unmapped.items()}


def _clear_subtypes(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, dict[str, int]]]:
    """Leave empty what is no code: anything at all may stand in such a column."""
    text = rows["subtype"].astype("str").fillna("").str.strip()
    strange = text.ne("") & ~text.str.fullmatch(_SUBTYPE)
    told = {"subtype not known": {OTHER_WORDING: int(strange.sum())}} if strange.any() else {}
    return rows.assign(subtype=text.mask(strange, "")), told


def _read_class(text: str, known: set[str]) -> str:
    """A class in words ("ahogamiento"); what is neither a class nor a known cause stays."""
    found = classify_cause(text)[0]
    return text if text.strip().lower() in known or found in _UNKNOWN else found


def _add_defaults(rows: pd.DataFrame, wanted: Wanted, file: str) -> pd.DataFrame:
    """What follows without invention from what the file and the study say."""
    spec = wanted.spec
    rows = rows.copy()
    if "synthetic" in spec.columns:
        rows["synthetic"] = _fill_blank(rows, "synthetic", _find_examples(rows))
    if "source" in spec.columns:
        rows["source"] = _fill_blank(rows, "source", wanted.owner or file)
    if "owner" in spec.columns and wanted.owner:
        rows["owner"] = _fill_blank(rows, "owner", wanted.owner)
    if "n_victims" in spec.columns:
        rows["n_victims"] = _fill_total(rows, spec)
    for name, column in spec.columns.items():
        word = next((word for word in _UNKNOWN if word in column.one_of), "")
        if word and name not in rows and column.required and not column.nullable:
            rows[name] = word
    return rows


def _find_examples(rows: pd.DataFrame) -> pd.Series:
    """Whether a row that does not say so is illustrative: such names begin with EXAMPLE."""
    if "name" not in rows:
        return pd.Series("false", index=rows.index, dtype="str")
    example = rows["name"].astype("str").fillna("").str.strip().str.startswith("EXAMPLE")
    return example.map({True: "true", False: "false"}).astype("str")


def _fill_blank(rows: pd.DataFrame, name: str, value: str | pd.Series) -> pd.Series:
    if name not in rows:
        return pd.Series(value, index=rows.index, dtype="str")
    text = rows[name].astype("str").fillna("")
    blank = text.str.strip() == ""
    return text.mask(blank, value) if blank.any() else text


def _fill_total(rows: pd.DataFrame, spec: LayerSpec) -> pd.Series:
    """Dead, missing and injured together, where the total is not given and all parts are read."""
    if "n_victims" in rows:
        total = rows["n_victims"].astype("str").fillna("")
    else:
        total = pd.Series("", index=rows.index, dtype="str")
    parts = [name for name in _COUNTS if name in rows]
    blank = total.str.strip() == ""
    if not parts or not blank.any():
        return total
    typed, faults = coerce_columns(rows[parts], spec)
    known = typed[parts].notna().any(axis=1) & ~rows.index.isin(faults["row"])
    added = typed[parts].fillna(0).sum(axis=1).astype("Int64").astype("str")
    return total.mask(blank & known, added)


def _add_empty(rows: pd.DataFrame, spec: LayerSpec) -> tuple[pd.DataFrame, list[str]]:
    absent = [name for name, column in spec.columns.items()
              if column.required and column.nullable and name not in rows]
    note = f"not in the file, left empty: {', '.join(absent)}" if absent else ""
    return rows.assign(**dict.fromkeys(absent, "")), [note]


def _add_aside(rows: pd.DataFrame, table: pd.DataFrame, claims: Claims) -> pd.DataFrame:
    aside: dict[str, object] = {}
    if RECORD in table:
        aside[RECORD] = table[RECORD].to_numpy()
    else:
        aside[RECORD] = np.arange(1, len(table) + 1)
    if COUNTRY in claims.taken:
        aside[COUNTRY] = write_text(table[claims.taken[COUNTRY]])
    if claims.places:
        parts = [write_text(table[name]).astype("str").fillna("") for name in claims.places]
        aside[PLACE] = [", ".join(filter(None, cells)) for cells in zip(*parts, strict=True)]
    return rows.assign(**aside)
