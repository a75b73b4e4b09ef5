"""Which sheet of a file holds an upstream's table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layers.sources import Grid

Rows = list[list[str]]
_HEAD_ROWS, _MAX_TOLD = 40, 12


def choose_grid(path: Path, sheet: str, fits: Callable[[Rows], bool]) -> Grid:
    """Read a file and take the sheet that is named, else the first that fits, else the first.

    Parameters
    ----------
    fits : callable
        Told the first 40 rows of a sheet, says whether it is the upstream's table.

    Raises
    ------
    ValueError
        If there is no sheet of that name.
    """
    from layers.readers.grids import read_grids

    named = find_sheets(read_grids(path), sheet)
    return next((grid for grid in named if fits(list_head(grid))), named[0])


def find_sheets(grids: tuple[Grid, ...], sheet: str) -> tuple[Grid, ...]:
    """The sheet of a name, however it is capitalised or accented; all of them without a name.

    Raises
    ------
    ValueError
        If there is no sheet of that name; it says which there are.

    Examples
    --------
    >>> import pandas as pd
    >>> from layers.sources import Grid
    >>> [grid.name for grid in find_sheets((Grid("Albergues", pd.DataFrame()),), "albergues")]
    ['Albergues']
    """
    from layers.readers.headers import fold_name

    if not sheet:
        return grids
    same = tuple(grid for grid in grids if fold_name(grid.name) == fold_name(sheet))
    if not same:
        names = ", ".join(repr(grid.name) for grid in grids[:_MAX_TOLD])
        raise ValueError(f"no sheet {sheet!r}; there are: {names}")
    return same[:1]


def list_head(grid: Grid) -> Rows:
    """The first 40 rows of a sheet as text.

    Examples
    --------
    >>> import pandas as pd
    >>> from layers.sources import Grid
    >>> list_head(Grid("", pd.DataFrame([["id", "dead"]])))
    [['id', 'dead']]
    """
    rows: Rows = grid.cells.head(_HEAD_ROWS).astype("str").to_numpy().tolist()
    return rows
