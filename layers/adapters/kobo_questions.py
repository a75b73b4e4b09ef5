"""Questions of a KoboToolbox form: groups in their names, choices spread over columns."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from layers.adapters.naming import guess_column

if TYPE_CHECKING:
    from layers.spec import LayerSpec

_FLAGS = frozenset({"", "0", "1", "true", "false", "0.0", "1.0"})
_SET = frozenset({"1", "true", "1.0"})


def gather_choices(table: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Turn the columns of a multiple choice (question/option, 1 or 0) into one list.

    The question must be a column of its own, or stand for a list of the layer: two counts in one
    group that happen to be 0 or 1 are no choice.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> table = pd.DataFrame({"servicios/agua": ["1", "0"], "servicios/comida": ["1", "1"]})
    >>> gather_choices(table, find_spec("shelters"))["servicios"].tolist()
    ['agua;comida', 'comida']
    """
    options: dict[str, list[str]] = {}
    for name in map(str, table.columns):
        if "/" in name and not name.startswith("_"):
            options.setdefault(name.rsplit("/", 1)[0], []).append(name)
    for question, names in options.items():
        target = spec.columns.get(guess_column(question.rsplit("/", 1)[-1], spec))
        if question not in table and (target is None or target.dtype != "list"):
            continue
        flags = table[names].astype("str").apply(lambda v: v.str.strip().str.lower())
        if not flags.isin(_FLAGS).to_numpy().all():
            continue
        labels = [name.rsplit("/", 1)[1] for name in names]
        chosen = [
            ";".join(label for label, flag in zip(labels, row, strict=True) if flag in _SET)
            for row in flags.itertuples(index=False, name=None)
        ]
        listed = pd.Series(chosen, index=table.index, dtype="str")
        if question in table:
            listed = listed.where(listed != "", table[question].astype("str"))
        table = table.drop(columns=names).assign(**{question: listed})
    return table


def strip_groups(
    table: pd.DataFrame, own: frozenset[str], *, kept: frozenset[str] = frozenset()
) -> pd.DataFrame:
    """Leave the groups before a question out where its bare name is the only one.

    Parameters
    ----------
    own : frozenset of str
        Columns of the rows themselves: they come before those of a parent of the same name.
    kept : frozenset of str
        Columns that keep their whole name.

    Examples
    --------
    >>> table = pd.DataFrame(columns=["a/name", "b/name", "b/age", "site"])
    >>> list(strip_groups(table, frozenset(table.columns)))
    ['a/name', 'b/name', 'age', 'site']
    """
    bare = {n: n if n in kept else n.rsplit("/", 1)[-1] for n in map(str, table.columns)}
    own_bare = Counter(bare[name] for name in bare if name in own)
    every = Counter(bare.values())
    renamed = {
        name: short for name, short in bare.items()
        if short and (every[short] == 1 or (name in own and own_bare[short] == 1
                                                  and short not in table.columns))
    }
    return table.rename(columns=renamed)
