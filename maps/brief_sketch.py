"""The small map of a decision brief: the way nearby, what comes within reach, what stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maps.forms import fill_template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from maps.catalogues import Words

    Path = tuple[tuple[float, float], ...]

WIDE, TALL = 340.0, 210.0
_LETTER, _LINE = 5.4, 11.0
_BARS_KM = (0.5, 1, 2, 5, 10, 20, 50, 100, 200)
_BAR_SHARE = 0.3
_EDGE = 4.0
_CELL = 22  # longest name that is written


@dataclass(frozen=True)
class Sketch:
    """What lies around a proposed point, in km east and north of it.

    Attributes
    ----------
    covered, out, gained : tuple of paths
        Pieces of the way: within reach already, out of reach still, newly within reach.
    places, others : tuple of (x, y)
        Places that stand, and the other proposed points.
    towns : tuple of (str, x, y)
        The most telling first.
    half_km : float
        From the point to the left and right edges.
    """

    covered: tuple[Path, ...]
    out: tuple[Path, ...]
    gained: tuple[Path, ...]
    places: tuple[tuple[float, float], ...]
    others: tuple[tuple[float, float], ...]
    towns: tuple[tuple[str, float, float], ...]
    half_km: float


def draw_sketch(sketch: Sketch, words: Words) -> Markup:
    """Draw a sketch as inline SVG, with nothing from outside.

    Returns
    -------
    Markup
        A figure with its key.
    """
    per_km = WIDE / (2 * sketch.half_km)
    ways = [(kind, _tell_path(path, per_km)) for kind in ("covered", "out", "gained")
            for path in getattr(sketch, kind) if len(path) > 1]
    marks = [(kind, *_place(x, y, per_km)) for kind in ("places", "others")
             for x, y in getattr(sketch, kind) if _is_seen(x, y, per_km)]
    bar_km = max((km for km in _BARS_KM if km * per_km <= _BAR_SHARE * WIDE), default=_BARS_KM[0])
    shown = {"site", *(kind for kind, _ in ways), *(mark[0].removesuffix("s") for mark in marks)}
    return fill_template(
        "brief_sketch.html", words=words, wide=WIDE, tall=TALL, ways=ways, marks=marks,
        labels=_place_labels(sketch.towns, per_km), bar=(f"{bar_km:g}", round(bar_km * per_km, 1)),
        shown=shown,
    )  # fmt: skip


def _place(x: float, y: float, per_km: float) -> tuple[float, float]:
    return round(WIDE / 2 + x * per_km, 1), round(TALL / 2 - y * per_km, 1)


def _is_seen(x: float, y: float, per_km: float) -> bool:
    left, top = _place(x, y, per_km)
    return 0 < left < WIDE and 0 < top < TALL


def _tell_path(path: Path, per_km: float) -> str:
    return "M" + "L".join(f"{left} {top}" for left, top in
                          (_place(x, y, per_km) for x, y in path))


def _place_labels(
    towns: Sequence[tuple[str, float, float]], per_km: float
) -> list[tuple[str, float, float, float, float]]:
    """Names that find room, each with its dot: text, dot, and where the text begins."""
    taken: list[tuple[float, float, float, float]] = [
        (WIDE / 2 - _LINE, TALL / 2 - _LINE, WIDE / 2 + _LINE, TALL / 2 + _LINE),
        (0.0, TALL - 2 * _LINE, _BAR_SHARE * WIDE + 3 * _LINE, TALL),
        (WIDE - 2 * _LINE, 0.0, WIDE, 2 * _LINE),
    ]
    labels = []
    for name, x, y in towns:
        if not _is_seen(x, y, per_km):
            continue
        text = name if len(name) <= _CELL else name[: _CELL - 1] + "…"
        left, top = _place(x, y, per_km)
        long = _LETTER * len(text)
        for at in (left + _EDGE, left - _EDGE - long):
            box = (at, top - _LINE / 2, at + long, top + _LINE / 2)
            if at > 0 and at + long < WIDE and not any(_meet(box, other) for other in taken):
                taken.append(box)
                labels.append((text, left, top, round(at, 1), round(top + _EDGE, 1)))
                break
    return labels


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return not (one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1]
                or other[3] <= one[1])


def choose_half_km(gained: Sequence[Path], *, least_km: float = 12.0, most_km: float = 90.0
                   ) -> float:
    """Half the width at which everything newly reached is seen, within bounds.

    Examples
    --------
    >>> choose_half_km([((0.0, 0.0), (30.0, 4.0))])
    34.5
    >>> choose_half_km([])
    12.0
    """
    spread = max((max(abs(x), abs(y) * WIDE / TALL) for path in gained for x, y in path),
                 default=0.0)
    return min(max(math.ceil(spread * 11.5) / 10, least_km), most_km)
