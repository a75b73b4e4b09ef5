"""How things look: colours, dashes, widths, patterns and symbols; one place for map and legend.

Every class is told apart three times: by colour (darker is worse, chosen so that the order
survives colour blindness), by line width with dash or by fill pattern, and in words.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

CLASSES = ("insufficient", "few_reported", "moderate", "high", "very_high", "extreme")
EVIDENCE = ("observed", "modelled", "insufficient")
MODES = ("foot", "train", "road", "boat")
SEVERITIES = ("uncovered", "unsafe", "critical")
STATUSES = ("open", "reduced", "closed", "unknown")
DIRECTIONS = ("forward", "backward")
SERVICES = (
    "water", "food", "shelter", "medical", "emergency_care", "hygiene", "phone", "internet",
    "rfl", "psychosocial", "legal", "asylum", "child_protection", "rehabilitation",
    "returnee_reception", "voluntary_return", "transport",
)  # fmt: skip
FACILITY_SYMBOLS = {"assistance_points": "drop", "shelters": "bed", "health_facilities": "plus"}


@dataclass(frozen=True)
class LineStyle:
    """A stroke: CSS colour, width in CSS pixels, dash lengths in CSS pixels (empty is solid)."""

    color: str
    width: float
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class FillStyle:
    """A filled area: tint below, pattern above it in the ink colour.

    ``pattern`` is one of hatch, dots, dense_dots, lines, dense_lines, cross, bars.
    """

    tint: str
    ink: str
    pattern: str


CLASS_LINES: dict[str, LineStyle] = {
    "insufficient": LineStyle("#5f6368", 2.5, (3, 4)),
    "few_reported": LineStyle("#b9851b", 2.5),
    "moderate": LineStyle("#d2590f", 3.5, (12, 3)),
    "high": LineStyle("#bb2030", 4.5, (12, 3, 3, 3)),
    "very_high": LineStyle("#86144f", 6, (5, 2)),
    "extreme": LineStyle("#2d0a45", 7.5),
}
CLASS_FILLS: dict[str, FillStyle] = {
    "insufficient": FillStyle("#efefed", "#a9adb0", "hatch"),
    "few_reported": FillStyle("#f6e7bd", "#94690c", "dots"),
    "moderate": FillStyle("#f6bf90", "#a8430a", "dense_dots"),
    "high": FillStyle("#e58a83", "#8c0f20", "lines"),
    "very_high": FillStyle("#b55a8c", "#4f0730", "dense_lines"),
    "extreme": FillStyle("#5b3478", "#e9def2", "cross"),
}
MODE_LINES: dict[str, LineStyle] = {
    "foot": LineStyle("#27313b", 2.5, (1.5, 5)),
    "train": LineStyle("#27313b", 3.5, (9, 5)),
    "road": LineStyle("#27313b", 2),
    "boat": LineStyle("#14588f", 2.5, (8, 4, 2, 4)),
}
BAND = FillStyle("#ffffffb3", "#6b4410", "bars")
SEVERITY_LINES: dict[str, LineStyle] = {
    "uncovered": LineStyle("", 2.6, (1.5, 5)),
    "unsafe": LineStyle("", 2.6, (9, 5)),
    "critical": LineStyle("", 2.6),
}
SERVICE_COLORS: dict[str, str] = {
    "water": "#0b5fa5",
    "food": "#7a4b00",
    "shelter": "#5b2a86",
    "medical": "#00693e",
    "emergency_care": "#005b5b",
    "phone": "#303a44",
}
OTHER_SERVICE_COLOR = "#4a4a4a"
SURFACES = {
    "sea": "#dbe7ee",
    "land": "#fbfaf6",
    "coast": "#8795a1",
    "division": "#d5d7d3",
    "label": "#1d252c",
    "country": "#5d6973",
    "halo": "#ffffff",
}
SYMBOLS = {"bed": "#5b2a86", "drop": "#0b5fa5", "plus": "#00693e", "site": "#1d252c"}


def describe_theme() -> dict[str, Any]:
    """Everything the page's drawing code needs, as plain data.

    Examples
    --------
    >>> describe_theme()["lines"]["insufficient"]["dash"]
    (3, 4)
    """
    return {
        "classes": CLASSES,
        "evidence": EVIDENCE,
        "modes": MODES,
        "severities": SEVERITIES,
        "directions": DIRECTIONS,
        "service_names": SERVICES,
        "statuses": STATUSES,
        "lines": {name: asdict(style) for name, style in CLASS_LINES.items()},
        "fills": {name: asdict(style) for name, style in CLASS_FILLS.items()},
        "mode_lines": {name: asdict(style) for name, style in MODE_LINES.items()},
        "severity_lines": {name: asdict(style) for name, style in SEVERITY_LINES.items()},
        "band": asdict(BAND),
        "services": {name: SERVICE_COLORS.get(name, OTHER_SERVICE_COLOR) for name in SERVICES},
        "surfaces": SURFACES,
        "symbols": SYMBOLS,
        "kinds": FACILITY_SYMBOLS,
    }
