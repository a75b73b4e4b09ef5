"""Profiles for random tests; full-length runs only where they are asked for."""

from __future__ import annotations

import fcntl
import os
import resource
import shutil
from contextlib import contextmanager

import pytest
from grid_study import write_grid_study
from hypothesis import HealthCheck, settings
from surroundings import CAMPAIGN, EMBEDDED

# These are no modules with examples: two of one name cannot be imported as such.
collect_ignore = ["conftest.py", "api/conftest.py", "api/clients/conftest.py"]

# Files of twenty seconds and more, the longest first: whichever process is free takes the next
# file, and a long one begun last would leave the others idle.
FIRST = (
    "tests/real/test_surface_skill.py",
    "tests/test_embedded.py",
    "tests/api/clients/test_client_gdal.py",
    "tests/api/clients/test_client_qgis.py",
    "tests/real/test_iom_register.py",
    "tests/real/test_skill.py",
    "tests/layers/test_intake_fuzz.py",
    "tests/test_kill.py",
    "tests/real/test_damage.py",
    "tests/georisk/test_siting_equity.py",
    "tests/api/clients/test_client_pyogrio.py",
    "tests/api/clients/test_client_owslib.py",
    "tests/georisk/test_solve.py",
    "tests/api/test_validate_command.py",
    "tests/georisk/test_siting_median.py",
    "tests/georisk/test_coverage_asking.py",
)

_CALM = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("default", max_examples=50, deadline=None, derandomize=True,
                          suppress_health_check=_CALM)
settings.register_profile("campaign", max_examples=2000, deadline=None,
                          suppress_health_check=_CALM)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


# The width of whoever starts the tests wraps no sentence that they look for.
os.environ.pop("COLUMNS", None)


@pytest.fixture(scope="session")
def published_grid(tmp_path_factory):
    """The grid study with one snapshot in ``runs``; all that use it only read, or log."""
    from georisk.publishing import publish
    from georisk.study import Study

    folder = tmp_path_factory.mktemp("published")
    publish(Study.open(write_grid_study(folder)), folder / "runs")
    return folder


@pytest.fixture(scope="session")
def published_embedded(tmp_path_factory):
    """The embedded study with one snapshot in ``runs``, made by a command; all only read it.

    Made once for all workers of a test run. ``first-run-cpu-s`` holds what it took.
    """
    from command import call_apart

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "published-embedded" / "mesoamerica"
    with hold_lock(shared / "published-embedded.lock"):
        told = folder.parent / "first-run-cpu-s"
        if not told.exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(EMBEDDED, folder, ignore=shutil.ignore_patterns("runs", "state"))
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = call_apart("run", "--quiet", "-s", folder)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            assert done.returncode == 0, done.stderr
            spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            told.write_text(str(spent_s), encoding="ascii")
    return folder


@contextmanager
def hold_lock(path):
    """Wait until no other worker holds a lock."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker by which `make test` makes its two rounds."""
    config.addinivalue_line(
        "markers", "alone: weighs time or memory, so nothing may run beside it")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long files first; full-length runs only where they are asked for."""
    places = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(FIRST)))
    if CAMPAIGN:
        return
    skip = pytest.mark.skip(reason="full-length: make campaign")
    for item in items:
        if "campaign" in item.keywords:
            item.add_marker(skip)
