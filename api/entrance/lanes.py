"""Lanes beside the event loop: so many answers are worked out at once, so many wait, no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from api.errors import BusyError

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.asking.ask import Ask

# Threads share the interpreter: more of them make each slower, and nothing quicker.
AT_ONCE = 4
MOST_WAITING = 64


class Lanes:
    """Threads for what takes longer than others should wait.

    Notes
    -----
    What is sent (reports, jobs) has a lane of its own, and so has each group of addresses: nobody
    who asks hard questions can hold up a report, nor those who wait for a map a page.
    """

    def __init__(self) -> None:
        self._limiters: dict[str, CapacityLimiter] = {}

    async def work(self, ask: Ask) -> Response:
        """Work out an answer beside the event loop.

        Raises
        ------
        BusyError
            If too many wait already.
        """
        lane = "sent" if ask.doorway.method != "GET" else ask.doorway.tag
        if lane not in self._limiters:
            self._limiters[lane] = CapacityLimiter(AT_ONCE)
        limiter = self._limiters[lane]
        if limiter.statistics().tasks_waiting >= MOST_WAITING:
            raise BusyError("This server is busy: try again in a moment.", retry_after_s=2)
        return await run_sync(ask.doorway.endpoint, ask, limiter=limiter)
