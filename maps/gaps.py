"""Gaps: beside the way for planners, in words for the public."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from maps.encoding import encode_lines, to_plain
from maps.frames import thin_shapes
from maps.theme import DIRECTIONS, SERVICES, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

    from maps.catalogues import Words

_PER_DEGREE = 1_000
_MAX_POINTS = 24_000
_JOIN_DEG = 1e-5


@dataclass(frozen=True)
class CorridorGaps:
    """A corridor's name and the sentences about its gaps."""

    title: str
    sentences: list[str]


def list_services(gaps: pd.DataFrame | None) -> list[str]:
    """Services that some gap is about, in the order of the service table."""
    if gaps is None:
        return []
    return [name for name in SERVICES if (gaps["service"] == name).any()]


def pack_gaps(gaps: pd.DataFrame, titles: dict[str, str]) -> dict[str, Any]:
    """Pack gaps for drawing; corridors that share a gap share one row and one line.

    Lines run northwards, so that both directions lie on sides of their own.

    Returns
    -------
    dict
        ``texts`` and ``shapes`` are referred to by number. A row of ``gaps`` is: service,
        direction, severity (numbers in the theme's lists), from, to (texts), km, hours through
        it, hours to the next place, corridors (texts), shape.
    """
    gaps = gaps[gaps["service"].isin(SERVICES)]
    whole = shapely.line_merge(shapely.set_precision(gaps.geometry.to_numpy(), _JOIN_DEG))
    lines = thin_shapes(whole, max_points=_MAX_POINTS)
    texts, shapes = _Numbers(), _Numbers()
    rows: dict[tuple[Any, ...], list[int]] = {}
    for gap, line in zip(gaps.to_dict("records"), lines, strict=True):
        packed = encode_lines(_turn_north(line), per_degree=_PER_DEGREE)
        shape = shapes.find(tuple(tuple(part) for part in packed))
        corridors = rows.setdefault((*_describe_gap(gap, texts), shape), [])
        corridors.append(texts.find(titles.get(gap["corridor"], str(gap["corridor"]))))
    return {
        "per_degree": _PER_DEGREE,
        "services": list_services(gaps),
        "texts": texts.known(),
        "shapes": shapes.known(),
        "gaps": [[*row[:-1], corridors, row[-1]] for row, corridors in rows.items()],
    }


class _Numbers:
    """Values in order of appearance, each with its number; None is -1."""

    def __init__(self) -> None:
        self._known: dict[Any, int] = {}

    def find(self, value: object) -> int:
        return -1 if value is None else self._known.setdefault(value, len(self._known))

    def known(self) -> list[Any]:
        return list(self._known)


def _describe_gap(gap: dict[Hashable, Any], texts: _Numbers) -> tuple[Any, ...]:
    return (
        SERVICES.index(gap["service"]),
        DIRECTIONS.index(gap["direction"]),
        SEVERITIES.index(gap["severity"]),
        texts.find(to_plain(gap["from_place"])),
        texts.find(to_plain(gap["to_place"])),
        round(float(gap["length_km"]), 1),
        _round_hours(gap["walk_h"]),
        _round_hours(gap["next_h"]),
    )


def _turn_north(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    first, last = shapely.get_point(parts, 0), shapely.get_point(parts, -1)
    south = shapely.get_y(last) < shapely.get_y(first)
    return shapely.multilinestrings(np.where(south, shapely.reverse(parts), parts))


def _round_hours(value: object) -> float | None:
    hours = to_plain(value)
    return None if hours is None else round(float(hours), 1)


def tell_gaps(
    gaps: pd.DataFrame | None, titles: dict[str, str], words: Words
) -> list[CorridorGaps]:
    """Sentences of the public gaps, by corridor, the longest first within a service.

    Parameters
    ----------
    gaps : DataFrame or None
        The public view: ``corridor service direction from_place to_place walk_h walk_days``.
    """
    if gaps is None:
        return []
    known = [name for name in titles if (gaps["corridor"] == name).any()]
    others = sorted(set(gaps["corridor"].astype("str")) - set(known))
    told = []
    for corridor in [*known, *others]:
        mine = gaps[gaps["corridor"] == corridor]
        sentences = [
            _tell_gap(mine.loc[key], words)
            for service in SERVICES
            for direction in DIRECTIONS
            for key in _sort_longest(mine, service, direction)
        ]
        told.append(CorridorGaps(titles.get(corridor, corridor), sentences))
    return told


def _sort_longest(gaps: pd.DataFrame, service: str, direction: str) -> list[str]:
    mine = gaps[(gaps["service"] == service) & (gaps["direction"] == direction)]
    hours = {key: float(to_plain(value) or 0) for key, value in mine["walk_h"].items()}
    return sorted(hours, key=lambda key: (-hours[key], key))


def _tell_gap(gap: pd.Series, words: Words) -> str:
    hours, days = to_plain(gap["walk_h"]), to_plain(gap["walk_days"])
    values = {
        "service": words[f"service_{gap['service']}"],
        "a": to_plain(gap["from_place"]) or "?",
        "b": to_plain(gap["to_place"]) or "?",
    }
    if hours is None:
        return words.say("gap_unknown_time", **values)
    walk = words.say("hours", count=hours)
    return words.say("gap_sentence", walk=walk, days=words.count("days", days or 1), **values)
