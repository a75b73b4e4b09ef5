from __future__ import annotations

import pytest
from map_door import make_public, make_restricted

from georisk.marking import Marking
from layers.errors import CallError, NotShownError
from maps.atlas import MAPS, list_maps, names, render, write_maps
from maps.catalogues import LANGUAGES, load_words


def test_each_audience_has_its_own_maps():
    assert names("public") == ("public",)
    assert names("partner") == ()
    assert list_maps("restricted") == ("overview",)
    assert all(entry.title_key in load_words(lang) for entry in MAPS for lang in LANGUAGES)


@pytest.mark.parametrize("name", ["overview", "nothing"])
def test_a_map_above_the_door_does_not_exist(public, name):
    with pytest.raises(NotShownError, match=name):
        render(public, name)


def test_the_public_map_is_never_drawn_from_a_higher_door(restricted):
    with pytest.raises(CallError, match="open that door"):
        render(restricted, "public")


def test_an_unknown_language_is_refused(public):
    with pytest.raises(CallError, match="de"):
        render(public, "public", lang="de")


def test_files_say_whose_they_are(public, restricted, tmp_path):
    marking = Marking.of(restricted, holder="Ana P.")
    paths = [
        *write_maps(public, tmp_path, names=["public"]),
        *write_maps(public, tmp_path, names=["public"], lang="es"),
        *write_maps(restricted, tmp_path, names=["overview", "overview"], marking=marking),
    ]
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "public/public.html",
        "public/public.es.html",
        "restricted/overview.restricted.ana-p.until-2025-04-01.html",
    ]
    assert "Ana P." in paths[2].read_text(encoding="utf-8")


def test_nothing_is_written_when_one_name_is_refused(public, tmp_path):
    with pytest.raises(NotShownError):
        write_maps(public, tmp_path, names=["public", "overview"])
    assert list(tmp_path.iterdir()) == []


def test_same_input_same_bytes():
    assert render(make_restricted(), "overview") == render(make_restricted(), "overview")
    assert render(make_public(), "public", lang="ht") == render(make_public(), "public", lang="ht")
