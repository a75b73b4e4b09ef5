"""What ``georisk site`` must not let slip: others' places, mixed folders, false certainty."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import geopandas as gpd
import grid_study
import pandas as pd
import pytest
import shapely
from command import call_here

from api.commands.briefs import _list_told
from api.commands.site_objectives import tell_proof
from georisk.siting.answers.contexts import make_request
from georisk.study import Study

if TYPE_CHECKING:
    from georisk.siting.asking import SitingScene

CALL = ("--service", "water", "-k", "2", "--purpose", "a test", "--holder", "Ana P.")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    grid_study.write_grid_study(folder / "study")
    return folder


def test_planners_and_an_authority_never_share_a_folder(place):
    first = call_here("site", "-s", place / "study", *CALL, "-o", place / "out")
    assert first.returncode == 0, first.stderr
    before = sorted((place / "out/restricted").iterdir())
    mixed = call_here("site", "-s", place / "study", *CALL, "-o", place / "out", "--for",
                      "authority")
    assert mixed.returncode == 2
    assert "need folders of their own" in mixed.stderr
    assert sorted((place / "out/restricted").iterdir()) == before


def test_an_authority_is_told_of_no_place_without_consent():
    """A facility to be enlarged stands on a page by name: only where it agreed to be named."""
    agreed = pd.DataFrame({"publish_ok": [True, False], "consent_until": ["2027-01-01"] * 2,
                           "verify_by": ["2027-01-01"] * 2, "place_kind": ["shelter"] * 2},
                          index=["p-yes", "p-no"])
    facilities = gpd.GeoDataFrame(agreed, geometry=[shapely.Point(0, 0)] * 2, crs="EPSG:4326")
    sites = tuple(SimpleNamespace(candidate_id=name, option=option) for name, option in (
        ("upgrade-p-yes", "upgrade"), ("upgrade-p-no", "upgrade"), ("gt-a", "build")))
    today = pd.Timestamp("2026-06-01").date()
    proposed = SimpleNamespace(answer=SimpleNamespace(sites=sites), study=SimpleNamespace(
        value=lambda name: {"facilities": facilities}[name], today=today))
    told = [site.candidate_id for site in _list_told(proposed, "authority")]
    assert "upgrade-p-no" not in told
    assert "gt-a" in told
    assert len(_list_told(proposed, "internal")) == 3


def test_a_budget_draws_no_curve_of_other_points(place):
    done = call_here("site", "-s", place / "study", "--service", "water", "--budget", "300000",
                     "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["curve"] is None


def test_points_nearly_as_good_are_told(place):
    done = call_here("site", "-s", place / "study", "--service", "water", "-k", "1", "--json")
    document = json.loads(done.stdout)
    (lost,) = document["losses"]
    assert lost["candidate_id"] == document["sites"][0]["candidate_id"]
    assert 0 <= lost["loss_share"] <= min(one["lost_share"] for one in
                                          document["sites"][0]["alternatives"]) + 1e-9
    told = document["different"]
    assert len(told["candidates"]) == 1
    assert set(told["shared"]) <= set(told["candidates"])
    assert told["loss_share"] <= 0.02


def test_other_points_are_sought_for_coverage_alone(place):
    study = Study.open(place / "study")
    posed: SitingScene = study.value("siting_scene")
    request = make_request(study.settings())
    answer = posed.ask(request)
    found = posed.find_different(request, answer, share=1.0)
    assert found is not None
    assert not found.kept  # whatever is lost is allowed: other points altogether
    assert tell_proof(answer) == "proven"


def test_without_any_report_nothing_is_certain(tmp_path):
    grid_study.write_grid_study(tmp_path / "study")
    path = tmp_path / "study/study.toml"
    words = path.read_text(encoding="utf-8")
    path.write_text(words.replace('[layers.incidents]\npath = "incidents.csv"\n', ""),
                    encoding="utf-8")
    done = call_here("site", "-s", tmp_path / "study", "--service", "water", "-k", "1", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["sites"][0]["selection"] is None
    words = call_here("site", "-s", tmp_path / "study", "--service", "water", "-k", "1")
    assert "no report weighs on any leg" in " ".join(words.stderr.split())
    assert "100%" not in words.stdout
