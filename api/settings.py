"""How a server is deployed. Scientific choices are elsewhere: in the study."""

from __future__ import annotations

import ipaddress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers.errors import CallError
from layers.spec import AUDIENCES

if TYPE_CHECKING:
    from layers.spec import Audience


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
        Seconds for which a public answer may be kept unasked, in seconds.

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

    def __post_init__(self) -> None:
        """Refuse what cannot be served."""
        if self.audience not in AUDIENCES:
            known = ", ".join(AUDIENCES)
            raise CallError(f"audience {self.audience!r}: there are {known}")
        if not 0 <= self.port <= 65535:  # noqa: PLR2004 - the last port there is
            raise CallError(f"port {self.port}: choose one from 0 to 65535")
        if self.workers < 1:
            raise CallError(f"workers {self.workers}: at least one process has to serve")

    def as_dict(self) -> dict[str, Any]:
        """Choices as plain values, as `from_dict` takes them."""
        return {**asdict(self), "runs": str(self.runs)}

    @classmethod
    def from_dict(cls, choices: dict[str, Any]) -> Settings:
        """Choices that another process wrote down with `as_dict`."""
        return cls(**{**choices, "runs": Path(choices["runs"])})


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


def check_reach(settings: Settings) -> None:
    """Refuse to show more than public beyond this machine: there are no keys yet.

    Raises
    ------
    CallError
        Saying what to choose instead.
    """
    if settings.audience != "public" and not is_loopback(settings.host):
        raise CallError(
            f"--host {settings.host}: more than public ({settings.audience}) is served on this "
            "machine only; choose --host 127.0.0.1, or --audience public"
        )
