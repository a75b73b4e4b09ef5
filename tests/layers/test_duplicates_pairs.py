"""Candidate pairs, their score and verdict: by hand, by enumeration, against splink."""

from __future__ import annotations

import itertools
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.catalog import find_spec
from layers.crs import measure_distance_km
from layers.duplicates import PAIR_COLUMNS, estimate_total, find_pairs
from layers.duplicates.candidates import Candidates, Positions, Window, find_candidates
from layers.duplicates.evidence import compare_incidents
from layers.duplicates.scoring import score_rivals
from layers.duplicates.weights import load_comparisons, load_values

INCIDENTS, SHELTERS = find_spec("incidents"), find_spec("shelters")
DEFAULTS = {
    "owner": "a", "date": "2020-05-01", "class": "env", "n_victims": 1, "coord_precision_km": 2.0,
    "source": "", "source_url": "", "stated_place": "", "lon": -93.9, "lat": 16.2,
}


def make_rows(*rows):
    table = pd.DataFrame([DEFAULTS | row for row in rows]).set_index("id")
    table = table.assign(date=pd.to_datetime(table["date"]))
    points = gpd.points_from_xy(table.pop("lon"), table.pop("lat"), crs=4326)
    return gpd.GeoDataFrame(table, geometry=points)


def find(*rows):
    return find_pairs(make_rows(*rows), INCIDENTS).set_index(["id_a", "id_b"])


def test_the_declared_shares_are_probabilities_inside_their_ranges():
    for kind in ("incidents", "places"):
        for comparison in load_comparisons(kind).values():
            assert math.isclose(sum(comparison.m), 1, abs_tol=1e-9), comparison.name
            assert math.isclose(sum(comparison.u), 1, abs_tol=1e-9), comparison.name
            assert (np.diff(np.log(comparison.m) - np.log(comparison.u)) < 0).any()
    assert load_values("thresholds") == {"accept": 0.9, "review": 0.6, "floor": 0.05}


def test_one_event_in_two_registers_is_accepted():
    pairs = find(
        {"id": "a-1", "n_victims": 4, "stated_place": "Arriaga"},
        {"id": "b-1", "owner": "b", "n_victims": 4, "stated_place": "Arriaga, Chiapas",
         "date": "2020-05-02", "class": "unk", "lat": 16.21},
    )
    pair = pairs.loc["a-1", "b-1"]
    assert (pair["verdict"], pair["days"]) == ("accept", 1)
    assert pair["distance_km"] == pytest.approx(1.107, abs=0.001)
    assert pair["why"] == "1 day apart; same number; one class unknown; places agree"


def test_within_one_register_a_pair_is_reviewed_at_most():
    twin = {"n_victims": 40, "stated_place": "Arriaga", "source_url": "https://example.org/a/1"}
    pairs = find({"id": "a-1"} | twin, {"id": "a-7"} | twin)
    assert pairs["verdict"].tolist() == ["review"]
    assert pairs["score"].iloc[0] > 0.9


def test_the_parts_of_a_split_record_are_not_a_pair():
    twin = {"n_victims": 4, "stated_place": "Arriaga", "source_url": "https://example.org/a/1"}
    assert find({"id": "a-9"} | twin, {"id": "a-9-2"} | twin, {"id": "a-9-3"} | twin).empty


@pytest.mark.parametrize("change", [
    {"class": "sec"},
    {"date": "2020-05-05"},
    {"lat": 16.3},  # 11 km: the window of 2 km sigmas is max(5, 2 * sqrt(8)) = 5.7 km
    {"n_victims": 40, "date": "2020-05-04", "stated_place": "Huixtla"},
])
def test_another_event_is_not_accepted(change):
    pairs = find({"id": "a-1", "stated_place": "Arriaga"}, {"id": "b-1", "owner": "b"} | change)
    assert not pairs["verdict"].eq("accept").any()


def test_a_coordinate_alone_is_no_evidence():
    pairs = find({"id": "a-1", "n_victims": 2}, {"id": "b-1", "owner": "b", "n_victims": 30})
    assert not pairs["verdict"].eq("accept").any()


def test_a_vague_date_is_left_to_people():
    pairs = find({"id": "a-1", "n_victims": 9, "date_precision": "day"},
                 {"id": "b-1", "owner": "b", "n_victims": 9, "date_precision": "month"})
    assert pairs["verdict"].tolist() == ["review"]


def test_two_equal_candidates_are_left_to_people_and_paired_once():
    other = {"owner": "b", "n_victims": 4}
    pairs = find({"id": "a-1", "n_victims": 4}, {"id": "b-1"} | other, {"id": "b-2"} | other)
    across = pairs[pairs.index.get_level_values(0) == "a-1"]
    assert across["score"].iloc[0] == across["score"].iloc[1]
    assert sorted(across["verdict"]) == ["reject", "review"]
    assert across.loc[("a-1", "b-1"), "verdict"] == "review"


