"""Folium without a network: every asset inside the page, sealed by a content policy.

Stock folium links ten files on four hosts. Here the figure and the map are subclasses with empty
link lists; Leaflet and our own scripts are read from ``maps/assets`` and written into the page,
and the policy names the hash of each script and style, so that nothing else can run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ClassVar

import folium
from branca.element import Figure, MacroElement
from markupsafe import Markup

from layers.errors import BrokenError
from maps.forms import fill_template

if TYPE_CHECKING:
    from maps.frames import Bounds
    from maps.page import Page

SCRIPTS = ("leaflet.js", "core.js", "ground.js", "names.js", "overlays.js", "marks.js", "sites.js",
           "page.js")  # fmt: skip
STYLES = ("leaflet.css", "page.css")
_POLICY_SLOT = "georisk-policy-slot"
_LINK_ATTRIBUTES = frozenset(
    {"src", "href", "srcset", "poster", "data", "action", "formaction", "background", "xlink:href"}
)
_CODE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)
_COMMENT = re.compile(r"/\*(?!\s*@preserve).*?\*/|^//# sourceMappingURL=.*?$",
                      re.DOTALL | re.MULTILINE)
_CSS_LINK = re.compile(r"url\(\s*['\"]?(?!data:|#)([^)'\"]*)|@import\s+([^;]*)", re.IGNORECASE)


def read_asset(name: str) -> str:
    """Text of a file in ``maps/assets``, without links to what is not in the page.

    Comments are dropped but for notices that are to be kept.
    """
    text = (files("maps") / "assets" / name).read_text(encoding="utf-8")
    if name == "leaflet.css":
        text = re.sub(r"url\([^)]*\)", "none", text)
    return _COMMENT.sub("", text)


class OfflineFigure(Figure):  # type: ignore[misc]
    """The page: our own shell around what folium writes."""

    def __init__(self, page: Page) -> None:
        super().__init__(title=page.title)
        self._id = "page"
        self.page = page

    def render(self, **kwargs: Any) -> str:  # noqa: ANN401
        """Write the whole page; the policy is computed from what was written."""
        for child in self._children.values():
            child.render(**kwargs)
        html = fill_template(
            "page.html",
            page=self.page,
            policy=_POLICY_SLOT,
            styles=[Markup(read_asset(name)) for name in STYLES],  # noqa: S704 - our own files
            scripts=[Markup(read_asset(name)) for name in  # noqa: S704
                     (*SCRIPTS[:-1], *self.page.scripts, SCRIPTS[-1])],
            body=Markup(self.html.render(**kwargs)),  # noqa: S704 - holds no data, see add_map
            start=Markup(self.script.render(**kwargs)),  # noqa: S704
        )
        return seal_page(str(html))


class OfflineMap(folium.Map):  # type: ignore[misc]
    """A folium map that links nothing and starts our own drawing code.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east, north in degrees: all there is to see.
    seen : tuple of float, optional
        The same of what is seen first; all by default.

    Notes
    -----
    branca parses rendered text once more as a template. Nothing that comes from data may
    therefore pass through a folium element: data stands in islands of the page's own template.
    """

    default_js: ClassVar[list[tuple[str, str]]] = []
    default_css: ClassVar[list[tuple[str, str]]] = []
    _template = folium.template.Template(
        """
        {% macro html(this, kwargs) %}
        <div class="folium-map" id="{{ this.get_name() }}" tabindex="0"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = georisk.createMap(
            {{ this.get_name()|tojson }}, {{ this.window|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, *, bounds: Bounds, seen: Bounds | None = None) -> None:
        west, south, east, north = bounds
        super().__init__(location=[(south + north) / 2, (west + east) / 2], tiles=None)
        # branca numbers elements at random; the same input must give the same bytes.
        self._id = "page"
        first = {} if seen is None else {"seen": _name_sides(seen)}
        self.window = {**_name_sides(bounds), **first}


def _name_sides(bounds: Bounds) -> dict[str, float]:
    sides = zip(("west", "south", "east", "north"), bounds, strict=True)
    return {side: round(float(value), 3) for side, value in sides}


class PageEnd(MacroElement):  # type: ignore[misc]
    """Last of all: fill the lists, draw the legend samples, say that the page is ready."""

    _template = folium.template.Template(
        """
        {% macro script(this, kwargs) %}
        georisk.finishPage({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__()
        self._name = "PageEnd"
        self._id = "page"


def seal_page(html: str) -> str:
    """Write the content policy into a page, with the hash of each of its scripts and styles."""
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, code in _CODE.findall(html):
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        hashes[kind].append(f"'sha256-{digest}'")
    policy = (
        f"default-src 'none'; script-src {' '.join(hashes['script'])}; "
        f"style-src {' '.join(hashes['style'])}; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    return html.replace(_POLICY_SLOT, policy, 1)


def find_outside_links(html: str) -> list[str]:
    """Everything in a page that a browser would fetch: must be nothing.

    Looks at link attributes of every element, at ``url()`` and ``@import`` in styles, and at
    ``style`` attributes. What scripts might fetch is stopped by the policy and watched by the
    browser test.

    Examples
    --------
    >>> find_outside_links('<img src="https://tiles.example/1.png"><a href="#top">up</a>')
    ['img src=https://tiles.example/1.png']
    """
    parser = _LinkFinder()
    parser.feed(html)
    parser.close()
    return parser.found


def check_offline(html: str) -> None:
    """Raise BrokenError if a page links anything outside itself."""
    links = find_outside_links(html)
    if links:
        raise BrokenError(f"the map page is not self-contained: {'; '.join(links[:5])}")


class _LinkFinder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        for name, value in attrs:
            text = (value or "").strip()
            if name == "style":
                self._read_css(text)
            elif name in _LINK_ATTRIBUTES and text and not text.startswith(("#", "data:")):
                self.found.append(f"{tag} {name}={text}")

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self._read_css(data)

    def handle_endtag(self, tag: str) -> None:
        self._in_style = self._in_style and tag != "style"

    def _read_css(self, css: str) -> None:
        self.found += [f"css {first or second}" for first, second in _CSS_LINK.findall(css)]
