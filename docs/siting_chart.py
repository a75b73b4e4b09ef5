"""The chart of the page on the sites of the embedded study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from siting_facts import FAR, K

if TYPE_CHECKING:
    from siting_facts import Facts

CHART = Path(__file__).resolve().parent / "images" / "siting-curve.svg"


def draw_chart(facts: Facts) -> str:
    """The curve of coverage as a small picture: bars, and where it bends."""
    curve, knee = facts.trace("coverage", FAR)
    whole, top = facts.ask("coverage").before, curve.benefit[-1]
    parts = []
    for k, have in zip(curve.k, curve.benefit, strict=True):
        height = 150 * have / top
        fill = "#b8561b" if knee and k == knee.k else "#4a6d8c"
        parts.append(f'<rect x="{20 + 25 * k}" y="{180 - height:.1f}" width="18" '
                     f'height="{height:.1f}" fill="{fill}"/>'
                     f'<text x="{29 + 25 * k}" y="194">{k}</text>')
        if k in {1, K, FAR} or (knee and k == knee.k):
            parts.append(f'<text x="{29 + 25 * k}" y="{175 - height:.1f}">'
                         f"{100 * have / whole:.1f} %</text>")
    title = f"SYNTHETIC: risk-weighted km brought within reach of water by 1 to {FAR} points"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 215" width="560" '
            f'role="img" aria-label="{title}" font-family="sans-serif" font-size="10" '
            'text-anchor="middle">\n<rect width="560" height="215" fill="#fff"/>\n'
            f'<text x="280" y="14" font-size="12">{title}</text>\n' + "\n".join(parts)
            + '\n<text x="280" y="210">points (orange: where the curve bends)</text>\n</svg>\n')
