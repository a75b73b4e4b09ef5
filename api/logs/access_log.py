"""The access log: one JSON object a line, with nothing of what was asked."""

from __future__ import annotations

import logging
import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

_STDERR = 2
_METHODS = {name: name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")}


def name_method(method: str) -> str:
    """Name the method of a request as logs may: one of those there are, or ``other``.

    Examples
    --------
    >>> name_method("GET"), name_method("MY-SECRET")
    ('GET', 'other')
    """
    return _METHODS.get(method, "other")


class AccessLog:
    """Writes one line a request to stderr: route template, method, status, milliseconds.

    Parameters
    ----------
    send : callable, optional
        Takes the bytes of one line; by default one write to stderr, which keeps the lines of
        several workers apart.
    read_time_s : callable
        Seconds since 1970 (UTC).

    Notes
    -----
    There is no parameter for a path, query, address or key. A line that cannot be written (the
    reader of stderr is gone) is counted in `lost`: a log is no reason to refuse an answer. What
    must not be lost is in the audit log.
    """

    def __init__(
        self, send: Callable[[bytes], object] | None = None, *,
        read_time_s: Callable[[], float] = time.time,
    ) -> None:
        self._send = send or _send_to_stderr
        self._read_time_s = read_time_s
        self._second = -1
        self._written = ""
        self.lost = 0

    def write(
        self, route: str, method: str, status: int, ms: float, audience: str, run_id: str
    ) -> None:
        """Write the line of one request.

        Examples
        --------
        >>> log = AccessLog(lambda line: print(line.decode(), end=""), read_time_s=lambda: 0.25)
        >>> log.write("/manifest", "GET", 200, 0.512, "public", "r1")
        {"at":"1970-01-01T00:00:00.250Z","route":"/manifest","method":"GET","status":200,"ms":0.51,"audience":"public","run_id":"r1"}
        """
        line = orjson.dumps({
            "at": self._tell_time(), "route": route, "method": name_method(method),
            "status": status,
            "ms": round(ms, 2), "audience": audience, "run_id": run_id,
        }, option=orjson.OPT_APPEND_NEWLINE)
        try:
            self._send(line)
        except OSError:
            self.lost += 1

    def _tell_time(self) -> str:
        now_s = self._read_time_s()
        second = int(now_s)
        if second != self._second:
            written = datetime.fromtimestamp(second, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")
            # Both at once: another thread never sees the text of one and the number of the other.
            self._second, self._written = second, written
        return f"{self._written}.{int((now_s - second) * 1000):03d}Z"


class JsonFormatter(logging.Formatter):
    """Lines of start, stop and faults as JSON; of an exception its type only, never its text."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record as one line.

        Examples
        --------
        >>> made = logging.makeLogRecord({"msg": "snapshot %s", "args": ("r1",), "created": 0})
        >>> JsonFormatter().format(made)
        '{"at":"1970-01-01T00:00:00.000Z","level":"info","message":"snapshot r1"}'
        """
        at = datetime.fromtimestamp(record.created, tz=UTC)
        line: dict[str, Any] = {
            "at": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z",
            "level": record.levelname.lower() if record.levelno else "info",
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        return orjson.dumps(line).decode()


def describe_logging() -> dict[str, Any]:
    """Say to `logging.config` (and to uvicorn) how our lines are written: JSON, to stderr."""
    loud = {"handlers": ["stderr"], "level": "INFO", "propagate": False}
    quiet = {**loud, "level": "WARNING"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": f"{__name__}.JsonFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json",
                                "stream": "ext://sys.stderr"}},
        "loggers": {"georisk.api": loud, "uvicorn": quiet, "asyncio": quiet},
    }


def start_log() -> None:
    """Write our lines and the server's to stderr as JSON."""
    import logging.config

    logging.config.dictConfig(describe_logging())


def _send_to_stderr(line: bytes) -> None:
    os.write(_STDERR, line)
