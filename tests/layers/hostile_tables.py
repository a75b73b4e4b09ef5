"""Files that no office would send on purpose, for the adapters of tables."""

from __future__ import annotations

import csv
import io
import json

from hypothesis import settings
from hypothesis import strategies as st
from surroundings import CAMPAIGN

from layers.catalog import find_spec
from layers.errors import LayerError
from layers.sources import Wanted

DECLARED = (ValueError, OSError, LayerError)
HOSTILE = settings(max_examples=10_000 if CAMPAIGN else 500, deadline=None)
NASTY = ["", " ", "14.5", "-90.2", "14,5", "14°32'10\"N", "90°30'O", "14.5, -90.2", "1e400", "nan",
         "inf", "-", "14.5 -90.2 3 4", "[None, None]", "POINT (-90 14)", "POINT (((", "POINT EMPTY",
         "SRID=4326;POINT(1 2)", "LINESTRING (0 0, 1 1)", "agua; comida", "sí", "\ufeff",
         "=1+1", "a" * 300, "#org", "#geo+lat", "#", "ñ\u0301", "GT", "2024-01-31", "31/01/2024",
         "١٤", "\N{MATHEMATICAL DOUBLE-STRUCK DIGIT ONE}", "\u2028", "a\nb", ";;;", "|", '"',
         "'", "999999999999999999999", "-0", "O", "N"]
HEADINGS = ["latitud", "Longitud", "lat", "lon", "coordenadas", "wkt", "nombre", "name", "fecha",
            "date", "causa", "muertos", "dead", "servicios", "país", "lugar", "_record", "_id",
            "_uuid", "_index", "_submission_time", "_parent_index", "_parent_table_name", "g/x",
            "g/x/agua", "g/y", "_x_latitude", "_x_longitude", "_geolocation", "#org", "#geo+lat",
            "#geo+lon", "#adm1+name", "#date", "#affected+killed", "_country", "geometry", "class"]

# Enough for a row of incidents, in one way or another.
ENOUGH = [["fecha", "lat", "lon"], ["fecha", "coordenadas"], ["date", "wkt"],
          ["_id", "_uuid", "_index", "g/fecha", "_x_latitude", "_x_longitude", "g/x"],
          ["_id", "fecha", "_geolocation"], ["_uuid", "fecha", "sitio"],
          ["#date", "#geo+lat", "#geo+lon"], ["#date", "#geo+coord", "#affected+killed"]]

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=8)
cells = st.one_of(st.sampled_from(NASTY), st.sampled_from(NASTY), words)
headings = st.one_of(st.sampled_from(HEADINGS), cells)


@st.composite
def texts(draw) -> bytes:
    """Some delimited text, mostly with headings that adapters look for."""
    head = draw(st.sampled_from([*ENOUGH, []]))
    head = head + draw(st.lists(headings, min_size=not head, max_size=4))
    rows = draw(st.lists(st.lists(st.text("Titulo ", max_size=8), max_size=2), max_size=1))
    least = draw(st.sampled_from([0, len(head)]))
    body = st.lists(cells, min_size=least, max_size=len(head) + draw(st.booleans()))
    rows += [head, *draw(st.lists(body, min_size=1, max_size=6))]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=draw(st.sampled_from(",;\t|")), escapechar="\\")
    for row in rows:
        writer.writerow(row)
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "latin-1", "utf-16", "utf-8-sig"]))
    return out.getvalue().encode(encoding, errors="replace")


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), cells)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3),
                            st.dictionaries(headings, inner, max_size=3)),
    max_leaves=8,
)


@st.composite
def documents(draw) -> bytes:
    """Some JSON: records, rows, wrapped or not."""
    keys = draw(st.sampled_from([*ENOUGH, []]))
    extra = st.dictionaries(headings, values, max_size=4)
    known = st.fixed_dictionaries(dict.fromkeys(keys, values))
    records = st.lists(st.builds(lambda a, b: {**a, **b}, extra, known), max_size=4)
    rows = st.lists(st.lists(st.one_of(headings, values), max_size=6), max_size=5)
    body = draw(st.one_of(records, rows, values))
    wrapped = {"results": body} if draw(st.booleans()) else body
    return json.dumps(wrapped).encode()


files = st.one_of(*[texts()] * 6, *[documents()] * 4, st.binary(max_size=60))
layers = st.sampled_from(["incidents", "incidents", "incidents", "shelters", "presence", "routes"])
sheets = st.sampled_from([*[""] * 8, "g", "x"])


def check_hostile(adapter, path, data, layer, sheet) -> None:
    """Whatever is in a file, an adapter reads it or refuses it in one line."""
    path.write_bytes(data)
    line = ""
    try:
        haul = adapter.read(path, Wanted(find_spec(layer), sheet=sheet))
    except DECLARED as error:
        line = str(error)
    else:
        assert len(haul.frame)
        assert "_record" in haul.frame
        assert set(haul.frame["_record"].map(type)) <= {int}
    assert "\n" not in line
