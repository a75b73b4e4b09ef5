"""JSON records: a list of objects, an answer that wraps one, or one object a line."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from layers.readers.encodings import decode_text
from layers.readers.guard import MAX_JSON_BYTES, check_size

if TYPE_CHECKING:
    from pathlib import Path

MAX_DEPTH = 64
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_STRINGS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NOT_BRACKETS = re.compile(r"[^\[\]{}]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_records(path: Path) -> list[dict[str, Any]]:
    """Read JSON records in the order of the file.

    A list of objects; an object with one list of objects in it (``{"results": [...]}``); or one
    object a line. NaN and Infinity, which are no JSON, are read as missing.

    Raises
    ------
    ValueError
        If it is no JSON, nested deeper than `MAX_DEPTH`, larger than `guard.MAX_JSON_BYTES`, or
        holds no records.
    """
    return pick_records(read_json(path))


def read_json(path: Path) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Read a JSON file, or JSON lines as a list.

    Raises
    ------
    ValueError
        As `read_records`.
    """
    check_size(path, MAX_JSON_BYTES)
    text, _ = decode_text(path.read_bytes())
    return parse_json(text)


def parse_json(text: str) -> Any:  # noqa: ANN401
    """Parse JSON or JSON lines with a bound on depth.

    Raises
    ------
    ValueError
        If it is neither, or too deep.

    Examples
    --------
    >>> parse_json('{"a": NaN}'), parse_json('{"a": 1}' + chr(10) + '{"a": 2}')
    ({'a': None}, [{'a': 1}, {'a': 2}])
    """
    text = text.lstrip("\ufeff\x1e \t\r\n")
    if not text:
        raise ValueError("the file is empty")
    _check_depth(text)
    decoder = json.JSONDecoder(parse_constant=_drop_constant)
    try:
        found, end = decoder.raw_decode(text)
        rest = text[end:].strip(" \t\r\n\x1e")
        if rest:
            lines = re.split(r"[\r\n\x1e]+", text.rstrip(" \t\r\n\x1e"))
            found = [decoder.decode(line) for line in lines if line.strip()]
    except json.JSONDecodeError as error:
        raise ValueError(f"no sound JSON: line {error.lineno}, column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("no sound JSON: a number or a nesting beyond all measure") from error
    return _clean(found) if "\\ud" in text or "\\uD" in text else found


def _drop_constant(_name: str) -> None:
    return None


def _check_depth(text: str) -> None:
    """Refuse deep nesting before a parser meets it; brackets in strings do not count."""
    brackets = _NOT_BRACKETS.sub("", _STRINGS.sub("", text))
    depth = 0
    for sign in brackets:
        depth += 1 if sign in "[{" else -1
        if depth > MAX_DEPTH:
            raise ValueError(f"JSON nested deeper than {MAX_DEPTH} levels")


def _clean(value: Any) -> Any:  # noqa: ANN401
    """Half a sign (a lone surrogate) cannot be stored: it becomes a replacement sign."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value


def pick_records(found: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """Find the list of objects in what a JSON file holds.

    Raises
    ------
    ValueError
        If there is none, or more than one.

    Examples
    --------
    >>> pick_records({"count": 1, "results": [{"id": 7}]})
    [{'id': 7}]
    """
    if isinstance(found, dict):
        lists = [value for value in found.values() if _is_records(value) and value]
        if not lists and any(value == [] for value in found.values()):
            raise ValueError("JSON with an empty list: it holds no records")
        if len(lists) > 1:
            raise ValueError("JSON with several lists of records: give a file with one")
        return lists[0] if lists else [found]
    if not _is_records(found):
        raise ValueError("JSON, but no list of records ([{...}, {...}])")
    if not found:
        raise ValueError("an empty list: it holds no records")
    records: list[dict[str, Any]] = found
    return records


def _is_records(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)
