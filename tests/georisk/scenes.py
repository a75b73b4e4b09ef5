"""Invented segments for the index."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from georisk.priority.hazards import Conditions
from georisk.priority.index import Scene


def make_scene(*, harm, degc=25.0, aridity=1.0, covered=None):
    """Segments on flat ground, on foot, without storms."""
    harm = np.asarray(harm, float)
    count = len(harm)
    covered = np.full((count, 4), 0.5) if covered is None else np.asarray(covered, float)
    ground = Conditions(np.full((count, 1), degc), np.full(count, aridity),
                        np.ones(count), np.zeros((count, 1)))
    return Scene(harm, np.full(count, "foot", dtype=object), ground, covered)


def make_many(count=120, *, seed=1, silent=10):
    """Segments of many kinds; the first few without evidence."""
    random = np.random.default_rng(seed)
    harm = 10 ** random.uniform(-2.5, 1.5, (count, 4))
    harm[:silent] = np.nan
    ground = Conditions(random.uniform(-5, 38, (count, 12)), 10 ** random.uniform(-2, 0.5, count),
                        random.uniform(1, 4, count), random.uniform(0, 0.6, (count, 12)))
    mode = random.choice(["foot", "train", "road", "boat"], count).astype(object)
    return Scene(harm, mode, ground, random.random((count, 4)))


@st.composite
def scenes(draw):
    """Up to six segments, anything unknown."""
    count = draw(st.integers(1, 6))

    def take(low, high, *shape):
        some = st.one_of(st.floats(low, high), st.just(float("nan")))
        size = int(np.prod(shape))
        return np.array(draw(st.lists(some, min_size=size, max_size=size))).reshape(shape)

    harm = np.array(draw(st.lists(st.floats(0, 1e4), min_size=4 * count, max_size=4 * count)))
    harm = harm.reshape(count, 4)
    harm[np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)))] = np.nan
    months = draw(st.sampled_from([1, 12]))
    degc = np.repeat(take(-40, 60, count, 1), months, axis=1)
    storms = np.repeat(take(0, 3, count, 1), months, axis=1)
    ground = Conditions(degc, take(0, 10, count), take(1, 9, count), storms)
    modes = draw(st.lists(st.sampled_from(["foot", "train", "road", "boat"]), min_size=count,
                          max_size=count))
    return Scene(harm, np.array(modes, dtype=object), ground, take(0, 1, count, 4))
