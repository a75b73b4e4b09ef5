"""The map of one test year: ranks of cells as fills, caught and missed cells as marks."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

from maps.skill.words import name_model, say

Entry = dict[str, Any]
FILLS = ("#5b3478", "#b55a8c", "#e58a83", "#f6bf90", "#eeebe2")
_WIDTH = 360.0
_EDGE = 14.0
_BARS_KM = (1000, 500, 200, 100, 50, 20, 10, 5, 2, 1)


def draw_map(drawn: Entry) -> Markup:
    """Draw the cells of a forecast with the cells where events fell."""
    scale = (_WIDTH - 2 * _EDGE) / max(drawn["columns"], 1)
    height = drawn["rows"] * scale + 2 * _EDGE + 16
    km = _choose_bar(drawn, scale)
    content = "".join((
        f'<g transform="translate({_EDGE} {_EDGE}) scale({scale:.5f})">',
        *(_draw_rank(drawn["runs"], rank) for rank in reversed(range(len(FILLS)))),
        "</g>", _draw_lines(drawn, scale),
        _draw_marks(drawn["missed"], scale, caught=False),
        _draw_marks(drawn["caught"], scale, caught=True),
        _draw_bar(km, drawn["cell_km"], scale, height),
    ))
    label = say("map_title", year=drawn["year"], model=name_model(drawn["model"]))
    return Markup(f'<svg class="map" viewBox="0 0 {_WIDTH:g} {height:.0f}" role="img" '  # noqa: S704 - escaped
                  f'aria-label="{escape(label)}. {escape(say("map_axes", km=km))}">'
                  f"{content}</svg>")


def draw_map_key() -> Markup:
    """Legend of the map: fills and marks, in words."""
    rows = [f'<li><svg class="key" viewBox="0 0 34 14" aria-hidden="true"><rect width="34" '
            f'height="14" fill="{fill}" stroke="#8795a1"/></svg> {escape(say(f"rank_{rank}"))}</li>'
            for rank, fill in enumerate(FILLS)]
    for word, caught in (("caught", True), ("missed", False)):
        rows.append(f'<li><svg class="key" viewBox="0 0 34 14" aria-hidden="true">'
                    f"<rect width='34' height='14' fill='{FILLS[2 if caught else 4]}'/>"
                    f"<g transform='translate(-9 -22.5) scale(1.7)'>"
                    f"{_draw_marks([[0, 0]], 6.0, caught=caught)}</g></svg> "
                    f"{escape(say(word))}</li>")
    return Markup('<ul class="legend">' + "".join(rows) + "</ul>")  # noqa: S704 - escaped


def _draw_rank(runs: list[list[int]], rank: int) -> str:
    path = "".join(f"M{first} {row}h{last - first + 1}v1H{first}z"
                   for row, first, last, one in runs if one == rank)
    return f'<path d="{path}" fill="{FILLS[rank]}" shape-rendering="crispEdges"/>' if path else ""


def _draw_marks(spots: list[list[int]], scale: float, *, caught: bool) -> str:
    at = [(_EDGE + (column + 0.5) * scale, _EDGE + (row + 0.5) * scale) for row, column in spots]
    if caught:
        path = "".join(f"M{x - 1.2:.1f} {y:.1f}a1.2 1.2 0 1 0 2.4 0a1.2 1.2 0 1 0 -2.4 0z"
                       for x, y in at)
        return f'<path d="{path}" fill="#fff" stroke="#1d252c" stroke-width="0.5"/>'
    path = "".join(f"M{x - 1.6:.1f} {y - 1.6:.1f}l3.2 3.2m0 -3.2l-3.2 3.2" for x, y in at)
    return (f'<path d="{path}" fill="none" stroke="#fff" stroke-width="1.9"/>'
            f'<path d="{path}" fill="none" stroke="#00508c" stroke-width="1"/>')


def _draw_lines(drawn: Entry, scale: float) -> str:
    right, bottom = _EDGE + drawn["columns"] * scale, _EDGE + drawn["rows"] * scale
    parts = []
    for line in drawn["graticule"]:
        points = [(_EDGE + x * scale, _EDGE + y * scale) for x, y in line["points"]]
        inside = [(x, y) for x, y in points if _EDGE <= x <= right and _EDGE <= y <= bottom]
        if len(inside) < 2:  # noqa: PLR2004 - a line needs two
            continue
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in inside)
        parallel = line["label"].endswith(("N", "S", "0°"))
        x, y = inside[0] if parallel else inside[-1]
        parts.append(f'<path d="{path}" fill="none" stroke="#5d6973" stroke-width="0.35"/>'
                     f'<text class="grid" x="{x:.1f}" y="{y - 1.5:.1f}">'
                     f"{escape(line['label'])}</text>")
    return "".join(parts)


def _choose_bar(drawn: Entry, scale: float) -> int:
    """Longest round length that takes at most a third of the width."""
    return next((km for km in _BARS_KM if km / drawn["cell_km"] * scale <= _WIDTH / 3),
                _BARS_KM[-1])


def _draw_bar(km: int, cell_km: float, scale: float, height: float) -> str:
    length = km / cell_km * scale
    y = height - 6
    return (f'<path d="M{_EDGE} {y - 4:.1f}v4h{length:.1f}v-4" fill="none" stroke="#1d252c"/>'
            f'<text class="grid" x="{_EDGE + length + 4:.1f}" y="{y:.1f}">{km} km</text>')
