"""The command as its user meets it: exit codes, messages, one JSON document on stdout."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import geopandas as gpd
import grid_study
import pytest
from command import call_apart
from command import call_here as call
from surroundings import ROOT


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    grid_study.write_grid_study(folder / "study")
    done = call_apart("run", "-s", folder / "study")
    assert done.returncode == 0, done.stderr
    assert "SYNTHETIC" in done.stdout
    return folder


@pytest.mark.alone
def test_help_is_quick_and_names_every_command():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = call_apart("--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0
    for command in ("check", "list", "run", "site", "places", "map", "export", "serve"):
        assert command in done.stdout
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert cpu_s <= 0.5


def test_help_imports_no_numpy():
    code = ("import sys, api.cli; "
            "print([m for m in ('numpy', 'pandas', 'folium') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_imports_neither_osmnx_nor_folium():
    code = ("import sys, georisk.study, georisk.publishing; "
            "print([m for m in ('osmnx', 'folium', 'starlette') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          check=True)
    assert done.stdout.strip() == "[]"


def test_version():
    assert call_apart("--version").stdout == "georisk 0.1.0\n"


def test_check_prints_counts_that_add_up(place):
    done = call("check", "-s", place / "study", "--json")
    assert done.returncode == 0
    layers = json.loads(done.stdout)["layers"]
    assert set(layers) >= {"routes", "shelters", "incidents"}
    for entry in layers.values():
        assert entry["read"] == entry["accepted"] + entry["quarantined"]
        assert entry["faults"] == []


def test_row_faults_are_told_and_strict_makes_them_an_error(place):
    study = place / "faulty"
    grid_study.write_grid_study(study)
    lines = (study / "incidents.csv").read_text().splitlines()
    lines[3] = lines[3].replace(",1,0,1,", ",1,0,many,")
    (study / "incidents.csv").write_text("\n".join(lines) + "\n")
    done = call("check", "-s", study)
    assert done.returncode == 0
    assert "incidents, incidents.csv, record 4" in done.stdout  # the row a spreadsheet shows
    assert "not a whole number" in done.stdout
    assert call("check", "-s", study, "--strict").returncode == 2
    published = call("run", "-s", study, "--quiet")
    assert published.returncode == 0
    quarantine = study / "runs" / "current" / "quarantine" / "incidents.csv"
    assert "many" in quarantine.read_text()


def test_all_layer_faults_are_told_at_once_and_nothing_is_published(place):
    study = place / "broken"
    grid_study.write_grid_study(study)
    (study / "shelters.csv").unlink()
    text = (study / "incidents.csv").read_text()
    (study / "incidents.csv").write_text(text.replace("source", "sorce", 1))
    for command in ("check", "run"):
        done = call(command, "-s", study)
        assert done.returncode == 2
        told = done.stdout + done.stderr
        assert "shelters, shelters.csv: file not found" in told
        assert "source: required column missing (is it the column 'sorce'?)" in told
    assert not (study / "runs" / "current").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "-s", "nowhere"], "no study at nowhere"),
        (["list", "planets"], "there are corridors, legs"),
        (["places", "--layer", "shelters"], "give one of --corridor"),
        (["export", "segments", "--format", "geojson", "-o", "x.geojson"], "no layer named"),
        (["export", "routes", "--format", "docx", "-o", "x"], "there are geojson"),
        (["map", "-o", "out", "--audience", "restricted"], "needs --purpose"),
        (["map", "-o", "out", "--audience", "everyone"], "there are public, partner, restricted"),
        (["site", "--service", "massage", "-k", "2"], "no service named massage"),
        (["site", "--service", "water", "-k", "0"], "k"),
        (["serve", "--audience", "restricted", "--host", "0.0.0.0"], "on this machine only"),
        (["run", "--as-of", "tomorrow"], "give a day as YYYY-MM-DD"),
        (["run", "--as-of", "2199-01-01"], "lies in the future"),
    ],
)
def test_a_wrong_call_says_what_to_do_and_exits_2(place, arguments, message):
    study = [] if "-s" in arguments else ["-s", str(place / "study")]
    if arguments[0] in {"list", "export"}:
        arguments = [arguments[0], arguments[1], *study, *arguments[2:]]
    else:
        arguments = [arguments[0], *study, *arguments[1:]]
    done = call(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_a_command_that_needs_a_snapshot_says_how_to_make_one(tmp_path):
    grid_study.write_grid_study(tmp_path)
    done = call("export", "routes", "-s", tmp_path, "--format", "csv", "-o", tmp_path / "r.csv")
    assert done.returncode == 2
    assert "georisk run" in done.stderr


def test_places_in_order_with_hours(place):
    done = call("places", "-s", place / "study", "--layer", "assistance_points", "--corridor",
                "west", "--json", "--audience", "restricted", "--purpose", "test")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [row["place_id"] for row in rows] == ["gt-ex-1", "gt-ex-3"]
    assert [row["km"] for row in rows] == [10.0, 17.5]
    assert [row["walk_h"] for row in rows] == [2.0, 3.5]
    assert rows[1]["walk_h_from_previous"] == 1.5


def test_public_places_without_consent_in_date_are_not_listed(place):
    done = call("places", "-s", place / "study", "--layer", "shelters", "--corridor", "west",
                "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == []
    assert "consent" in done.stderr


def test_public_places_give_no_offset_to_the_line(place, tmp_path):
    """Whole hours and 5 km: a place's position with exact kilometres would give the way away."""
    import datetime as dt

    import georisk.doors
    from georisk.places import PlaceQuery

    day = dt.date(2025, 1, 15)
    door = georisk.doors.open("public", runs=place / "study" / "runs", today=day)
    table = door.list_places(PlaceQuery("assistance_points", day, corridor="west"))
    assert table["km"].tolist() == [10, 20]
    assert table["walk_h"].tolist() == [2, 4]
    assert table["access_km"].isna().all()


