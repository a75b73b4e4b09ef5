"""Siting as a job, on the grid study: worked out, seen by the asker alone, limited, cancelled."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time

import pytest
from http_doubles import TestClient
from surroundings import ROOT

from api.app import create_app
from api.jobs import worker
from api.jobs.board import MOST_UNDER_WAY, SERVER_STOPPED, Board, Job
from api.jobs.question import describe_question, read_question
from api.jobs.worker import Crew
from api.keys.holders import Holder
from api.keys.key import make_key
from api.keys.ring import read_utc_day
from api.keys.store import add_key
from api.settings import Settings
from georisk.places import list_services
from georisk.siting.objectives import OBJECTIVES

REAL_POPEN = subprocess.Popen
ME = Holder("restricted", "somebody", "")
QUESTION = {"services": ["water"], "k": 2, "limit_s": 120}


@pytest.fixture(scope="module")
def served(published_grid, tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    settings = Settings(runs=published_grid / "runs", audience="restricted", state=state,
                        study=published_grid)
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        yield client, state


def run_instead(script):
    return lambda _command, **options: REAL_POPEN(["/bin/sh", "-c", script], **options)


def wait(client, job, until=("done", "failed", "cancelled")):
    for _ in range(600):
        told = client.get(f"/sites/{job}").json()
        if told["state"] in until:
            return told
        time.sleep(0.2)
    pytest.fail("the job did not end")
    return None


def test_a_job_becomes_a_collection(served):
    client, _ = served
    asked = client.post("/sites", json=QUESTION)
    assert asked.status_code == 202
    job = asked.json()["id"]
    assert asked.headers["location"] == f"/sites/{job}"
    assert client.get(f"/collections/{job}/items").status_code in {200, 404}
    told = wait(client, job)
    assert (told["state"], told["message"]) == ("done", "")
    page = client.get(f"/collections/{job}/items").json()
    assert page["numberMatched"] == 2
    assert {feature["properties"]["rank"] for feature in page["features"]} == {1, 2}
    collection = client.get(f"/collections/{job}").json()
    assert collection["id"] == job
    assert job not in {it["id"] for it in client.get("/collections").json()["collections"]}
    # The layer behind it is one of the run as well: nothing leads there.
    for path in ("tiles", "tiles/WebMercatorQuad", "items?f=html"):
        told = client.get(f"/collections/{job}/{path}").text
        assert f"/collections/{job}" in told
        assert "/collections/proposed_sites" not in told


def test_nobody_else_sees_it(served):
    client, state = served
    own = Job("sites-" + "ab" * 8, "somebody", {}, "done", "2999-01-01T00:00:00+00:00", 1, "r")
    (state / "jobs" / own.id).mkdir(parents=True)
    Board(state).keep(own)
    for path in (f"/sites/{own.id}", f"/collections/{own.id}", f"/collections/{own.id}/items"):
        assert client.get(path).status_code == 404
    assert client.delete(f"/sites/{own.id}").status_code == 404
    assert Board(state).read(own.id).state == "done"


def test_cancelled_and_limited(served):
    client, state = served
    jobs = [client.post("/sites", json=QUESTION).json()["id"] for _ in range(MOST_UNDER_WAY)]
    full = client.post("/sites", json=QUESTION)
    assert full.status_code == 429
    assert int(full.headers["retry-after"]) > 0
    for job in jobs:
        assert client.delete(f"/sites/{job}").json()["state"] == "cancelled"
        assert client.get(f"/collections/{job}").status_code == 404
    short = client.post("/sites", json={**QUESTION, "limit_s": 1}).json()["id"]
    told = wait(client, short)
    assert told["state"] == "failed"
    assert "1 s" in told["message"]
    assert not any(job.state == "running" for job in Board(state)._list())


def test_what_the_command_refuses_is_told(served):
    client, _ = served
    job = client.post("/sites", json={**QUESTION, "require": ["nothing-here"]}).json()["id"]
    told = wait(client, job)
    assert told["state"] == "failed"
    assert "nothing-here" in told["message"]


@pytest.mark.parametrize("body", [
    b"", b"[]", b"{}", b"not json", b'{"services":[]}', b'{"services":["water"],"k":0}',
    b'{"services":["water"],"note":"x"}', b'{"services":["--out=/x"]}',
    b'{"services":["water"],"profile":"-x"}', b'{"services":["water"],"limit_s":1e9}',
    b'{"services":["a; rm -rf /"]}', b'{"services":["beer"]}',
    b'{"services":["water"],"profile":"nobody"}', b'{"services":"water"}',
    b'{"services":["water"],"k":true}',
])
def test_no_question(served, body):
    client, state = served
    before = sorted(state.glob("jobs/*"))
    answer = client.post("/sites", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert sorted(state.glob("jobs/*")) == before


def test_options_are_words_of_a_closed_form():
    body = b'{"services":["water","food"],"budget_usd":1e5,"month":6,"forbid":["c-1"]}'
    options = list(read_question(body).list_options())
    assert options == ["--service", "water,food", "--objective", "coverage", "--method", "auto",
                       "--budget", "100000.0", "--month", "6", "--forbid", "c-1"]


@pytest.mark.parametrize("service", list_services())
def test_every_service_and_objective_of_the_command_may_be_asked_for(service):
    body = json.dumps({"services": [service], "k": 1}).encode()
    assert read_question(body).services == [service]
    known = describe_question()["properties"]["objective"]["enum"]
    assert known == list(OBJECTIVES)


def test_a_server_without_a_study_works_on_none(published_grid):
    settings = Settings(runs=published_grid / "runs", audience="restricted")
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        assert client.post("/sites", json=QUESTION).status_code == 404


def test_the_public_is_not_told_that_there_is_such_an_address(published_grid, tmp_path):
    settings = Settings(runs=published_grid / "runs", state=tmp_path, study=published_grid)
    with TestClient(create_app(settings)) as client:
        assert client.post("/sites", json=QUESTION).status_code == 404


def test_a_job_that_the_system_ends_is_no_longer_under_way(served, monkeypatch, caplog):
    client, _ = served
    monkeypatch.setattr(worker.subprocess, "Popen", run_instead("kill -9 $$"))
    job = client.post("/sites", json=QUESTION).json()["id"]
    told = wait(client, job)
    assert (told["state"], told["message"][:9]) == ("failed", "Our fault")
    assert "code -9" in caplog.text


def test_what_a_job_says_is_read_whatever_it_is(served, monkeypatch):
    client, _ = served
    script = r"printf 'georisk: a\377b' >&2; exit 2"
    monkeypatch.setattr(worker.subprocess, "Popen", run_instead(script))
    told = wait(client, client.post("/sites", json=QUESTION).json()["id"])
    assert (told["state"], told["message"]) == ("failed", "a\ufffdb")


def test_a_job_that_cannot_be_begun_keeps_nobody_else_from_asking(served, monkeypatch):
    client, state = served

    def refuse(*_args, **_options):
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(worker.subprocess, "Popen", refuse)
    for _ in range(MOST_UNDER_WAY + 1):
        assert client.post("/sites", json=QUESTION).status_code == 503
    assert not any(job.state == "running" for job in Board(state)._list())


@pytest.mark.parametrize(("given_s", "asked_s"), [(7, 240), (240, 7)])
def test_a_job_limits_itself_and_a_lower_limit_of_the_system_is_no_fault(given_s, asked_s):
    script = ("import resource, sys; from api.jobs.child import limit_process; "
              f"resource.setrlimit(resource.RLIMIT_CPU, ({given_s}, {given_s})); "
              f"limit_process({asked_s}); print(resource.getrlimit(resource.RLIMIT_CPU))")
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True,
                          text=True, check=True)
    assert told.stdout.strip() == "(7, 7)"


def test_nothing_of_ours_runs_between_the_fork_and_the_command(tmp_path, monkeypatch):
    # A lock that another thread of the server holds just then would never be let go there.
    begun = []

    def begin(command, **options):
        begun.append((command, options))
        return REAL_POPEN(["/bin/true"], **options)

    monkeypatch.setattr(worker.subprocess, "Popen", begin)
    board, crew = Board(tmp_path), Crew()
    job = board.add({}, holder=ME, limit_s=60, run_id="r")
    crew.start(board, job, [], study=tmp_path, runs=tmp_path)
    crew.stop()
    ((command, options),) = begun
    assert command[1:5] == ["-m", "api.jobs.child", "120", "site"]
    assert "preexec_fn" not in options


def test_where_to_look_says_what_a_proxy_puts_before_it(published_grid, tmp_path, monkeypatch):
    monkeypatch.setattr(Crew, "start", lambda *_a, **_k: None)
    key = make_key(audience="restricted", holder="Casa X", created=read_utc_day())
    settings = Settings(runs=published_grid / "runs", state=tmp_path, study=published_grid,
                        public_url="https://example.org/maps/")
    headers = {"X-API-Key": add_key(tmp_path, key)}
    with TestClient(create_app(settings)) as client:
        asked = client.post("/sites", json=QUESTION, headers=headers)
    assert asked.headers["location"] == f"/maps/sites/{asked.json()['id']}"


def test_a_job_that_is_just_added_is_not_swept(tmp_path):
    board = Board(tmp_path)
    board.sweep()
    assert not (tmp_path / "jobs").exists()
    (tmp_path / "jobs" / "sites-ab").mkdir(parents=True)
    sweeper = threading.Thread(target=Board(tmp_path).sweep)
    with board._hold():
        sweeper.start()
        time.sleep(0.1)
        assert (tmp_path / "jobs" / "sites-ab").is_dir()
    sweeper.join()
    assert not (tmp_path / "jobs" / "sites-ab").exists()


def test_a_server_that_stops_takes_its_jobs_along(published_grid, tmp_path, monkeypatch):
    begun = []

    def begin(_command, **options):
        begun.append(REAL_POPEN(["/bin/sleep", "600"], **options))
        return begun[0]

    monkeypatch.setattr(worker.subprocess, "Popen", begin)
    settings = Settings(runs=published_grid / "runs", audience="restricted", state=tmp_path,
                        study=published_grid)
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        job = client.post("/sites", json=QUESTION).json()["id"]
        assert client.get(f"/sites/{job}").json()["state"] == "running"
    try:
        told = Board(tmp_path).read(job)
        assert (told.state, told.message) == ("failed", SERVER_STOPPED)
        assert told.ended
        assert begun[0].returncode == -9
    finally:
        begun[0].kill()


def test_a_job_ends_once_whoever_else_ends_it_at_the_same_time(tmp_path, monkeypatch):
    board, keep, others = Board(tmp_path), Board.keep, []
    job = board.add({}, holder=ME, limit_s=60, run_id="r")
    canceller = threading.Thread(target=lambda: others.append(board.end(job.id, "cancelled")))

    def keep_late(self, ended):
        if ended.state == "done":
            canceller.start()
            canceller.join(0.5)  # it has to wait for us; without a lock it would end here
        keep(self, ended)

    monkeypatch.setattr(Board, "keep", keep_late)
    ended = board.end(job.id, "done")
    canceller.join(60)
    assert [it.state for it in (ended, *others, board.read(job.id))] == ["done"] * 3


def test_jobs_that_were_erased_cannot_be_ended(tmp_path):
    board = Board(tmp_path)
    job = board.add({}, holder=ME, limit_s=60, run_id="r")
    board.clear()
    assert board.end(job.id, "done") is None
