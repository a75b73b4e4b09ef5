"""Result folders that ``site`` writes beside a snapshot, never into one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from layers.catalog import load_catalog
from layers.errors import CallError
from layers.layer import Layer, Provenance
from layers.store import read_layer, write_layer

if TYPE_CHECKING:
    from pathlib import Path

_INDEX = "results.json"


def write_results(folder: Path, layers: dict[str, Layer]) -> list[Path]:
    """Write result layers with what they rest on; `read_results` takes them back."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    entries, paths = {}, []
    for name, layer in sorted(layers.items()):
        path = folder / f"{name}.parquet"
        write_layer(layer, path)
        provenance = layer.provenance
        entries[name] = {"sources": list(provenance.sources), "sha256": provenance.sha256,
                         "synthetic": provenance.synthetic}
        paths.append(path)
    (folder / _INDEX).write_text(json.dumps(entries, indent=1, sort_keys=True), encoding="utf-8")
    return [*paths, folder / _INDEX]


def read_results(folder: Path) -> dict[str, Layer]:
    """Read result layers; what-if results are restricted, whatever the folder says.

    Raises
    ------
    CallError
        If the folder holds none.
    """
    if not (folder / _INDEX).is_file():
        folder = folder / "restricted"
    index = folder / _INDEX
    if not index.is_file():
        raise CallError(f"{folder} holds no results: give the folder that `georisk site -o` wrote")
    try:
        entries = json.loads(index.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CallError(f"{index} is damaged: run `georisk site -o` again") from error
    catalog, layers = load_catalog(), {}
    for name, entry in entries.items():
        if name not in catalog or catalog[name].role != "result":
            raise CallError(f"{index}: {name!r} is not a result layer")
        provenance = Provenance(tuple(entry["sources"]), entry["sha256"],
                                bool(entry["synthetic"]), "restricted")
        spec = catalog[name].model_copy(update={"released_by": ""})
        layers[name] = read_layer(folder / f"{name}.parquet", spec, provenance)
    return layers
