"""Mixed load while runs are published: no error, flat memory, each answer from one run."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest
from command import call_apart
from load_mix import FORMS, MARKS, TILES, list_targets
from load_study import ROWS, Press, read_editions, write_study
from surroundings import ROOT, require_tool

from api.keys.key import MOST_RATE_PER_MINUTE

WORKERS, KEYS, EVERY_S = 2, 4, 4.0


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = write_study(tmp_path_factory.mktemp("load") / "study")
    made = call_apart("run", "--quiet", "-s", folder)
    assert made.returncode == 0, made.stderr
    return folder


def make_key(study):
    made = call_apart("key", "create", "--audience", "restricted", "--holder", "load",
                      "--rate", MOST_RATE_PER_MINUTE, "-s", study, "--quiet")
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


@contextmanager
def serve(study):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (study / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve", "-s", str(study), "--port", str(port),
             "--workers", str(WORKERS), "--quiet"],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=log, stderr=log)
        try:
            wait_until_ready(port, process)
            yield process, port
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) in {0, -signal.SIGTERM}


def wait_until_ready(port, process):
    deadline = time.monotonic() + 120
    while True:
        try:
            if ask(port, "/readyz")[0] == 200:
                return
        except OSError:
            pass
        assert process.poll() is None, "the server stopped"
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.2)


def ask(port, path, **headers):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        line.close()


class Watcher(threading.Thread):
    """Repeats some work until it is told to stop; keeps what went wrong."""

    def __init__(self, work, *, pause_s=0.0):
        super().__init__(daemon=True)
        self.work, self.pause_s = work, pause_s
        self.stopped = threading.Event()
        self.fault = None
        self.turns = 0

    def run(self):
        while not self.stopped.is_set() and self.fault is None:
            try:
                self.work()
                self.turns += 1
            except BaseException as error:  # noqa: BLE001 - told where the test can see it
                self.fault = error
            self.stopped.wait(self.pause_s)

    def finish(self):
        self.stopped.set()
        self.join(90)
        assert not self.is_alive(), "a watcher hangs"
        if self.fault is not None:
            raise self.fault
        assert self.turns > 1


class Reader:
    """Checks that every answer, and every row of all pages together, is of one run."""

    def __init__(self, port, press):
        self.port, self.press = port, press
        self.etags = {}
        self.stopped = threading.Event()
        self.gone = self.whole = self.checked = 0

    def read_all(self):
        self.read_pages()
        forms = [(form, f"{MARKS}?f={form}&limit=1500") for form in FORMS]
        forms += [("mvt", f"/collections/marks/tiles/{TILES[1]}.mvt"),
                  ("geojson", f"{MARKS}?filter=share%20%3C%200.5&limit=1000"),
                  ("geojson", f"{MARKS}?bbox=-90,14,-89.8,14.2&limit=1000")]
        for form, path in forms:
            status, headers, body = ask(self.port, path)
            assert status == 200, (path, status)
            self.check(path, headers, body, form)
            self.ask_again(path, headers["etag"])

    def check(self, path, headers, body, form):
        """All rows are of one edition, and an ETag names one edition only, and one always."""
        editions = read_editions(body, form)
        assert len(editions) == 1, (path, editions)
        (edition,) = editions
        first = self.etags.setdefault((path, headers["etag"]), edition)
        assert first == edition, f"one ETag of editions {first} and {edition}: {path}"
        self.checked += 1
        return edition

    def ask_again(self, path, etag):
        """Whoever holds the answer of the current run is told so, and nothing else."""
        status, headers, body = ask(self.port, path, **{"If-None-Match": etag})
        assert status in {200, 304}, status
        assert (status == 304) == (headers["etag"] == etag)
        assert status == 200 or not body

    def read_late(self):
        """Who comes back when his run is neither the current one nor the one before is told so."""
        link = self.follow(json.loads(ask(self.port, f"{MARKS}?limit=500")[2]))
        edition = len(self.press.editions)
        while len(self.press.editions) < edition + 3 and not self.stopped.is_set():
            time.sleep(0.2)
        if not self.stopped.is_set():
            time.sleep(2.5)  # each worker looks for a new run once a second
            status, _, body = ask(self.port, link)
            assert (status, json.loads(body)["status"]) == (410, 410)
            self.gone += 1

    def follow(self, page):
        """Path and query of the next page; empty on the last one."""
        links = {link["rel"]: link["href"] for link in page["links"]}
        return links.get("next", "").partition(str(self.port))[2]

    def read_pages(self):
        """Page after page, slowly enough for runs to be published in between."""
        path, first, ids = f"{MARKS}?limit=500", None, []
        while path:
            status, headers, body = ask(self.port, path)
            if status == 410:
                assert first is not None
                self.gone += 1
                return
            assert status == 200, (path, status)
            page = json.loads(body)
            edition = self.check(path, headers, body, "geojson")
            first = edition if first is None else first
            assert edition == first, "a page of another run"
            assert page["numberMatched"] == ROWS
            ids += [feature["id"] for feature in page["features"]]
            path = self.follow(page)
            time.sleep(0.3)
        assert ids == sorted(set(ids))
        assert len(ids) == ROWS
        self.whole += 1


def list_workers(pid):
    """Children of the server that hold its data."""
    tree = [pid]
    for one in tree:
        for task in Path(f"/proc/{one}/task").iterdir():
            tree += [int(child) for child in (task / "children").read_text().split()]
    held = {one: read_rss_mb(one) for one in tree}
    return sorted(sorted(held, key=held.get)[-WORKERS:])


def read_rss_mb(pid):
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def run_wrk(wrk, port, targets, seconds):
    """Figures that `mixed.lua` prints: word -> name -> number."""
    lua = Path(__file__).with_name("mixed.lua")
    done = subprocess.run(
        [wrk, "-t4", "-c4", f"-d{seconds}s", "--timeout", "30s", "-s", lua,
         f"http://127.0.0.1:{port}", "--", targets],
        capture_output=True, text=True, timeout=seconds + 120, check=False)
    assert done.returncode == 0, done.stderr
    told = {"error": {}, "requests": {}, "ms": {}, "answered": {}, "strange": {}}
    for line in done.stdout.splitlines():
        word, _, rest = line.partition("\t")
        if word in told:
            number, _, name = rest.partition("\t")
            told[word][name] = float(number)
    return told


def check_memory(samples, growth):
    """Each worker holds hardly more in the last third than in the second."""
    third = len(samples) // 3
    for worker in range(WORKERS):
        held = [sample[worker] for sample in samples]
        second, last = median(held[third : 2 * third]), median(held[2 * third :])
        assert last <= second * growth, f"memory grows from {second:.0f} to {last:.0f} MB"


def tell_figures(told, press, reader, samples):
    times = ", ".join(f"{name} {ms:.1f} ms" for name, ms in sorted(told["ms"].items()))
    held = ", ".join(f"{first:.0f} to {last:.0f} MB"
                     for first, last in zip(samples[0], samples[-1], strict=True))
    return (f"\nload: {told['requests']['all']:,.0f} answers ({times}), {len(press.editions)} "
            f"runs; {reader.checked} answers checked row by row, {reader.whole} whole walks, "
            f"{reader.gone} told that their run is gone; workers {held}\n")


# In a minute a worker may meet the last of the kinds of questions late.
@pytest.mark.alone
@pytest.mark.parametrize(("seconds", "growth"), [
    pytest.param(60, 1.1, id="a minute"),
    pytest.param(1800, 1.05, id="half an hour", marks=pytest.mark.campaign),
])
def test_load(study, tmp_path, capsys, seconds, growth):
    wrk = require_tool("wrk")
    targets = tmp_path / "targets.txt"
    targets.write_text(list_targets([make_key(study) for _ in range(KEYS)]), encoding="utf-8")
    press = Press(study / "runs")
    with serve(study) as (process, port):
        run_wrk(wrk, port, targets, 10)  # what is made once is made: only growth is looked for
        workers, samples = list_workers(process.pid), []
        reader = Reader(port, press)
        watchers = [
            Watcher(press.publish, pause_s=EVERY_S),
            Watcher(reader.read_all), Watcher(reader.read_late),
            Watcher(lambda: samples.append([read_rss_mb(pid) for pid in workers]), pause_s=0.5),
        ]
        for watcher in watchers:
            watcher.start()
        told = run_wrk(wrk, port, targets, seconds)
        reader.stopped.set()
        for watcher in watchers:
            watcher.finish()
        time.sleep(2.5)  # each worker looks for a new run once a second
        body = ask(port, f"{MARKS}?limit=1000")[2]
        assert read_editions(body, "geojson") == {max(press.editions)}
        assert list_workers(process.pid) == workers, "a worker was replaced"
    with capsys.disabled():
        sys.stdout.write(tell_figures(told, press, reader, samples))
    assert told["strange"] == {}
    assert {name: count for name, count in told["error"].items() if name != "status"} == {
        "connect": 0, "read": 0, "write": 0, "timeout": 0}
    assert told["requests"]["all"] > 10 * seconds
    assert {key.partition(" ")[0] for key in told["answered"]} >= {"page", "box", "filter", "map"}
    assert reader.whole > 2
    assert reader.gone > 0
    assert "unexpected" not in (study / "serve.log").read_text(encoding="utf-8")
    check_memory(samples, growth)
