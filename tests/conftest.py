"""Profiles for random tests; full-length runs only where they are asked for."""

from __future__ import annotations

import os

import pytest
from grid_study import write_grid_study
from hypothesis import HealthCheck, settings
from surroundings import CAMPAIGN

# These are no modules with examples: two of one name cannot be imported as such.
collect_ignore = ["conftest.py", "api/conftest.py"]

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
    from georisk.snapshot import publish
    from georisk.study import Study

    folder = tmp_path_factory.mktemp("published")
    publish(Study.open(write_grid_study(folder)), folder / "runs")
    return folder


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Full-length runs only where they are asked for."""
    if CAMPAIGN:
        return
    skip = pytest.mark.skip(reason="full-length: make campaign")
    for item in items:
        if "campaign" in item.keywords:
            item.add_marker(skip)
