from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from api import serve
from api.serve import HANDOVER
from api.settings import Settings, check_reach
from layers.errors import CallError, NoSnapshotError

RUNS = Path("runs")


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.5", "example.org", "::", "", "127.0.0.1.x"])
@pytest.mark.parametrize("audience", ["partner", "restricted"])
def test_more_than_public_is_refused_beyond_this_machine(host, audience, monkeypatch):
    monkeypatch.setattr(serve.uvicorn, "run", lambda *_a, **_k: pytest.fail("served"))
    with pytest.raises(CallError, match="this machine only"):
        serve.run_server(Settings(runs=RUNS, audience=audience, host=host))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"])
def test_loopback_is_allowed(host):
    check_reach(Settings(runs=RUNS, audience="restricted", host=host))


def test_public_may_be_served_anywhere():
    check_reach(Settings(runs=RUNS, host="0.0.0.0"))


@pytest.mark.parametrize("choice", [{"audience": "sealed"}, {"port": 70000}, {"workers": 0}])
def test_impossible_choices(choice):
    with pytest.raises(CallError):
        Settings(runs=RUNS, **choice)


def test_nothing_is_served_before_there_is_a_snapshot(tmp_path, monkeypatch):
    monkeypatch.setattr(serve.uvicorn, "run", lambda *_a, **_k: pytest.fail("served"))
    with pytest.raises(NoSnapshotError):
        serve.run_server(Settings(runs=tmp_path))


def test_workers_learn_what_to_serve(monkeypatch):
    settings = Settings(runs=RUNS, audience="restricted", workers=2, port=0)
    assert Settings.from_dict(settings.as_dict()) == settings
    seen = {}

    class Minder:
        processes = ()

        def __init__(self, config, sockets):
            seen.update(vars(config))
            sockets[0].close()

        def run(self):
            seen.update(json.loads(os.environ[HANDOVER]))

    monkeypatch.setattr(serve.doors, "open", lambda *_a, **_k: None)
    monkeypatch.setattr(serve, "Minder", Minder)
    serve.run_server(settings)
    assert (seen["app"], seen["audience"]) == ("api.serve:create_worker", "restricted")
    assert seen["access_log"] is False
    assert HANDOVER not in os.environ
