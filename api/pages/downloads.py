"""What a reader takes along: the rows shown, as a file in another format."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from api.asking.ask import FORMATS
from api.asking.parameters import LIMIT_MAX
from api.formats import list_formats
from api.pages.words import name_format, write_count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layers.spec import LayerSpec

# Where a page begins and how long it is are of the page, not of what is taken along.
_OF_THE_PAGE = frozenset({"f", "limit", "token"})


def list_downloads(
    address: str, given: Iterable[tuple[str, str]], spec: LayerSpec
) -> list[tuple[str, str]]:
    """List the files in which the rows of a question can be had, each as large as files get.

    Parameters
    ----------
    address : str
        Of the features, without a query.
    given : iterable of (name, value)
        What was asked; what says where a page begins is not handed on.
    spec : LayerSpec

    Returns
    -------
    list of (address, name of the format)

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> list_downloads("/items", [("filter", "a > 1"), ("limit", "5")], find_spec("activity"))[1]
    ('/items?filter=a+%3E+1&limit=10000&f=geojsonseq', 'GeoJSON, one a line')
    """
    kept = [(name, value) for name, value in given if name not in _OF_THE_PAGE]
    return [
        (f"{address}?{urlencode([*kept, ('limit', LIMIT_MAX), ('f', name)], safe=',:/')}",
         name_format(FORMATS[name]))
        for name in list_formats(spec)
    ]


def tell_extent(count: int, noun: str) -> str:
    r"""Say how much of what there is a file holds.

    Examples
    --------
    >>> tell_extent(2465, "row"), tell_extent(25_000, "feature")
    ('all 2\xa0465\xa0rows', 'the first 10\xa0000 of 25\xa0000\xa0features')
    >>> tell_extent(1, "row")
    'the one row'
    """
    if count == 1:
        return f"the one {noun}"
    told = write_count(count, noun)
    if count <= LIMIT_MAX:
        return f"all {told}"
    return f"the first {write_count(LIMIT_MAX, '').strip()} of {told}"
