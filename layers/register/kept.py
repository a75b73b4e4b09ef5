"""Rows that a study keeps for itself: brought in by imports, each with its owner and origin.

One GeoParquet file a layer. Beside the layer's own columns each row carries marks (`MARKS`),
which never reach a layer: readers drop them, and rows that are marked vanished with them.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, TypeVar

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from layers.layer import Layer, Provenance, index_frame
from layers.store import read_layer, sync_file, write_table
from layers.tabulating import tabulate_layer

if TYPE_CHECKING:
    from pathlib import Path

    from layers.spec import LayerSpec

OWNER, SCOPE, FILE, CHANGED, VANISHED = "_owner", "_scope", "_file", "_changed", "_vanished"
MERGED, TAKEN = "_merged", "_taken"
MARKS = (OWNER, SCOPE, FILE, CHANGED, VANISHED, MERGED, TAKEN)
_LEDGER = b"georisk"
Rows = TypeVar("Rows", pd.DataFrame, pd.Series)


@dataclass(frozen=True)
class Kept:
    """What a study keeps of one layer.

    Attributes
    ----------
    spec : LayerSpec
    frame : DataFrame or GeoDataFrame
        Typed rows, vanished ones included; sorted string index named ``spec.id``.
    marks : DataFrame
        Same index, columns `MARKS`, text: whose row it is, of which edition of which register,
        from which file, when it last changed, when it vanished (days, empty: it did not), the
        id under which it is shown together with its duplicates, and, where people decided so,
        which fields are then taken from which row (JSON). Rows themselves stay as their
        registers gave them, so that a newer edition still finds them and a merge can be undone.
    edition : int
        How many imports have changed the layer.
    """

    spec: LayerSpec
    frame: pd.DataFrame
    marks: pd.DataFrame
    edition: int = 0

    @property
    def active(self) -> pd.Series:
        """True for rows that have not vanished."""
        return self.marks[VANISHED].eq("")


def keep_nothing(spec: LayerSpec) -> Kept:
    """The state before the first import.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> len(keep_nothing(find_spec("shelters")).frame)
    0
    """
    empty = pd.DataFrame({spec.id: pd.Series([], dtype="str")})
    if spec.geometry != "none":
        empty = gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs="EPSG:4326"))
    frame = index_frame(empty, spec)
    return Kept(spec, frame, mark_rows(frame.index))


def mark_rows(
    index: pd.Index, *, owner: pd.Series | str = "", scope: str = "", file: str = "", day: str = ""
) -> pd.DataFrame:
    """Marks of new rows: nothing has vanished.

    Examples
    --------
    >>> mark_rows(pd.Index(["a-1"]), owner="crm", day="2026-01-31").loc["a-1"].to_list()
    ['crm', '', '', '2026-01-31', '', '', '']
    """
    values = {OWNER: owner, SCOPE: scope, FILE: file, CHANGED: day, VANISHED: "", MERGED: "",
              TAKEN: ""}
    return pd.DataFrame(values, index=index, columns=list(MARKS)).astype("str")


def pick_rows(rows: Rows, ids: pd.Index) -> Rows:
    """Rows of some ids, in their order; all of them, as they mostly are, at no cost.

    Examples
    --------
    >>> pick_rows(pd.Series([1, 2], index=["a", "b"]), pd.Index(["b"])).to_list()
    [2]
    """
    return rows if ids.equals(rows.index) else rows.loc[ids]


def read_kept(path: Path, spec: LayerSpec) -> Kept:
    """Read what `write_kept` wrote.

    Raises
    ------
    OSError, ValueError
        If the file is damaged or was made by something else.
    """
    # One open file: while another import puts a new one in its place, this one stays readable.
    with path.open("rb") as file:
        ledger = read_ledger(file)
        layer = read_layer(file, spec, Provenance((), "", synthetic=False, inputs_level="sealed"))
        marks = pq.read_table(file, columns=[spec.id, *MARKS]).to_pandas().set_index(spec.id)
    marks = pick_rows(marks, layer.frame.index).fillna("").astype("str")
    return Kept(spec, layer.frame, marks, int(ledger["edition"]))


def read_ledger(path: Path | IO[bytes]) -> dict[str, int]:
    """Edition of a kept file; raises ValueError if it is none."""
    raw = (pq.read_schema(path).metadata or {}).get(_LEDGER)
    if raw is None:
        raise ValueError("not a file that `georisk import` keeps")
    ledger: dict[str, int] = json.loads(raw)
    return ledger


def count_kept(path: Path) -> int:
    """Rows of a kept file, vanished ones and duplicates included; only its end is read."""
    return int(pq.read_metadata(path).num_rows)


def is_kept(path: Path) -> bool:
    """Tell whether a file is one that imports keep."""
    if path.suffix != ".parquet" or not path.is_file():
        return False
    try:
        read_ledger(path)
    except (OSError, ValueError):
        return False
    return True


def show_rows(kept: Kept) -> pd.DataFrame:
    """Rows for a layer, ids in a column: vanished ones gone, duplicates as one row, no marks.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> len(show_rows(keep_nothing(find_spec("shelters"))))
    0
    """
    marks = kept.marks[kept.active]
    frame = _keep_refusals(kept).loc[marks.index]
    groups = marks.loc[marks[MERGED].ne(""), MERGED]
    if len(groups):
        from layers.duplicates.combining import combine_rows

        frame = combine_rows(frame, groups, taken=read_taken(marks))
    return frame.reset_index()


def _keep_refusals(kept: Kept) -> pd.DataFrame:
    """Rows, of which none is published that was merged with a vanished record that refused."""
    marks, frame = kept.marks, kept.frame
    if "publish_ok" not in frame:
        return frame
    silent = ~kept.active & marks[MERGED].ne("") & ~frame["publish_ok"].fillna(value=False)
    if not silent.any():
        return frame
    held = marks[MERGED].isin(set(marks.loc[silent, MERGED]))
    return frame.assign(publish_ok=frame["publish_ok"].mask(held, other=False))


def read_taken(marks: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Which field of a merged row people take from which row: (id, field) to id."""
    said = marks.loc[marks[TAKEN].ne(""), TAKEN]
    return {
        (str(id_), field): source
        for id_, text in said.items() for field, source in json.loads(text).items()
    }


def write_kept(kept: Kept, path: Path) -> None:
    """Put a new state in place of the old at once: readers see the one or the other, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        provenance = Provenance((), "", synthetic=False, inputs_level="sealed")
        table = tabulate_layer(Layer(kept.spec, kept.frame, provenance))
        marks = pick_rows(kept.marks, kept.frame.index)
        for name in MARKS:
            table = table.append_column(name, pa.array(marks[name], type=pa.string()))
        ledger = json.dumps({"edition": kept.edition, "layer": kept.spec.name}).encode()
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), _LEDGER: ledger})
        write_table(table, aside)
        aside.chmod(0o600)
        aside.replace(path)
        sync_file(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def sweep_leftovers(path: Path) -> int:
    """Delete what writes that were killed left beside a kept file; returns how many files went.

    Whoever calls this holds the lock of the study's imports: none of these files is in use.
    """
    name = re.compile(rf"\.{re.escape(path.name)}\.\d+\.tmp")
    left = [one for one in path.parent.glob(".*.tmp") if name.fullmatch(one.name)]
    for one in left:
        one.unlink(missing_ok=True)
    return len(left)
