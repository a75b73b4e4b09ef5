"""The layers georisk knows: one TOML each in ``layers/specs/``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from layers.errors import CallError
from layers.spec import LayerSpec, read_spec

if TYPE_CHECKING:
    from collections.abc import Mapping

SPECS_DIR = Path(__file__).parent / "specs"


@lru_cache(maxsize=1)
def load_catalog() -> Mapping[str, LayerSpec]:
    """Read every built-in layer description, by name.

    Examples
    --------
    >>> load_catalog()["routes"].id
    'leg_id'
    """
    specs = (read_spec(path) for path in sorted(SPECS_DIR.glob("*.toml")))
    return MappingProxyType({spec.name: spec for spec in specs})


def find_spec(name: str) -> LayerSpec:
    """Return one built-in description.

    Raises
    ------
    CallError
        Naming the layers that exist.
    """
    catalog = load_catalog()
    if name not in catalog:
        raise CallError(f"no layer named {name!r}; there are: {', '.join(catalog)}")
    return catalog[name]
