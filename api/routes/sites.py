"""Siting: asked as a job, answered as a collection that the asker alone sees."""

from __future__ import annotations

from subprocess import SubprocessError
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from api.answering.answers import dump_json
from api.asking.ask import GEOJSON, HTML, JSON, Doorway
from api.errors import UnavailableError
from api.jobs.board import Board
from api.jobs.question import read_question
from api.pages import render_page
from layers.errors import NotShownError

if TYPE_CHECKING:
    from api.asking.ask import Ask
    from api.jobs.board import Job

_PRIVATE = {"Cache-Control": "private, no-store"}


def ask_sites(ask: Ask) -> Response:
    """Begin to work out where points should go; the answer says where to look for it.

    Raises
    ------
    UnprocessableError
        If the question is not one.
    LimitedError
        If too many jobs are under way.
    UnavailableError
        If no process can be started.
    """
    question = read_question(ask.body)
    board, study = find_board(ask), ask.settings.study
    if study is None:
        raise NotShownError("sites")
    job = board.add(question.model_dump(exclude_defaults=True), holder=ask.holder,
                    limit_s=question.limit_s, run_id=ask.room.door.run_id)
    try:
        ask.crew.start(board, job, list(question.list_options()), study=study,
                       runs=ask.settings.runs)
    except (OSError, SubprocessError) as error:
        # Else it would stand on the board as under way, and keep others from asking.
        board.end(job.id, "failed", "It could not be begun.")
        raise UnavailableError("No job can be begun just now: try again later.") from error
    headers = {**_PRIVATE, "Location": ask.locate(f"/sites/{job.id}")}
    body = dump_json(describe_job(ask, job))
    return Response(body, status_code=202, media_type=JSON, headers=headers)


def read_job(ask: Ask) -> Response:
    """Say how far a job is."""
    job = find_board(ask).find(ask.names["job"], ask.holder)
    document = describe_job(ask, job)
    # Without a validator: how far it is changes though the snapshot does not.
    if ask.format == "html":
        page = render_page(ask.doorway.page, document, ask)
        return Response(page, media_type=HTML, headers=_PRIVATE)
    return Response(dump_json(document), media_type=JSON, headers=_PRIVATE)


def cancel_job(ask: Ask) -> Response:
    """Cancel a job; one that has ended stays as it is."""
    board = find_board(ask)
    board.find(ask.names["job"], ask.holder)
    job = board.end(ask.names["job"], "cancelled")
    if job is None:
        raise NotShownError(ask.names["job"])
    return Response(dump_json(describe_job(ask, job)), media_type=JSON, headers=_PRIVATE)


def find_board(ask: Ask) -> Board:
    """Return the board of this server.

    Raises
    ------
    NotShownError
        If it works on no jobs.
    """
    if ask.settings.state is None or ask.settings.study is None:
        raise NotShownError("sites")
    return Board(ask.settings.state)


def describe_job(ask: Ask, job: Job) -> dict[str, Any]:
    """Describe a job as whoever asked it may know it."""
    links = [ask.link(f"/sites/{job.id}", "self", "This job")]
    if job.state == "done":
        links += [
            ask.link(f"/collections/{job.id}", "results", "The proposed points"),
            ask.link(f"/collections/{job.id}/items", "items", "The proposed points", GEOJSON),
        ]
    return {
        "id": job.id, "state": job.state, "asked": job.asked, "created": job.created,
        "ended": job.ended, "limit_s": job.limit_s, "run_id": job.run_id, "message": job.message,
        "note": "A proposal: a field visit decides. Restricted, and seen by the asking key alone.",
        "links": links,
    }


DOORWAYS = (
    Doorway("/sites", ask_sites, heavy=True, method="POST", bodies={JSON: "siting_question"},
            answers="job", status=202, least="restricted", tag="Siting", max_body_bytes=65_536),
    Doorway("/sites/{job}", read_job, ("f",), heavy=True, formats=("json", "html"), page="job",
            answers="job", least="restricted", tag="Siting"),
    Doorway("/sites/{job}", cancel_job, heavy=True, method="DELETE", answers="job",
            least="restricted", tag="Siting"),
)
