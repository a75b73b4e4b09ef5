"""Damage done to small sound files, and the promise that a reader keeps on all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from hypothesis import strategies as st

from layers.errors import LayerError

if TYPE_CHECKING:
    from pathlib import Path

    from layers.sources import Adapter, Haul, Wanted

TOKENS = (
    b"", b"\0", b"\xff\xfe", b'"', b"\n", b",", b";", b"\t", b"[", b"}", b"null", b"NaN", b"1e999",
    b"-0", b"9" * 40, b"POINT (", b"=1+1", b"\xc3\xa9", b"\xed\xa0\x80", b"\\ud800", b"'", b" ",
    b"<!DOCTYPE x>", b"2021.MMP1", b"N", b"W", b"00", b"-999", b"Total", b"\r",
)
DAMAGE = st.tuples(
    st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 40), st.sampled_from(TOKENS)),
             max_size=6),
    st.one_of(st.none(), st.integers(0, 100_000)),
    st.binary(max_size=12),
)


def damage(data: bytes, how: tuple) -> bytes:
    """Replace some stretches, cut the end off or not, and add a few bytes."""
    edits, cut, tail = how
    for place, length, token in edits:
        at = place % (len(data) + 1)
        data = data[:at] + token + data[at + length:]
    if cut is not None:
        data = data[: cut % (len(data) + 1)]
    return data + tail


def read_hostile(adapter: Adapter, path: Path, wanted: Wanted) -> Haul | None:
    """Read a damaged file: a haul of sound shape, or one of the declared exceptions."""
    try:
        haul = adapter.read(path, wanted)
    except (ValueError, OSError, LayerError) as error:
        told = str(error)
    else:
        return check_haul(haul)
    assert told.strip()
    return None


def check_haul(haul: Haul) -> Haul:
    """Hold a haul to what every adapter promises of it."""
    assert isinstance(haul.frame, pd.DataFrame)
    assert haul.frame["_record"].is_monotonic_increasing
    assert all(isinstance(note, str) for note in haul.notes)
    assert all(n > 0 for counts in haul.unmapped.values() for n in counts.values())
    return haul
