"""The map of what changed between two days: segments by what may be said of their change."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from georisk.marking import Marking
from layers.errors import NotShownError
from maps.catalogues import load_words
from maps.forms import fill_template
from maps.frames import find_bounds, read_frame
from maps.ground import pack_base
from maps.names import pack_names
from maps.offline import check_offline
from maps.overlays import Overlay, draw_page
from maps.page import Section, compose_page
from maps.segments import pack_segments
from maps.stretches import (
    MOST_LISTED,
    Stretch,
    find_window,
    gather_runs,
    pack_stretches,
    tell_where,
)
from maps.theme import CLASS_LINES, CLASSES, LineStyle, describe_theme

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from georisk.doors import Door
    from maps.catalogues import Words

CHANGE_LINES: dict[str, LineStyle] = {
    "insufficient": CLASS_LINES["insufficient"],
    "no_clear_change": LineStyle("#8a7a5c", 1.6),
    "fewer_reported": LineStyle("#0b5fa5", 4.5, (12, 3)),
    "more_reported": LineStyle("#86144f", 6),
}

_CHANGED = ("more_reported", "fewer_reported")
_AROUND_DEG = 0.5


def write_change_map(
    door: Door, folder: Path, *, lang: str, marking: Marking | None = None
) -> Path:
    """Draw the ``changes`` layer of a door with results; return the page's path.

    Parameters
    ----------
    door : Door
        Restricted, with the results that ``georisk change -o`` wrote.
    folder : Path
        The page goes to ``folder/restricted/``.
    """
    marking = marking or Marking.of(door, holder="")
    html = draw_changes(door, load_words(lang), marking)
    check_offline(html)
    ending = ".html" if lang == "en" else f".{lang}.html"
    path = folder / door.audience / f"{marking.name('changes')}{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html, encoding="utf-8")
    path.chmod(0o600)
    return path


def draw_changes(door: Door, words: Words, marking: Marking) -> str:
    """Write the map of changes as one self-contained page.

    Raises
    ------
    NotShownError
        If the door shows no such layer, or no row of it.
    """
    changes = read_frame(door, "changes")
    if changes is None:
        raise NotShownError("no layer named 'changes': make it with `georisk change -o`")
    words = _name_changes(words)
    bounds = find_bounds(door, ("changes",))
    stretches = list_changed(changes, read_frame(door, "routes"), words)
    islands: dict[str, object] = {
        "theme": _style_changes(),
        "base": pack_base(door, bounds),
        "segments": {**pack_changes(changes, read_frame(door, "routes")),
                     "stretches": pack_stretches(stretches)},
        "names": pack_names(door, words, bounds),
    }
    overlays = [
        Overlay("addBase", "base"), Overlay("addOutlines", "base", choice="lines"),
        Overlay("addReach", "segments", words["title_changes"]),
        Overlay("addNames", "names", words["towns"]),
    ]
    page = compose_page(
        name="changes", door=door, words=words, islands=islands, marking=marking,
        sections=_write_sections(changes, words),
    )  # fmt: skip
    title = f"{words['changed_stretches']} · {' → '.join(_list_days(changes))}"
    under = fill_template("under.html", title=title, empty=words["changed_none"])
    # Reported deaths of the study on two days: no place counts in them.
    page = replace(page, caveat="", scripts=("stretches.js",), under=under, key=tuple(
        (f"line:{name}", words[f"class_{name}"]) for name in reversed(CHANGE_LINES)
        if name in set(changes["change"])))
    return draw_page(page, overlays, bounds=bounds, seen=find_window(
        [stretch.segments for stretch in stretches], bounds, around_deg=_AROUND_DEG))


def list_changed(
    changes: pd.DataFrame, legs: pd.DataFrame | None, words: Words
) -> list[Stretch]:
    """Runs of segments with more or fewer reported, the longest first, in words."""
    runs = gather_runs(changes, "change", _CHANGED)[:MOST_LISTED]
    return [Stretch(str(run["change"].iloc[0]), tell_where(run, legs, words),
                    _tell_change(run, words), run) for run in runs]


def _tell_change(run: pd.DataFrame, words: Words) -> str:
    """More or fewer, and how many times as many, at the median of the run."""
    value, low, high = (float(run[name].median()) for name in ("ratio", "ratio_low", "ratio_high"))
    told = words[f"class_{run['change'].iloc[0]}"]
    if not all(map(math.isfinite, (value, low, high))):
        return told
    times = words.say("change_times", **{
        name: f"{number:.2g}".replace(".", words["decimal_mark"])
        for name, number in (("value", value), ("low", low), ("high", high))})
    return f"{told}: {times}"


def pack_changes(changes: pd.DataFrame, legs: pd.DataFrame | None) -> dict[str, object]:
    """Pack the ``changes`` layer for the painter of segments.

    The painter draws whatever classes the page's theme lists: the number of a class stands for
    the change at that place, and the ratio with its interval for the intensity.
    """
    stand_in = dict(zip(CHANGE_LINES, CLASSES, strict=False))
    frame = changes.assign(
        risk_class=changes["change"].map(stand_in), risk_score=float("nan"),
        intensity_per_100km_year=changes["ratio"], intensity_low=changes["ratio_low"],
        intensity_high=changes["ratio_high"],
    )
    return pack_segments(frame, legs)


def _style_changes() -> dict[str, object]:
    styles = {name: asdict(style) for name, style in CHANGE_LINES.items()}
    return {**describe_theme(), "classes": tuple(CHANGE_LINES), "lines": styles}


def _name_changes(words: Words) -> Words:
    """The same words, with those of an intensity replaced by those of a change."""
    texts = {**words.texts, "title_deaths": words["title_changes"], "class": words["change"],
             "intensity_between": words["change_times"]}
    return replace(words, texts=texts)


def _list_days(changes: pd.DataFrame) -> list[str]:
    return [changes[name].iloc[0].date().isoformat() for name in ("day_then", "day_now")]


def _write_sections(changes: pd.DataFrame, words: Words) -> list[Section]:
    legend = fill_template(
        "legend.html", words=words, classes=tuple(CHANGE_LINES), class_sample="line", modes=(),
        services=(), severities=(), kinds={}, sites=False,
    )  # fmt: skip
    then, now = _list_days(changes)
    told = fill_template("changes.html", words=words, then=then, now=now)
    return [Section("changes", words["change"], told), Section("legend", words["legend"], legend)]
