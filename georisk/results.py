"""Result folders that planners' commands write beside a snapshot, never into one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
from shapely.errors import ShapelyError

from layers.catalog import load_catalog
from layers.errors import CallError
from layers.layer import Layer, Provenance
from layers.store import read_layer, write_table
from layers.tabulating import tabulate_layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georisk.marking import Marking
    from layers.spec import LayerSpec

_INDEX = "results.json"
_MARKED = "georisk"


def write_results(
    folder: Path, layers: dict[str, Layer], *, marking: Marking,
    asked: Mapping[str, object] | None = None,
) -> list[Path]:
    """Write result layers with what they rest on; `read_results` takes them back.

    Parameters
    ----------
    folder : Path
        Made readable by its owner alone. Earlier editions of the same layers go.
    layers : dict of Layer
    marking : Marking
        Audience, holder and last day: in the name of every file, and in the metadata of the
        Parquet. The index keeps its name, by which the folder is found, and has it within.
    asked : mapping, optional
        What was asked, as JSON, for a file beside them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    said = marking.as_text()
    entries: dict[str, dict[str, Any]] = {_MARKED: dict(said)}
    paths = []
    for name, layer in sorted(layers.items()):
        path = _clear_place(folder, name, "parquet", marking)
        _write_marked(layer, path, said)
        provenance = layer.provenance
        entries[name] = {"file": path.name, "sources": list(provenance.sources),
                         "sha256": provenance.sha256, "synthetic": provenance.synthetic}
        paths.append(path)
    if asked is not None:
        paths.append(_clear_place(folder, "asked", "json", marking))
        text = json.dumps({**said, **asked}, ensure_ascii=False, indent=1)
        paths[-1].write_text(text, encoding="utf-8")
    (folder / _INDEX).write_text(json.dumps(entries, indent=1, sort_keys=True), encoding="utf-8")
    paths.append(folder / _INDEX)
    for path in paths:
        path.chmod(0o600)
    return paths


def _clear_place(folder: Path, stem: str, ending: str, marking: Marking) -> Path:
    """Where a file goes, once none of an earlier day or another holder is left beside it."""
    for old in (folder / f"{stem}.{ending}", *folder.glob(f"{stem}.*.until-*.{ending}")):
        old.unlink(missing_ok=True)
    return folder / f"{marking.name(stem)}.{ending}"


def _write_marked(layer: Layer, path: Path, said: Mapping[str, str]) -> None:
    table = tabulate_layer(layer)
    metadata = {**(table.schema.metadata or {}), _MARKED: json.dumps(said, sort_keys=True)}
    write_table(table.replace_schema_metadata(metadata), path)


def read_results(folder: Path) -> dict[str, Layer]:
    """Read result layers; what-if results are restricted, whatever the folder says.

    Raises
    ------
    CallError
        If the folder holds none, or anything other than `write_results` wrote.
    """
    if not (folder / _INDEX).is_file():
        folder = folder / "restricted"
    index = folder / _INDEX
    if not index.is_file():
        raise CallError(f"{folder} holds no results: give the folder that `georisk site -o` wrote "
                        "(or coverage, gaps, compare, change, priority)")
    catalog, layers = load_catalog(), {}
    for name, entry in _read_index(index).items():
        if name not in catalog or catalog[name].role != "result":
            raise CallError(f"{index}: {name!r} is not a result layer")
        spec = catalog[name].model_copy(update={"released_by": ""})
        layers[name] = _read_result(folder / entry.get("file", f"{name}.parquet"), spec, entry)
    return layers


def _read_index(index: Path) -> dict[str, dict[str, Any]]:
    try:
        entries = json.loads(index.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _tell_damage(index) from error
    if isinstance(entries, dict):
        entries.pop(_MARKED, None)
    if not isinstance(entries, dict) or not entries:
        raise _tell_damage(index)
    for entry in entries.values():
        if not isinstance(entry, dict) or not _is_entry(entry):
            raise _tell_damage(index)
    return entries


def _is_entry(entry: dict[str, Any]) -> bool:
    sources, file = entry.get("sources"), entry.get("file", "x")
    return (isinstance(file, str) and Path(file).name == file  # within the folder, no other
            and isinstance(sources, list) and all(isinstance(name, str) for name in sources)
            and isinstance(entry.get("sha256"), str)
            and isinstance(entry.get("synthetic"), bool))


def _read_result(path: Path, spec: LayerSpec, entry: dict[str, Any]) -> Layer:
    provenance = Provenance(tuple(entry["sources"]), entry["sha256"], entry["synthetic"],
                            "restricted")
    expected = {spec.id, *spec.columns, *(("geometry", "bbox") if spec.geometry != "none" else ())}
    try:
        columns = set(pq.read_schema(path).names)
        if columns != expected:
            other = ", ".join(sorted(columns ^ expected))
            raise CallError(f"{path}: not as georisk wrote it (columns {other})")
        layer = read_layer(path, spec, provenance)
    except (OSError, ValueError, KeyError, TypeError, ShapelyError) as error:
        raise _tell_damage(path) from error
    rows = layer.frame
    made_up = "synthetic" in rows and bool(rows["synthetic"].fillna(value=False).any())
    # What was worked out from invented rows stays so, whatever the index was made to say.
    return replace(layer, provenance=replace(
        provenance, synthetic=provenance.synthetic or made_up))


def _tell_damage(path: Path) -> CallError:
    return CallError(f"{path} is missing or damaged: write the folder again (`-o`)")
