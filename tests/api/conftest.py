from __future__ import annotations

import pytest
from http_doubles import make_door, open_client


@pytest.fixture(scope="session", params=["restricted", "partner", "public"])
def audience(request):
    return request.param


@pytest.fixture(scope="session")
def client():
    with open_client(make_door()) as client:
        yield client


@pytest.fixture(scope="session")
def public_client():
    with open_client(make_door("public")) as client:
        yield client


@pytest.fixture
def read_page():
    """Visible words of an HTML file."""
    import html
    import re

    def read(path):
        page = re.sub(r"<(style|script|head).*?</\1>", " ",
                      path.read_text(encoding="utf-8"), flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())

    return read
