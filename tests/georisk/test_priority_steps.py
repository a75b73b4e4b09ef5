"""The ranking of a study: what it reads, what it publishes, what it says."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import grid_study
import numpy as np
import pandas as pd
import pytest

from georisk import Study
from georisk.priority.asking import ask_priority, ask_sensitivity
from georisk.priority.coping import SERVICES, judge_coping, measure_reach
from georisk.priority.numbers import GROUPS, read_numbers
from georisk.priority.scene import Choice, gather_view, measure_ways
from georisk.priority.steps import NEEDS, join_priority, rank_segments
from georisk.priority.telling import rank_stretches, tell_reasons
from georisk.services import tabulate_services
from layers.catalog import find_spec
from layers.disclosure import judge_level
from layers.errors import CallError


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return Study.open(grid_study.write_grid_study(tmp_path_factory.mktemp("priority") / "study"))


@pytest.fixture(scope="module")
def answer(study):
    return ask_priority(study)


def gather(study):
    inputs = {}
    for name in NEEDS:
        try:
            inputs[name] = study.made(name).value
        except CallError:
            inputs[name] = None
    return inputs


def test_every_segment_has_a_row_and_a_score_only_with_evidence(study, answer):
    frame = answer.layer.frame
    segments = study.value("route_intensity").frame
    assert list(frame.index) == sorted(segments.index)
    silent = (frame["evidence"] == "insufficient").to_numpy()
    assert frame.loc[silent, ["score", "rank", "rank_low", "p_top"]].isna().all().all()
    scored = frame[frame["score"].notna()]
    assert len(scored) > 0
    assert scored["score"].between(0, 10).all()
    assert (scored["rank_low"] <= scored["rank_high"]).all()
    assert set(frame.columns) == set(find_spec("priority").columns)
    assert judge_level(answer.layer) == "restricted"
    assert frame["synthetic"].all()


def test_insufficient_evidence_gives_no_score_whatever_was_reported(study):
    inputs = gather(study)
    estimate = inputs["route_intensity"]
    silent = np.arange(len(estimate.frame)) < 20
    evidence = estimate.frame["evidence"].mask(silent, "insufficient")
    quiet = SimpleNamespace(frame=estimate.frame.assign(evidence=evidence), draws=estimate.draws,
                            harm=estimate.harm)
    outcome = rank_segments({**inputs, "route_intensity": quiet}, study.settings())
    some = outcome.value.loc[estimate.frame.index[silent]]
    assert some[["score", "rank", "rank_high", "p_top", "hazard"]].isna().all().all()
    assert some["unknown"].map(lambda names: "reports" in names).all()
    assert any(note.startswith("priority: 20 km have insufficient") for note in outcome.warnings)


def test_contributions_sum(answer):
    scored = answer.layer.frame[answer.layer.frame["score"].notna()]
    shapley = scored[[f"shapley_{name}" for name in ("sec", "acc", "env", "wat")]].sum(axis=1)
    np.testing.assert_allclose(shapley, scored["hazard"], atol=1e-9)
    shares = scored[["share_hazard", "share_vulnerability", "share_coping"]].sum(axis=1)
    np.testing.assert_allclose(np.exp(shares), scored["score"] / scored["reference_score"])


def test_lack_of_coping_by_hand(study):
    # Water alone counts here: medical is in one place, shelter in two, nobody has a phone.
    coverage = pd.DataFrame({
        "segment_id": "a", "direction": "forward", "service": ["medical", "shelter", "water"],
        "nearest_id": ["p", "q", "p"], "walk_h": [1.5, np.nan, 2.0], "mode_h": [0.5, 8.0, 0.4],
        "second_id": [None, None, "r"], "second_walk_h": [np.nan, np.nan, 30.0],
    })
    services = tabulate_services(study.parameters, ["medical", "shelter", "water"])
    numbers = read_numbers(study.parameters, "adult_man")
    on_foot = measure_reach(coverage, services, pd.Series(["foot"], index=["a"]))
    # on foot: medical 1.5 h of 1 h is half, shelter cannot be reached, water is within 5.6 h
    assert on_foot.covered[0, :3].tolist() == [1.0, 0.5, 0.0]
    assert np.isnan(on_foot.covered[0, list(SERVICES).index("protection")])
    assert judge_coping(on_foot.covered, numbers)[0] == pytest.approx(10 * (1 - 0.425 / 0.8))
    assert on_foot.remoteness_h[0] == 30.0
    by_train = measure_reach(coverage, services, pd.Series(["train"], index=["a"]))
    assert by_train.covered[0, :3].tolist() == [1.0, 1.0, 1.0]


def test_slowness_counts_slope_and_ground(study):
    routes = study.layer("routes").frame
    network = study.value("network")
    lines = study.value("lines")
    flat = measure_ways(network, lines.index, routes, study.parameters)
    assert np.allclose(flat, 1.0)
    brush = routes.assign(terrain="heavy_brush", off_road=True)
    slow = measure_ways(network, lines.index, brush, study.parameters)
    assert np.allclose(slow, 1.5 / 0.6)
    steep = replace(network, rise_m=network.length_km * 200)
    assert measure_ways(steep, lines.index, routes, study.parameters).to_numpy() == pytest.approx(
        1.716, abs=1e-3)
    boats = measure_ways(network, lines.index, routes.assign(terrain="water"), study.parameters)
    assert boats.isna().all()


def test_the_order_of_segments_changes_nothing(study):
    inputs = gather(study)
    estimate = inputs["route_intensity"]
    turned = SimpleNamespace(frame=estimate.frame[::-1], draws=estimate.draws[::-1],
                             harm=estimate.harm[::-1])
    one = rank_segments(inputs, study.settings()).value
    two = rank_segments({**inputs, "route_intensity": turned}, study.settings()).value
    pd.testing.assert_frame_equal(one, two)


def test_without_help_on_record_nothing_is_ranked(study):
    inputs = gather(study)
    layer = inputs["coverage"]
    bare = replace(layer, frame=layer.frame[layer.frame["service"] == "none"])
    outcome = rank_segments({**inputs, "coverage": bare}, study.settings())
    assert outcome.value["score"].isna().all()
    assert any("too little is known" in note for note in outcome.warnings)
    assert rank_stretches(outcome.value).empty


def test_what_is_absent_is_named(study, answer):
    unknown = answer.layer.frame["unknown"].map(set)
    assert unknown.map({"temperature", "aridity", "storms", "protection"}.issubset).all()
    view = gather_view(gather(study), study.settings(), Choice(month=7))
    assert view.scene.conditions.temperature_degc.shape == (len(view.frame), 1)


def test_a_profile_has_its_own_reach_and_numbers(study, answer):
    family = ask_priority(study, profile="family").layer.frame
    assert (family["profile"] == "family").all()
    assert (family["vulnerability"] == 7).all()
    man = answer.layer.frame
    # slower where both are let in: water 7.74 h away is 7.74 / 0.65 = 11.91 h away; an adult has
    # 5.63 h, (2 x 5.63 - 7.74) / 5.63; a family 4 / (0.71 x 0.8) = 7.04 h, (14.08 - 11.91) / 7.04
    assert man.loc["e00-0002", "covered_water"] == pytest.approx(0.625, abs=1e-3)
    assert family.loc["e00-0002", "covered_water"] == pytest.approx(0.308, abs=1e-3)
    # nearer where the shelter between (r1c1) takes no men
    assert family["covered_shelter"].gt(man["covered_shelter"] + 1e-9).any()


def test_a_mode_leaves_boats_alone():
    frame = pd.Series(["boat", "road"])
    assert frame.where(frame == "boat", "foot").tolist() == ["boat", "foot"]
    for wrong in ({"mode": "boat"}, {"mode": "mule"}, {"month": 0}, {"month": 13}):
        with pytest.raises(CallError, match=r"no mode|month"):
            Choice(**wrong)


def test_an_unknown_profile_is_refused(study):
    with pytest.raises(CallError, match="no profile named 'giant'"):
        ask_priority(study, profile="giant")


def test_sensitivity_covers_every_group(study, answer):
    quick = study.with_changes(parameters=study.parameters.replace(priority__sensitivity_n=64))
    found = ask_sensitivity(quick, answer)
    assert set(found.index) == set(GROUPS)
    assert np.isfinite(found.to_numpy()).all()


def test_stretches_are_bands_with_reasons(answer):
    table = rank_stretches(answer.layer.frame)
    assert table["ranked_km"].sum() == pytest.approx(
        answer.layer.frame.loc[answer.layer.frame["score"].notna(), "length_km"].sum())
    assert table["place"].is_monotonic_increasing
    assert (table["band_low"] <= table["band_high"]).all()
    assert table["band_high"].max() <= 1
    assert all("middle of its corridor" in tell_reasons(row) for _, row in table.iterrows())


def test_segments_take_score_and_band(study, answer):
    segments = study.value("route_intensity").frame
    joined = join_priority(segments, answer.layer.frame)
    assert list(joined.index) == list(segments.index)
    assert joined["priority_score"].equals(answer.layer.frame["score"].reindex(segments.index)
                                           .rename("priority_score"))
    assert joined["priority_rank_low"].notna().sum() == answer.layer.frame["rank"].notna().sum()
