"""Who is in the group: shares of profiles, declared, or given for a group that somebody saw."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from georisk.services import find_group
from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.parameters import Parameters

_TOLERANCE = 0.01
_SHOWN = 60


def read_mix(parameters: Parameters) -> dict[str, float]:
    """Shares of ``surge.mix.*`` that are not 0, made to add up to 1.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> round(sum(read_mix(Parameters.read()).values()), 9)
    1.0
    """
    shares = {name: float(share) for name, share in parameters.section("surge.mix").items()}
    total = sum(shares.values())
    if total <= 0:
        raise CallError("surge.mix: all shares are 0; give one profile a share")
    return {name: share / total for name, share in sorted(shares.items()) if share > 0}


def parse_mix(text: str) -> dict[str, float]:
    """Read shares as a person writes them.

    Raises
    ------
    CallError
        If a profile is unknown or stands twice, a share is no number above 0, or they do not add
        up to 1.

    Examples
    --------
    >>> parse_mix("family=0.4, adult_man=0.6")
    {'adult_man': 0.6, 'family': 0.4}
    """
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, sign, number = (piece.strip() for piece in part.partition("="))
        share = _read_share(number)
        if not sign or share is None or name in shares:
            raise CallError(f"--mix {text[:_SHOWN]!r}: give each profile once with its share, as "
                            "family=0.4,adult_man=0.6")
        find_group(name[:_SHOWN])
        shares[name] = share
    total = sum(shares.values())
    if abs(total - 1.0) > _TOLERANCE:
        raise CallError(f"--mix {text[:_SHOWN]!r}: the shares add up to {total:g}, not to 1")
    return {name: share / total for name, share in sorted(shares.items())}


def _read_share(text: str) -> float | None:
    try:
        share = float(text)
    except ValueError:
        return None
    return share if math.isfinite(share) and 0.0 < share <= 1.0 else None
