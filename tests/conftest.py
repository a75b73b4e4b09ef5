"""What all tests share: profiles for random tests, tools that may be missing, real data."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
EMBEDDED = ROOT / "data" / "mesoamerica"
SHARED = ROOT.parent / "shared" / "data"
CAMPAIGN = bool(os.environ.get("GEORISK_CAMPAIGN"))

_CALM = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("default", max_examples=50, deadline=None, derandomize=True,
                          suppress_health_check=_CALM)
settings.register_profile("campaign", max_examples=2000, deadline=None,
                          suppress_health_check=_CALM)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def require_tool(*names: str) -> str:
    """Path of the first of some programs; without any, skip by name, or fail where CI asks."""
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    message = f"needs {' or '.join(names)}, which is not installed"
    if os.environ.get("GEORISK_REQUIRE") == "all":
        pytest.fail(message)
    return pytest.skip(message)


def require_shared(*parts: str) -> Path:
    """A folder of the shared test data; without it, skip, or fail where CI asks."""
    path = SHARED.joinpath(*parts)
    if path.exists():
        return path
    message = f"needs the shared test data ({'/'.join(parts)}), which is not here"
    if os.environ.get("GEORISK_REQUIRE") == "all":
        pytest.fail(message)
    return pytest.skip(message)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Full-length runs only where they are asked for."""
    if CAMPAIGN:
        return
    skip = pytest.mark.skip(reason="full-length: make campaign")
    for item in items:
        if "campaign" in item.keywords:
            item.add_marker(skip)
