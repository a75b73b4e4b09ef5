"""Marks, axes and frames of a chart, as SVG text in a box 360 units wide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 360.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 48.0, 348.0, 12.0, 206.0
INK, FAINT = "#1d252c", "#d5d7d3"
Scale = Callable[[float], float]


@dataclass(frozen=True)
class ModelStyle:
    """How a forecast is drawn everywhere: colour, dash and mark tell it three times."""

    color: str
    mark: str
    dash: str = ""
    width: float = 1.6


STYLES: dict[str, ModelStyle] = {
    "uniform": ModelStyle("#6b7178", "plus", "2 3"),
    "last-year": ModelStyle("#94690c", "triangle", "6 3"),
    "all-years": ModelStyle("#4a5f7a", "square", "6 3 2 3"),
    "plain-kde": ModelStyle("#0b5fa5", "diamond", "9 3"),
    "strong-kde": ModelStyle("#00693e", "circle"),
    "strong-kde-2y": ModelStyle("#3d7a1f", "star", "2 2"),
    "c1": ModelStyle("#5b3a8e", "cross", "7 2 1 2"),
    "explained": ModelStyle("#b3471d", "wedge", "4 2"),
    "model": ModelStyle("#86144f", "disc", width=2.6),
}
OTHER = ModelStyle("#303a44", "cross", "3 2")


def find_style(name: str) -> ModelStyle:
    """Style of a forecast; one plain style for names that are not known."""
    return STYLES.get(name, OTHER)


def make_scale(low: float, high: float, start: float, end: float) -> Scale:
    """Linear map of values to units of the box.

    Examples
    --------
    >>> make_scale(0, 10, 100, 0)(2.5)
    75.0
    """
    span = high - low or 1.0
    return lambda value: start + (value - low) / span * (end - start)


def choose_ticks(low: float, high: float, *, most: int = 6) -> list[float]:
    """Round values within a range, at most ``most`` steps apart.

    Examples
    --------
    >>> choose_ticks(0, 5.3)
    [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    """
    span = max(high - low, 1e-9)
    steps = [unit * 10.0**power for power in range(-6, 7) for unit in (1, 2, 5)]
    step = next((one for one in steps if span / one <= most), steps[-1])
    first = -int(-low // step) if low % step else int(low / step)
    return [round(first * step + n * step, 9)
            for n in range(most + 2) if first * step + n * step <= high + 1e-9]


def draw_axes(
    x_ticks: Sequence[tuple[float, str]], y_ticks: Sequence[tuple[float, str]], *,
    x_label: str, y_label: str,
) -> Markup:
    """Grid lines, tick words and axis titles; ticks are (units, word)."""
    parts = [(f'<rect x="{LEFT}" y="{TOP}" width="{RIGHT - LEFT}" height="{BOTTOM - TOP}" '
             f'fill="#fff" stroke="{FAINT}"/>')]
    for at, word in x_ticks:
        parts.append(f'<path d="M{at:.1f} {TOP}V{BOTTOM}" stroke="{FAINT}"/>'
                     f'<text x="{at:.1f}" y="{BOTTOM + 15}" text-anchor="middle">'
                     f"{escape(word)}</text>")
    for at, word in y_ticks:
        parts.append(f'<path d="M{LEFT} {at:.1f}H{RIGHT}" stroke="{FAINT}"/>'
                     f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">'
                     f"{escape(word)}</text>")
    middle = (TOP + BOTTOM) / 2
    parts.append(f'<text x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">'
                 f"{escape(x_label)}</text>"
                 f'<text transform="translate(12 {middle}) rotate(-90)" text-anchor="middle">'
                 f"{escape(y_label)}</text>")
    return Markup("".join(parts))  # noqa: S704 - words are escaped above


def draw_line(points: Sequence[tuple[float, float]], style: ModelStyle) -> Markup:
    """A line through points in units."""
    if len(points) < 2:  # noqa: PLR2004 - a line needs two
        return Markup("")
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dash = f' stroke-dasharray="{style.dash}"' if style.dash else ""
    return Markup(f'<path d="{path}" fill="none" stroke="{style.color}" '  # noqa: S704 - numbers
                  f'stroke-width="{style.width}"{dash}/>')


def draw_mark(x: float, y: float, style: ModelStyle, *, title: str = "") -> Markup:
    """One mark, with a title that a pointer or a screen reader finds."""
    shape = _SHAPES[style.mark]
    told = f"<title>{escape(title)}</title>" if title else ""
    filled = style.color if style.mark == "disc" else "#fff"
    return Markup(f'<path transform="translate({x:.1f} {y:.1f})" d="{shape}" fill="{filled}" '  # noqa: S704 - numbers and escaped
                  f'stroke="{style.color}" stroke-width="1.6">{told}</path>')


def frame_chart(content: Markup, *, label: str) -> Markup:
    """Wrap marks into a picture with a name for those who hear the page."""
    return Markup(f'<svg class="chart" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" '  # noqa: S704 - escaped
                  f'aria-label="{escape(label)}">{content}</svg>')


def draw_key(name: str, words: str) -> Markup:
    """A line with its mark and name, for a legend."""
    style = find_style(name)
    sample = draw_line([(0, 7), (34, 7)], style) + draw_mark(17, 7, style)
    return Markup(f'<li><svg class="key" viewBox="0 0 34 14" aria-hidden="true">{sample}</svg> '  # noqa: S704 - escaped
                  f"{escape(words)}</li>")


_SHAPES = {
    "disc": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
    "circle": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
    "square": "M-3.5 -3.5h7v7h-7z",
    "diamond": "M0 -5L5 0L0 5L-5 0z",
    "triangle": "M0 -4.5L4.5 4L-4.5 4z",
    "plus": "M-4 0H4M0 -4V4",
    "cross": "M-4 -4L4 4M-4 4L4 -4",
    "star": "M0 -4.5V4.5M-4 -2.5L4 2.5M-4 2.5L4 -2.5",
    "wedge": "M0 4.5L4.5 -4L-4.5 -4z",
}
