"""One module an upstream: each turns a register's own file into rows of a georisk layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.adapters import hurdat, hxl, inegi, iom, kobo, osm, table, ucdp
from layers.errors import CallError

if TYPE_CHECKING:
    from layers.sources import Adapter, Sample

# In the order in which they are asked whether a file is theirs; `table` takes what is left.
ADAPTERS: tuple[Adapter, ...] = (
    iom.ADAPTER, ucdp.ADAPTER, hurdat.ADAPTER, inegi.ADAPTER, osm.ADAPTER, kobo.ADAPTER,
    hxl.ADAPTER, table.ADAPTER,
)


def find_adapter(name: str) -> Adapter:
    """Return the adapter of that name.

    Raises
    ------
    CallError
        Naming the adapters that exist.
    """
    for adapter in ADAPTERS:
        if adapter.name == name:
            return adapter
    names = ", ".join(["auto", *(adapter.name for adapter in ADAPTERS)])
    raise CallError(f"no adapter {name!r}; there are: {names}")


def recognise_file(sample: Sample) -> tuple[Adapter, str]:
    """Find the upstream of a file by what stands in it, and say why.

    Raises
    ------
    CallError
        If no adapter knows it.
    """
    for adapter in ADAPTERS:
        reason = adapter.recognise(sample)
        if reason:
            return adapter, reason
    raise CallError(f"{sample.path.name}: no adapter recognises it; name one with --adapter")
