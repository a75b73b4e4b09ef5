"""The mix of questions that a server is asked under load, and what may be answered to each."""

from __future__ import annotations

MARKS = "/collections/marks/items"
READ = "200"
BOXES = ("-89.99,14.01,-89.90,14.09", "-89.95,14.05,-89.85,14.15", "-90,14,-89.8,14.2")
FILTERS = ("edition%20%3E%3D%200", "share%20%3C%200.25%20AND%20name%20LIKE%20'EXAMPLE%25'",
           "S_INTERSECTS(geometry,BBOX(-89.95,14.05,-89.85,14.15))", "NOT%20(share%20%3E%200.5)")
FORMS = ("csv", "geojsonseq", "flatgeobuf", "geoparquet")
TILES = ("9/128/235", "11/512/942", "6/16/29")
DOCUMENTS = ("/", "/conformance", "/collections", "/collections/marks", "/manifest", "/readyz",
             "/api", "/collections/marks/schema", "/collections/marks/queryables", "/corridors",
             "/coverage", "/places?layer=shelters&corridor=west", "/collections/marks/tiles")
PAGES = ("/?f=html", "/collections?f=html", f"{MARKS}?f=html&limit=20", "/maps",
         f"{MARKS}/m-00042?f=html")
WRONG = (
    ("400", f"{MARKS}?foo=bar"), ("400", f"{MARKS}?limit=-1"), ("400", f"{MARKS}?limit=ten"),
    ("400", f"{MARKS}?bbox=1,2"), ("400", f"{MARKS}?datetime=xxx"), ("400", f"{MARKS}?crs=x"),
    ("400", f"{MARKS}?filter=share%20%3C"), ("400", f"{MARKS}?filter=nothing%20%3D%201"),
    ("400,413,414,422", f"{MARKS}?filter={'(' * 300}share%20%3C%201{')' * 300}"),
    ("400,413,414,422", f"{MARKS}?filter={'%20OR%20'.join(['share%20%3C%201'] * 600)}"),
    ("400", f"{MARKS}?token=bm90aGluZw"), ("404", "/collections/nothing/items"),
    ("404", f"{MARKS}/nothing"), ("404", "/nothing"), ("404", "/collections/segments/items"),
    ("404", "/collections/marks/tiles/3/99/99.mvt"), ("400,404", "/%00"),
)


def list_targets(keys):
    """Lines for `mixed.lua`: kind, method, path, statuses, headers; often asked ones repeat."""
    held = [f"X-API-Key={key}" for key in keys]
    rows = []
    for _ in range(4):
        rows += [("page", "GET", f"{MARKS}?limit={n}", READ, "-") for n in (1, 10, 100, 1000)]
        rows += [("box", "GET", f"{MARKS}?bbox={box}&limit=500", READ, "-") for box in BOXES]
        rows += [("item", "GET", f"{MARKS}/m-{n:05d}", READ, "-") for n in (0, 77, 4999)]
        rows += [("again", "GET", f"{MARKS}?limit={n}", "200,304", "-") for n in (5, 50)]
        rows += [("restricted", "GET", "/collections/segments/items?limit=200", READ, key)
                 for key in held]
    rows += [("filter", "GET", f"{MARKS}?filter={text}&limit=100", READ, "-") for text in FILTERS]
    rows += [("sort", "GET", f"{MARKS}?sortby=-share,name&limit=100", READ, "-")]
    rows += [("zipped", "GET", f"{MARKS}?limit=1000", READ, "Accept-Encoding=gzip")]
    rows += [("export", "GET", f"{MARKS}?f={form}&limit=2000", READ, "-") for form in FORMS]
    rows += [("tile", "GET", f"/collections/marks/tiles/{tile}.mvt", READ, "-") for tile in TILES]
    rows += [("document", "GET", path, READ, "-") for path in DOCUMENTS]
    rows += [("html", "GET", path, READ, "-") for path in PAGES]
    rows += [("map", "GET", "/maps/public", READ, "-")]
    rows += [("wrong", "GET", path, statuses, "-") for statuses, path in WRONG]
    rows += [("wrong", "DELETE", MARKS, "405", "-"), ("wrong", "POST", "/reports", "404", "-"),
             ("no key", "GET", f"{MARKS}?limit=1", "401,429", "X-API-Key=grk_nothing")]
    return "".join("\t".join(row) + "\n" for row in rows)
