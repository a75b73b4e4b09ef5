"""`georisk explain` and `georisk change` as a planner meets them."""

from __future__ import annotations

import json
import stat

import pandas as pd
import pytest

from api.cli import main
from api.logs.audit import read_log
from maps.sentences import load_sentences


@pytest.fixture
def study(published_grid):
    return published_grid


@pytest.fixture
def call(capsys, monkeypatch):
    def run(*arguments):
        monkeypatch.setenv("COLUMNS", "80")
        with pytest.raises(SystemExit) as stop:
            main([str(one) for one in arguments])
        told = capsys.readouterr()
        return stop.value.code, told.out, told.err

    return run


@pytest.mark.parametrize("lang", ["en", "es", "fr", "ht"])
def test_one_sentence_then_class_interval_evidence(call, study, lang):
    code, out, _ = call("explain", "n30-0003", "-s", study, "--lang", lang)
    words = load_sentences(lang)
    assert code == 0
    lines = " ".join(out.split())
    assert out.startswith(words["audience_restricted"])
    assert words["synthetic_banner"] in lines
    assert out.index(words["synthetic_banner"][:9]) < out.index(words["class"] + "  ")
    assert "(90 %)" in lines
    assert words["note_not_measured"] in lines
    assert "sexu" in lines or "seks" in lines


def test_json_is_one_document_with_every_number(call, study):
    code, out, _ = call("explain", "n30-0003", "-s", study, "--json")
    told = json.loads(out)
    assert code == 0
    product = told["rest"]
    for reason in told["reasons"]:
        product *= reason["factor"]
    assert product == pytest.approx(told["ratio"], rel=1e-9)
    frame = pd.read_parquet(study / "runs" / "current" / "layers" / "segments.parquet")
    frame = frame.set_index("segment_id")["intensity_per_100km_year"]
    assert told["ratio"] == pytest.approx(frame["n30-0003"] / frame[told["reference_id"]])
    assert told["synthetic"] is True
    assert told["audience"] == "restricted"
    assert "risk_score" not in told


def test_it_is_written_to_the_audit_log(call, study):
    call("explain", "n30-0003", "-s", study, "--purpose", "brief for a donor")
    action, audience, purpose = read_log(study / "state")[-1][1:4]
    assert (action, audience, purpose) == ("explain", "restricted", "brief for a donor")


def test_a_wrong_id_and_a_study_without_a_run_say_what_to_do(call, study, tmp_path):
    code, out, err = call("explain", "n30_0003", "-s", study)
    assert (code, out) == (2, "")
    assert "n30-0001 to n30-0005" in err
    code, _, err = call("explain", "n30-0003", "-s", study, "--runs", tmp_path / "none")
    assert code == 2
    assert "georisk run" in err
    code, _, err = call("explain", "n30-0003", "-s", study, "--lang", "de")
    assert code == 2
    assert "'de'" in err


def test_change_prints_a_banner_and_a_warning(call, study):
    code, out, _ = call("change", "--from", "2022-12-31", "--to", "2024-12-31", "-s", study)
    assert code == 0
    for part in ("RESTRICTED", "SYNTHETIC", "more reported", "fewer reported", "no clear change",
                 "insufficient", "A change in reporting looks the same", "not measured here"):
        assert part in out


def test_change_writes_a_layer_and_a_map_that_only_their_owner_reads(call, study, tmp_path):
    code, out, err = call("change", "--from", "2022-12-31", "--to", "2024-12-31", "-s", study,
                          "-o", tmp_path / "out", "--json", "--lang", "fr", "--purpose", "x",
                          "--holder", "Ana P.")
    assert code == 0
    document = json.loads(out)
    assert sum(document["km"].values()) == pytest.approx(200, abs=2)
    assert document["stretches"]
    assert next(iter(document["stretches"][0])) == "leg_id"
    folder = tmp_path / "out" / "restricted"
    files = {path.name: path for path in folder.iterdir()}
    assert any(name.startswith("changes.restricted.ana-p.until-") for name in files)
    assert "results.json" in files
    (asked,) = [path for name, path in files.items() if name.startswith("asked.restricted.ana-p")]
    told = json.loads(asked.read_text(encoding="utf-8"))
    assert (told["from"], told["to"], told["holder"]) == ("2022-12-31", "2024-12-31", "Ana P.")
    (page,) = [path for name, path in files.items() if name.endswith(".fr.html")]
    assert "restricted" in page.name
    assert str(page) in err
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}
    text = page.read_text(encoding="utf-8")
    words = load_sentences("fr")
    for key in ("note_change", "class_more_reported", "title_changes", "note_not_measured",
                "synthetic_banner"):
        assert words[key] in text, key


def test_change_without_a_snapshot_writes_the_layer_and_says_why_no_map(call, study, tmp_path):
    code, _, err = call("change", "--from", "2022-12-31", "--to", "2024-12-31", "-s", study,
                        "--runs", tmp_path / "none", "-o", tmp_path / "out", "--purpose", "x")
    assert code == 0
    assert "georisk run" in err
    assert not list(tmp_path.rglob("*.html"))


@pytest.mark.parametrize(
    ("days", "part"),
    [(("2024-01-01", "2023-01-01"), "earlier day first"), (("x", "2023-01-01"), "YYYY-MM-DD"),
     (("2023-01-01", "2099-01-01"), "as_of"), (("1999-01-01", "2023-01-01"), "later day")],
)
def test_days_that_make_no_sense_exit_2(call, study, days, part):
    code, out, err = call("change", "--from", days[0], "--to", days[1], "-s", study)
    assert (code, out) == (2, "")
    assert part in err
