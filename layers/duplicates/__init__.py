"""Records that tell of one event or one house: found, reviewed, merged, and undone."""

from layers.duplicates.combining import combine_rows
from layers.duplicates.decisions import (
    DECISION_COLUMNS,
    apply_decisions,
    describe_pairs,
    name_pair,
    read_decisions,
)
from layers.duplicates.merging import group_pairs, merge_pairs, undo_merges
from layers.duplicates.overlap import Estimate, estimate_total
from layers.duplicates.pairs import PAIR_COLUMNS, find_pairs

__all__ = [
    "DECISION_COLUMNS", "PAIR_COLUMNS", "Estimate", "apply_decisions", "combine_rows",
    "describe_pairs", "estimate_total", "find_pairs", "group_pairs", "merge_pairs", "name_pair",
    "read_decisions", "undo_merges",
]
