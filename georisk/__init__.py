"""People walking through hazards: network, corridors, risk, coverage, siting, Study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from georisk.snapshot import Snapshot
    from georisk.study import Study

__version__ = "0.1.0"
__all__ = ["Snapshot", "Study", "__version__"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what a module attribute may be
    """Load lazily, so that ``georisk --help`` imports no numpy."""
    if name == "Study":
        from georisk.study import Study

        return Study
    if name == "Snapshot":
        from georisk.snapshot import Snapshot

        return Snapshot
    raise AttributeError(f"module 'georisk' has no attribute {name!r}")
