"""Words that a column may hold: what one can write in a filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from api.stock.room import Room

_MOST_WORDS = 24
_LONGEST = 40
# So seldom told apart, values are words of a list, not names of rows.
_LEAST_EACH = 2


def list_words(room: Room, collection: str) -> Mapping[str, tuple[str, ...]]:
    """List the words of each column that holds words of a list.

    Parameters
    ----------
    room : Room
    collection : str

    Returns
    -------
    dict
        Column to its words: all that its description allows, or else those in use, if few.
    """
    return room.make(("pages", "words", collection), lambda: _read_words(room, collection))


def _read_words(room: Room, collection: str) -> dict[str, tuple[str, ...]]:
    served, found = room.served(collection), {}
    for name, column in served.spec.columns.items():
        if column.one_of:
            found[name] = tuple(column.one_of)
        elif column.dtype in {"string", "list"}:
            found[name] = list_used(served.column(name))
    return {name: words for name, words in found.items() if words}


def list_used(values: pa.Array) -> tuple[str, ...]:
    """List the words in use, by their alphabet; none if they are many or long.

    Examples
    --------
    >>> import pyarrow as pa
    >>> list_used(pa.array(["b", "a", "b", None, "a"])), list_used(pa.array(["x", "y"]))
    (('a', 'b'), ())
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_list(values.type):
        values = pc.list_flatten(values)
    words = sorted(word for word in pc.unique(values).to_pylist() if word)
    if not words or len(words) > min(_MOST_WORDS, len(values) // _LEAST_EACH):
        return ()
    return tuple(words) if max(map(len, words)) <= _LONGEST else ()