def test_a_list_that_is_not_public_says_so_in_its_name(place, tmp_path):
    done = call("places", "-s", place / "study", "--layer", "shelters", "--corridor", "west",
                "--format", "csv", "-o", tmp_path / "p.csv", "--audience", "restricted",
                "--purpose", "x", "--holder", "Ana")
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.iterdir()
    assert path.name.startswith("p.restricted.ana.until-")


@pytest.mark.parametrize(
    "format_", ["geojson", "geojsonseq", "gpkg", "fgb", "parquet", "csv", "xlsx"])
def test_exports_open_in_other_programs(place, tmp_path, format_):
    out = tmp_path / f"routes.{format_}"
    done = call("export", "routes", "-s", place / "study", "--format", format_, "-o", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(out)
    read = gpd.read_parquet if format_ == "parquet" else gpd.read_file
    assert len(read(out)) == 40


def test_what_is_not_public_says_so_in_its_name(place, tmp_path):
    done = call("export", "segments", "-s", place / "study", "--format", "geojson",
                "-o", tmp_path / "s.geojson", "--audience", "restricted", "--purpose", "siting",
                "--holder", "Ana P.")
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.iterdir()
    assert path.name.startswith("s.restricted.ana-p.until-")
    body = json.loads(path.read_text())
    assert body["georisk"]["holder"] == "Ana P."
    assert body["georisk"]["synthetic"] == "true"
    assert len(body["features"]) == 200
    from api.logs.audit import read_log

    assert ("export segments", "restricted", "siting") in {
        row[1:4] for row in read_log(place / "study" / "state")}


def test_lines_that_could_lead_somebody_are_restricted(place, tmp_path):
    out = tmp_path / "legs.kml"
    assert call("export", "routes", "-s", place / "study", "--format", "kml", "-o", out
                ).returncode == 2
    assert call("export", "routes", "-s", place / "study", "--format", "kml", "-o", out,
                "--audience", "restricted", "--purpose", "x").returncode == 0


def test_site_prints_json_and_writes_results_that_are_restricted(place, tmp_path):
    done = call("site", "-s", place / "study", "--service", "water", "-k", "1", "--json",
                "--purpose", "a test", "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {"sites", "objective", "bound_gap", "status"} <= set(told)
    assert told["status"] == "optimal"
    assert [row["rank"] for row in told["sites"]] == [1]
    assert (tmp_path / "restricted" / "results.json").is_file()
