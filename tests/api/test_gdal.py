"""A real client on a real server: GDAL over loopback."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from http_doubles import TODAY, make_door

from api.app import create_app
from api.settings import Settings

if shutil.which("ogrinfo") is None and os.environ.get("GEORISK_REQUIRE") != "all":
    pytest.skip("ogrinfo (gdal-bin) is not installed", allow_module_level=True)


@contextmanager
def serve(door):
    app = create_app(
        Settings(runs=Path("nowhere"), audience=door.audience),
        open_door=lambda _audience, _day: door,
        read_day=lambda: TODAY,
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config = uvicorn.Config(app, log_level="warning", access_log=False, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_until_started(server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(timeout=20)


def wait_until_started(server):
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.02)


def read_with_gdal(*arguments):
    return subprocess.run(
        ["ogrinfo", "-ro", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def count_features(answer):
    return int(re.search(r"Feature Count: (\d+)", answer.stdout)[1])


def test_gdal_reads_segments():
    with serve(make_door("restricted")) as url:
        answer = read_with_gdal("-al", "-so", f"{url}/collections/segments/items?f=json")
    assert answer.returncode == 0, answer.stderr
    assert count_features(answer) == 5
    assert "Geometry: Line String" in answer.stdout
    assert "risk_score: Real" in answer.stdout


def test_gdal_follows_pages():
    door = make_door("restricted")
    with serve(door) as url:
        whole = read_with_gdal("-al", "-so", f"OAPIF:{url}", "places", "-oo", "PAGE_SIZE=60")
        listed = read_with_gdal(
            "-q", f"OAPIF:{url}", "places", "-oo", "PAGE_SIZE=60", "-geom=NO"
        )
    assert whole.returncode == 0, whole.stderr
    assert count_features(whole) == 250
    names = re.findall(r"name \(String\) = (Place \d+)\n", listed.stdout)
    assert len(names) == len(set(names)) == 250


def test_the_public_server_has_no_segments():
    with serve(make_door("public")) as url:
        answer = read_with_gdal("-al", "-so", f"{url}/collections/segments/items?f=json")
        shown = read_with_gdal(f"OAPIF:{url}")
    assert answer.returncode != 0
    assert "Feature Count" not in answer.stdout
    assert "places" in shown.stdout
    assert "segments" not in shown.stdout
