"""`georisk init`, `import`, `duplicates` and `forget` as an office calls them."""

from __future__ import annotations

import csv
import json

import grid_study
import pytest
from command import call_apart
from command import call_here as call
from surroundings import EMBEDDED, ROOT

HEADER = ["incident_id", "date", "class", "dead", "n_victims", "lon", "lat", "source", "synthetic"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    grid_study.write_grid_study(tmp_path / "study")
    return tmp_path / "study"


def write_incidents(path, *rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEADER, restval="")
        writer.writeheader()
        for number, row in enumerate(rows, 1):
            writer.writerow({"incident_id": f"x-{number}", "date": "2024-05-01", "class": "wat",
                             "dead": "1", "n_victims": "1", "lon": "-89.95", "lat": "14.05",
                             "source": "example", "synthetic": "yes", **row})
    return path


def test_an_import_prints_one_document_whose_sums_hold(folder, tmp_path):
    path = write_incidents(tmp_path / "a.csv", {}, {}, {}, {}, {}, {"dead": "dos"})
    done = call("import", path, "--layer", "incidents", "-s", folder, "--json")
    assert done.returncode == 0, done.stderr
    entry = json.loads(done.stdout)["layers"]["incidents"]
    assert (entry["read"], entry["accepted"], entry["quarantined"]) == (6, 5, 1)
    assert set(entry["faults"][0]) >= {
        "source", "row", "id", "column", "value", "reason", "suggestion"}
    assert entry["faults"][0]["row"] == 7
    assert entry["changes"]["added"] == 5


def test_a_suggestion_is_put_in_only_where_it_was_asked_for(folder, tmp_path):
    rows = [{} for _ in range(6)]
    path = write_incidents(tmp_path / "a.csv", *rows, {"dead": "3 personas", "n_victims": "3"})
    plain = call("import", path, "--layer", "incidents", "-s", folder, "--dry-run", "--json")
    assert json.loads(plain.stdout)["layers"]["incidents"]["quarantined"] == 1
    done = call("import", path, "--layer", "incidents", "-s", folder, "--accept-suggestions",
                "--json")
    entry = json.loads(done.stdout)["layers"]["incidents"]
    assert (entry["accepted"], entry["quarantined"]) == (7, 0)
    assert [fault["column"] for fault in entry["applied"]] == ["dead"]
    about = json.loads((folder / "register" / "incidents" / "0001.json").read_text("utf-8"))
    assert about["suggestions_applied"][0]["fix"] == [["dead", "3"]]


def test_a_dry_run_says_so_and_changes_nothing(folder, tmp_path):
    path = write_incidents(tmp_path / "a.csv", {})
    done = call("import", path, "--layer", "incidents", "-s", folder, "--dry-run")
    assert done.returncode == 0
    assert "nothing was changed" in done.stderr
    assert not (folder / "register").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "none.csv", "--layer", "incidents"], "file not found"),
        (["import", "README.md", "--layer", "shelters"], "README.md"),
        (["import", "README.md", "--layer", "nothing"], "no layer named"),
        (["import", "README.md", "--layer", "segments"], "segments"),
        (["import", "README.md", "--layer", "hazard_rain"], "not imported"),
        (["import", "README.md", "--layer", "incidents", "--adapter", "magic"], "no adapter"),
        (["forget", "x-1", "--layer", "incidents"], "import"),
        (["duplicates", "--layer", "routes"], "incidents and places"),
        (["duplicates", "--layer", "incidents", "--apply", "none.csv"], "no such file"),
    ],
)
def test_a_wrong_call_is_told_in_a_line_and_exits_2(folder, arguments, message):
    done = call(*arguments, "-s", folder)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_the_embedded_study_cannot_be_imported_into(tmp_path):
    path = write_incidents(tmp_path / "a.csv", {})
    done = call("import", path, "--layer", "incidents", "-s", EMBEDDED)
    assert done.returncode == 2
    assert "georisk init" in done.stderr


def test_pairs_are_written_decided_and_gone(folder, tmp_path):
    first = write_incidents(tmp_path / "a.csv", {"incident_id": "a-1", "source": "Radio X",
                                                 "dead": "7", "n_victims": "7"})
    second = write_incidents(tmp_path / "b.csv", {"incident_id": "b-1", "source": "Radio X",
                                                  "dead": "7", "n_victims": "7", "lat": "14.051"})
    for path, owner in ((first, "one"), (second, "two")):
        assert call_apart("import", path, "--layer", "incidents", "-s", folder, "--owner",
                    owner).returncode == 0
    table = tmp_path / "pairs.csv"
    assert call("duplicates", "--layer", "incidents", "-s", folder, "-o", table).returncode == 0
    assert table.stat().st_mode & 0o077 == 0
    with table.open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    mine = [line for line in lines if (line["id_a"], line["id_b"]) == ("a-1", "b-1")]
    assert len(mine) == 1
    mine[0]["decision"] = "same"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(mine)
    # Every other process: what one call left, the next finds on the disk.
    done = call_apart("duplicates", "--layer", "incidents", "-s", folder, "--apply", table,
                      "--json")
    assert done.returncode == 0, done.stderr
    left = json.loads(done.stdout)
    assert not [line for line in left if line["id_a"] == "a-1" and line["id_b"] == "b-1"]
    erased = call("forget", "b-1", "--layer", "incidents", "-s", folder, "--json")
    assert json.loads(erased.stdout)["rows"] == 1


def test_a_new_study_takes_imports_and_says_what_is_missing(tmp_path):
    folder = tmp_path / "mine"
    assert call("init", folder).returncode == 0
    path = write_incidents(tmp_path / "a.csv", {})
    assert call("import", path, "--layer", "incidents", "-s", folder).returncode == 0
    done = call("check", "-s", folder)
    assert done.returncode == 2
    assert "routes" in done.stdout
    assert call("init", folder).returncode == 2


def test_a_sheet_that_is_older_than_an_import_is_not_given_out_for_editing(folder, tmp_path):
    assert call("run", "-s", folder, "--quiet").returncode == 0
    rows = tmp_path / "s.csv"
    rows.write_text("place_id,name,country,services,lon,lat,synthetic\n"
                    "gt-new-1,EXAMPLE - New,GT,shelter,-89.95,14.05,yes\n", encoding="utf-8")
    assert call("import", rows, "--layer", "shelters", "-s", folder).returncode == 0
    export = ["export", "shelters", "--format", "xlsx", "--audience", "restricted", "--purpose",
              "a test", "-s", folder, "-o", tmp_path / "out" / "s.xlsx"]
    done = call(*export)
    assert done.returncode == 2
    assert "georisk run" in done.stderr
    assert call("run", "-s", folder, "--quiet").returncode == 0
    assert call(*export).returncode == 0
