"""When somebody walks: the month, and the hour at which each day begins."""

from __future__ import annotations

from dataclasses import dataclass

from layers.errors import CallError

_MONTHS, _HOURS = 12, 24


@dataclass(frozen=True)
class When:
    """Month and hour of the start.

    Attributes
    ----------
    month : int or None
        1 to 12; None is the whole year: neither heat nor night nor rests are counted.
    start_hour : float
        Solar time at which each day's walk begins, 0 up to 24.

    Raises
    ------
    CallError
        If there is no such month or hour.

    Examples
    --------
    >>> When(6).start_hour
    6.0
    """

    month: int | None = None
    start_hour: float = 6.0

    def __post_init__(self) -> None:
        """Refuse what no clock and no calendar has."""
        if self.month is not None and self.month not in range(1, _MONTHS + 1):
            raise CallError(f"month: {self.month} is none; give 1 to 12, or none for the year")
        if not 0.0 <= self.start_hour < _HOURS:
            raise CallError(f"start hour: {self.start_hour} is none; give 0 up to 24")