def test_other_layers_have_no_duplicates():
    with pytest.raises(ValueError, match="incidents and facilities"):
        find_pairs(make_rows({"id": "x"}), find_spec("routes"))


def test_no_rows_and_rows_without_date_or_point_make_no_pairs():
    rows = make_rows({"id": "a-1"}, {"id": "b-1", "owner": "b", "date": None})
    assert find_pairs(rows, INCIDENTS).empty
    assert tuple(find_pairs(rows.iloc[:0], INCIDENTS).columns) == PAIR_COLUMNS
    bare = rows.assign(date=pd.Timestamp("2020-05-01")).set_geometry(
        gpd.GeoSeries([None, None], index=rows.index, crs=4326))
    assert find_pairs(bare, INCIDENTS).empty


def test_everything_on_one_spot_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr("layers.duplicates.candidates.MAX_CANDIDATES", 100)
    with pytest.raises(ValueError, match="near each other") as caught:
        find(*({"id": f"a-{n}"} for n in range(60)))
    assert "\n" not in str(caught.value)


@given(st.integers(0, 2**32 - 1))
def test_candidates_are_those_of_a_full_comparison(seed):
    rng = np.random.default_rng(seed)
    n = 25
    at = Positions(rng.uniform(-0.5, 0.5, n) + rng.choice([0, 179.8]), rng.uniform(60, 60.4, n),
                   rng.integers(0, 12, n).astype(float), rng.choice([0.1, 2, 10, 400], n))
    found = find_candidates(at, Window(5.0, 2.0, 100.0, 3.0))
    expected = set()
    for i, j in itertools.combinations(range(n), 2):
        distance = measure_distance_km(at.lon[[i]], at.lat[[i]], at.lon[[j]], at.lat[[j]])[0]
        reach = min(100, max(5, 2 * math.hypot(at.sigma_km[i], at.sigma_km[j])))
        if distance <= reach and abs(at.day[i] - at.day[j]) <= 3:
            expected.add((i, j))
    assert set(zip(found.i.tolist(), found.j.tolist(), strict=True)) == expected


def enumerate_matchings(pairs, odds):
    """Share of each pair among all sets of pairs in which no record occurs twice."""
    total, each = 0.0, np.zeros(len(odds))
    for chosen in itertools.product([False, True], repeat=len(odds)):
        used = [k for k, yes in enumerate(chosen) if yes]
        ends = [end for k in used for end in (pairs.i[k], pairs.j[k])]
        if len(ends) == len(set(ends)):
            weight = math.prod(odds[k] for k in used)
            total += weight
            each[used] += weight
    return each / total


@given(st.lists(st.floats(-6, 6), min_size=4, max_size=4))
def test_rivals_share_as_enumeration_says_where_there_is_no_loop(bits):
    # The candidates form one path through the five records: no loop, but rivals on both sides.
    pairs = Candidates(np.array([0, 1, 1, 2]), np.array([3, 3, 4, 4]), np.zeros(4), np.ones(4))
    register = np.array([0, 0, 0, 1, 1])
    score, partnered = score_rivals(pairs, np.array(bits), np.ones(4), register)
    assert score == pytest.approx(enumerate_matchings(pairs, 2.0 ** np.array(bits)), abs=1e-6)
    assert (partnered >= score - 1e-9).all()
    assert (partnered <= 1 + 1e-9).all()


ROW = st.fixed_dictionaries({
    "owner": st.sampled_from(["a", "b", "c"]),
    "lat": st.sampled_from([16.2, 16.21, 16.23, 16.3]),
    "date": st.sampled_from(["2020-05-01", "2020-05-02", "2020-05-04", None]),
    "class": st.sampled_from(["env", "unk", "acc"]),
    "n_victims": st.sampled_from([1, 2, 7]),
    "coord_precision_km": st.sampled_from([0.3, 10.0, math.nan]),
    "stated_place": st.sampled_from(["", "Arriaga", "Huixtla", "[removed]"]),
    "source": st.sampled_from(["police", "daily", "daily; police"]),
})


