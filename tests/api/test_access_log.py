"""The access log: one JSON object a line, and nothing of what was asked."""

from __future__ import annotations

import inspect
import json
import logging
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from surroundings import ROOT

from api.logs.access_log import AccessLog, JsonFormatter, describe_logging


def test_a_line_is_one_json_object_with_these_fields():
    lines = []
    AccessLog(lines.append).write("/collections/{collection}/items", "GET", 200, 12.3456,
                                  "partner", "r1")
    (line,) = lines
    assert line.endswith(b"}\n")
    told = json.loads(line)
    assert list(told) == ["at", "route", "method", "status", "ms", "audience", "run_id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["at"])
    assert told["ms"] == 12.35


def test_there_is_no_parameter_for_what_was_asked():
    taken = set(inspect.signature(AccessLog.write).parameters)
    assert taken == {"self", "route", "method", "status", "ms", "audience", "run_id"}


def test_the_time_is_right_over_seconds():
    lines, times = [], iter((1.0, 1.9996, 2.0, 86399.5))
    log = AccessLog(lines.append, read_time_s=lambda: next(times))
    for _ in range(4):
        log.write("/", "GET", 200, 1.0, "public", "")
    assert [json.loads(line)["at"][11:] for line in lines] == [
        "00:00:01.000Z", "00:00:01.999Z", "00:00:02.000Z", "23:59:59.500Z"]


def test_a_method_carries_no_message():
    lines = []
    AccessLog(lines.append).write("/", "SECRET", 405, 1.0, "public", "")
    assert b"SECRET" not in lines[0]


def test_a_reader_who_is_gone_stops_nothing():
    read, write = os.pipe()
    os.close(read)
    log = AccessLog(lambda line: os.write(write, line))
    log.write("/", "GET", 200, 1.0, "public", "")
    os.close(write)
    assert log.lost == 1


def test_lines_of_several_workers_do_not_mix(tmp_path):
    code = ("from api.logs.access_log import AccessLog\nlog = AccessLog()\n"
            "for n in range(2000): log.write('/x' * 50, 'GET', 200, n, 'public', 'r')")
    path = tmp_path / "log"
    with path.open("ab") as file:
        workers = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=file)
                   for _ in range(3)]
        assert [worker.wait() for worker in workers] == [0, 0, 0]
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 6000


def test_of_a_fault_only_its_kind_is_told():
    try:
        float("SECRET 14.5,-92.1")
    except ValueError:
        made = logging.LogRecord("x", logging.ERROR, "f", 1, "unexpected", (), sys.exc_info())
    line = JsonFormatter().format(made)
    assert "SECRET" not in line
    assert json.loads(line)["error"] == "ValueError"
    assert json.loads(line)["level"] == "error"


def test_the_server_s_own_lines_are_json_as_well():
    code = ("import logging; from api.logs.access_log import start_log; start_log(); start_log()\n"
            "logging.getLogger('georisk.api').info('snapshot %s', 'r1')\n"
            "logging.getLogger('uvicorn.error').warning('Invalid\\nrequest')\n"
            "logging.getLogger('uvicorn.access').info('10.0.0.1 GET /?secret')\n")
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True,
                          text=True).stderr
    assert [json.loads(line)["message"] for line in told.splitlines()] == [
        "snapshot r1", "Invalid\nrequest"]
    assert describe_logging()["disable_existing_loggers"] is False


@pytest.mark.alone
def test_a_line_costs_at_most_15_microseconds():
    with Path(os.devnull).open("wb", buffering=0) as sink:
        log = AccessLog(sink.write)
        began = time.process_time()
        for _ in range(20_000):
            log.write("/collections/{collection}/items", "GET", 200, 0.5, "partner", "r1")
    assert (time.process_time() - began) / 20_000 < 15e-6
