"""Where the project lies, and what a test may need that a machine may not have."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EMBEDDED = ROOT / "data" / "mesoamerica"
SHARED = ROOT.parent / "shared" / "data"
CAMPAIGN = bool(os.environ.get("GEORISK_CAMPAIGN"))


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
