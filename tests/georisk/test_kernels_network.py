"""The network kernel: mass kept, junctions shared evenly, and a dense exponential beside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from surroundings import CAMPAIGN

from georisk.kernels.lixels import build_lixels
from georisk.kernels.network import build_network_kernel

EXAMPLES = 10_000 if CAMPAIGN else 100


def draw_network(seed, nodes, segments):
    rng = np.random.default_rng(seed)
    start, end = rng.integers(0, nodes, (2, segments))
    length_km = rng.uniform(0.2, 3.0, segments)
    return start, end, length_km, build_lixels(start, end, length_km, lixel_km=0.7)


def find_parts(start, end, nodes):
    part = np.arange(nodes)
    for _ in range(nodes):
        low = np.minimum(part[start], part[end])
        np.minimum.at(part, start, low)
        np.minimum.at(part, end, low)
    return part[start]


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32), nodes=st.integers(1, 12), segments=st.integers(1, 15))
def test_mass_stays_in_its_part_of_the_network(seed, nodes, segments):
    start, end, length_km, network = draw_network(seed, nodes, segments)
    rng = np.random.default_rng(seed)
    segment, share = rng.integers(0, segments, 9), rng.choice([0, 0.3, 1], 9)
    mass, width_km = rng.uniform(0, 4, 9), 10 ** rng.uniform(-1, 2, 9)
    kernel = build_network_kernel(network, segment, share, width_km)
    density = kernel @ mass
    assert (density >= 0).all()
    part = find_parts(start, end, nodes)
    for each in np.unique(part):
        held = (density * length_km)[part == each].sum()
        assert held == pytest.approx(mass[part[segment] == each].sum(), rel=1e-9, abs=1e-12)
    assert kernel.T @ length_km == pytest.approx(1.0, rel=1e-9)
    order = rng.permutation(9)
    turned = build_network_kernel(network, segment[order], share[order], width_km[order])
    assert turned.toarray().tobytes() == kernel.toarray()[:, order].tobytes()


@pytest.mark.parametrize("roads", [3, 4, 7])
def test_a_junction_shares_evenly(roads):
    """Equal split: on every other road 2/k of what a straight road would get beyond."""
    ends = np.arange(1, roads + 1)
    network = build_lixels(np.zeros(roads, int), ends, np.full(roads, 10.0), lixel_km=0.02)
    kernel = build_network_kernel(network, np.array([0]), np.array([0.05]), np.array([1.0]))
    held = kernel.toarray().ravel() * 10.0
    assert held[1:] == pytest.approx(held[1], rel=1e-9)
    straight = build_lixels([0, 0], [1, 2], np.full(2, 10.0), lixel_km=0.02)
    line = build_network_kernel(straight, np.array([0]), np.array([0.05]), np.array([1.0]))
    beyond = line.toarray()[1, 0] * 10.0
    assert held[1] == pytest.approx(2 / roads * beyond, rel=1e-6)
    assert held.sum() == pytest.approx(1.0, rel=1e-12)


def test_the_steps_are_those_of_a_dense_matrix_and_near_the_heat_equation():
    _, _, _, network = draw_network(3, 6, 9)
    size, width_km = len(network.lixel_km), 1.2**2
    # A junction's own unknown is eliminated: what flows in flows out.
    whole = network.laplacian.toarray()
    flow = whole[:size, :size] - whole[:size, size:] @ np.linalg.pinv(
        whole[size:, size:]) @ whole[size:, :size]
    rate = flow / network.lixel_km[:, None]
    lixel = network.find_lixels(np.array([2]), np.array([0.4]))[0]
    heat = np.zeros(size)
    heat[lixel] = 1 / network.lixel_km[lixel]
    step = np.linalg.inv(np.eye(size) + width_km**2 / 16 * rate)
    stepped = np.linalg.matrix_power(step, 8) @ heat
    exact = expm(-width_km**2 / 2 * rate) @ heat
    held = build_network_kernel(network, np.array([2]), np.array([0.4]),
                                np.array([width_km])).toarray().ravel() * network.length_km

    def collect(density):
        return np.add.reduceat(density * network.lixel_km, network.first[:-1])

    assert held == pytest.approx(collect(stepped), abs=1e-8)
    assert held == pytest.approx(collect(exact), abs=0.03)


def test_an_endless_road_has_the_width_asked_for():
    network = build_lixels(np.arange(400), np.arange(1, 401), np.full(400, 0.25), lixel_km=1.0)
    width_km = 1.2**9
    kernel = build_network_kernel(network, np.array([200]), np.array([0.5]),
                                  np.array([width_km])).toarray().ravel() * 0.25
    at_km = (np.arange(400) - 200) * 0.25
    assert kernel @ at_km == pytest.approx(0, abs=1e-9)
    assert np.sqrt(kernel @ at_km**2) == pytest.approx(width_km, rel=1e-3)


def test_ends_that_agree_to_a_centimetre_are_one_node():
    start = np.array([[-99.0, 19.0], [-98.0, 19.00000001]])
    end = np.array([[-98.0, 19.0], [-97.0, 19.0]])
    network = build_lixels(start, end, np.ones(2), lixel_km=1.0)
    kernel = build_network_kernel(network, np.array([0]), np.array([0.5]), np.array([50.0]))
    assert kernel.toarray() == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"length": np.array([0.0, 1.0])}, "length_km"), ({"lixel": np.nan}, "lixel_km"),
        ({"lixel": 1.5e-6}, "lixels, more than"), ({"segment": np.array([2])}, "segment: expected"),
        ({"segment": np.array([0.5])}, "whole numbers"), ({"share": np.array([1.1])}, "share"),
        ({"width": np.array([np.nan])}, "width_km"), ({"start": [0, np.nan]}, "start, end"),
        ({"start": [0]}, "start, end"),
    ],
)
def test_what_makes_no_network_is_refused(change, message):
    given = {"start": [0, 1], "length": np.ones(2), "lixel": 1.0, "segment": np.array([0]),
             "share": np.zeros(1), "width": np.ones(1)} | change
    with pytest.raises(ValueError, match=message):
        build_network_kernel(
            build_lixels(given["start"], [1, 2], 2 * given["length"], lixel_km=given["lixel"]),
            given["segment"], given["share"], given["width"])
