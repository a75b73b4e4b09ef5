"""``georisk surge`` as its user meets it."""

from __future__ import annotations

import json

import grid_study
import pytest
from command import call_apart, call_here

from api.cli import main
from api.logs.audit import read_log

CALL = ("--people", "300", "--from", "r0c0", "--start", "2024-04-01")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("surge")
    grid_study.write_grid_study(folder / "study")
    return folder


def test_people_read_what_happens_what_is_short_and_what_to_do(place):
    done = call_apart("surge", "-s", place / "study", *CALL, "-o", place / "out", "--purpose",
                      "beds for the night", COLUMNS="80",
                      GEORISK_STATE=str(place / "state"))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("RESTRICTED · SYNTHETIC")
    assert lines[1].startswith("300 people arrive in r0c0 on Mon 2024-04-01, sleep there 1")
    words = " ".join(done.stdout.split())
    assert "split equally over stairs, west" in words
    assert "no place on the way states its beds: every bed is unverified" in words
    assert "heat is not known" in words
    assert "robbery, kidnapping and sexual violence are not measured here" in words
    assert "no map" in done.stderr
    assert [line[1] for line in read_log(place / "state")] == ["surge"]
    [path] = (place / "out/restricted").glob("surge.restricted.holder-not-named.until-*.json")
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["audience"] == "restricted"
    assert told["expires"] in path.name


def test_json_is_one_document(place):
    done = call_here("surge", "-s", place / "study", "--json", *CALL, "--profile", "family",
                     "--days", "4", "--corridor", "west", "--to", "r4c0")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told) >= {"days", "needs", "measures"}
    assert told["mix"] == {"family": 1.0}
    assert [row["date"] for row in told["days"]] == [f"2024-04-0{n}" for n in range(1, 5)]
    # 20 km: a day and a little on foot for a family; then all have arrived.
    assert sum(day["arrived"] for day in told["days"]) == 300
    assert told["days"][-1]["on_the_way"] == 0


def test_partners_get_totals_of_nights_past_alone(place):
    done = call_here("surge", "-s", place / "study", *CALL, "--profile", "injured",
                     "--audience", "partner", "--purpose", "a partner's plan", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["audience"] == "partner"
    assert "2024" not in done.stdout
    assert all(row["person_nights"] % 100 == 0 for row in told["divisions"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--people", "0"], "--people 0: give 1 to"), (["--people", "4,5"], "as 4,000"),
     (["--from", "r0"], "could be: r0c0, r0c1"), (["--from", "r9c9"], "nearest in spelling"),
     (["--start", "soon"], "give a day as YYYY-MM-DD"), (["--start", "2091-01-01"], "days after"),
     (["--profile", "giant"], "no profile named 'giant'"),
     (["--profile", "family", "--mix", "family=1"], "not both"),
     (["--nights", "8"], "--nights 8: give 0 to 7"), (["--to", "r9c9"], "--to 'r9c9': no town"),
     (["--corridor", "bend"], "does not pass r0c0"),
     (["--audience", "public"], "a surge is for restricted and partner"),
     (["--audience", "partner"], "needs --purpose"),
     (["-o", "out"], "-o writes restricted files, which needs --purpose"),
     (["--audience", "partner", "--purpose", "x", "-o", "out"], "-o writes restricted results"),
     (["--audience", "partner", "--purpose", "x", "--start", "TOMORROW"],
      "partners get no day ahead"),
     (["--lang", "xx"], "no language")],
)
def test_a_wrong_call_is_refused(place, arguments, message, capsys):
    import datetime as dt

    ahead = (dt.datetime.now(tz=dt.UTC).date() + dt.timedelta(days=1)).isoformat()
    call = [*CALL, "--profile", "family"] if "--mix" not in arguments else list(CALL)
    given = [ahead if part == "TOMORROW" else part for part in arguments]
    with pytest.raises(SystemExit) as refusal:
        main(["surge", "-s", str(place / "study"), *call, *given])
    assert refusal.value.code == 2
    assert message in " ".join(capsys.readouterr().err.split())
