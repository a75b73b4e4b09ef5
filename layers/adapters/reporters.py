"""Who reported an incident: names of media and offices, never a relative's name or phone."""

from __future__ import annotations

import html
import re

RELATIVE = "a relative"
_ADDRESS = re.compile(r"\S{1,80}@\S{1,80}")
_PHONE = re.compile(r"(?:\b(?:tel|phone|cel|whatsapp)\w{0,6}\b[.:]?\s*)?"
                    r"(?<![\w/])(?!\d{4}-\d{2}-\d{2}\b)\+?\d(?:[ .()-]{0,2}\d){5,}", re.IGNORECASE)
_KIN = re.compile(
    r"\b(?:mother|father|brother|sister|son|daughter|wife|husband|widow|uncle|aunt|cousin|nephew"
    r"|niece|grandmother|grandfather|relatives?|family members?|(?<!sierra )madre|padre|hermano"
    r"|hermana|hijo|hija|esposa|esposo|viuda|tio|tia|prim[oa]|sobrin[oa]|abuel[oa]|familiar(?:es)?"
    r"|frère|soeur|cousine)\b", re.IGNORECASE)


def clean_source(text: str) -> str:
    """Name of a source without HTML entities, double spaces, addresses, phones and relatives.

    Examples
    --------
    >>> clean_source("Example  Post, desk@post.example, +00 555-1234"), clean_source("A.B., mother")
    ('Example Post', 'a relative')
    """
    plain = " ".join(html.unescape(text).split()).rstrip(".").rstrip()
    if "@" in plain or _PHONE.search(plain):
        plain = _PHONE.sub("", _ADDRESS.sub("", plain))
        plain = re.sub(r"(?:\s*[,:;(]\s*)+(?=[,;)]|$)", "", " ".join(plain.split())).strip(" ,;:(")
    if not _KIN.search(plain):
        return plain
    parts = (RELATIVE if _KIN.search(part) else part.strip() for part in plain.split(";"))
    return "; ".join(dict.fromkeys(filter(None, parts)))
