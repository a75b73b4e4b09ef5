"""Reports whose time is over, and what must be forgotten: erased wherever it was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.reports.file import FILE
from api.reports.incidents import PREFIX, drop_incidents
from api.reports.store import Store

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path


def purge_reports(store: Store, state: Path, today: dt.date) -> int:
    """Erase what was decided over 30 days ago, with incidents nobody imported, or waits over 90."""
    ids = store.purge(today)
    drop_incidents(state, ids)
    return len(ids)


def purge_state(state: Path, today: dt.date) -> int:
    """Erase likewise in a state folder, if reports were ever stored there."""
    if not (state / FILE).is_file():
        return 0
    store = Store.open(state)
    try:
        return purge_reports(store, state, today)
    finally:
        store.close()


def forget_reports(state: Path, id_: str) -> int:
    """Erase every report that names a place, or became the incident of this id; counts them.

    Raises
    ------
    CallError
        If others keep the file too busy to be cleared of their traces.
    """
    if not (state / FILE).is_file():
        return 0
    store = Store.open(state)
    try:
        gone = {*store.forget(id_), *store.forget_report(id_.removeprefix(PREFIX))}
        drop_incidents(state, {*gone, id_.removeprefix(PREFIX)})
        store.clear()
    finally:
        store.close()
    return len(gone)
