"""What cannot be true of a row, whatever its cells look like: ids, dates, counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from layers.findings import empty_findings, list_findings
from layers.spec import ID_PATTERN

if TYPE_CHECKING:
    import datetime as dt

    from layers.spec import LayerSpec

EARLIEST = pd.Timestamp(1900, 1, 1)
_NO_ID = ["nan", "None", "<NA>"]
_SUM_SURE = 0.6


def mark_shaped_ids(ids: pd.Series) -> pd.Series:
    """Mark ids made of a-z, 0-9 and - alone: others may be a name, and are never repeated."""
    shaped = ids.str.fullmatch(ID_PATTERN[1:-1])
    return shaped.fillna(value=False).astype(bool)


def find_bad_ids(ids: pd.Series, spec: LayerSpec) -> list[pd.DataFrame]:
    """Ids that are missing, misshapen or stand on several rows."""
    blank = ids.isna() | ids.isin(_NO_ID)
    shaped = mark_shaped_ids(ids)
    twice = ids.duplicated(keep=False) & ~blank & shaped
    return [
        list_findings(blank, spec.id, "the id is missing"),
        list_findings(~blank & ~shaped, spec.id, "an id has only a-z, 0-9 and -"),
        list_findings(twice, spec.id,
                      "the same id stands on several rows: every copy is set aside"),
    ]


def find_bad_dates(
    typed: pd.DataFrame, spec: LayerSpec, today: dt.date | None
) -> list[pd.DataFrame]:
    """Dates that cannot be: before 1900 anywhere, and incidents of tomorrow."""
    found = []
    for name in _list_dates(typed, spec):
        zone = typed[name].dt.tz
        early = typed[name] < EARLIEST.tz_localize(zone)
        found.append(list_findings(early, name, "an impossible date"))
        if spec.role == "incident" and today is not None:
            late = typed[name] >= pd.Timestamp(today).tz_localize(zone) + pd.Timedelta(days=1)
            found.append(list_findings(late, name, "a date in the future"))
    return found


def find_early_dates(
    typed: pd.DataFrame, spec: LayerSpec, since: dt.date | None
) -> pd.DataFrame:
    """Incidents from before their register began: perhaps entered later, perhaps a slip."""
    if since is None or spec.role != "incident" or "date" not in typed:
        return empty_findings()
    early = typed["date"] < pd.Timestamp(since)
    return list_findings(early, "date", f"before the register began ({since.isoformat()})")


def _list_dates(typed: pd.DataFrame, spec: LayerSpec) -> list[str]:
    return [name for name, column in spec.columns.items()
            if column.dtype in {"date", "datetime"} and name in typed]


def find_bad_counts(typed: pd.DataFrame, spec: LayerSpec) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Incidents with fewer victims than dead or missing people.

    Returns
    -------
    faults, doubts : DataFrame
        One count above the total is a fault; a total below their sum a doubt: registers differ
        in what they add up.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> import pandas as pd
    >>> counts = pd.DataFrame({"dead": [3, 2], "missing": [0, 2], "n_victims": [2, 3]})
    >>> faults, doubts = find_bad_counts(counts.astype("Int64"), find_spec("incidents"))
    >>> faults["suggestion"].tolist(), doubts["row"].tolist()
    (['3?'], [1])
    """
    parts = [name for name in ("dead", "missing") if name in typed]
    if spec.role != "incident" or "n_victims" not in typed or not parts:
        return empty_findings(), empty_findings()
    counts = typed[parts].astype("float64")
    total = typed["n_victims"].astype("float64")
    sums = counts.sum(axis=1)
    sound = ~(counts < 0).any(axis=1)
    over = sound & (counts.max(axis=1) > total)
    short = sound & (sums > total) & ~over
    return _tell_counts(over, sums, parts), _tell_counts(short, sums, parts)


def _tell_counts(mask: pd.Series, sums: pd.Series, parts: list[str]) -> pd.DataFrame:
    if not mask.any():
        return empty_findings()
    texts = sums[mask].map("{:.0f}".format)
    found = list_findings(mask, "n_victims", f"fewer than {' and '.join(parts)}",
                          suggestion=(texts + "?").reindex(mask.index),
                          confidence=_SUM_SURE)
    fixes = [(("n_victims", text),) for text in texts]
    return found.assign(fix=pd.Series(fixes, index=found.index, dtype=object))
