"""KoboToolbox exports (CSV, XLSX, JSON of the API): submissions, groups and repeats kept."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from layers.adapters.coordinates import split_pairs
from layers.adapters.filling import blame_columns, fill_layer
from layers.adapters.kobo_questions import gather_choices, strip_groups
from layers.adapters.kobo_tables import Form, pick_rows, read_grid_form, read_record_form
from layers.adapters.naming import claim_columns
from layers.readers.formats import sniff_format
from layers.readers.grids import read_grids
from layers.readers.headers import fold_name
from layers.readers.records import read_records
from layers.sources import RECORD, Adapter

if TYPE_CHECKING:
    from pathlib import Path

    from layers.sources import Haul, Sample, Wanted
    from layers.spec import LayerSpec

_FORMATS = frozenset({"csv", "text", "xlsx", "xls", "ods", "json", "zip"})
_SIGNS = frozenset({"_uuid", "_submission_time", "_id", "_xform_id_string", "_validation_status",
                    "_submitted_by", "__version__", "_submission__uuid", "_index",
                    "formhub/uuid", "meta/instanceID"})
_FEWEST_SIGNS = 3
# Who answered, on which device: never read, not even where a study asks for it.
PERSONAL = frozenset({
    "submitted_by", "submission_submitted_by", "username", "phonenumber", "phone_number_device",
    "deviceid", "device_id", "simserial", "sim_serial", "subscriberid", "subscriber_id", "simid",
    "imei", "email", "notes", "submission_notes", "attachments", "audit", "enumerator",
    "background_audio", "background_geopoint", "respondent", "interviewer",
})
_TECHNICAL = frozenset({
    "formhub_uuid", "meta_instanceid", "meta_instancename", "meta_deprecatedid", "meta_rootuuid",
    "instanceid", "start", "end", "today", "version", "rootuuid",
})
_LAT = re.compile(r"(?:.*/)?_(.+)_latitude")
_GEOPOINT = re.compile(r"\s*-?\d+(\.\d+)?\s+-?\d+(\.\d+)?\s+-?\d+(\.\d+)?\s+\d+(\.\d+)?\s*")
_GPS_KM, _MAX_NAME = 0.1, 200
_WHERE = ("lat_lon", "lon_lat", "lat", "lon", "wkt")


def recognise_kobo(sample: Sample) -> str:
    """Say that a file carries the columns that KoboToolbox adds to every submission."""
    rows = [*sample.rows[:5], tuple(sample.keys)]
    found = max((_SIGNS & set(row) for row in rows), key=len)
    known = (sample.format in _FORMATS and len(found) >= _FEWEST_SIGNS
             and bool({"_uuid", "_id", "_submission_time"} & found))
    return f"columns of KoboToolbox ({', '.join(sorted(found)[:3])} ...)" if known else ""


def read_kobo(path: Path, wanted: Wanted) -> Haul:
    """Read an export: one row a submission, or one row for each entry of a repeat group.

    `Wanted.sheet` names a repeat group. A position comes from the form's geopoint question with
    its accuracy, or else from ``_geolocation``. Columns about the person who answered and the
    device are not read.

    Raises
    ------
    LayerError
        If the form has several geopoint questions and the study names none, or says too little
        for the layer.
    ValueError
        If the file is no export.
    """
    form = _read_form(path)
    with blame_columns(wanted.spec, path.name):
        return _fill(form, wanted, path.name)


def _fill(form: Form, wanted: Wanted, file: str) -> Haul:
    table, own, notes = pick_rows(form, wanted.sheet)
    if not len(table):
        raise ValueError("the export holds no submissions")
    _refuse_personal(wanted)
    ids = _make_ids(table, repeat=table is not form.tables[form.main])
    table, wanted, told = _add_position(table, own, wanted)
    table = gather_choices(table, wanted.spec)
    table, hidden = _drop_technical(table, wanted)
    table = strip_groups(table, own, kept=frozenset(wanted.columns.values()))
    table = _add_ids(table, ids, wanted)
    if hidden:
        notes.append(f"{hidden} columns about the device, the person who answered or the "
                     "submission were not read")
    return fill_layer(table, wanted, file=file, notes=(*form.notes, *notes, *told))


def _read_form(path: Path) -> Form:
    found = sniff_format(path)
    if found == "json":
        return read_record_form(read_records(path))
    if found not in _FORMATS:
        raise ValueError(f"{found}: not an export of KoboToolbox (CSV, XLSX or JSON)")
    return read_grid_form(read_grids(path))


def _refuse_personal(wanted: Wanted) -> None:
    for column, name in wanted.columns.items():
        if fold_name(name) in PERSONAL or fold_name(name.rsplit("/", 1)[-1]) in PERSONAL:
            raise ValueError(f"columns: {column} = {name!r}: says who answered, and is never read")


def _make_ids(table: pd.DataFrame, *, repeat: bool) -> pd.Series | None:
    names = ("_id", "_submission__id", "_uuid", "_submission__uuid")
    name = next((n for n in names if n in table and (table[n].astype("str") != "").any()), "")
    if not name:
        return None
    text = table[name].astype("str").str.lower().str.replace(r"[^a-z0-9]+", "-", regex=True)
    ids = ("kobo-" + text.str.strip("-").str[:60]).mask(text.str.strip("-") == "", "")
    if repeat:
        number = ids.groupby(ids).cumcount() + 1
        ids = (ids + "-" + number.astype("str")).mask(ids == "", "")
    return ids


def _add_ids(table: pd.DataFrame, ids: pd.Series | None, wanted: Wanted) -> pd.DataFrame:
    """Give rows the id of their submission where the form asks for none of ours."""
    if ids is None:
        return table
    headings = [str(name) for name in table if name != RECORD]
    claimed = claim_columns(headings, wanted.spec, wanted.columns).taken.get(wanted.spec.id)
    if not claimed:
        return table.assign(**{wanted.spec.id: ids})
    return table.assign(**{claimed: table[claimed].where(table[claimed] != "", ids)})


def find_geopoints(table: pd.DataFrame) -> dict[str, str]:
    """Geopoint questions: name to the column of their text, or of their latitude.

    Examples
    --------
    >>> table = pd.DataFrame({"g/site": ["14.5 -90.2 1500 8"], "_site_latitude": ["14.5"],
    ...                       "_site_longitude": ["-90.2"], "age": ["5"]})
    >>> find_geopoints(table)
    {'site': 'g/site'}
    """
    found: dict[str, str] = {}
    for name in map(str, table.columns):
        split = _LAT.fullmatch(name[-_MAX_NAME:])
        if split and name.replace("_latitude", "_longitude") in table:
            found.setdefault(split.group(1), name)
    for name in map(str, table.columns):
        if name.startswith("_") or name == RECORD:
            continue
        filled = table[name].astype("str")
        filled = filled[filled.str.strip() != ""]
        if len(filled) and filled.head(50).str.fullmatch(_GEOPOINT.pattern).all():
            found[name.rsplit("/", 1)[-1]] = name
    return found


def _add_position(
    table: pd.DataFrame, own: frozenset[str], wanted: Wanted
) -> tuple[pd.DataFrame, Wanted, list[str]]:
    """Put the position into lon and lat, unless the study names columns of its own for them."""
    stated = {name: wanted.columns[name] for name in _WHERE if name in wanted.columns}
    asked = next(iter(stated.values()), "")
    points = find_geopoints(table)
    chosen = {name: column for name, column in points.items() if asked in {name, column}}
    if wanted.spec.geometry != "Point" or len(set(stated.values())) > 1 or (asked and not chosen):
        return table, wanted, []
    if not asked:
        chosen = {name: column for name, column in points.items() if column in own} or points
    if len(chosen) > 1:
        raise ValueError(f"several geopoint questions ({', '.join(map(repr, chosen))}): say which "
                         'in the study, columns = { lat_lon = "..." }')
    if {"lon", "lat"} & set(table.columns) and not asked:
        return table, wanted, []
    rest = {name: heading for name, heading in wanted.columns.items() if name not in stated}
    if chosen:
        placed, notes = _take_geopoint(table, *next(iter(chosen.items())), wanted.spec)
    else:
        placed, notes = _take_geolocation(table)
    return placed, replace(wanted, columns=rest), notes


def _take_geopoint(
    table: pd.DataFrame, name: str, column: str, spec: LayerSpec
) -> tuple[pd.DataFrame, list[str]]:
    if column.endswith("_latitude"):
        lat, lon = table[column], table[column.replace("_latitude", "_longitude")]
        beside = column.replace("_latitude", "_precision")
        accuracy = table[beside] if beside in table else pd.Series("", index=table.index)
        used = [column, column.replace("_latitude", "_longitude"), name]
    else:
        text = table[column].astype("str").str.strip()
        lon, lat, _ = split_pairs(text, lon_first=False)
        accuracy = text.str.split(expand=True).reindex(columns=range(4))[3].fillna("")
        used = [column]
    placed = table.drop(columns=used, errors="ignore").assign(lon=lon, lat=lat)
    notes = [f"position from the geopoint question {name!r}"]
    if "coord_precision_km" in spec.columns and "coord_precision_km" not in table:
        placed["coord_precision_km"] = estimate_gps_km(accuracy)
        notes.append("precision from the accuracy that the phone stated, at least 0.1 km")
    return placed, notes


def estimate_gps_km(accuracy_m: pd.Series) -> pd.Series:
    """Precision of a position in km from the accuracy in metres that a phone states.

    A phone's position is never taken to be better than 0.1 km (METHOD 2.2). No accuracy, or 0,
    as points put on the map by hand have, leaves it open.

    Examples
    --------
    >>> estimate_gps_km(pd.Series(["4.9", "350", "0", ""])).tolist()
    ['0.1', '0.35', '', '']
    """
    metres = pd.to_numeric(accuracy_m.astype("str"), errors="coerce")
    km = (metres / 1000).clip(lower=_GPS_KM)
    return km.map("{:g}".format).where((metres > 0) & (metres < 1e7), "").astype("str")  # noqa: PLR2004


def _take_geolocation(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    if "_geolocation" in table:
        text = table["_geolocation"].astype("str").str.replace("None", "", regex=False)
        text = text.mask(~text.str.contains(r"\d", regex=True), "")
        lon, lat, _ = split_pairs(text, lon_first=False)
    elif {"_geolocation_latitude", "_geolocation_longitude"} <= set(table.columns):
        lat, lon = table["_geolocation_latitude"], table["_geolocation_longitude"]
    else:
        return table, []
    return table.assign(lon=lon, lat=lat), ["position from _geolocation"]


def _drop_technical(table: pd.DataFrame, wanted: Wanted) -> tuple[pd.DataFrame, int]:
    stated = set(wanted.columns.values())
    dropped = [name for name in map(str, table.columns) if name != RECORD and (
        fold_name(name.rsplit("/", 1)[-1]) in PERSONAL
        or (name not in stated and (name.rsplit("/", 1)[-1].startswith("_")
                                    or fold_name(name) in _TECHNICAL)))]
    return table.drop(columns=dropped), len(dropped)


ADAPTER = Adapter("kobo", (), recognise_kobo, read_kobo)
