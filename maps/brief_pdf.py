"""Decision briefs as PDF: the same page, printed by WeasyPrint."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from layers.errors import BrokenError, CallError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Size of the letters, as a share of that of the template: a page too full is set smaller.
SCALES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65)
_VARIANT = "pdf/ua-1"
_SCALE_SLOT = "--scale: 1;"
_MISSING = ("PDF needs WeasyPrint, which is not installed: pip install 'georisk[pdf]' (it needs "
            "the system library Pango), or give --format html and print that from a browser")


def check_printer() -> None:
    """Refuse to print where WeasyPrint or what it stands on is missing.

    Raises
    ------
    CallError
        Saying what to install.
    """
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError) as error:
        raise CallError(_MISSING) from error


def print_page(html: str) -> bytes:
    """Print one page of HTML as a tagged PDF of one A4 page, byte for byte the same each time.

    Raises
    ------
    CallError
        If WeasyPrint is missing.
    BrokenError
        If it does not fit, however small.
    """
    check_printer()
    from weasyprint import HTML

    if _SCALE_SLOT not in html:
        raise BrokenError("the page has no scale: see maps/templates/brief.html")
    for scale in SCALES:
        sized = html.replace(_SCALE_SLOT, f"--scale: {scale};", 1)
        document = HTML(string=sized, url_fetcher=_refuse).render(pdf_variant=_VARIANT)
        if len(document.pages) == 1:
            identifier = hashlib.sha256(sized.encode()).digest()[:16]
            pdf = document.write_pdf(pdf_variant=_VARIANT, pdf_identifier=identifier)
            return bytes(pdf)
    raise BrokenError("a decision brief does not fit on one page: shorten what it says")


def _refuse(url: str, *_: object, **__: object) -> Mapping[str, object]:
    """A page holds everything within; nothing is fetched."""
    raise BrokenError(f"a decision brief links {url[:60]}")
