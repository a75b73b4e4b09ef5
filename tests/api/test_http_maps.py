from __future__ import annotations

import sys
from types import ModuleType

import pytest
from http_doubles import make_door, open_client


@pytest.fixture
def drawn(monkeypatch):
    """An atlas that draws words, and the list of what was drawn."""
    atlas, drawn = ModuleType("maps.atlas"), []

    def render(door, name, *, lang):
        drawn.append((door.run_id, name, lang))
        return f"<!doctype html><title>{name} {lang} ñ</title>"

    atlas.render = render
    atlas.names = lambda audience: ("public",) if audience == "public" else ("overview", "public")
    monkeypatch.setitem(sys.modules, "maps.atlas", atlas)
    return drawn


def test_a_map_is_drawn_once_per_language(drawn):
    with open_client(make_door("public")) as client:
        for lang in ("es", "es", "fr"):
            answer = client.get(f"/maps/public?lang={lang}")
            assert answer.text == f"<!doctype html><title>public {lang} ñ</title>"
        etag = answer.headers["etag"]
        again = client.get("/maps/public?lang=fr", headers={"If-None-Match": etag})
        assert again.status_code == 304
    assert [entry[1:] for entry in drawn] == [("public", "es"), ("public", "fr")]


@pytest.mark.usefixtures("drawn")
def test_a_map_fetches_and_frames_nothing():
    with open_client(make_door("public")) as client:
        headers = client.get("/maps/public").headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "http" not in headers["content-security-policy"]


@pytest.mark.usefixtures("drawn")
def test_maps_of_the_audience_only():
    with open_client(make_door("public")) as client:
        body = client.get("/maps").json()
        hidden, unknown = client.get("/maps/overview"), client.get("/maps/nothing")
        assert client.get("/maps/public?lang=de").status_code == 400
    assert [it["name"] for it in body["maps"]] == ["public"]
    assert hidden.status_code == 404
    assert hidden.content == unknown.content


def test_an_unknown_map_is_not_drawn(drawn):
    with open_client(make_door("public")) as client:
        client.get("/maps/overview")
    assert drawn == []
