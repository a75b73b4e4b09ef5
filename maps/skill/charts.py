"""The charts of one domain: bits by year, hit-rate curve, calibration bins, reliability."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from maps.skill.drawing import (
    BOTTOM,
    INK,
    LEFT,
    RIGHT,
    TOP,
    choose_ticks,
    draw_axes,
    draw_line,
    draw_mark,
    find_style,
    frame_chart,
    make_scale,
)
from maps.skill.words import name_model, say

if TYPE_CHECKING:
    from maps.skill.drawing import Scale

Entry = dict[str, Any]
_CURVE_END = 0.5
_CHANCE_FLOOR = 1e-4
_BAND = 0.04


def draw_bits(domain: Entry) -> Markup:
    """Bits per event of every forecast by test year."""
    years = [row["year"] for row in domain["years"] if row["tested"]]
    values = [one["bits"] for model in domain["models"] for one in model["by_year"]]
    low, high = min(0.0, *values), max(1.0, *values) * 1.05
    x = make_scale(-0.4, len(years) - 0.6, LEFT, RIGHT)
    y = make_scale(low, high, BOTTOM, TOP)
    parts = [draw_axes([(x(n), str(year)) for n, year in enumerate(years)],
                       [(y(t), f"{t:g}") for t in choose_ticks(low, high)],
                       x_label=say("x_year"), y_label=say("y_bits"))]
    for model in domain["models"]:
        style = find_style(model["model"])
        points = [(x(n), y(one["bits"])) for n, one in enumerate(model["by_year"])]
        parts.append(draw_line(points, style))
        parts += [
            draw_mark(*at, style, title=f"{name_model(model['model'])}, {one['year']}: "
                                        f"{one['bits']:.2f}")
            for at, one in zip(points, model["by_year"], strict=True)
        ]
    return frame_chart(Markup("").join(parts), label=say("bits_title"))


def draw_curve(domain: Entry) -> Markup:
    """Share of events caught against share of the area watched."""
    x = make_scale(0, _CURVE_END, LEFT, RIGHT)
    y = make_scale(0, 1, BOTTOM, TOP)
    parts = [draw_axes([(x(t / 100), f"{t}") for t in range(0, 51, 10)],
                       [(y(t / 100), f"{t}") for t in range(0, 101, 20)],
                       x_label=say("x_share"), y_label=say("y_hit"))]
    for model in domain["models"]:
        style = find_style(model["model"])
        points = [(x(share), y(hit)) for share, hit in
                  zip(domain["curve_shares"], model["curve"], strict=True) if share <= _CURVE_END]
        parts.append(draw_line(points, style))
        parts += [draw_mark(*at, style) for at in points[5::4]]
    return frame_chart(Markup("").join(parts), label=say("curve_title"))


def draw_calibration(domain: Entry, name: str) -> Markup:
    """Observed share of events in ten bins of equal forecast mass, of one forecast."""
    bins = _find_model(domain, name)["all_years"]["bins"]
    even = 1 / max(len(bins), 1)
    high = max(2.2 * even, *bins) * 1.05
    x = make_scale(0.5, len(bins) + 0.5, LEFT, RIGHT)
    y = make_scale(0, high, BOTTOM, TOP)
    half = (x(2) - x(1)) * 0.36
    axes = draw_axes([(x(n), str(n)) for n in range(1, len(bins) + 1)],
                     [(y(t / 100), f"{t:g}") for t in choose_ticks(0, high * 100)],
                     x_label=say("x_bin"), y_label=say("y_bin"))
    band = Markup(  # noqa: S704 - numbers
        f'<rect x="{LEFT}" y="{y(even + _BAND):.1f}" width="{RIGHT - LEFT}" '
        f'height="{y(even - _BAND) - y(even + _BAND):.1f}" fill="#cfe3d6"/>')
    style = find_style(name)
    bars = Markup("").join(
        Markup(f'<rect x="{x(n) - half:.1f}" y="{y(value):.1f}" width="{2 * half:.1f}" '  # noqa: S704 - numbers
               f'height="{BOTTOM - y(value):.1f}" fill="{style.color}" fill-opacity="0.75">'
               f"<title>{n}: {value:.1%}</title></rect>")
        for n, value in enumerate(bins, 1))
    line = Markup(f'<path d="M{LEFT} {y(even):.1f}H{RIGHT}" stroke="{INK}" '  # noqa: S704 - numbers
                  'stroke-width="1.2" stroke-dasharray="5 3"/>')
    return frame_chart(axes + band + bars + line,
                       label=say("calibration_title", model=name_model(name)))


def draw_reliability(domain: Entry, names: tuple[str, ...]) -> Markup:
    """Share of cells with an incident against the forecast chance, log scales."""
    x = _make_log_scale(LEFT, RIGHT)
    y = _make_log_scale(BOTTOM, TOP)
    ticks = [(0.0001, "0.01"), (0.001, "0.1"), (0.01, "1"), (0.1, "10"), (1.0, "100")]
    parts = [
        draw_axes([(x(t), word) for t, word in ticks], [(y(t), word) for t, word in ticks],
                  x_label=say("x_chance"), y_label=say("y_chance")),
        Markup(f'<path d="M{x(_CHANCE_FLOOR)} {y(_CHANCE_FLOOR)}L{x(1.0)} {y(1.0)}" '  # noqa: S704 - numbers
               f'stroke="{INK}" stroke-dasharray="5 3"/>'),
    ]
    for name in names:
        style = find_style(name)
        rows = [row for row in _find_model(domain, name)["numbers"]["reliability"] if row["cells"]]
        points = [(x(row["forecast"]), y(row["observed"])) for row in rows]
        parts.append(draw_line(points, style))
        for at, row in zip(points, rows, strict=True):
            title = (f"{name_model(name)}: {row['cells']:,} cells, forecast "
                     f"{row['forecast']:.2%}, reported {row['observed']:.2%}")
            parts.append(draw_mark(*at, style, title=title))
    return frame_chart(Markup("").join(parts), label=say("reliability_title"))


def _make_log_scale(start: float, end: float) -> Scale:
    """Log scale from 0.01 % to 100 %; what lies below stands on its edge."""
    line = make_scale(math.log10(_CHANCE_FLOOR), 0.0, start, end)
    return lambda value: line(math.log10(max(value, _CHANCE_FLOOR)))


def _find_model(domain: Entry, name: str) -> Entry:
    found: Entry = next(model for model in domain["models"] if model["model"] == name)
    return found
