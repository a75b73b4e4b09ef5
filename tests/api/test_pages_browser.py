"""Pages in a real browser, as wide as a cheap phone and as a desk: nothing sticks out."""

from __future__ import annotations

import re

import pytest
from browser import open_page
from http_doubles import make_door, open_client

from api.entrance.guard import PAGE_POLICY

HTML = {"Accept": "text/html"}
PAGES = ("/", "/collections/segments/items", "/corridors/north/profile",
         "/collections/segments/items/a-0001")
MEASURE = """<script>document.body.dataset.wide =
[document.documentElement.scrollWidth, innerWidth,
getComputedStyle(document.querySelector("nav")).display].join()</script>"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Each page with the policy that its header would carry, and a measuring rod at its end."""
    folder = tmp_path_factory.mktemp("pages")
    with open_client(make_door("restricted")) as client:
        for number, path in enumerate(PAGES):
            policy = ('<meta http-equiv="Content-Security-Policy" content="'
                      + PAGE_POLICY.decode().replace("; frame-ancestors 'none'", "") + '">')
            text = client.get(path, headers=HTML).text
            text = text.replace('<meta charset="utf-8">', f'<meta charset="utf-8">{policy}')
            (folder / f"{number}.html").write_text(text + MEASURE, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("number", "size"), [
    *((number, "360,640") for number in range(len(PAGES))), (1, "1280,900"),
])
def test_nothing_sticks_out_and_nothing_is_asked_for(pages, tmp_path, number, size):
    dom, console, asked = open_page(pages / f"{number}.html", tmp_path, size=size)
    (wide,) = re.findall(r'data-wide="([^"]+)"', dom)
    content, window, display = wide.split(",")
    assert int(content) <= int(window), PAGES[number]
    assert display == "flex"
    assert console == []
    assert asked == []
