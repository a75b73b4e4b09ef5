"""A heat map's kernel: what validation compares the fit with."""

from __future__ import annotations

from dataclasses import dataclass

from layers.errors import StudyError


@dataclass(frozen=True)
class Kernel:
    """A heat map of the kind that validation compares with: how wide and how long incidents count.

    Attributes
    ----------
    h0_km : float
        Width at a place of typical density.
    half_life_years : float or None
        None: an old incident counts as much as a new one.
    floor_share : float
        Share of the surface's mass that is spread evenly.
    clip_low, clip_high : float
        Bounds of the adaptive width, in units of ``h0_km``.

    Raises
    ------
    StudyError
        If a value makes no kernel; every fault is named at once.
    """

    h0_km: float = 15.0
    half_life_years: float | None = 4.0
    floor_share: float = 0.2
    clip_low: float = 0.3
    clip_high: float = 4.0

    def __post_init__(self) -> None:
        rules = {
            "h0_km above 0": self.h0_km > 0,
            "half_life_years above 0": self.half_life_years is None or self.half_life_years > 0,
            "floor_share above 0 and below 1": 0 < self.floor_share < 1,
            "0 < clip_low <= clip_high": 0 < self.clip_low <= self.clip_high,
        }
        wrong = [rule for rule, holds in rules.items() if not holds]
        if wrong:
            raise StudyError(f"kernel parameters: expected {'; '.join(wrong)}; got {self}")
