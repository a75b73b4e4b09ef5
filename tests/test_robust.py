"""Damaged files, wrong calls and odd data: one sentence each, and nothing lost on the way."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import zipfile

import geopandas as gpd
import grid_study
import pandas as pd
import pytest
import shapely

import api.cli
from api.logs.audit import read_log, record
from georisk.results import read_results
from georisk.snapshot import Snapshot
from layers.catalog import find_spec
from layers.coerce import coerce_columns
from layers.errors import CallError, LayerError, NoSnapshotError
from layers.export import export_layer
from layers.layer import Layer, Provenance, index_frame
from layers.reading import read_rows

DAMAGED = "is damaged: run `georisk run` again"


@pytest.fixture
def study(published_grid):
    return published_grid


@pytest.fixture
def call(capsys):
    """One command in this process: exit code, stdout, stderr."""
    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            api.cli.main([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return ended.value.code or 0, told.out, told.err
    return run


# -- the machine refuses -------------------------------------------------------------------------


def test_a_folder_where_a_file_stands_is_told_with_its_path(study, call, tmp_path):
    (tmp_path / "taken").write_text("")
    code, _, told = call("map", "-s", study, "-o", tmp_path / "taken")
    assert code == 2
    assert told.startswith(f"georisk: {tmp_path / 'taken'}")
    code, _, told = call("run", "-s", study, "--runs", tmp_path / "taken")
    assert code == 2
    assert "File exists" in told


@pytest.mark.parametrize(
    ("file", "text"),
    [("manifest.json", "{"), ("manifest.json", "{}"), ("manifest.json", "[]"),
     ("specs.json", None), ("specs.json", "[]")])
def test_a_damaged_snapshot_says_run_again(study, call, tmp_path, file, text):
    shutil.copytree(study / "runs", tmp_path / "runs", symlinks=True)
    path = tmp_path / "runs" / "current" / file
    path.unlink()
    if text is not None:
        path.write_text(text)
    with pytest.raises(NoSnapshotError, match=DAMAGED):
        Snapshot.open(tmp_path / "runs")
    out = tmp_path / "r.csv"
    code, _, told = call("export", "routes", "-s", study, "--runs", tmp_path / "runs",
                         "--format", "csv", "-o", out)
    assert (code, DAMAGED in told, out.exists()) == (2, True, False)


def test_a_truncated_layer_or_raster_says_run_again(study, tmp_path):
    shutil.copytree(study / "runs", tmp_path / "runs", symlinks=True)
    snapshot = Snapshot.open(tmp_path / "runs")
    for path, read in (("layers/routes.parquet", snapshot.layer),
                       ("rasters/risk_surface.tif", snapshot.raster)):
        file = snapshot.path / path
        file.write_bytes(file.read_bytes()[:60])
        with pytest.raises(NoSnapshotError, match=DAMAGED):
            read(file.stem)


# -- results that somebody made up ---------------------------------------------------------------


@pytest.fixture(scope="module")
def proposed(published_grid, tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    with pytest.raises(SystemExit) as ended:
        api.cli.main(["site", "-s", str(published_grid), "--service", "water", "-k", "1",
                      "--purpose", "a test",
                      "-o", str(folder)])
    assert not ended.value.code
    return folder / "restricted"


@pytest.mark.parametrize(
    "index", ["[]", "{}", "{", '{"proposed_sites": {}}', '{"proposed_sites": []}',
              '{"proposed_sites": {"sources": 1, "sha256": "", "synthetic": false}}',
              '{"../routes": {"sources": [], "sha256": "", "synthetic": false}}'])
def test_a_forged_index_is_refused(proposed, tmp_path, index):
    shutil.copytree(proposed, tmp_path / "restricted")
    (tmp_path / "restricted" / "results.json").write_text(index)
    with pytest.raises(CallError, match=r"results\.json"):
        read_results(tmp_path)


def test_result_files_must_be_whole_and_as_written(proposed, tmp_path):
    folder = tmp_path / "restricted"
    shutil.copytree(proposed, folder)
    (path,) = folder.glob("proposed_sites.restricted.*.parquet")
    gpd.read_parquet(path).assign(note="x").to_parquet(path)
    with pytest.raises(CallError, match="note"):
        read_results(tmp_path)
    path.unlink()
    with pytest.raises(CallError, match="missing or damaged"):
        read_results(tmp_path)


def test_invented_rows_stay_synthetic_whatever_the_index_says(proposed, tmp_path):
    folder = tmp_path / "restricted"
    shutil.copytree(proposed, folder)
    entries = json.loads((folder / "results.json").read_text())
    for entry in entries.values():
        entry["synthetic"] = False
    (folder / "results.json").write_text(json.dumps(entries))
    for layer in read_results(folder).values():
        rows = "synthetic" in layer.frame and len(layer) > 0
        assert layer.provenance.synthetic is rows


# -- exports -------------------------------------------------------------------------------------


def make_layer(layer, shapes, **columns):
    spec = find_spec(layer)
    ids = pd.Series([f"x-{n}" for n in range(len(shapes))], dtype="str")
    frame = gpd.GeoDataFrame({spec.id: ids, **columns}, geometry=list(shapes), crs="EPSG:4326")
    return Layer(spec, index_frame(frame, spec),
                 Provenance(("x",), "0", synthetic=True, inputs_level="public"))


@pytest.mark.parametrize("format_", ["geojson", "gpkg", "fgb", "parquet", "csv", "xlsx", "kml",
                                     "gpx"])
def test_a_layer_of_nothing_can_be_exported(tmp_path, format_):
    path = tmp_path / f"w.{format_}"
    export_layer(make_layer("waypoints", []), path, format_=format_, marking={})
    assert path.is_file()
    if format_ in {"gpkg", "fgb"}:
        assert len(gpd.read_file(path)) == 0


def test_only_spreadsheets_have_formulas_defused(tmp_path):
    layer = make_layer("waypoints", [shapely.Point(-90, 14)], name=["=1+1"])
    for format_ in ("csv", "xlsx", "gpkg", "fgb", "kml", "gpx", "geojson", "parquet"):
        export_layer(layer, tmp_path / f"w.{format_}", format_=format_, marking={})
    assert "'=1+1" in (tmp_path / "w.csv").read_text()
    with zipfile.ZipFile(tmp_path / "w.xlsx") as book:
        assert b"'=1+1" in b"".join(book.read(name) for name in book.namelist())
    for format_ in ("gpkg", "fgb", "geojson"):
        assert gpd.read_file(tmp_path / f"w.{format_}")["name"][0] == "=1+1"
    for format_ in ("kml", "gpx"):
        assert "<name>=1+1" in (tmp_path / f"w.{format_}").read_text()


def test_polygons_are_no_gpx(tmp_path):
    layer = make_layer("boundaries", [shapely.box(0, 0, 1, 1)])
    with pytest.raises(CallError, match="points or lines only"):
        export_layer(layer, tmp_path / "b.gpx", format_="gpx", marking={})


def test_an_export_replaces_files_only_and_leaves_nothing_beside(tmp_path):
    layer = make_layer("waypoints", [shapely.Point(-90, 14)])
    (tmp_path / "folder.gpkg").mkdir()
    (tmp_path / "loose.gpkg").symlink_to(tmp_path / "nowhere")
    for name in ("folder.gpkg", "loose.gpkg"):
        with pytest.raises(CallError, match="is no file"):
            export_layer(layer, tmp_path / name, format_="gpkg", marking={})
    (tmp_path / "old.gpkg").write_text("old")
    export_layer(layer, tmp_path / "old.gpkg", format_="gpkg", marking={"audience": "restricted"})
    assert stat.S_IMODE((tmp_path / "old.gpkg").stat().st_mode) == 0o600
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder.gpkg", "loose.gpkg", "old.gpkg"]
    with pytest.raises(CallError, match="No such file"):
        export_layer(layer, tmp_path / "no" / "w.csv", format_="csv", marking={})


# -- what people save ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf \n", "the file is empty"),
        (b"a,lon,lat\n1,2,3\n1,2,3,4\n1,2,3\n", "line 3 has 4 cells, the header 3"),
        (b"a,lon,lat\n1,2,3,4\n2,2,3,4\n", "line 2 has 4 cells"),
        (b"a,Longitude,Latitude\n1,2,3\n", "rename Longitude to lon, Latitude to lat"),
        (b"a,x,y\n1,2,3\n", "rename x to lon, y to lat"),
    ],
)
def test_csv_as_other_programs_save_it_is_named(tmp_path, data, message):
    path = tmp_path / "w.csv"
    path.write_bytes(data)
    with pytest.raises(LayerError, match=message):
        read_rows(path, find_spec("waypoints"))


@pytest.mark.parametrize(
    "data",
    [
        "name,lon,lat\ncafé,2,3\n".encode("utf-16"),
        "name,lon,lat\ncafé,2,3\n".encode("utf-16-le"),
        "name,lon,lat\ncafé,2,3\n".encode("latin-1"),
        "name;lon;lat\ncafé;2;3\n".encode(),
        "name\tlon\tlat\ncafé\t2\t3\n".encode("utf-8-sig"),
        "Waypoints of the office\n\nname;lon;lat\ncafé;2;3\n".encode(),
    ],
)
def test_csv_as_other_programs_save_it_is_read(tmp_path, data):
    path = tmp_path / "w.csv"
    path.write_bytes(data)
    rows = read_rows(path, find_spec("waypoints"))
    assert rows[["name", "lon", "lat"]].to_numpy().tolist() == [["café", "2", "3"]]


def test_quoted_commas_and_line_ends_stay_in_their_cell(tmp_path):
    path = tmp_path / "w.csv"
    path.write_bytes(b'name,lon,lat\r\n"a, b\r\nc",2,3\r\n')
    assert read_rows(path, find_spec("waypoints"))["name"].tolist() == ["a, b\r\nc"]


def test_a_decimal_comma_is_read():
    typed, faults = coerce_columns(pd.DataFrame({"coord_precision_km": ["8,45", "x", "8.45"]}),
                                   find_spec("incidents"))
    assert typed["coord_precision_km"].dropna().tolist() == [8.45, 8.45]
    assert faults[["row", "reason"]].to_numpy().tolist() == [[1, "not a number"]]


def test_a_year_or_a_month_is_no_date():
    values = ["2027", "2027-06", "2027-06-01", "2027-06-01T10:00:00Z", "", "20270601"]
    typed, faults = coerce_columns(pd.DataFrame({"date": values}), find_spec("incidents"))
    assert faults["row"].tolist() == [0, 1, 5]
    assert typed["date"].notna().tolist() == [False, False, True, True, False, False]


# -- check and run -------------------------------------------------------------------------------


@pytest.fixture
def faulty(tmp_path):
    """Eight incidents of sixty with a bad count, and shelters that cannot be used."""
    grid_study.write_grid_study(tmp_path)
    lines = (tmp_path / "incidents.csv").read_text().splitlines()
    lines[1:9] = [line.replace(",1,0,1,", ",many,0,1,") for line in lines[1:9]]
    (tmp_path / "incidents.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_faults_that_are_alike_are_grouped(faulty, call):
    code, out, told = call("check", "-s", faulty)
    assert code == 0
    assert out.count("incidents.csv, record") == 3
    assert "… and 5 more like it" in out
    assert "incidents: 60 read = 52 accepted + 8 quarantined" in told
    assert told.rstrip().endswith("all layers can be used; 8 rows set aside")
    _, out, _ = call("check", "-s", faulty, "--all")
    assert out.count("incidents.csv, record") == 8


def test_every_layer_has_its_line_and_true_counts(faulty, call):
    text = (faulty / "shelters.csv").read_text()
    (faulty / "shelters.csv").write_text(text.replace(",20,", ",twenty,", 2))
    code, _, told = call("check", "-s", faulty)
    assert code == 2
    assert "shelters: 4 read = 2 accepted + 2 quarantined; CANNOT BE USED" in told
    assert told.rstrip().endswith("1 layers cannot be used: nothing will be published")
    code, out, _ = call("check", "-s", faulty, "--json")
    entry = json.loads(out)["layers"]["shelters"]
    assert (entry["read"], entry["accepted"], entry["quarantined"]) == (4, 2, 2)


def test_a_run_that_cannot_be_says_that_the_last_one_stays(faulty, call):
    (faulty / "shelters.csv").unlink()
    (faulty / "routes.geojson").unlink()
    code, _, told = call("run", "-s", faulty)
    lines = told.rstrip().splitlines()
    assert code == 2
    assert [line.startswith("LAYER  ") for line in lines] == [True, True, False]
    assert lines[-1].endswith("the last snapshot stays as it was")


# -- calls ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--as-of", "0001-01-01"], "give a day from 1900 on"),
        (["site", "--service", "water", "-k", "0"], "-k 0: give 1 or more"),
        (["site", "--service", "water", "-k", "-3"], "-k -3: give 1 or more"),
        (["serve", "--host", "no-such-host.invalid"], "cannot listen there"),
    ],
)
def test_a_wrong_choice_is_told_plainly(study, call, arguments, message):
    code, _, told = call(arguments[0], "-s", study, *arguments[1:])
    assert (code, message in told) == (2, True), told


def test_an_audience_without_maps_is_told_before_anything_is_logged(study, call, tmp_path):
    before = read_log(study / "state")
    code, _, told = call("map", "-s", study, "--all", "--audience", "partner", "--purpose", "x",
                         "-o", tmp_path)
    assert (code, "no maps for partner" in told) == (2, True)
    assert read_log(study / "state") == before


@pytest.mark.parametrize("command", ["check", "list", "run", "site", "places", "map", "export",
                                     "serve"])
def test_every_command_takes_runs_and_quiet(call, command):
    _, out, _ = call(command, "--help")
    assert "--runs" in out
    assert "--quiet" in out


def test_site_prints_the_whole_command_that_draws(study, call, tmp_path):
    code, _, told = call("site", "-s", study, "--service", "water", "-k", "1", "-o", tmp_path,
                          "--purpose", "a test")
    assert code == 0
    line = told.rstrip().splitlines()[-1]
    assert line.startswith("georisk map overview -s ")
    assert "--audience restricted --purpose" in line
    assert line.endswith(f"-o {tmp_path}")
    assert stat.S_IMODE((tmp_path / "restricted").stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "restricted").iterdir()} == {0o600}


def test_what_is_not_public_is_for_its_owner_alone(study, call, tmp_path):
    out = tmp_path / "new" / "s.csv"
    code, _, _ = call("export", "shelters", "-s", study, "--format", "csv", "-o", out,
                         "--audience", "restricted", "--purpose", "x", "--holder", "Ana P.")
    assert code == 0
    assert stat.S_IMODE(out.parent.stat().st_mode) == 0o700
    (path,) = out.parent.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    code, _, _ = call("map", "overview", "-s", study, "--audience", "restricted", "--purpose",
                         "x", "--holder", "Ana P.", "-o", tmp_path)
    assert code == 0
    assert stat.S_IMODE((tmp_path / "restricted").stat().st_mode) == 0o700
    (path,) = (tmp_path / "restricted").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [line[1::4] for line in read_log(study / "state")][-2:] == [
        ("export shelters", "Ana P."), ("map", "Ana P.")]


def test_an_old_audit_log_gets_its_column(tmp_path):
    with sqlite3.connect(tmp_path / "audit.sqlite") as database:
        database.execute("CREATE TABLE audit (at TEXT, action TEXT, audience TEXT, purpose TEXT, "
                         "run_id TEXT)")
        database.execute("INSERT INTO audit VALUES ('t', 'map', 'restricted', 'p', 'r')")
    database.close()
    record(tmp_path, action="map", audience="restricted", purpose="p", run_id="r", holder="Ana")
    assert [line[-1] for line in read_log(tmp_path)] == ["", "Ana"]
    (tmp_path / "audit.sqlite").write_text("no log " * 100)
    with pytest.raises(CallError, match="cannot be written"):
        record(tmp_path, action="map", audience="restricted", purpose="p", run_id="r")


def test_a_restricted_file_says_which_parameters_it_rests_on(study, call, tmp_path):
    call("export", "segments", "-s", study, "--format", "geojson", "-o", tmp_path / "s.geojson",
         "--audience", "restricted", "--purpose", "x")
    (path,) = tmp_path.iterdir()
    expected = Snapshot.open(study / "runs").manifest["parameters_sha256"]
    assert json.loads(path.read_text())["georisk"]["parameters_sha256"] == expected
