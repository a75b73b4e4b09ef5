from __future__ import annotations

import json
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from map_door import make_public, make_restricted


class PageReader(HTMLParser):
    """Elements, visible text and data islands of a page, as a browser would take them apart."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text, self.islands, self._open = [], [], {}, None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.elements.append((tag, attrs))
        self._open = (tag, attrs) if tag in {"script", "style"} else None

    def handle_endtag(self, tag):
        if self._open and tag == self._open[0]:
            self._open = None

    def handle_data(self, data):
        if self._open is None:
            self.text.append(data)
        elif self._open[1].get("type") == "application/json":
            self.islands[self._open[1]["id"]] = json.loads(data)

    def find(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


@pytest.fixture
def read():
    return PageReader


@pytest.fixture
def restricted():
    return make_restricted()


@pytest.fixture
def public():
    return make_public()
