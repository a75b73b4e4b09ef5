"""How a server is deployed. Scientific choices are elsewhere: in the study."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from layers.errors import CallError
from layers.spec import AUDIENCES

if TYPE_CHECKING:
    from layers.spec import Audience


_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+(/[A-Za-z0-9._~/-]*)?")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")


@dataclass(frozen=True)
class Settings:
    """Choices of one deployment, read once from arguments.

    Attributes
    ----------
    runs : Path
        Folder of the snapshots; its ``current`` is followed.
    audience : {"public", "partner", "restricted"}
        Whom every answer is for.
    host, port : str, int
        Where to listen. More than public listens on loopback only.
    workers : int
        Processes.
    public_url : str
        Address that links begin with, for a server behind a proxy; empty takes the request's.
    max_age_s : int
        Seconds for which a public answer may be kept unasked.
    state : Path or None
        Folder of keys, reports and audit; without one there are none.
    study : Path or None
        The study that siting jobs are worked out from; without one there are no jobs.
    cors_origins : tuple of str
        Sites whose pages may read answers, each as ``https://host``; empty is none.
    metrics : bool
        Whether ``/metrics`` is answered.
    shared : Path or None
        Private folder of counts and limits that several workers share.

    Raises
    ------
    CallError
        Saying which choice is impossible.

    Examples
    --------
    >>> Settings(runs=Path("runs")).audience
    'public'
    """

    runs: Path
    audience: Audience = "public"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    public_url: str = ""
    max_age_s: int = 60
    state: Path | None = None
    study: Path | None = None
    cors_origins: tuple[str, ...] = ()
    metrics: bool = False
    shared: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be served."""
        if self.audience not in AUDIENCES:
            known = ", ".join(AUDIENCES)
            raise CallError(f"audience {self.audience!r}: there are {known}")
        if not 0 <= self.port <= 65535:  # noqa: PLR2004 - the last port there is
            raise CallError(f"port {self.port}: choose one from 0 to 65535")
        for origin in self.cors_origins:
            if not _ORIGIN.fullmatch(origin):
                raise CallError(f"--cors {origin}: name a site as https://host or https://host:port")
        if self.public_url and not _ADDRESS.fullmatch(self.public_url):
            raise CallError(f"--public-url {self.public_url[:100]}: name it as https://host, with "
                            "a port and a path where there are any")
        if self.workers < 1:
            raise CallError(f"workers {self.workers}: at least one process has to serve")

    def as_dict(self) -> dict[str, Any]:
        """Choices as plain values, as `from_dict` takes them."""
        plain = {**asdict(self), "cors_origins": list(self.cors_origins)}
        return {name: str(it) if isinstance(it, Path) else it for name, it in plain.items()}

    @classmethod
    def from_dict(cls, choices: dict[str, Any]) -> Settings:
        """Choices that another process wrote down with `as_dict`."""
        paths = {name: Path(choices[name]) for name in ("runs", "state", "study", "shared")
                 if choices.get(name) is not None}
        return cls(**{**choices, **paths, "cors_origins": tuple(choices["cors_origins"])})


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Tell whether a host name or address never leaves this machine.

    Examples
    --------
    >>> [is_loopback(h) for h in ("127.8.0.1", "[::1]", "localhost", "0.0.0.0", "10.0.0.1")]
    [True, True, True, False, False]
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def stands_alone(settings: Settings) -> bool:
    """Tell whether a server is this machine's own: it listens here, and nobody passes it on.

    A server that was told its public address stands behind a proxy, and there are proxies that
    make every request look as if it came from this machine.
    """
    url = settings.public_url
    return is_loopback(settings.host) and (not url or is_loopback(urlsplit(url).hostname or ""))


def check_reach(settings: Settings, *, has_keys: bool = False) -> None:
    """Refuse to show more than public beyond this machine, unless somebody holds a key to it.

    Parameters
    ----------
    settings : Settings
    has_keys : bool
        Whether keys to more than public exist. Beyond this machine they alone open it; without
        one everybody is shown what is public.

    Raises
    ------
    CallError
        Saying what to choose instead.
    """
    if settings.audience != "public" and not stands_alone(settings) and not has_keys:
        where = settings.public_url or settings.host
        raise CallError(
            f"--host {where}: more than public ({settings.audience}) is served on this machine "
            "only, or to holders of keys, and there are none; make one with `georisk key create`, "
            "or choose --host 127.0.0.1, or --audience public"
        )
