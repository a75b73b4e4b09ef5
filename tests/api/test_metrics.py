"""Metrics: right counts, also over workers; labels from closed lists."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from surroundings import ROOT

from api.logs.metrics import Metrics
from layers.errors import BrokenError

ITEMS = "/collections/{collection}/items"


def read(body):
    return {(sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(body.decode())
            for sample in family.samples}


def test_what_is_counted():
    metrics = Metrics([ITEMS])
    for seconds in (0.0004, 0.003, 40.0):
        metrics.observe(ITEMS, "GET", 200, seconds, "partner")
    metrics.observe(ITEMS, "GET", 304, 0.001, "partner")
    metrics.observe(ITEMS, "HEAD", 404, 0.001, "public")
    metrics.count_refusal("key")
    metrics.tell_opened("public", 1700000000.0)
    body, media = metrics.render()
    told = read(body)
    assert media.startswith("text/plain")
    assert told["georisk_requests_total", *sorted((ITEMS, "GET", "2xx", "partner"))] == 3
    assert told["georisk_requests_total", *sorted((ITEMS, "GET", "3xx", "partner"))] == 1
    assert told["georisk_requests_total", *sorted((ITEMS, "HEAD", "4xx", "public"))] == 1
    assert told["georisk_request_seconds_count", ITEMS] == 5
    assert told["georisk_request_seconds_sum", ITEMS] == pytest.approx(40.0054)
    assert told["georisk_request_seconds_bucket", *sorted((ITEMS, "0.005"))] == 4
    assert told["georisk_request_seconds_bucket", *sorted((ITEMS, "+Inf"))] == 5
    assert told["georisk_refused_total", "key"] == 1
    assert told["georisk_refused_total", "audit"] == 0
    assert told["georisk_snapshot_opened_timestamp_seconds", "public"] == 1700000000.0


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=9), st.integers(-5, 1200),
                          st.text(max_size=9)), max_size=40))
def test_labels_carry_nothing_of_what_was_asked(asked):
    metrics = Metrics([ITEMS, "/"])
    for route, method, status, audience in asked:
        metrics.observe(route, method, status, 0.001, audience)
        metrics.tell_opened(audience, 1.0)
    metrics.observe("/14.5,-92.1?key=grk_SECRET", "SECRET", 999, 0.1, "SECRET")
    body, _ = metrics.render()
    assert b"SECRET" not in body
    allowed = {ITEMS, "/", "other", "public", "partner", "restricted", "key", "limit", "host",
               "audit", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS",
               *(f"{n}xx" for n in range(1, 6))}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            assert {v for k, v in sample.labels.items() if k != "le"} <= allowed
    assert len(metrics._counters) <= 2 * 7 * 500 * 3


def test_threads_lose_no_count():
    metrics = Metrics([ITEMS])
    threads = [threading.Thread(target=lambda: [
        metrics.observe(ITEMS, "GET", 200, 0.001, "public") for _ in range(2000)])
        for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = read(metrics.render()[0])
    assert told["georisk_requests_total", *sorted((ITEMS, "GET", "2xx", "public"))] == 8000


WORKER = """
import pathlib, sys
from api.logs.metrics import Metrics
metrics = Metrics(["/"], folder=pathlib.Path(sys.argv[1]))
for n in range(int(sys.argv[2])):
    metrics.observe("/", "GET", 200, 0.002, "public")
metrics.count_refusal("limit")
metrics.tell_opened("public", float(sys.argv[2]))
sys.stdout.buffer.write(metrics.render()[0])
"""


def test_any_worker_tells_the_counts_of_all(tmp_path):
    """The second worker tells what the first counted, which has ended meanwhile."""
    told = [subprocess.run([sys.executable, "-c", WORKER, str(tmp_path), str(n)], cwd=ROOT,
                           check=True, capture_output=True).stdout for n in (30, 12)]
    assert read(told[0])["georisk_request_seconds_count", "/"] == 30
    both = read(told[1])
    assert both["georisk_requests_total", *sorted(("/", "GET", "2xx", "public"))] == 42
    assert both["georisk_request_seconds_count", "/"] == 42
    assert both["georisk_request_seconds_bucket", *sorted(("/", "0.0025"))] == 42
    assert both["georisk_refused_total", "limit"] == 2
    assert both["georisk_snapshot_opened_timestamp_seconds", "public"] == 12


def test_workers_that_would_count_apart_are_refused(tmp_path):
    Metrics(["/"])
    with pytest.raises(BrokenError, match="imported before"):
        Metrics(["/"], folder=tmp_path)


def test_without_metrics_nothing_of_prometheus_is_loaded():
    code = "import sys, api.logs.metrics; sys.exit('prometheus_client' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.alone
def test_counting_costs_at_most_10_microseconds():
    metrics = Metrics([ITEMS])
    began = time.process_time()
    for _ in range(20_000):
        metrics.observe(ITEMS, "GET", 200, 0.003, "partner")
    assert (time.process_time() - began) / 20_000 < 10e-6
