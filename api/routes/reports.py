"""Reports from the field: taken in, never shown; their sender may ask where they stand."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from starlette.responses import Response

from api.answering.answers import dump_json
from api.asking.ask import JSON, Doorway
from api.errors import UnprocessableError
from api.reports.erasing import purge_reports
from api.reports.reading import read_report
from api.reports.schema import BODIES, DECIDED, KEY_PATTERN, RECEIPT, STATE
from api.reports.store import Store
from api.reports.vocabulary import MAX_BODY_BYTES
from layers.errors import NotShownError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from api.asking.ask import Ask
    from georisk.doors import Door
    from layers.spec import Audience

_KEY = re.compile(KEY_PATTERN)
_PRIVATE = {"Cache-Control": "private, no-store"}


def take_report(ask: Ask) -> Response:
    """Store a report for review; answered only once it is on disk.

    Raises
    ------
    UnprocessableError
        If it holds anything outside the vocabulary.
    ConflictError
        If the ``Idempotency-Key`` was used for another report.
    LimitedError
        If too many wait for review.
    """
    _refuse_pages(ask)
    key = ask.headers.get("idempotency-key", "")
    if "idempotency-key" in ask.headers and not _KEY.fullmatch(key):
        raise UnprocessableError("Idempotency-Key: 1 to 64 of A-Z a-z 0-9 . _ : ~ -")
    now = dt.datetime.now(tz=dt.UTC)
    report = read_report(ask.body, today=now.date())
    receipt = _open_store(ask).add(report, holder=ask.holder.key_id, key=key, now=now,
                                   knows_place=ask.room.door.knows_place)
    headers = {"Location": ask.locate(f"/reports/{receipt.id}")}
    if receipt.replayed:
        headers["Idempotency-Replayed"] = "true"
    return _tell(ask, receipt.id, receipt.state, status=201, headers=headers)


def read_state(ask: Ask) -> Response:
    """Say where a report stands, to whoever sent it and to nobody else.

    Raises
    ------
    NotShownError
        If the asker sent no report by this id.
    """
    id_ = ask.names["report"]
    state = _open_store(ask).find_state(id_, holder=ask.holder.key_id)
    if state is None:
        raise NotShownError("report")
    return _tell(ask, id_, state, status=200, headers={})


def _tell(
    ask: Ask, id_: str, state: str, *, status: int, headers: Mapping[str, str]
) -> Response:
    body = {"id": id_, "state": _spell_state(state, ask.room.door.audience),
            "links": [ask.link(f"/reports/{id_}", "self", "Where the report stands")]}
    return Response(dump_json(body), status_code=status, media_type=JSON,
                    headers={**_PRIVATE, **headers})


def _spell_state(state: str, audience: Audience) -> str:
    """Say what a sender may know of a decision.

    To whoever does not see every place, "accepted" would tell that a place by a guessed id is
    there: a report about one that is not can only be rejected.
    """
    return state if state == "queued" or audience == "restricted" else DECIDED


def _open_store(ask: Ask) -> Store:
    """Open the reports once for each room: with every snapshot, and every day."""
    state = ask.settings.state
    if state is None:
        raise NotShownError("reports")
    return ask.room.make(("reports", state), lambda: _open_purged(state, ask.room.door))


def _open_purged(state: Path, door: Door) -> Store:
    store = Store.open(state)
    store.check_places(door.knows_place)
    purge_reports(store, state, door.today)
    return store


def _refuse_pages(ask: Ask) -> None:
    """Refuse a page from elsewhere that a planner's browser has open.

    Without a key the machine itself is who is trusted, and a browser sends plain text anywhere.
    """
    origin = ask.headers.get("origin")
    if origin is not None and not ask.holder.key_id and origin != ask.base:
        raise NotShownError("reports")


DOORWAYS = (
    Doorway("/reports", take_report, method="POST", heavy=True, least="partner", status=201,
            answers=RECEIPT, bodies=BODIES, max_body_bytes=MAX_BODY_BYTES, tag="Reports"),
    Doorway("/reports/{report}", read_state, ("f",), heavy=True, least="partner", answers=STATE,
            tag="Reports"),
)
