"""The study of OGC's CQL2 test data: three public layers, as the GeoPackage has them.

The data are read where they lie and are no part of the project.
"""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pandas as pd
import pyogrio
import pytest
import shapely
from cql2_study import COUNTS, FOLDER, TODAY, find_geopackage

import georisk.doors
from georisk.publishing import publish
from georisk.study import Study
from layers.export import export_layer
from layers.geojson import to_json_values

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def geopackage():
    return find_geopackage()


@pytest.fixture(scope="module")
def door(geopackage, tmp_path_factory):
    runs = tmp_path_factory.mktemp("cql2") / "runs"
    publish(Study.open(FOLDER, today=TODAY), runs)
    return georisk.doors.open("public", runs=runs, today=TODAY)


def list_source(path: Path, name: str) -> dict[str, dict[str, object]]:
    """Rows of a layer by their number, as SQLite itself has them."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
        base.row_factory = sqlite3.Row
        rows = [dict(row) for row in base.execute(f'SELECT * FROM "{name}"')]
    return {str(row.pop("fid")): row for row in rows}


def plain(value: object) -> object:
    """A value of ours as SQLite writes it."""
    if pd.isna(value):
        return None
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.date()
    return value


def parse(text: object, dtype: str) -> object:
    """A value of SQLite as ours."""
    if text is None:
        return None
    if dtype == "date":
        return dt.date.fromisoformat(str(text))
    if dtype == "datetime":
        return dt.datetime.fromisoformat(str(text).replace("Z", "")).replace(tzinfo=dt.UTC)
    return bool(text) if dtype == "boolean" else text


def test_nothing_is_quarantined_and_every_row_is_there(geopackage):
    intakes, errors = Study.open(FOLDER, today=TODAY).check()
    assert not errors
    assert {name: intake.count() for name, intake in intakes.items()} == {
        name: {"read": count, "accepted": count, "quarantined": 0}
        for name, count in COUNTS.items()}
    assert not any(intake.remarks for intake in intakes.values())


@pytest.mark.parametrize("name", COUNTS)
def test_the_public_sees_all_columns_and_values_under_their_own_names(door, geopackage, name):
    layer = door.layer(name)
    source = list_source(geopackage, name)
    assert set(layer.frame.index) == set(source)
    assert len(layer.frame) == COUNTS[name]
    columns = [column for column in next(iter(source.values())) if column != "geom"]
    assert list(layer.spec.columns) == columns
    for column in columns:
        dtype = layer.spec.columns[column].dtype
        values = layer.frame[column].astype(object)
        assert {id_: plain(value) for id_, value in values.items()} == {
            id_: parse(row[column], dtype) for id_, row in source.items()}, column


def test_names_are_not_touched(door):
    places = door.spec("ne_110m_populated_places_simple")
    assert {"date", "start", "end", "boolean", "pop_other"} <= set(places.columns)
    assert {n: places.columns[n].dtype for n in ("date", "start", "end", "boolean")} == {
        "date": "date", "start": "datetime", "end": "datetime", "boolean": "boolean"}
    assert {"NAME", "POP_EST"} <= set(door.spec("ne_110m_admin_0_countries").columns)


@pytest.mark.parametrize("name", COUNTS)
def test_geometry_is_intact(door, geopackage, name):
    source = pyogrio.read_dataframe(geopackage, layer=name, fid_as_index=True)
    source.index = source.index.astype(str)
    shapes = door.layer(name).frame.geometry
    assert shapes.is_valid.all()
    mine, theirs = (one.sort_index().to_numpy() for one in (shapes, source.geometry))
    assert shapely.equals_exact(mine, theirs, 1e-12).all()
    # Russia's vertices beyond the antimeridian by one bit are put onto it; nothing else moves.
    moved = shapely.to_wkb(mine) != shapely.to_wkb(theirs)
    assert moved.sum() == int(name.endswith("countries"))


def test_what_is_shown_has_all_digits(door):
    # What somebody reads in a feature must match when it is asked for again.
    frame = door.layer("ne_110m_admin_0_countries").frame
    column = door.spec("ne_110m_admin_0_countries").columns["POP_EST"]
    assert to_json_values(frame["POP_EST"], digits=column.digits) == frame["POP_EST"].tolist()


def test_moments_are_written_as_rfc_3339(door, tmp_path):
    out = tmp_path / "places.geojson"
    export_layer(door.layer("ne_110m_populated_places_simple"), out, format_="geojson", marking={})
    assert '"start":"2022-04-16T10:13:19Z"' in out.read_text(encoding="utf-8")


def test_ids_are_the_same_in_every_run(door, geopackage, tmp_path):
    publish(Study.open(FOLDER, today=TODAY), tmp_path / "runs")
    again = georisk.doors.open("public", runs=tmp_path / "runs", today=TODAY)
    for name in COUNTS:
        assert list(again.layer(name).frame.index) == list(door.layer(name).frame.index)


def test_the_geopackage_may_lie_anywhere(geopackage, tmp_path, monkeypatch):
    shutil.copyfile(geopackage, tmp_path / "other.gpkg")
    (tmp_path / "other.gpkg").chmod(0o600)
    for value in (str(tmp_path / "other.gpkg"), "other.gpkg"):
        monkeypatch.setenv("GEORISK_CQL2_GPKG", value)
        monkeypatch.chdir(tmp_path)
        study = Study.open(FOLDER, today=TODAY)
        assert set(study.input_files().values()) == {(tmp_path / "other.gpkg",)}
        assert not study.check()[1]


def test_without_the_data_it_says_which_file_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("GEORISK_CQL2_GPKG", str(tmp_path / "none.gpkg"))
    _, errors = Study.open(FOLDER, today=TODAY).check()
    assert len(errors) == len(COUNTS)
    assert all("none.gpkg: file not found" in str(error) for error in errors)
