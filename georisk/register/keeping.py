"""Where a study keeps rows that were imported, and how a new state takes the old one's place.

``layers/NAME.parquet`` holds the rows, ``register/NAME/`` the history; study.toml names the file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from layers.errors import CallError, StudyError
from layers.register.history import list_editions, read_json
from layers.register.kept import is_kept, read_kept, read_ledger
from layers.store import sync_file

if TYPE_CHECKING:
    from pathlib import Path

    from georisk.study import Study
    from layers.register.kept import Kept

_TOLD = ("edition", "day", "files", "adapter", "read", "accepted", "quarantined", "changes")


@dataclass(frozen=True)
class Shelf:
    """Where one layer of a study is kept.

    Attributes
    ----------
    rows : Path
        The file of rows.
    history : Path
        Folder of editions, tombstones and decisions.
    """

    layer: str
    rows: Path
    history: Path

    @property
    def tombstones(self) -> Path:
        """Ids that were erased for good, with the day."""
        return self.history / "tombstones.json"


def find_shelf(study: Study, layer: str) -> Shelf:
    """Say where a layer is kept, whether or not anything is there yet."""
    folder = study.file.parent
    return Shelf(layer, folder / "layers" / f"{layer}.parquet", folder / "register" / layer)


def require_own(study: Study) -> None:
    """Refuse to change the embedded study.

    Raises
    ------
    CallError
    """
    if study.config.read_only:
        raise CallError(
            f"{study.file.parent.name} is read only: start a study of your own with "
            "`georisk init DIR --from STUDY` and name it with -s"
        )


def find_kept(study: Study, layer: str) -> Kept | None:
    """Read the rows a study keeps of a layer; None where study.toml names no kept file.

    Raises
    ------
    StudyError
        If the file is damaged.
    CallError
        If there is a kept file that study.toml does not name: it is not written over.
    """
    shelf = find_shelf(study, layer)
    files = [path.resolve() for path in study.input_files().get(layer, ())]
    if not is_kept(shelf.rows):
        return None
    if files != [shelf.rows.resolve()]:
        rows = f"layers/{layer}.parquet"
        raise CallError(
            f"{rows} holds imported rows that study.toml does not name: write "
            f'{layer} = {{ path = "{rows}" }} there to use them, or move {rows} and '
            f"register/{layer} away to begin anew"
        )
    try:
        return read_kept(shelf.rows, study.spec(layer))
    except (OSError, ValueError, KeyError) as error:
        raise StudyError(f"layers/{layer}.parquet: damaged ({error}): put a copy back") from error


def find_edition(study: Study, layer: str) -> int:
    """How many imports have changed the kept rows of a layer; 0 where there are none."""
    rows = find_shelf(study, layer).rows
    return read_ledger(rows)["edition"] if is_kept(rows) else 0


def tell_imports(study: Study) -> dict[str, list[dict[str, Any]]]:
    """For the manifest: what each import read, accepted and set aside, layer by layer."""
    told = {}
    for layer in sorted(study.config.layers):
        shelf = find_shelf(study, layer)
        named = [path.resolve() for path in study.input_files()[layer]]
        if named == [shelf.rows.resolve()] and is_kept(shelf.rows):
            last = read_ledger(shelf.rows)["edition"]
            told[layer] = [
                {name: about[name] for name in _TOLD if name in about}
                for about in list_editions(shelf.history, last=last)
            ]
    return told


def read_tombstones(shelf: Shelf) -> dict[str, str]:
    """Ids that were erased, with the day of it."""
    if not shelf.tombstones.is_file():
        return {}
    stones = read_json(shelf.tombstones)
    if not isinstance(stones, dict):
        raise StudyError(f"{shelf.layer}/tombstones.json: damaged: put a copy back")
    return {str(id_): str(day) for id_, day in stones.items()}


def write_json(path: Path, value: object) -> None:
    """Write a small file of the register in place of the old one at once."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    replace_text(path, text, mode=0o600)


def replace_text(path: Path, text: str, *, mode: int) -> None:
    """Put a text in place of a file at once, forced to disk."""
    aside = path.with_name(f".{path.name}.tmp")
    try:
        aside.write_text(text, encoding="utf-8")
        aside.chmod(mode)
        sync_file(aside)
        aside.replace(path)
        sync_file(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def name_layer(study: Study, layer: str) -> bool:
    """Make study.toml read a layer from its kept file; comments stay. True if it had to change.

    Raises
    ------
    StudyError
        If the file cannot be edited.
    """
    path = f"layers/{layer}.parquet"
    entry = study.config.layers.get(layer)
    if entry is not None and entry.path == (path,) and not entry.adapter:
        return False
    try:
        table = tomlkit.parse(study.file.read_text("utf-8"))
    except (OSError, TOMLKitError) as error:
        raise StudyError(f"{study.file.name}: cannot be edited: {error}") from error
    said: dict[str, Any] = {"path": path}
    if entry is not None:
        said |= {name: value for name in ("spec", "role", "sheet", "columns")
                 if (value := getattr(entry, name))}
    inline = tomlkit.inline_table()
    inline.update(said)
    layers = table.setdefault("layers", tomlkit.table())
    layers[layer] = inline
    replace_text(study.file, tomlkit.dumps(table), mode=study.file.stat().st_mode & 0o777)
    return True
