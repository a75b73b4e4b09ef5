from __future__ import annotations

import base64
import hashlib
import re

import pytest

from layers.errors import BrokenError
from maps.atlas import render
from maps.offline import SCRIPTS, STYLES, check_offline, find_outside_links, read_asset, seal_page

LEAFLET = {
    "leaflet.js": "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
    "leaflet.css": "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
}


@pytest.mark.parametrize("name", LEAFLET)
def test_leaflet_is_the_published_file(name):
    from importlib.resources import files

    raw = (files("maps") / "assets" / name).read_bytes()
    assert hashlib.sha256(raw).hexdigest() == LEAFLET[name]


@pytest.mark.parametrize("markup", [
    '<script src="https://cdn.example/x.js"></script>', '<link href="//cdn.example/x.css">',
    "<img src=tile.png>", "<style>a { background: url('http://x.example/y') }</style>",
    "<style>@import 'z.css';</style>", '<p style="background:url(x.png)">', "<form action='/x'>",
])  # fmt: skip
def test_a_link_to_anything_outside_is_found(markup):
    assert len(find_outside_links(markup)) == 1
    with pytest.raises(BrokenError, match="self-contained"):
        check_offline(markup)


def test_what_lies_inside_is_no_link():
    assert find_outside_links('<a href="#x"><img src="data:image/png;base64,AA">') == []
    assert find_outside_links("<style>a { background: url(data:x) }</style>") == []


@pytest.mark.parametrize("name", [*SCRIPTS, *STYLES])
def test_no_asset_ends_its_element_or_links_out(name):
    text = read_asset(name)
    assert "</script" not in text.lower()
    assert "</style" not in text.lower()
    assert "sourceMappingURL" not in text
    assert "innerHTML" not in text or name == "leaflet.js"


@pytest.mark.parametrize(("door", "name"), [("restricted", "overview"), ("public", "public")])
def test_the_policy_names_every_script_and_nothing_else(read, request, door, name):
    html = render(request.getfixturevalue(door), name)
    assert find_outside_links(html) == []
    page = read(html)
    policy = next(meta["content"] for meta in page.find("meta")
                  if meta.get("http-equiv") == "Content-Security-Policy")  # fmt: skip
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    for code in re.findall(r"<script>(.*?)</script>", html, re.DOTALL):
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert {"name": "referrer", "content": "no-referrer"} in page.find("meta")
    assert not any("style" in attrs for _, attrs in page.elements)


def test_sealing_hashes_what_stands_in_the_page():
    sealed = seal_page('<meta content="georisk-policy-slot"><script>1</script>')
    digest = base64.b64encode(hashlib.sha256(b"1").digest()).decode()
    assert f"script-src 'sha256-{digest}'" in sealed
