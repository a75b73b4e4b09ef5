"""One folium layer per data set, drawn by our own script on a shared canvas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import folium

from maps.offline import OfflineFigure, OfflineMap, PageEnd

if TYPE_CHECKING:
    from maps.frames import Bounds
    from maps.page import Page


@dataclass(frozen=True)
class Overlay:
    """A data set on the map.

    Attributes
    ----------
    painter : str
        Function of ``window.georisk`` that draws it: addBase, addSegments, addGaps, ...
    island : str
        Key of the page's island that holds its data.
    title : str
        Its line in the layer control, from the catalogue; empty leaves it out of the control.
    shown : bool
        Whether it is drawn at first.
    choice : str
        What to draw of the island, for painters that take a choice (a service).
    """

    painter: str
    island: str
    title: str = ""
    shown: bool = True
    choice: str = ""

    @property
    def identifier(self) -> str:
        """Name within the page."""
        return f"{self.island}_{self.choice}" if self.choice else self.island


class DataLayer(folium.map.Layer):  # type: ignore[misc]
    """A folium layer that names an island of data instead of holding it."""

    _template = folium.template.Template(
        """
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = georisk.{{ this.overlay_of.painter }}(
            {{ this._parent.get_name() }}, {{ this.overlay_of.island|tojson }}
            {%- if this.overlay_of.choice %}, {{ this.overlay_of.choice|tojson }}{% endif %});
        {% endmacro %}
        """
    )

    def __init__(self, overlay: Overlay) -> None:
        super().__init__(
            name=overlay.title, overlay=True, control=bool(overlay.title), show=overlay.shown
        )
        self._name = "Data"
        self._id = overlay.identifier
        self.overlay_of = overlay


def draw_page(
    page: Page, overlays: list[Overlay], *, bounds: Bounds, seen: Bounds | None = None
) -> str:
    """Write a page with its map, its layers in drawing order, and the layer control.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east, north in degrees.
    seen : tuple of float, optional
        The same of what is seen first; all by default.
    """
    figure = OfflineFigure(page)
    ground = OfflineMap(bounds=bounds, seen=seen)
    figure.add_child(ground)
    for overlay in overlays:
        ground.add_child(DataLayer(overlay))
    control = folium.LayerControl(collapsed=True)
    control._id = "page"  # noqa: SLF001 - branca offers no other way to a stable name
    ground.add_child(control)
    ground.add_child(PageEnd())
    return str(figure.render())
