"""The points that a job proposed, opened through the same gate as everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.jobs.board import Board
from api.stock.room import Room
from layers.errors import CallError, NotShownError

if TYPE_CHECKING:
    from api.keys.holders import Holder
    from api.settings import Settings

LAYER = "proposed_sites"


def open_result(room: Room, settings: Settings, name: str, holder: Holder) -> Room:
    """Open the result of a job as a collection of its own.

    Parameters
    ----------
    room : Room
        Of the asker's audience; the result is opened once for it.
    settings : Settings
    name : str
        Id of the job.
    holder : Holder

    Raises
    ------
    NotShownError
        If there is no such job, it has not ended well, or somebody else asked it.
    """
    if settings.state is None:
        raise NotShownError(name)
    board = Board(settings.state)
    job = board.find(name, holder)
    if job.state != "done":
        raise NotShownError(name)

    def build() -> Room:
        try:
            door = room.door.with_results(board.find_result(job))
        except CallError as error:
            raise NotShownError(name) from error
        return Room(door, alias=(name, LAYER))

    return room.remember(("job", name), build)
