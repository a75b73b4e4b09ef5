"""The server against requests made up from its own description, by schemathesis.

Every check is on: no 5xx, every status, media type, header and body as described, what breaks the
description refused, methods that are not told of refused with ``Allow``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from described import serve

CHECKS = Path(__file__).with_name("schemathesis.toml")
PHASES = "examples,coverage,fuzzing"
SEED = 20260115
# The same doorways stand before every collection: these few have every kind of column.
SAMPLE = "segments|shelters|coverage|incidents|risk_cells"
OTHER_ITEMS = f"^/collections/(?!({SAMPLE})/|[{{])"


def write_description(base, folder):
    """The description as served, but for one bound that the standard forbids to enforce.

    OGC API - Features wants ``limit`` described with a maximum, and a larger one answered all the
    same (/req/core/fc-limit-response-1).
    """
    document = httpx.get(f"{base}/api", timeout=60).json()
    limit = document["components"]["parameters"]["limit"]["schema"]
    assert limit.pop("maximum") == 10_000
    path = folder / "api.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def run_schemathesis(base, folder, *options):
    description = write_description(base, folder)
    return subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", CHECKS, "run", description,
         "--url", base, "--seed", str(SEED), "--no-color", "--continue-on-failure", *options],
        cwd=folder, capture_output=True, text=True, check=False,
    )


def fuzz(folder, tmp_path, audience, *options, **settings):
    with serve(folder, audience, **settings) as base:
        done = run_schemathesis(base, tmp_path, *options)
        assert httpx.get(f"{base}/healthz").status_code == 200
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("audience", ["public", "restricted"])
def test_no_request_breaks_the_description(published_grid, tmp_path, audience):
    # Without a study no siting jobs: each would work on for a while beside the other tests.
    told = fuzz(published_grid, tmp_path, audience, "--phases", PHASES, "-n", "4",
                "--exclude-path-regex", OTHER_ITEMS, study=None)
    assert "No issues found" in told


@pytest.mark.campaign
@pytest.mark.parametrize("audience", ["public", "partner", "restricted"])
def test_no_request_breaks_the_description_at_length(published_grid, tmp_path, audience):
    told = fuzz(published_grid, tmp_path, audience, "--phases", PHASES, "-n", "250")
    assert "No issues found" in told


def test_a_server_that_breaks_its_description_is_found_out(published_grid, tmp_path):
    """Break it on purpose: a status, a media type and a column that are not told of."""
    with serve(published_grid) as base:
        path = write_description(base, tmp_path)
        document = json.loads(path.read_text(encoding="utf-8"))
        document["paths"] = {key: document["paths"][key] for key in (
            "/collections/risk_cells/items", "/conformance", "/corridors")}
        columns = document["components"]["schemas"]["feature.risk_cells"]["properties"]
        columns["properties"]["properties"].pop("risk_class")
        del document["paths"]["/conformance"]["get"]["responses"]["400"]
        content = document["paths"]["/corridors"]["get"]["responses"]["200"]["content"]
        content.pop("application/json")
        path.write_text(json.dumps(document), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "--config-file", CHECKS, "run", path,
             "--url", base, "--seed", str(SEED), "--no-color", "--continue-on-failure",
             "--phases", "coverage"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )
    assert done.returncode == 1
    for fault in ("Response violates schema", "Undocumented status code",
                  "Undocumented Content-Type"):
        assert fault in done.stdout, fault
