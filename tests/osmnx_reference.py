"""What osmnx makes of ways: an independent twin of `layers.osm.chains` for tests."""

from __future__ import annotations

import tempfile
from pathlib import Path

import osmium

from layers.osm.chains import chain_runs

_ROAD = "georisk_road"
_SETTINGS = {"useful_tags_way": [_ROAD, "oneway"], "useful_tags_node": [], "all_oneway": False,
             "use_cache": False, "log_file": False, "log_console": False}


def list_chains(runs):
    """Ours: kind of way, one-way, and the line as drawn, sorted."""
    chains = chain_runs(runs)
    bounds = zip(chains.start[:-1].tolist(), chains.start[1:].tolist(), strict=True)
    lines = [tuple(map(tuple, chains.lonlat[begin:end].tolist())) for begin, end in bounds]
    ends = chains.ref[chains.start[:-1]], chains.ref[chains.start[1:] - 1]
    return sorted(zip(*(values.tolist() for values in ends), lines, chains.road.tolist(),
                      (chains.direction != 0).tolist(), strict=True))


def list_by_osmnx(runs):
    """The same from a graph that `osmnx.simplify_graph` made, each stretch of ground once."""
    graph = _build_graph(runs)
    xy = {node: (data["x"], data["y"]) for node, data in graph.nodes(data=True)}
    edges = {}
    for begin, end, data in graph.edges(data=True):
        shape = data.get("geometry")
        line = tuple(shape.coords) if shape is not None else (xy[begin], xy[end])
        oneway, road = bool(data["oneway"]), int(data[_ROAD])
        turned = not oneway and (end, line[::-1]) < (begin, line)
        first, last = (end, begin) if turned else (begin, end)
        edges[(line[::-1] if turned else line, oneway, road)] = (first, last)
    return sorted((*ends, line, road, oneway) for (line, oneway, road), ends in edges.items())


def _build_graph(runs):
    import osmnx

    before = {name: getattr(osmnx.settings, name) for name in _SETTINGS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ways.osm"
        _write(runs, path)
        try:
            for name, value in _SETTINGS.items():
                setattr(osmnx.settings, name, value)
            graph = osmnx.graph_from_xml(path, simplify=False, retain_all=True)
            return osmnx.simplify_graph(graph, edge_attrs_differ=[_ROAD], remove_rings=False)
        finally:
            for name, value in before.items():
                setattr(osmnx.settings, name, value)


def _write(runs, path):
    nodes = dict(zip(runs.ref.tolist(), runs.lonlat.tolist(), strict=True))
    make = osmium.osm.mutable
    with osmium.SimpleWriter(str(path)) as writer:
        for ref, place in sorted(nodes.items()):
            writer.add_node(make.Node(id=ref, location=tuple(place), version=1))
        for row, (begin, end) in enumerate(zip(runs.start, runs.start[1:], strict=False)):
            direction = {1: "yes", -1: "-1", 0: "no"}[int(runs.direction[row])]
            tags = {_ROAD: str(int(runs.road[row])), "oneway": direction}
            writer.add_way(make.Way(id=row + 1, nodes=runs.ref[begin:end].tolist(), tags=tags,
                                    version=1))
