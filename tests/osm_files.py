"""Small OpenStreetMap files for tests: invented places in an invented town near 0.1 E, 0.1 N."""

from __future__ import annotations

import osmium

WATER = {"amenity": "drinking_water"}
SQUARE = [(0.10, 0.10), (0.11, 0.10), (0.11, 0.11), (0.10, 0.11)]


def write_extract(path, *, nodes=(), ways=(), relations=()):
    """Nodes are (id, lon, lat, tags), ways (id, node ids, tags), relations (id, members, tags)."""
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path)) as writer:
        for number, lon, lat, tags in nodes:
            writer.add_node(osmium.osm.mutable.Node(id=number, location=(lon, lat), tags=tags,
                                                    version=1))
        for number, refs, tags in ways:
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=refs, tags=tags, version=1))
        for number, members, tags in relations:
            writer.add_relation(osmium.osm.mutable.Relation(id=number, members=members, tags=tags,
                                                            version=1))
    return path


def write_town(path):
    """One of each: a node, a building, a multipolygon, places that are none, and sealed ones."""
    corners = [(i + 1, lon, lat, {}) for i, (lon, lat) in enumerate(SQUARE)]
    shelter = {"social_facility": "shelter"}
    nodes = [
        *corners,
        (10, 0.2, 0.1, WATER),
        (11, 0.2, 0.2, {"amenity": "shelter"}),
        (12, 0.21, 0.2, {"amenity": "toilets", "access": "private"}),
        (13, 0.22, 0.2, {"amenity": "hospital", "emergency": "yes", "name": "EXAMPLE Hospital",
                         "phone": "+00 1", "opening_hours": "24/7", "addr:country": "hn",
                         "operator:type": "public", "beds": "40", "check_date": "2026-01-31"}),
        (14, 0.23, 0.2, {"amenity": "doctors", "name": "EXAMPLE A. Person", "phone": "+00 2"}),
        (15, 0.24, 0.2, {"amenity": "clinic", "name": "Dra. EXAMPLE Person", "phone": "+00 3"}),
        (16, 0.2512345, 0.2, {**shelter, "name": "EXAMPLE Casa", "phone": "+00 4",
                              "social_facility:for": "migrant;abused"}),
        (17, 0.26, 0.2, {**shelter, "name": "EXAMPLE Albergue de niñas"}),
        (18, 0.27, 0.2, {**shelter, "name": "EXAMPLE Albergue", "social_facility:for": "migrant"}),
        (19, 0.28, 0.2, {"healthcare": "dentist"}),
        (20, 0.29, 0.2, {"amenity": "bench"}),
    ]
    ways = [
        (30, [1, 2, 3, 4, 1], {"amenity": "clinic", "name": "EXAMPLE Clinic"}),
        (31, [1, 2, 3], {}),
        (32, [3, 4, 1], {}),
        (33, [98, 99], {"amenity": "toilets"}),
    ]
    relations = [
        (40, [("w", 31, "outer"), ("w", 32, "outer")],
         {"type": "multipolygon", "social_facility": "shelter", "name": "EXAMPLE Refugio"}),
        (41, [("w", 97, "outer")], {"type": "multipolygon", "amenity": "hospital"}),
    ]
    return write_extract(path, nodes=nodes, ways=ways, relations=relations)
