"""What each import changed: one numbered set of files an edition, beside the kept rows.

An edition counts once the kept rows say so (`layers.register.kept`): files of a higher number are
the leftovers of an import that did not end, and are swept by the next one.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from layers.errors import REMOVED, StudyError
from layers.sheets.roundtrip import arm_cell, defuse_cell
from layers.store import sync_file

if TYPE_CHECKING:
    from pathlib import Path

    from layers.spec import LayerSpec

_NAME = re.compile(r"(\d{4,})\.(json|changes\.parquet|conflicts\.csv|quarantine\.csv)")

CHANGE_COLUMNS = ("id", "change", "column", "before", "after")
_MOST_SAID = 120


@dataclass(frozen=True)
class Edition:
    """One import, as it is written down.

    Attributes
    ----------
    number : int
    about : dict
        Files with their sha256, adapter, owner, day, counts, notes: for ``manifest.json``.
    changes, conflicts, quarantine : DataFrame
        Text; hidden columns read ``[removed]``.
    """

    number: int
    about: dict[str, Any]
    changes: pd.DataFrame
    conflicts: pd.DataFrame
    quarantine: pd.DataFrame


def write_edition(edition: Edition, folder: Path) -> None:
    """Write one edition and force it to disk; the folder is its owner's alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    sweep_editions(folder, last=edition.number - 1)
    stem = f"{edition.number:04d}"
    (folder / f"{stem}.json").write_text(tell_json(edition.about), encoding="utf-8")
    edition.changes.astype("str").to_parquet(folder / f"{stem}.changes.parquet", index=False)
    for part, table in (("conflicts", edition.conflicts), ("quarantine", edition.quarantine)):
        if len(table):
            write_table(table, folder / f"{stem}.{part}.csv")
    for path in sorted(folder.glob(f"{stem}.*")):
        path.chmod(0o600)
        sync_file(path)
    sync_file(folder)


def tell_json(about: dict[str, Any]) -> str:
    """What an edition tells of itself, as it stands in its file."""
    return json.dumps(about, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write text so that `read_table` gives it back exactly and no spreadsheet runs it.

    Every cell stands in quotes: a program that meets a bare carriage return begins a new row.
    """
    cells = frame.astype("str").map(defuse).rename(columns=defuse)
    cells.to_csv(path, index=False, lineterminator="\n", encoding="utf-8", quoting=csv.QUOTE_ALL)


def read_table(path: Path) -> pd.DataFrame:
    """Read what `write_table` wrote, all text.

    Raises
    ------
    StudyError
        If the file is damaged.
    """
    try:
        cells = pd.read_csv(path, dtype="str", keep_default_na=False, header=None,
                            encoding="utf-8", skip_blank_lines=False)
    except (OSError, ValueError) as error:
        raise _say_damaged(path, error) from error
    cells = cells.map(arm_cell)
    return cells.iloc[1:].set_axis(cells.iloc[0].to_list(), axis=1).reset_index(drop=True)


def _say_damaged(path: Path, error: Exception) -> StudyError:
    why = (str(error).splitlines() or [type(error).__name__])[0][:_MOST_SAID]
    return StudyError(f"{path.parent.name}/{path.name}: damaged ({why}): put a copy back")


def read_json(path: Path) -> Any:  # noqa: ANN401
    """Read a small file of the register.

    Raises
    ------
    StudyError
        If the file is damaged.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _say_damaged(path, error) from error


def defuse(text: str) -> str:
    """Keep a spreadsheet from taking a value for a formula; numbers stay numbers.

    Examples
    --------
    >>> defuse("=1+1"), defuse("-80.07")
    ("'=1+1", '-80.07')
    """
    if re.fullmatch(r"[-+]?\d+(\.\d+)?", text):
        return text
    return str(defuse_cell(text))


def sweep_editions(folder: Path, *, last: int) -> None:
    """Delete files of editions after the last one that counts, and writes that were killed."""
    for path in folder.glob(".*.tmp"):
        if _NAME.fullmatch(path.name.removeprefix(".").removesuffix(".tmp")):
            path.unlink(missing_ok=True)
    for path in list_files(folder):
        if int(path.name.split(".")[0]) > last:
            path.unlink()


def list_files(folder: Path) -> list[Path]:
    """Files of the editions in a folder, by name."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def list_editions(folder: Path, *, last: int) -> list[dict[str, Any]]:
    """What is known of each import, first to last.

    Raises
    ------
    StudyError
        If a file is damaged.
    """
    abouts = [path for path in list_files(folder) if path.suffix == ".json"]
    return [read_about(path) for path in abouts if int(path.stem) <= last]


def read_about(path: Path) -> dict[str, Any]:
    """What one edition tells of itself.

    Raises
    ------
    StudyError
        If the file is damaged or tells of another edition.
    """
    about = read_json(path)
    if not isinstance(about, dict) or about.get("edition") != int(path.stem):
        raise _say_damaged(path, ValueError("no edition of this number"))
    if not isinstance(about.get("files"), list) or not isinstance(about.get("day"), str):
        raise _say_damaged(path, ValueError("no files or no day"))
    return about


def read_edits(path: Path) -> pd.DataFrame:
    """Changes of one edition, as they were written.

    Raises
    ------
    StudyError
        If the file is damaged.
    """
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise _say_damaged(path, error) from error
    missing = [name for name in CHANGE_COLUMNS if name not in frame]
    if missing:
        raise _say_damaged(path, ValueError(f"no column {missing[0]}"))
    return frame


def read_changes(folder: Path, *, last: int, id_: str = "") -> pd.DataFrame:
    """Changes of all editions that count, or of one row, oldest first.

    Returns
    -------
    DataFrame
        Columns ``edition day file id change column before after``.
    """
    frames = []
    for about in list_editions(folder, last=last):
        stem = f"{about['edition']:04d}"
        frame = read_edits(folder / f"{stem}.changes.parquet")
        if id_:
            frame = frame[frame["id"].eq(id_)]
        files = ", ".join(file["name"] for file in about["files"])
        frames.append(frame.assign(edition=about["edition"], day=about["day"], file=files))
    columns = ["edition", "day", "file", "id", "change", "column", "before", "after"]
    if not frames:
        return pd.DataFrame(columns=columns)
    return pd.concat(frames, ignore_index=True)[columns]


def read_conflicts(folder: Path, *, last: int) -> pd.DataFrame:
    """Conflicts of all editions that count; of one row and field the latest word of each."""
    frames = [
        read_table(path) for path in list_files(folder)
        if path.name.endswith(".conflicts.csv") and int(path.name.split(".")[0]) <= last
    ]
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return pd.DataFrame()
    table = pd.concat(filled, ignore_index=True)
    return table.drop_duplicates(["id", "field", "owner_b"], keep="last").reset_index(drop=True)


def hide_changes(changes: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Changes fit to be written down: what a hidden column held is not repeated.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> one = pd.DataFrame({"column": ["phone"], "before": ["1"], "after": ["2"]})
    >>> hide_changes(one, find_spec("shelters"))["after"].to_list()
    ['2']
    """
    hidden = changes["column"].isin(spec.hidden_columns)
    return changes.assign(before=changes["before"].mask(hidden, REMOVED),
                          after=changes["after"].mask(hidden, REMOVED))
