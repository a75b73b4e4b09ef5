"""Which facilities nobody has checked in time, and whose word is about to lapse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from layers.disclosure import VERIFY_DAYS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

NOTICE_DAYS = 14
STALE_COLUMNS = ["place_id", "steward", "owner", "last_verified", "verify_by", "why", "synthetic"]
_DAYS = ("last_verified", "verify_by", "consent_until")


def find_stale(frame: pd.DataFrame, *, today: dt.date) -> pd.DataFrame:
    """List the facilities that somebody must look after, the longest overdue first.

    Parameters
    ----------
    frame : DataFrame
        Typed rows of a facility layer, index ``place_id``; columns that it lacks count as
        empty.
    today : datetime.date
        The real date, never ``as_of``.

    Returns
    -------
    DataFrame
        ``place_id steward owner last_verified verify_by why synthetic``; days as text, empty
        where unknown; ``why`` joins all reasons by ``;``. A place that nobody agreed to publish
        has no consent to lapse.

    Examples
    --------
    >>> import datetime as dt
    >>> day = pd.to_datetime(["2025-12-01", "2025-12-01", None]).astype("datetime64[s]")
    >>> due = pd.to_datetime(["2026-01-20", "2026-02-20", None]).astype("datetime64[s]")
    >>> frame = pd.DataFrame({"steward": "office", "last_verified": day, "verify_by": due},
    ...                      index=["gt-x-1", "gt-x-2", "gt-x-3"])
    >>> stale = find_stale(frame, today=dt.date(2026, 2, 1))
    >>> stale[["place_id", "why"]].to_numpy().tolist()
    [['gt-x-3', 'never verified'], ['gt-x-1', 'verify_by passed 12 days ago']]
    """
    filled = _fill_columns(frame)
    now = pd.Timestamp(today)
    rows = []
    for row in filled.itertuples():
        reasons = list(_find_reasons(row, now))
        if reasons:
            overdue = min((due for due, _ in reasons), default=0)
            rows.append((overdue, str(row.Index), row, "; ".join(why for _, why in reasons)))
    rows.sort(key=lambda entry: entry[:2])
    return pd.DataFrame(
        [(place, row.steward, row.owner, _show_day(row.last_verified), _show_day(row.verify_by),
          why, bool(row.synthetic)) for _, place, row, why in rows],
        columns=STALE_COLUMNS,
    )


def _fill_columns(frame: pd.DataFrame) -> pd.DataFrame:
    out = pd.DataFrame(index=frame.index)
    for name in _DAYS:
        out[name] = pd.to_datetime(frame[name]) if name in frame else pd.NaT
    for name in ("steward", "owner"):
        values = frame[name] if name in frame else pd.Series("", index=frame.index)
        out[name] = values.astype("object").where(values.notna(), "").astype("str").str.strip()
    for name in ("publish_ok", "synthetic"):
        said = frame[name] if name in frame else pd.Series(data=False, index=frame.index)
        out[name] = said.fillna(value=False).astype(bool)
    return out


def _find_reasons(row: object, now: pd.Timestamp) -> Iterator[tuple[int, str]]:
    """Reasons with the days that are left; what was never known comes before all that is late."""
    never = -(10**6)
    checked, due, consent = (getattr(row, name) for name in _DAYS)
    if pd.isna(checked):
        yield never, "never verified"
    elif checked > now:
        yield never, "last_verified lies in the future"
    if pd.isna(due):
        if pd.notna(checked):
            yield never, "no verify_by"
    else:
        yield from _judge_day(due, now, passed="verify_by passed", coming="verify_by comes")
        if pd.notna(checked) and (due - checked).days > VERIFY_DAYS:
            yield 0, f"verify_by more than {VERIFY_DAYS} days after last_verified"
    if getattr(row, "publish_ok", False):
        if pd.isna(consent):
            yield never, "consent without an end: not published"
        else:
            yield from _judge_day(consent, now, passed="consent lapsed", coming="consent lapses")
    if not getattr(row, "steward", ""):
        yield 0, "no steward"


def _judge_day(
    day: pd.Timestamp, now: pd.Timestamp, *, passed: str, coming: str
) -> Iterator[tuple[int, str]]:
    left = (day - now).days
    if left < 0:
        yield left, f"{passed} {_count_days(-left)} ago"
    elif left <= NOTICE_DAYS:
        yield left, f"{coming} today" if not left else f"{coming} in {_count_days(left)}"


def _count_days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _show_day(day: object) -> str:
    return "" if pd.isna(day) else f"{day:%Y-%m-%d}"
