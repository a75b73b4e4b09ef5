"""``georisk site`` as its user meets it."""

from __future__ import annotations

import json
import re

import grid_study
import pytest
from command import call_apart, call_here

from api.logs.audit import read_log
from georisk.siting.objectives import OBJECTIVES
from georisk.study import Study

CALL = ("--service", "water")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    grid_study.write_grid_study(folder / "study")
    return folder


@pytest.fixture(scope="module")
def study(place):
    return Study.open(place / "study")


def ask(place, *arguments):
    return call_here("site", "-s", place / "study", *CALL, *arguments)


@pytest.fixture(scope="module")
def told(place):
    done = ask(place, "-k", "2", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_people_read_a_ranked_table_with_reasons(place):
    done = call_apart("site", "-s", place / "study", *CALL, "-k", "2", COLUMNS="80",
                      GEORISK_STATE=str(place / "state"))
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert max(map(len, done.stderr.splitlines())) <= 80
    words = " ".join(done.stdout.split())
    assert "Proposed points for water · RESTRICTED · most risk-weighted uncovered km" in words
    assert "SYNTHETIC" in words
    assert re.search(r"(closes|shortens) the water gap .+? - .+?, \d+ h", words)
    for title in ("By kilometres alone", "What each further point brings", "loses",
                  "If a point cannot be had", "Would people be drawn onto a deadlier way?"):
        assert title in words, title
    notes = " ".join(done.stderr.split())
    for note in ("proven the best", "no flow data", "not known:",
                 "robbery, kidnapping and sexual violence are not measured here",
                 "places are no candidates", "a field visit decides"):
        assert note in notes, note
    assert [line[1] for line in read_log(place / "state")] == ["site"]


def test_json_is_one_document_with_everything(told):
    assert {"sites", "objective", "bound_gap", "status"} <= set(told)
    assert told["chosen_for"] == "coverage"
    assert told["status"] == "optimal"
    assert told["audience"] == "restricted"
    assert [row["rank"] for row in told["sites"]] == [1, 2]
    first = told["sites"][0]
    assert {"candidate_id", "lon", "lat", "place", "benefit", "reason", "selection_frequency",
            "gaps", "newly", "people", "evidence", "needs", "costs", "alternatives",
            "displacement", "defaults", "unknown"} <= set(first)
    assert first["people"] is None  # the grid counts nobody
    assert first["costs"]["declared"]
    assert told["curve"]["k"][:2] == [1, 2]
    assert told["curve"]["benefit"][1] == pytest.approx(told["objective"])
    assert {"candidate_id", "reason"} <= set(told["excluded"][0])
    assert told["spent"] == sum(row["costs"]["total"] for row in told["sites"])


def test_a_forbidden_point_is_gone_and_a_required_one_is_there(place, told):
    first, second = (row["candidate_id"] for row in told["sites"])
    done = json.loads(ask(place, "-k", "2", "--forbid", first, "--json").stdout)
    assert first not in {row["candidate_id"] for row in done["sites"]}
    assert done["objective"] <= told["objective"]
    some = told["sites"][0]["alternatives"][-1]["candidate_id"]
    done = json.loads(ask(place, "-k", "1", "--require", some, "--json").stdout)
    assert [row["candidate_id"] for row in done["sites"]] == [some]
    done = ask(place, "-k", "2", "--require", second, "--forbid", second)
    assert done.returncode == 2
    assert "both required and forbidden" in done.stderr


def test_a_budget_buys_as_many_as_it_pays_for(place):
    done = ask(place, "--budget", "500000", "--json")
    told = json.loads(done.stdout)
    assert told["budget"] == 500000.0
    assert 0 < told["spent"] <= 500000.0
    assert told["k"] is None
    assert "1000 points" not in done.stdout + done.stderr
    done = ask(place, "--budget", "10")
    assert done.returncode == 2
    assert re.search(r"buys no candidate; the cheapest costs", done.stderr)


def test_every_objective_side_by_side(place):
    done = ask(place, "-k", "2", "--objective", "all", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told["objectives"]) | set(told["refused"]) == set(OBJECTIVES)
    assert "no place" in told["refused"]["capacity"] or "flow" in told["refused"]["capacity"]
    assert told["overlap"]["coverage"]["coverage"] == 1.0
    assert {"site", "wanted_by"} <= set(told["common"][0])
    done = ask(place, "-k", "2", "--objective", "all")
    assert "no answer:" in done.stdout
    assert "Points that several objectives want" in done.stdout


def test_for_whom_and_when_may_be_asked(place):
    done = ask(place, "-k", "1", "--profile", "family", "--month", "year", "--json")
    told = json.loads(done.stdout)
    assert (told["profile"], told["month"]) == ("family", None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["-k", "0"], "-k 0: give 1 or more"),
     (["-k", "900"], r"there are \d+ candidates"), (["-k", "9000"], "-k 9000: give 1 to 1,000"),
     (["--objective", "coverge"], "did you mean coverage\\? there are coverage, length"),
     (["--method", "exactly"], "did you mean exact"),
     (["--service", "watr"], "no service named watr: did you mean water"),
     (["--service", ""], "service"),
     (["--profile", "famly"], "did you mean family"),
     (["--month", "13"], "--month '13': give 1 to 12 or year"),
     (["--budget", "-3"], "budget"),
     (["--budget", "nan"], "budget"),
     (["--forbid", "r0c9"], "--forbid 'r0c9': no such candidate: did you mean r0c"),
     (["--require", "zzzzzz"], "--require 'zzzzzz': no such candidate: give a waypoint id"),
     (["--worlds", "-1"], "--worlds -1: give 0 to 200"),
     (["--years", "1e5,many"], "give dollars by year"),
     (["--allow", "r0c0"], "give the reason with --because"),
     (["-o", "out"], "-o writes restricted files, which needs --purpose"),
     (["--for", "everybody"], "--for 'everybody': there are internal, authority"),
     (["--format", "docx"], "--format 'docx': there are html, pdf"),
     (["--for", "authority"], "say where with -o"),
     (["--lang", "de"], "no language 'de'"),
     (["--objective", "all", "-o", "out", "--purpose", "x"], "name it")])
def test_a_bad_call_says_what_to_do(place, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    done = ask(place, *arguments)
    assert done.returncode == 2, done.stderr
    assert re.search(message, done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_money_by_year_and_other_parameters(place):
    done = ask(place, "-k", "2", "--years", "400000,100000,100000", "--worlds", "2", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["plan"]["money"] == [400000.0, 100000.0, 100000.0]
    assert told["trust"]["worlds"] == 2
    assert told["sites"][0]["selection"]["worlds"] == 2
    done = ask(place, "-k", "2", "--years", "400000,100000,100000", "--worlds", "2")
    assert "Year by year, USD" in done.stdout
    assert "what a choice loses to the best" in done.stdout


def test_a_security_override_needs_a_reason_and_is_kept(place, tmp_path, told, monkeypatch):
    monkeypatch.setenv("GEORISK_STATE", str(tmp_path / "state"))
    some = told["sites"][0]["candidate_id"]
    done = ask(place, "-k", "1", "--allow", some, "--because", "the parish guards it", "--json")
    assert json.loads(done.stdout)["overridden"] == {
        "candidates": [some], "because": "the parish guards it"}
    assert "the parish guards it" in str(read_log(tmp_path / "state"))
