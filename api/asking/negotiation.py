"""Which format an answer has: what ``f`` says, else what ``Accept`` likes best."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from api.asking.ask import FORMATS
from api.errors import ParameterError

if TYPE_CHECKING:
    from api.asking.ask import Doorway

_ALIASES = {"json": "geojson", "geojson": "json"}
_MOST_RANGES = 40


def choose_format(doorway: Doorway, asked: str | None, accept: str) -> str:
    """Return the format to answer in.

    Parameters
    ----------
    doorway : Doorway
    asked : str or None
        ``f``, where it is given. ``json`` is ``geojson`` where features are given, and the
        other way.
    accept : str
        The header, or empty.

    Raises
    ------
    ParameterError
        If ``f`` names a format that this address does not have.

    Notes
    -----
    Where nothing that ``Accept`` likes is to be had, the first format is given (RFC 9110, 12.5.1
    lets a server do so): clients whose header is too narrow still read it.
    """
    if asked is None:
        return _match(doorway.formats, accept[:1000]) if accept else doorway.formats[0]
    for name in (asked, _ALIASES.get(asked, "")):
        if name in doorway.formats:
            return name
    raise ParameterError(f"f: this address has {', '.join(doorway.formats)}.")


@lru_cache(maxsize=512)
def _match(formats: tuple[str, ...], accept: str) -> str:
    """Return the format that a header likes best; of equals, the first of ours.

    Examples
    --------
    >>> _match(("json", "html"), "text/html,application/xhtml+xml,*/*;q=0.8")
    'html'
    >>> _match(("geojson", "html"), "application/json, text/html;q=0.9")
    'geojson'
    >>> _match(("json", "html"), "*/*"), _match(("json", "html"), "image/png")
    ('json', 'json')
    """
    ranges = read_ranges(accept)
    likes = {name: _like(FORMATS[name].partition(";")[0], ranges) for name in formats}
    first = formats[0]
    if not likes[first] and "json" not in formats and _is_json(first):
        # Whoever asks for JSON takes GeoJSON rather than a page.
        likes[first] = _like(FORMATS["json"], ranges)
    best = max(likes.values())
    return next(name for name in formats if likes[name] == best) if best > 0 else formats[0]


def _is_json(name: str) -> bool:
    return FORMATS[name].partition(";")[0].endswith("+json")


def read_ranges(header: str) -> list[tuple[str, float]]:
    """What an ``Accept…`` header names, in small letters, with weights; a wrong weight is 0.

    Examples
    --------
    >>> read_ranges("gzip;q=0.5, *;q=0")
    [('gzip', 0.5), ('*', 0.0)]
    """
    return [_read_range(part) for part in header.split(",", _MOST_RANGES)[:_MOST_RANGES]]


def _read_range(text: str) -> tuple[str, float]:
    media, *rest = (part.strip().lower() for part in text.split(";"))
    weight = next((part[2:] for part in rest if part.startswith("q=")), "1")
    try:
        return media, min(max(float(weight), 0.0), 1.0)
    except ValueError:
        return media, 0.0


def _like(media: str, ranges: list[tuple[str, float]]) -> float:
    """Weight of the most particular range that a media type lies in."""
    whole = media.partition("/")[0]
    for wanted in (media, f"{whole}/*", "*/*"):
        weights = [weight for name, weight in ranges if name == wanted]
        if weights:
            return max(weights)
    return 0.0
