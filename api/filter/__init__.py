"""CQL2, the filter language of OGC API - Features: read, checked, and asked of a layer at once."""

from api.filter.conformance import CONFORMANCE
from api.filter.select import Filter, Source, compile_filter
from api.filter.tree import Tree, read_filter, write_json

__all__ = [
    "CONFORMANCE", "Filter", "Source", "Tree", "compile_filter", "read_filter", "write_json",
]