@given(st.lists(ROW, min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, random):
    table = make_rows(*({"id": f"r-{n}"} | row for n, row in enumerate(rows)))
    shuffled = list(table.index)
    random.shuffle(shuffled)
    pairs = find_pairs(table, INCIDENTS)
    pd.testing.assert_frame_equal(pairs, find_pairs(table.loc[shuffled], INCIDENTS))
    assert (pairs["id_a"] < pairs["id_b"]).all()
    assert pairs["score"].between(0, 1).all()
    owner = table["owner"]
    accepted = pairs[pairs["verdict"].eq("accept")]
    assert (owner[accepted["id_a"]].to_numpy() != owner[accepted["id_b"]].to_numpy()).all()
    partners = [(a, owner[b]) for a, b in accepted[["id_a", "id_b"]].to_numpy()]
    partners += [(b, owner[a]) for a, b in accepted[["id_a", "id_b"]].to_numpy()]
    assert len(partners) == len(set(partners))


def test_chapman_by_hand():
    # 41 times 31, over 12, less 1
    found = estimate_total(40, 30, 11)
    assert found.total == pytest.approx(104.9167, abs=1e-4)
    assert 59 == found.known <= found.low < found.total < found.high
    assert estimate_total(5, 5, 5).high == 5
    with pytest.raises(ValueError, match="do not fit"):
        estimate_total(3, 5, 4)


def place(id_, owner, **more):
    row = {"id": id_, "owner": owner, "name": "EXAMPLE - Casa Uno", "phone": "", "town": "Arriaga",
           "place_kind": "shelter", "coord_precision_km": 0.1}
    return row | more


def test_places_across_offices_are_reviewed_and_never_accepted():
    rows = make_rows(place("mx-a-1", "a", phone="+52 966 555 0100"),
                     place("mx-b-1", "b", phone="9665550100", lat=16.201))
    pairs = find_pairs(rows, SHELTERS)
    assert pairs["verdict"].tolist() == ["review"]
    assert pairs.at[0, "score"] > 0.99
    assert find_pairs(rows.assign(owner="a"), SHELTERS)["verdict"].tolist() == ["accept"]


def test_a_sealed_place_and_an_open_one_are_never_joined():
    rows = make_rows(place("mx-a-1", "a", phone="9665550100"),
                     place("mx-a-2", "a", phone="9665550100", place_kind="gbv_survivors"))
    assert not find_pairs(rows, SHELTERS)["verdict"].eq("accept").any()


def test_neighbouring_houses_of_other_names_are_two():
    rows = make_rows(place("mx-a-1", "a"), place("mx-b-1", "b", name="EXAMPLE - Hogar Dos"))
    assert not find_pairs(rows, SHELTERS)["verdict"].isin(["accept", "review"]).any()


PLACE = st.fixed_dictionaries({
    "owner": st.sampled_from(["a", "b"]),
    "name": st.sampled_from(["EXAMPLE - Casa Uno", "EXAMPLE - Casa Dos", "EXAMPLE - Uno", ""]),
    "phone": st.sampled_from(["", "9665550100", "+52 966 555 0100", "9665550199"]),
    "place_kind": st.sampled_from(["shelter", "gbv_survivors", "detention", ""]),
    "lat": st.sampled_from([16.2, 16.202, 16.21, 16.5]),
    "coord_precision_km": st.sampled_from([0.1, 30.0, math.nan]),
})


@given(st.lists(PLACE, max_size=8), st.randoms(use_true_random=False))
def test_places_keep_their_rules_in_any_order(places, random):
    rows = make_rows(*(place(f"mx-{n}", "a") | row for n, row in enumerate(places))) if (
        places) else make_rows({"id": "x"}).iloc[:0]
    shuffled = list(rows.index)
    random.shuffle(shuffled)
    pairs = find_pairs(rows, SHELTERS)
    pd.testing.assert_frame_equal(pairs, find_pairs(rows.loc[shuffled], SHELTERS))
    for pair in pairs[pairs["verdict"].eq("accept")].itertuples():
        a, b = rows.loc[pair.id_a], rows.loc[pair.id_b]
        assert a["owner"] == b["owner"]
        sealed = {"gbv_survivors", "detention"}
        assert (a["place_kind"] in sealed) == (b["place_kind"] in sealed)


def test_the_sum_is_that_of_splink():
    """The same declared shares through another program give the same probability."""
    pytest.importorskip("splink")
    from splink_check import SQL, score_with_splink

    rng = np.random.default_rng(5)
    n = 60
    rows = make_rows(*({
        "id": f"r-{k:03d}", "date": f"2020-05-0{rng.integers(1, 5)}",
        "class": rng.choice(["env", "unk"]), "n_victims": int(rng.choice([1, 1, 2, 3, 9, 10])),
        "stated_place": rng.choice(["", "huixtla", "arriaga"]),
        "source_url": rng.choice(["", f"https://example.org/{k % n}", "https://example.org/b/2"],
                                 p=[0.5, 0.45, 0.05]),
        "source": rng.choice(["police", "daily"]),
    } for k in range(2 * n)))
    i = np.arange(n)
    pairs = Candidates(i, i + n, np.zeros(n), np.ones(n))
    declared = load_comparisons("incidents")
    levels = compare_incidents(rows, pairs)
    assert all(len(set(levels[name])) >= 2 for name in SQL)
    bits = sum(declared[name].weigh(level) for name, level in levels.items())
    ours, _ = score_rivals(pairs, bits, np.full(n, 0.25), np.repeat([0, 1], n))
    theirs = score_with_splink(rows, n, declared, prior=0.2)
    assert ours == pytest.approx(theirs, abs=1e-9)
    assert ours.min() < 0.05
    assert ours.max() > 0.9
