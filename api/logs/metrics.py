"""Counts and durations for Prometheus, by route template; nothing of what was asked."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Literal, get_args

from api.logs.access_log import name_method
from layers.errors import BrokenError
from layers.spec import AUDIENCES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

Refusal = Literal["key", "limit", "host", "audit"]
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0)
_OTHER = "other"
_FOLDER, _NO_STAMPS = "PROMETHEUS_MULTIPROC_DIR", "PROMETHEUS_DISABLE_CREATED_SERIES"
_CLASSES = {n: f"{n}xx" for n in range(1, 6)}


class Metrics:
    """What a server counts of itself.

    Parameters
    ----------
    routes : iterable of str
        Templates that may stand in a label; whatever else is ``other``.
    folder : Path, optional
        Private folder that several workers share, so that whichever of them is asked tells the
        counts of all; it has to be empty when the first begins. Without it: of this process.

    Raises
    ------
    BrokenError
        If workers would not share their counts: prometheus_client chooses when it is imported.

    Notes
    -----
    Labels come from closed lists: route template, method, class of status, audience, reason of a
    refusal. So their number is bounded whatever is asked, and none carries a query, a name or an
    address.
    """

    def __init__(self, routes: Iterable[str], *, folder: Path | None = None) -> None:
        _prepare(folder)
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._routes = frozenset(routes)
        self._folder = folder
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "georisk_requests", "Requests answered.", ("route", "method", "status", "audience"),
            registry=self._registry)
        self._seconds = Histogram(
            "georisk_request_seconds", "Seconds until an answer was sent.", ("route",),
            buckets=SECONDS, registry=self._registry)
        self._refused = Counter(
            "georisk_refused", "Requests refused: key (not valid), limit (too often), host (names "
            "another one), audit (keys cannot be checked, or answers not be written down).",
            ("reason",), registry=self._registry)
        self._opened = Gauge(
            "georisk_snapshot_opened_timestamp_seconds", "When the snapshot was opened that is "
            "served now (seconds since 1970).", ("audience",), registry=self._registry,
            multiprocess_mode="mostrecent")
        self._refusals = {name: self._refused.labels(name).inc for name in get_args(Refusal)}
        self._counters: dict[tuple[str, str, int, str], tuple[Callable[[], None],
                                                              Callable[[float], None]]] = {}

    def observe(self, route: str, method: str, status: int, seconds: float, audience: str) -> None:
        """Count one request and how long it took."""
        key = (route, method, status, audience)
        counters = self._counters.get(key) or self._find_counters(*key)
        counters[0]()
        counters[1](seconds)

    def count_refusal(self, reason: Refusal) -> None:
        """Count one request that was refused before it reached its route."""
        self._refusals[reason]()

    def tell_opened(self, audience: str, at_s: float) -> None:
        """Note when the snapshot was opened (seconds since 1970) that an audience is shown."""
        self._opened.labels(_name_audience(audience)).set(at_s)

    def render(self) -> tuple[bytes, str]:
        """Write all counts as Prometheus reads them: body and media type."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

        registry = self._registry
        if self._folder is not None:
            from prometheus_client.multiprocess import MultiProcessCollector

            registry = CollectorRegistry()
            MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST

    def _find_counters(self, route: str, method: str, status: int, audience: str) -> tuple[
        Callable[[], None], Callable[[float], None]
    ]:
        route = route if route in self._routes else _OTHER
        known = (route, name_method(method), status, _name_audience(audience))
        labels = (*known[:2], _CLASSES.get(status // 100, _OTHER), known[3])
        counters = (self._requests.labels(*labels).inc, self._seconds.labels(route).observe)
        if known == (route, method, status, audience) and 100 <= status < 600:  # noqa: PLR2004
            # Only what is in the closed lists is kept: others would fill memory.
            self._counters[known] = counters
        return counters


def _name_audience(audience: str) -> str:
    return audience if audience in AUDIENCES else _OTHER


def _prepare(folder: Path | None) -> None:
    """Say to prometheus_client, before it is first imported, whether workers share counts."""
    loaded: Any = sys.modules.get("prometheus_client.values")
    os.environ[_NO_STAMPS] = "true"
    if folder is not None:
        os.environ[_FOLDER] = str(folder)
    if loaded is None:
        if folder is None:
            os.environ.pop(_FOLDER, None)
        return
    shares = loaded.ValueClass is not loaded.MutexValue
    if shares != (folder is not None):
        raise BrokenError("prometheus_client was imported before it was known whether workers "
                          "share their counts")
