"""What checks found, as a table: one line a cell, before it becomes faults for a person."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.cells import look_up

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

FINDING_COLUMNS = ["row", "column", "value", "reason", "suggestion", "fix", "confidence"]
MOST_ADVISED, MOST_GUESSED = 100_000, 10_000


@dataclass(frozen=True)
class Guess:
    """What a cell probably means.

    Attributes
    ----------
    words : str
        For a person; empty where there is nothing to say.
    fix : tuple of (str, str)
        Columns and the values that would make it true; an empty column name is the cell's own.
    confidence : float
        0 to 1.
    reason : str
        Says better what is wrong with the cell than its type does.
    """

    words: str = ""
    fix: tuple[tuple[str, str], ...] = ()
    confidence: float = 0.0
    reason: str = ""


NO_GUESS = Guess()


def list_findings(mask: pd.Series, column: str, reason: object, **more: object) -> pd.DataFrame:
    """One finding for each row that is marked.

    Parameters
    ----------
    mask : Series of bool
        Index: the labels of the rows.
    reason : str or Series
    **more
        ``value``, ``suggestion``, ``fix`` and ``confidence``: one for all, or a Series as long
        as the mask. Without a value, the raw cell is shown.

    Examples
    --------
    >>> import pandas as pd
    >>> found = list_findings(pd.Series([False, True]), "dead", "not a number")
    >>> len(found), int(found["row"][0]), found["reason"][0]
    (1, 1, 'not a number')
    """
    rows = mask.index[mask.to_numpy()]
    if not len(rows):
        return empty_findings()
    given = {"value": None, "reason": reason, "suggestion": "", "fix": (), "confidence": 0.0}
    found = {"row": rows, "column": column}
    for name, what in {**given, **more}.items():
        picked = what[mask.to_numpy()].to_numpy() if isinstance(what, pd.Series) else what
        if name == "fix" and not isinstance(what, pd.Series):
            picked = [what] * len(rows)
        found[name] = picked
    return pd.DataFrame(found, columns=FINDING_COLUMNS)


@lru_cache(maxsize=1)
def empty_findings() -> pd.DataFrame:
    """No findings; one frame for all, since none is ever changed."""
    return pd.DataFrame({name: [] for name in FINDING_COLUMNS}).astype(
        {"row": "int64", "confidence": "float64", "fix": "object"})


def mark_rows(found: Sequence[pd.DataFrame], index: pd.Index) -> NDArray[np.bool_]:
    """Mark the rows of a frame of which something was found."""
    marked = np.zeros(len(index), dtype=bool)
    for frame in found:
        marked |= index.isin(frame["row"])
    return marked


def join_findings(found: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Findings of several checks, by row and column; the first that was said of a cell stays."""
    frames = [frame for frame in found if len(frame)]
    if not frames:
        return empty_findings()
    merged = pd.concat([frame.reindex(columns=FINDING_COLUMNS) for frame in frames])
    first = ~merged.duplicated(["row", "column"])
    return merged[first].sort_values(["row", "column"], kind="stable").reset_index(drop=True)


def advise_findings(
    findings: pd.DataFrame, text: pd.Series, guess: Callable[[str], Guess]
) -> pd.DataFrame:
    """Put guesses into the findings of one column.

    Parameters
    ----------
    findings : DataFrame
        Of one column.
    text : Series of str
        The column; its index holds every ``row``.
    guess : callable
        From a cell to what it probably means. Asked once for each distinct cell, and not of
        more cells than anybody will look at.
    """
    if not len(findings):
        return findings
    first, rest = findings.head(MOST_ADVISED), findings.iloc[MOST_ADVISED:]
    told = look_up(text.loc[first["row"]], guess, most=MOST_GUESSED)
    guesses = [one or NO_GUESS for one in told]
    name = first["column"].iloc[0]
    fixes = [tuple((own or name, value) for own, value in one.fix) for one in guesses]
    reasons = zip(guesses, first["reason"], strict=True)
    advised = first.assign(
        suggestion=[one.words for one in guesses],
        fix=pd.Series(fixes, index=first.index, dtype=object),
        confidence=[one.confidence for one in guesses],
        reason=[one.reason or old for one, old in reasons],
    )
    return pd.concat([advised, rest]) if len(rest) else advised
