"""The profile of a corridor as a strip: its classes and what is within reach, along its km."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.pages.towns import write_direction
from api.pages.words import find_class, name_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WIDTH = 640
_LETTER = 8.2
_NARROWEST = 34
_TICKS = 6
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class Run:
    """A piece of a row, in pixels from the left; ``shade`` names its colour."""

    left: int
    width: int
    shade: str


@dataclass(frozen=True)
class Strip:
    """One row of the profile: what it says and its runs."""

    label: str
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Tick:
    """A mark on the axis: pixels from the left, km, the town there, how its words are set."""

    left: int
    km: str
    town: str = ""
    anchor: str = "middle"


@dataclass(frozen=True)
class Profile:
    """Rows over one axis in km."""

    strips: tuple[Strip, ...]
    ticks: tuple[Tick, ...]


def draw_profile(
    document: Mapping[str, Any], towns: Sequence[tuple[float, str]] = ()
) -> Profile | None:
    """Draw a profile document (`api.stock.profile`); None if it has no pieces.

    Parameters
    ----------
    document : dict
    towns : sequence of (km, name)
        Towns along the corridor in their order; without them the axis has km alone.
    """
    pieces = document.get("pieces") or {}
    from_km, to_km = pieces.get("from_km") or [], pieces.get("to_km") or []
    length_km = max(to_km, default=0.0)
    if not length_km:
        return None
    ends = [(low / length_km * WIDTH, high / length_km * WIDTH)
            for low, high in zip(from_km, to_km, strict=True)]
    strips, names = [], [name for _, name in towns]
    if "risk_class" in pieces:
        shades = [find_class("risk_class", value) for value in pieces["risk_class"]]
        strips.append(Strip("Reported deaths and disappearances", tuple(merge_runs(ends, shades))))
    for service, ways in (document.get("coverage") or {}).items():
        for direction, columns in sorted(ways.items(), reverse=True):
            shades = [_shade_covered(value) for value in columns.get("covered", [])]
            strips.append(
                Strip(f"{name_column(service)}, {write_direction(direction, names)}",
                      tuple(merge_runs(ends, shades)))
            )
    ticks = choose_towns(towns, length_km) if towns else _list_ticks(length_km)
    return Profile(tuple(strips), tuple(ticks))


def merge_runs(ends: Iterable[tuple[float, float]], shades: Sequence[str]) -> Iterable[Run]:
    """Join neighbours of one shade; what has none is left blank.

    Examples
    --------
    >>> [(run.left, run.width, run.shade)
    ...  for run in merge_runs([(0, 10), (10, 20), (20, 30)], ["1", "1", ""])]
    [(0, 20, '1')]
    """
    begun, shade, last = 0.0, "", 0.0
    for (low, high), own in zip(ends, shades, strict=False):
        if own != shade:
            yield from _end_run(begun, low, shade)
            begun, shade = low, own
        last = high
    yield from _end_run(begun, last, shade)


def _end_run(left: float, right: float, shade: str) -> Iterable[Run]:
    if shade:
        yield Run(round(left), max(round(right) - round(left), 1), shade)


def _shade_covered(value: object) -> str:
    return {True: "y", False: "n"}.get(value, "") if isinstance(value, bool) else ""


def _list_ticks(length_km: float) -> Iterable[Tick]:
    step = next((step for step in _STEPS if length_km / step <= _TICKS), _STEPS[-1])
    for at in range(0, int(length_km) + 1, step):
        left = round(at / length_km * WIDTH)
        yield Tick(left, f"{at}" if at else "0 km", anchor="middle" if at else "start")


def choose_towns(towns: Sequence[tuple[float, str]], length_km: float) -> list[Tick]:
    """Choose towns whose names do not run into one another: both ends, then what finds room.

    Examples
    --------
    >>> towns = [(0.0, "Tapachula"), (10.0, "Huehuetán"), (200.0, "Arriaga"), (400.0, "Ixtepec")]
    >>> [(tick.left, tick.town, tick.km) for tick in choose_towns(towns, 400.0)]
    [(0, 'Tapachula', '0 km'), (320, 'Arriaga', '200'), (640, 'Ixtepec', '400')]
    """
    first, last = towns[0], towns[-1]
    end = Tick(WIDTH, f"{last[0]:.0f}", last[1], "end")
    chosen = [Tick(0, "0 km", first[1], "start")]
    free, limit = _measure(first[1]), WIDTH - _measure(last[1])
    for km, name in towns[1:-1]:
        left, half = round(km / length_km * WIDTH), _measure(name) / 2
        if left - half >= free and left + half <= limit:
            chosen.append(Tick(left, f"{km:.0f}", name))
            free = left + half
    return [*chosen, end]


def _measure(name: str) -> float:
    return max(len(name) * _LETTER, _NARROWEST) + _LETTER
