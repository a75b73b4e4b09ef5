"""A study's [siting]: scene, answer, layers, and what a run says where nothing can be."""

from __future__ import annotations

import contextlib
import datetime as dt
import re

import grid_study as grid
import pytest

from georisk.siting.answers.answering import Request
from georisk.siting.choices import SitingConfig
from georisk.siting.objectives import OBJECTIVES
from georisk.study import Study
from layers.errors import CallError, StudyError

DAY = dt.date(2025, 1, 1)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return Study.open(grid.write_grid_study(tmp_path_factory.mktemp("grid")), today=DAY)


def change(study: Study, **siting: object) -> Study:
    return study.with_changes(siting={**study.config.siting.model_dump(), **siting})


def test_every_objective_is_a_choice_of_the_study_and_no_other() -> None:
    named = set(SitingConfig.model_fields["objective"].annotation.__args__)
    assert named == set(OBJECTIVES)


def test_layers_hold_what_the_answer_says(study: Study) -> None:
    siting = study.value("siting")
    assert siting.refusal == ""
    frame = study.layer("proposed_sites").frame.sort_values("rank")
    assert frame.index.tolist() == [site.candidate_id for site in siting.answer.sites]
    assert frame["objective"].eq("coverage").all()
    assert frame["synthetic"].all()
    by_km = study.layer("proposed_sites_km").frame
    both = set(frame.index) & set(by_km.index)
    assert set(frame.index[frame["in_both"]]) == both
    assert set(by_km.index[by_km["in_both"]]) == both
    assert by_km["objective"].eq("length").all()


def test_one_scene_answers_every_objective(study: Study) -> None:
    posed = study.value("siting_scene")
    told = {}
    for name in OBJECTIVES:
        if name == "capacity":
            continue  # the grid counts nobody
        with contextlib.suppress(CallError):  # not each has sense on the grid
            told[name] = posed.ask(Request(objective=name, k=2))
    assert {"coverage", "length", "hours", "gap"} <= set(told)
    for answer in told.values():
        assert answer.flow_basis.startswith("no flow data")
        assert all(site.people is None and site.needs is None for site in answer.sites)


def test_study_may_name_and_rule_out(study: Study) -> None:
    first = study.value("siting").answer.sites[0].candidate_id
    without = change(study, forbidden=(first,))
    assert first not in {s.candidate_id for s in without.value("siting").answer.sites}
    assert "ruled out by the study" in without.value("siting").excluded.at[first, "reason"]
    refused = change(study, forbidden=(first,), required=(first,)).value("siting")
    assert refused.answer is None
    assert "required, but no candidate: ruled out by the study" in refused.refusal


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"k": 900}, r"k = 900, but there are \d+ candidates"),
        ({"budget": 1.0}, "buys no candidate; the cheapest costs"),
        ({"min_spacing_km": 50.0, "options": ("build",)}, "places near the legs are left out"),
    ],
)
def test_a_run_goes_on_and_says_why_nothing_is_proposed(study, changes, told) -> None:
    changed = change(study, **changes)
    assert re.search(told, changed.value("siting").refusal)
    assert len(changed.layer("proposed_sites")) == 0
    assert any("no site is proposed" in note for note in changed.made("siting").warnings)


def test_mobile_units_and_a_budget(study: Study) -> None:
    changed = change(study, options=("mobile",), k=5, budget=400_000.0, min_apart_km=0.0)
    answer = changed.value("siting").answer
    # of 195,000 each two are paid for; the grid is walked, so only those near towns count
    assert answer is None or answer.spent <= 400_000.0


def test_bad_keys_are_named(study: Study) -> None:
    with pytest.raises(StudyError, match="objective"):
        change(study, objective="best")
    with pytest.raises(StudyError, match="options"):
        change(study, options=("fly",))
    with pytest.raises(StudyError, match="budget"):
        change(study, budget=-1.0)
