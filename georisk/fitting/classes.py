"""Classes of harm apart: each borrows strength from all, and together they are the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.fitting.place import fit_place
from georisk.incidents import CLASSES, weigh_decay

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.fitting.rules import StackRules
    from georisk.fitting.sources import Sources
    from georisk.fitting.stack import Stack
    from layers.crs import FloatArray

BORROWED = 100.0
GROUPS = {"wat": 0, "env": 1, "unk": 2, "acc": 3, "sec": 3}


def group_classes(classes: NDArray[np.object_]) -> NDArray[np.intp]:
    """Group of each incident for the mixture: drowning, heat and sickness, unknown, the rest.

    Examples
    --------
    >>> group_classes(np.array(["wat", "sec", "acc"], object)).tolist()
    [0, 3, 3]
    """
    return np.array([GROUPS[name] for name in classes], np.intp)


def share_classes(
    stack: Stack, sources: Sources, classes: NDArray[np.object_], rules: StackRules, *,
    density: FloatArray,
) -> pd.DataFrame:
    """Share of each class of harm in the intensity of every unit; rows sum to 1.

    Parameters
    ----------
    classes : array of str, shape (n,)
        Of the sources; ``unk`` has no column: it is split as the known classes are.
    density : array of shape (m,)
        As `Stack.estimate` gives it.

    Returns
    -------
    DataFrame
        Columns ``sec acc env wat``, m rows.

    Notes
    -----
    The surface of a class is ``w f_own + (1 - w) f_all`` with ``w = n / (n + 100)``, n its
    incidents (METHOD 2.5): a class with few of them is spread like all. Its own surface has a
    place model of its own: nobody drowns far from water, wherever else people die.
    """
    everywhere = density / max(float((density * stack.place.size).sum()), 1e-300)
    return mix_classes(
        _spread_classes(stack, sources, classes, everywhere, ridge=rules.ridge), everywhere,
        count=_count_classes(stack, sources, classes, None),
        rate=_count_classes(stack, sources, classes, rules.rate_half_life_years),
    )


def mix_classes(
    own: FloatArray, everywhere: FloatArray, *, count: FloatArray, rate: FloatArray
) -> pd.DataFrame:
    """Mix each class's own surface with that of all, and turn them into shares.

    Parameters
    ----------
    own : array of shape (m, 4)
        Density of each class by itself.
    everywhere : array of shape (m,)
        Density of all incidents.
    count, rate : array of shape (4,)
        Incidents of each class, counted and decayed. Without any known class all are equal.

    Examples
    --------
    A hundred drownings, half their own, half like all; nothing else is known here.

    >>> shares = mix_classes(np.array([[0, 0, 0, 2.0]]), np.ones(1),
    ...                      count=np.array([100, 0, 0, 100]), rate=np.array([1.0, 0, 0, 1]))
    >>> shares.loc[0].tolist()
    [0.25, 0.0, 0.0, 0.75]
    """
    if rate.sum() <= 0:
        even = np.full((len(everywhere), len(CLASSES)), 1.0 / len(CLASSES))
        return pd.DataFrame(even, columns=list(CLASSES))
    trust = count / (count + BORROWED)
    mixed = rate * (trust * own + (1 - trust) * everywhere[:, None])
    summed = mixed.sum(axis=1, keepdims=True)
    usual = rate / rate.sum()
    shares = np.divide(mixed, summed, out=np.tile(usual, (len(mixed), 1)), where=summed > 0)
    return pd.DataFrame(shares, columns=list(CLASSES))


def _spread_classes(
    stack: Stack, sources: Sources, classes: NDArray[np.object_], everywhere: FloatArray, *,
    ridge: float,
) -> FloatArray:
    """Density of each class by its own incidents alone, with the whole's share of ground."""
    weights = stack.weigh_kernels(sources)
    kinds, unit = classes[stack.origin.rows], sources.unit[stack.origin.rows]
    place = stack.place
    size = place.size
    rest = float((stack.estimate_ground() * size).sum()) / max(stack.rate, 1e-300)
    own = np.tile(everywhere[:, None], (1, len(CLASSES)))
    member = np.column_stack([kinds == name for name in CLASSES])
    kernels = np.zeros(own.shape)
    for key, weight in weights.items():
        kernels += stack.origin.spreads[key].put(weight[:, None] * member)
    for number, name in enumerate(CLASSES):
        total = kernels[:, number]
        mass = float((total * size).sum())
        if mass > 0:
            count = np.bincount(unit[kinds == name], minlength=len(size)).astype(float)
            ground = fit_place(place.design, count, place.fitting, ridge=ridge)
            own[:, number] = (1 - rest) * total / mass + rest * ground.estimate_density()
    return own


def _count_classes(
    stack: Stack, sources: Sources, classes: NDArray[np.object_], half_life_years: float | None
) -> FloatArray:
    rows = stack.origin.rows
    weight = weigh_decay(sources.age_years[rows], half_life_years)
    return np.array([weight[classes[rows] == name].sum() for name in CLASSES])


def weigh_classes(
    stack: Stack, sources: Sources, classes: NDArray[np.object_], harm: FloatArray,
    shares: pd.DataFrame, *, density: FloatArray,
) -> pd.DataFrame:
    """Harm-weighted intensity of each class per size and year.

    Parameters
    ----------
    harm : array of shape (n,)
        Harm of each incident; 1 is one death.
    shares : DataFrame
        From `share_classes`.
    density : array of shape (m,)
        As `Stack.estimate` gives it.

    Returns
    -------
    DataFrame
        Columns ``sec acc env wat``: intensity of the class times the mean harm of its incidents
        nearby, which far from any is that of the whole class.
    """
    ground = stack.estimate_ground()
    rows = stack.origin.rows
    weights = stack.weigh_kernels(sources)
    kinds = np.column_stack([classes[rows] == name for name in CLASSES]).astype(float)
    columns = np.hstack([kinds * harm[rows, None], kinds])
    kernels = np.zeros((len(ground), columns.shape[1]))
    for key, weight in weights.items():
        kernels += stack.origin.spreads[key].put(weight[:, None] * columns)
    made = {}
    for number, name in enumerate(CLASSES):
        kind = kinds[:, number]
        usual = float(np.average(harm[rows], weights=kind)) if kind.any() else 1.0
        heavy = ground * usual + kernels[:, number]
        light = ground + kernels[:, number + len(CLASSES)]
        made[name] = density * shares[name].to_numpy() * heavy / np.where(light > 0, light, 1.0)
    return pd.DataFrame(made, columns=list(CLASSES))
