"""The parts that a fitted intensity is mixed from: kinds of kernels, and the ground by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from georisk.fitting.rules import StackRules
    from georisk.fitting.sources import Sources
    from layers.crs import FloatArray

PLACE, TREES = "place", "trees"


@dataclass(frozen=True)
class Part:
    """One kind of kernel of the mixture, or the place model or the trees by themselves."""

    guide: str
    width: int = -1
    half_life_years: float | None = None
    group: int = -1


def list_parts(sources: Sources, rules: StackRules) -> tuple[Part, ...]:
    """Parts of the mixture, in a fixed order: kernels by guide, width, memory, group; grounds."""
    inside = sources.unit >= 0
    groups = sorted(set(sources.group[inside].tolist()))
    parts = [Part(PLACE, width, life, group) for width in range(len(rules.widths_km))
             for life in rules.half_lives_years for group in groups]
    parts.append(Part(PLACE))
    if inside.sum() >= rules.trees_from:
        parts += [Part(TREES, width, life) for width in range(len(rules.widths_km))
                  for life in rules.half_lives_years]
        parts.append(Part(TREES))
    return tuple(parts)


def set_prior(parts: tuple[Part, ...], sources: Sources, rules: StackRules) -> FloatArray:
    """Incidents that each part, and last the even share, is given beforehand, (k + 1,)."""
    inside = sources.group[sources.unit >= 0]
    share = {group: float((inside == group).mean()) for group in set(inside.tolist())}
    raw = np.array([share.get(part.group, 1.0) for part in parts] + [1.0])
    return np.asarray(rules.prior * raw / raw.sum())
