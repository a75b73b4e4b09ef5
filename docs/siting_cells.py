"""Cells and tables of the page on the sites of the embedded study."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from georisk.siting.answers.answers import SiteBrief

SYNTHETIC = "*SYNTHETIC: facilities, incidents, flows are made up; says nothing about the world.*"
_SMALL, _NEVER, _WHOLE = 0.0995, 0.0005, 100.0


def tabulate(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown, marked as synthetic."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join((*lines, "", SYNTHETIC))


def show_share(value: float) -> str:
    """A share in per cent; below 10 with one decimal.

    Examples
    --------
    >>> show_share(0.0226), show_share(0.5), show_share(0.0)
    ('2.3 %', '50 %', '0')
    """
    if abs(value) < _NEVER:
        return "0"
    return f"{100 * value:.{1 if abs(value) < _SMALL else 0}f} %"


def show_tenth(value: float) -> str:
    """A share in per cent with one decimal."""
    return f"{100 * value:.1f} %"


def show_value(value: float) -> str:
    """A figure of some objective: whole where it is large."""
    return f"{value:,.0f}" if abs(value) >= _WHOLE else f"{value:.3g}"


def name_site(site: SiteBrief) -> str:
    """Place and country."""
    return f"{site.place} ({site.country})"
