"""`kill -9` of a server under load: every 201 is there afterwards, nothing is there twice."""

from __future__ import annotations

import datetime as dt
import http.client
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress

from surroundings import CAMPAIGN, ROOT

from api.reports.file import FILE
from api.reports.line import write_line
from api.reports.report import PlaceReport
from api.reports.sealing import PEPPER_FILE, seal_request
from api.reports.store import Store

KILLS = 50 if CAMPAIGN else 5
SENDERS = 4
TODAY = dt.datetime.now(tz=dt.UTC).date()
SHUT_DOWN = (OSError, http.client.HTTPException)


def find_port():
    """A free port below those that the system lends: nobody takes it while the server is down."""
    for port in random.SystemRandom().sample(range(20_000, 30_000), 50):
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port")


class Server:
    """Two workers on a port of their own, started and killed as one."""

    def __init__(self, folder, state):
        self.port = find_port()
        self._command = [
            sys.executable, "-m", "api.cli", "serve", "--quiet", "-s", str(folder),
            "--audience", "partner", "--workers", "2", "--port", str(self.port),
        ]
        self._env = {**os.environ, "PYTHONPATH": str(ROOT), "GEORISK_STATE": str(state)}
        self._process, self._errors = None, state / "server.log"

    def start(self):
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._env, start_new_session=True,
                stdout=subprocess.DEVNULL, stderr=errors)
        for _ in range(900):
            assert self._process.poll() is None, self._told()
            with suppress(*SHUT_DOWN):
                if self.ask("GET", "/healthz")[0] == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"the server did not answer in time: {self._told()}")

    def _told(self):
        return self._errors.read_text()[-2000:]

    def kill(self):
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            response.read()
            return response.status, response.headers
        finally:
            connection.close()


class Senders(threading.Thread):
    """One that sends reports one after the other, each until it is told that it is stored."""

    def __init__(self, server, name, stop):
        super().__init__(daemon=True)
        self.server, self.who, self.stop = server, name, stop
        self.stored, self.odd, self.retried = {}, set(), 0
        self.until = float("inf")

    def run(self):
        n = 0
        while not self.stop.is_set():
            n += 1
            self.send(f"{self.who}-{n}")
            time.sleep(0.01)  # the queue is bounded: between two kills it must not fill up

    def send(self, key):
        line = write_line(PlaceReport(f"gt-{key}", "FULL", TODAY))
        headers = {"Content-Type": "text/plain", "Idempotency-Key": key}
        while time.monotonic() < self.until:
            try:
                status, told = self.server.ask("POST", "/reports", line, headers)
            except SHUT_DOWN:
                self.retried += 1
                time.sleep(0.05)
                continue
            if status == 201:
                self.stored[key] = told["Location"].rsplit("/", 1)[1]
                return
            self.odd.add(status)
            time.sleep(0.05)


def test_every_201_outlives_a_kill_and_nothing_is_there_twice(published_grid, tmp_path):
    server, stop = Server(published_grid, tmp_path), threading.Event()
    moments = random.Random(20_260_315)
    server.start()
    senders = [Senders(server, f"s{n}", stop) for n in range(SENDERS)]
    for sender in senders:
        sender.start()
    try:
        for _ in range(KILLS):
            time.sleep(moments.uniform(0.05, 1.0))
            empty_queue(tmp_path)  # beside the living server, whose log written ahead must stay
            server.kill()
            check_what_is_stored(tmp_path, senders)
            empty_queue(tmp_path)
            server.start()
        time.sleep(0.5)
    finally:
        stop.set()
        for sender in senders:
            sender.until = time.monotonic() + 30  # what is on its way may still arrive
            sender.join(60)
    try:
        told = {key: id_ for sender in senders for key, id_ in sender.stored.items()}
        assert len(told) > KILLS * 5
        assert sum(sender.retried for sender in senders) >= KILLS
        assert set().union(*(sender.odd for sender in senders)) == set()
        assert read_stored(tmp_path) == seal_keys(tmp_path, told)
        some = moments.sample(sorted(told.values()), 20)
        assert {server.ask("GET", f"/reports/{id_}")[0] for id_ in some} == {200}
    finally:
        server.kill()


def check_what_is_stored(state, senders):
    """What was answered before a kill is a part of what is there after it."""
    told = {key: id_ for sender in senders for key, id_ in dict(sender.stored).items()}
    stored, told = read_stored(state), seal_keys(state, told)
    assert {key: stored.get(key) for key in told} == told


def seal_keys(state, told):
    """Keys as they are kept: nobody can read them there."""
    pepper = (state / PEPPER_FILE).read_bytes()
    return {seal_request(pepper, "", f"k:{key}"): id_ for key, id_ in told.items()}


def empty_queue(state):
    """A reviewer decides in between; a retry is answered as before all the same."""
    store = Store.open(state)
    for kept in store.list_all():
        if kept.state == "queued":
            store.decide(kept.id, "rejected", day=TODAY)
    store.close()


def read_stored(state):
    """Sealed key to id of every report on disk, each key and each report once."""
    database = sqlite3.connect(state / FILE)
    try:
        rows = database.execute("SELECT request, id, hash FROM reports").fetchall()
    finally:
        database.close()
    assert len({key for key, _, _ in rows}) == len({report for _, _, report in rows}) == len(rows)
    return {key: id_ for key, id_, _ in rows}
