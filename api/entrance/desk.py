"""What a server keeps beside the data: keys, limits, logs and counts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from api.keys.holders import Holder
from api.keys.limits import RateLimiter
from api.keys.ring import KeyRing
from api.logs.access_log import AccessLog
from api.logs.trail import AuditTrail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Scope

    from api.logs.metrics import Metrics
    from api.settings import Settings

SEEN_KEY = "georisk.seen"
NOBODY = Holder()


class Seen(NamedTuple):
    """What may be written down of a request: never its path, query, key or address."""

    route: str = "-"
    holder: Holder = NOBODY
    run_id: str = ""


@dataclass(frozen=True)
class Desk:
    """Everything that outlives a request and is not data.

    Attributes
    ----------
    ring : KeyRing or None
        None where there is no folder for keys: then no key opens anything.
    limiter : RateLimiter
    trail : AuditTrail or None
    log : AccessLog
    metrics : Metrics or None
        None unless asked for.
    """

    ring: KeyRing | None
    limiter: RateLimiter
    trail: AuditTrail | None
    log: AccessLog
    metrics: Metrics | None

    def open(self) -> None:
        """Begin to write."""
        if self.trail is not None:
            self.trail.start()

    def close(self) -> None:
        """Write what waits, and let go of files."""
        if self.trail is not None:
            self.trail.close()
        if self.ring is not None:
            self.ring.close()

    def note_opened(self, audience: str) -> None:
        """Count that another snapshot was opened."""
        if self.metrics is not None:
            self.metrics.tell_opened(audience, time.time())

    def note(self, scope: Scope, status: int, seconds: float) -> None:
        """Write down that a request was answered."""
        seen: Seen = scope.get(SEEN_KEY) or Seen()
        method, holder = scope["method"], seen.holder
        self.log.write(seen.route, method, status, seconds * 1000, holder.audience, seen.run_id)
        if self.metrics is not None:
            self.metrics.observe(seen.route, method, status, seconds, holder.audience)
        if self.trail is not None and (holder.audience != "public" or holder.key_id):
            self.trail.write(seen.route, method, status, holder, seen.run_id)


def set_up_desk(
    settings: Settings, routes: Iterable[str], *, log: AccessLog | None = None
) -> Desk:
    """Make the desk of one worker.

    Parameters
    ----------
    settings : Settings
    routes : iterable of str
        Templates that may stand in counts.
    log : AccessLog, optional
        By default to stderr.
    """
    shared, state = settings.shared, settings.state
    metrics = None
    if settings.metrics:
        from api.logs.metrics import Metrics

        metrics = Metrics(routes, folder=None if shared is None else shared / "metrics")
    return Desk(
        ring=None if state is None else KeyRing(state),
        limiter=RateLimiter(None if shared is None else shared / "buckets"),
        trail=None if state is None else AuditTrail(state),
        log=log or AccessLog(),
        metrics=metrics,
    )
