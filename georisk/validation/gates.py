"""The gates of METHOD 3.3 as data, and their verdicts: a bar is never loosened here."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Sense = Literal["at_least", "at_most"]
BORDER, REGION, STUDY = "border", "mexico-central-america", "study"
SYNTHETIC = "SYNTHETIC: says nothing about the world"


@dataclass(frozen=True)
class Bar:
    """One bar of a gate.

    Attributes
    ----------
    gate, domain : str
    quantity : str
        Key of the measured value, as `georisk.validation.measuring` names it.
    limit : float
    sense : str
        Whether the value must be at least or at most the limit.
    statement : str
        The bar in words.
    sure : bool
        The low end of the value's interval must also be above 0.
    """

    gate: str
    domain: str
    quantity: str
    limit: float
    sense: Sense
    statement: str
    sure: bool = False


@dataclass(frozen=True)
class Measured:
    """A measured quantity: its value, its interval, or why there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None
    why: str = ""


@dataclass(frozen=True)
class Verdict:
    """What came of one bar: passed, failed, or (None) not measured, with the reason."""

    gate: str
    domain: str
    quantity: str
    statement: str
    value: float | None
    low: float | None
    high: float | None
    limit: float
    sense: Sense
    passed: bool | None
    why: str


def _bar_region(domain: str) -> tuple[Bar, ...]:
    return (
        Bar("G3", domain, "bits_over_plain", 0.15, "at_least",
            "bits per event over plain KDE >= +0.15, surely above 0", sure=True),
        Bar("G3", domain, "hit20", 0.92, "at_least", "hit rate on 20 % of the area >= 0.92"),
        Bar("G4", domain, "novel20_over_plain", 0.05, "at_least",
            "hit@20 on new places over plain KDE >= +0.05"),
    )


def _bar_both(domain: str, *, strong: float) -> tuple[Bar, ...]:
    return (
        Bar("G5", domain, "bits_over_strong", strong, "at_least",
            f"bits per event over strong KDE >= {strong:+.2f}" if strong else
            "bits per event over strong KDE >= 0"),
        Bar("G6", domain, "deviation", 0.04, "at_most",
            "largest deviation of 10 bins of equal forecast mass <= 0.04"),
        Bar("G7", domain, "low20_over_plain", 0.03, "at_least",
            "with 100 training events: hit@20 over plain KDE >= +0.03"),
        Bar("G8", domain, "priority20_ratio", 0.9, "at_least",
            "hit@20 of the priority score >= 0.9 x that of plain KDE"),
    )


BARS: tuple[Bar, ...] = tuple(sorted((
    Bar("G2", BORDER, "bits_over_plain", 0.25, "at_least",
        "bits per event over plain KDE >= +0.25, surely above 0", sure=True),
    Bar("G2", BORDER, "hit5_over_plain", 0.01, "at_least",
        "hit@5 over plain KDE >= +0.01"),
    Bar("G2", BORDER, "hit20", 0.90, "at_least", "hit rate on 20 % of the area >= 0.90"),
    *_bar_region(REGION),
    Bar("G4", BORDER, "novel20_over_plain", 0.10, "at_least",
        "hit@20 on new places over plain KDE >= +0.10"),
    *_bar_both(REGION, strong=-0.08), *_bar_both(BORDER, strong=0.0),
), key=lambda bar: bar.gate))
ELSEWHERE: tuple[Bar, ...] = (*_bar_region(STUDY), *_bar_both(STUDY, strong=-0.08))


def choose_bars(domains: frozenset[str]) -> tuple[Bar, ...]:
    """The bars for what a study covers: METHOD's two domains, or its own land where neither is.

    Examples
    --------
    >>> sorted({bar.domain for bar in choose_bars(frozenset({"border", "study"}))})
    ['border', 'mexico-central-america']
    >>> {bar.domain for bar in choose_bars(frozenset({"study"}))}
    {'study'}
    """
    return BARS if domains & {BORDER, REGION} else ELSEWHERE


def judge_bar(bar: Bar, measured: Measured | None) -> Verdict:
    """Say whether a measured value passes its bar; nothing measured passes or fails nothing.

    Examples
    --------
    >>> bar = Bar("G2", "border", "bits_over_plain", 0.25, "at_least", "more bits", sure=True)
    >>> judge_bar(bar, Measured(0.3, 0.1, 0.5)).passed
    True
    >>> judge_bar(bar, Measured(0.3, -0.1, 0.7)).why
    'the low end of its interval is not above 0'
    >>> judge_bar(bar, None).why
    'not measured'
    """
    got = measured or Measured(None, why="not measured")
    passed: bool | None = None
    why = got.why
    if got.value is not None:
        reached = got.value >= bar.limit if bar.sense == "at_least" else got.value <= bar.limit
        known = not bar.sure or (got.low is not None and got.low > 0)
        passed = reached and known
        if not reached:
            word = "short of the bar" if bar.sense == "at_least" else "above the bar"
            why = f"{word}: {why}" if why else word
        elif not known:
            why = "the low end of its interval is not above 0"
    return Verdict(bar.gate, bar.domain, bar.quantity, bar.statement, got.value, got.low, got.high,
                   bar.limit, bar.sense, passed, why)


def judge_gates(
    measured: Mapping[str, Mapping[str, Measured]], *, synthetic: bool
) -> list[dict[str, object]]:
    """Judge every bar that applies.

    Parameters
    ----------
    measured : mapping of domain to quantity to Measured
        A domain that is absent is not applicable.
    synthetic : bool
        Any incident is synthetic: numbers are given, no gate applies.

    Returns
    -------
    list of dict
        Fields of `Verdict`, in order of gate and domain.
    """
    verdicts = []
    for bar in choose_bars(frozenset(measured)):
        here = measured.get(bar.domain)
        if here is None:
            verdict = judge_bar(bar, Measured(None, why="not applicable: no such domain here"))
        else:
            verdict = judge_bar(bar, here.get(bar.quantity))
        row = asdict(verdict)
        if synthetic:
            row |= {"passed": None, "why": "not applicable: some incidents are synthetic"}
        verdicts.append(row)
    return verdicts
