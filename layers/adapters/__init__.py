"""One module an upstream: each turns a register's own file into rows of a georisk layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.adapters.iom import read_iom_json
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

ADAPTERS: tuple[tuple[str, Callable[[Path], pd.DataFrame]], ...] = (("iom", read_iom_json),)


def find_adapter(name: str) -> Callable[[Path], pd.DataFrame]:
    """Return the adapter of that name.

    Raises
    ------
    CallError
        Naming the adapters that exist.
    """
    for known, adapter in ADAPTERS:
        if known == name:
            return adapter
    raise CallError(f"no adapter {name!r}; there are: {', '.join(known for known, _ in ADAPTERS)}")
