"""Take one row out of the history of its layer: what says something of it, and its id elsewhere.

Only what identifies is compared. An id may be a plain number or a word, and a count or a kind of
change that reads the same is none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from layers.errors import REMOVED
from layers.register.history import (
    list_files,
    read_about,
    read_edits,
    read_table,
    tell_json,
    write_table,
)
from layers.store import sync_file

if TYPE_CHECKING:
    from pathlib import Path

_NAMES_OF_IDS = ("id", "id_a", "id_b")
_MERGED_IDS = "merged_ids"
_MOVES = ("merged", "split")


def find_id(folder: Path, id_: str, *, id_column: str) -> bool:
    """Tell whether any file of the history knows an id; nothing is written.

    Raises
    ------
    StudyError
        If a file is damaged.
    """
    found = [bool(_clean(path, id_, id_column)[1]) for path in list_files(folder)]
    return any(found)


def erase_id(folder: Path, id_: str, *, id_column: str) -> int:
    """Take a row's id out of every file of the history; returns how many lines it was in.

    Lines of the row are deleted, not blanked: what a line says of a row is the row. Where the
    line is another row's, which was merged with it, the id alone is blanked.

    Parameters
    ----------
    folder : Path
        Of the editions of one layer.
    id_column : str
        Name of the id in quarantine tables: ``spec.id``.

    Raises
    ------
    StudyError
        If a file is damaged; nothing is written then.
    """
    cleaned = [(path, *_clean(path, id_, id_column)) for path in list_files(folder)]
    for path, content, count in cleaned:
        if count:
            _replace(path, content)
    if folder.is_dir():
        sync_file(folder)
    return sum(count for _, _, count in cleaned)


def erase_quarantine(folder: Path) -> int:
    """Delete every quarantine table of a layer; returns how many tables went."""
    tables = [path for path in list_files(folder) if path.name.endswith(".quarantine.csv")]
    for path in tables:
        path.unlink()
    if tables:
        sync_file(folder)
    return len(tables)


def _clean(path: Path, id_: str, id_column: str) -> tuple[Any, int]:
    """Content of a file without the id, and in how many lines it was."""
    if path.suffix == ".json":
        return _clean_about(read_about(path), id_, id_column)
    if path.suffix == ".parquet":
        return _clean_changes(read_edits(path), id_)
    return _clean_table(read_table(path), id_, id_column)


def _clean_about(about: dict[str, Any], id_: str, id_column: str) -> tuple[dict[str, Any], int]:
    """Without the decisions and suggestions on a row; entries of another shape stay."""
    kept = {
        name: [one for one in entries if not _tells_of(one, id_, id_column)]
        for name, entries in about.items() if isinstance(entries, list)
    }
    count = sum(len(about[name]) - len(entries) for name, entries in kept.items())
    return {**about, **kept}, count


def _tells_of(entry: object, id_: str, id_column: str) -> bool:
    if not isinstance(entry, dict):
        return False
    fixes = entry.get("fix") or []
    return any(_fold(entry.get(name)) == _fold(id_) for name in _NAMES_OF_IDS) or any(
        list(pair) == [id_column, id_] for pair in fixes)


def _clean_changes(changes: pd.DataFrame, id_: str) -> tuple[pd.DataFrame, int]:
    rest = changes[changes["id"].ne(id_)].copy()
    touched = pd.Series(data=False, index=rest.index)
    for name in ("before", "after"):
        told = rest["change"].isin(_MOVES) & rest[name].eq(id_)
        blank = rest[name].mask(told, REMOVED)
        blank = blank.where(rest["column"].ne(_MERGED_IDS), strike_id(blank, id_))
        touched |= blank.ne(rest[name])
        rest[name] = blank
    return rest, len(changes) - len(rest) + int(touched.sum())


def _clean_table(table: pd.DataFrame, id_: str, id_column: str) -> tuple[pd.DataFrame, int]:
    """Quarantined rows and conflicts; an id there may still be in capitals, or have spaces."""
    names = [name for name in (*_NAMES_OF_IDS, id_column) if name in table]
    theirs = pd.Series(data=False, index=table.index)
    for name in names:
        theirs |= table[name].map(_fold).eq(_fold(id_))
    rest = table[~theirs].copy()
    touched = pd.Series(data=False, index=rest.index)
    lists = {name: rest[name] for name in (_MERGED_IDS,) if name in rest}
    if "field" in rest:
        of_lists = rest["field"].eq(_MERGED_IDS)
        lists |= {name: rest[name].where(of_lists, "") for name in ("value_a", "value_b")
                  if name in rest}
    for name, said in lists.items():
        struck = strike_id(said, id_)
        hit = struck.ne(said)
        rest[name] = rest[name].mask(hit, struck)
        touched |= hit
    return rest, int(theirs.sum()) + int(touched.sum())


def _fold(value: object) -> str:
    return str(value).strip().casefold()


def strike_id(lists: pd.Series, id_: str) -> pd.Series:
    """Blank an id in lists of ids that are written with ``;``.

    Examples
    --------
    >>> strike_id(pd.Series(["a-1;a-2", "a-12", ""]), "a-1").to_list()
    ['[removed];a-2', 'a-12', '']
    """
    holds = lists.str.contains(id_, regex=False)
    return lists.mask(holds, lists[holds].map(
        lambda text: ";".join(REMOVED if one.strip() == id_ else one for one in text.split(";"))))


def _replace(path: Path, content: Any) -> None:  # noqa: ANN401
    """Put a file's new content in place of the old at once, forced to disk."""
    aside = path.with_name(f".{path.name}.tmp")
    try:
        if path.suffix == ".json":
            aside.write_text(tell_json(content), encoding="utf-8")
        elif path.suffix == ".parquet":
            content.to_parquet(aside, index=False)
        else:
            write_table(content, aside)
        aside.chmod(0o600)
        sync_file(aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
