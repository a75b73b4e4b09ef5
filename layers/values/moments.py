"""Moments as people and programs write them: a day, an hour, and a zone; kept in UTC."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from layers.cells import give_pandas, take_arrow
from layers.findings import list_findings
from layers.values.days import read_days

MOMENT = "datetime64[us, UTC]"
NOT_A_MOMENT = "not a moment (2024-05-31T14:30:00Z)"
_PARTS = (r"^(?P<day>.*?\S)[T,\s]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})"
          r"(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?\s*"
          r"(?P<half>[AaPp]\.?\s?[Mm]\.?)?\s*"
          r"(?P<zone>Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$")
_FIRST, _LAST = np.datetime64("0001-01-01", "s"), np.datetime64("9999-12-31T23:59:59", "s")
_MINUTE, _HOUR = 60, 3600
_HALF_DAY, _LAST_HOUR, _LAST_PART = 12, 23, 59
_MICRO = 1_000_000


@dataclass(frozen=True)
class ReadMoments:
    """Moments of one column: UTC, missing where unread; findings; how it was read."""

    values: pd.Series
    findings: pd.DataFrame
    notes: tuple[str, ...] = ()


def read_moments(text: pd.Series, name: str) -> ReadMoments:
    """Read a column of texts as moments in UTC.

    Days are read as `layers.values.days.read_days` reads them. Without a zone the hour is taken
    as UTC, without an hour the day as its midnight; both are noted.

    Parameters
    ----------
    text : Series of str
        As `layers.cells.write_texts` makes them.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.Series(["2022-04-16T12:13:19+02:00", "16/04/2022 10:13", "25:00"])
    >>> read = read_moments(cells, "start")
    >>> write_moments(read.values).tolist()
    ['2022-04-16T10:13:19Z', '2022-04-16T10:13:00Z', None]
    >>> read.findings["reason"].tolist()
    ['not a moment (2024-05-31T14:30:00Z)']
    """
    array = take_arrow(text)
    parts = pc.extract_regex(array, pattern=_PARTS)
    timed = pc.fill_null(parts.is_valid(), False)  # noqa: FBT003 - pyarrow's own call
    named = {part: pc.struct_field(parts, part) for part in
             ("day", "hour", "minute", "second", "fraction", "half", "zone")}
    days = read_days(give_pandas(pc.if_else(timed, named["day"], array), text.index), name)
    seconds, fraction, sound = _read_clock(named)
    clocked = np.asarray(timed)
    moments = days.values.to_numpy("datetime64[us]") + np.where(clocked & sound, (
        seconds * _MICRO + fraction), 0).astype("timedelta64[us]")
    moments[clocked & ~sound] = np.datetime64("NaT")
    bad = pd.Series(clocked & ~sound, index=text.index)
    bad.loc[days.findings["row"]] = True
    values = pd.Series(moments, index=text.index).dt.tz_localize("UTC")
    known = values.notna().to_numpy()
    zoned = np.asarray(pc.fill_null(pc.not_equal(named["zone"], ""), False))  # noqa: FBT003 - as above
    notes = (*days.notes, *_tell_lacks(int((known & ~clocked).sum()),
                                       int((known & clocked & ~zoned).sum())))
    return ReadMoments(values.astype(MOMENT), list_findings(bad, name, NOT_A_MOMENT), notes)


def _read_clock(
    named: dict[str, pa.Array],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Seconds since midnight UTC, microseconds beyond them, and whether there is such a time."""
    hour, minute, second = (_count(named[part]) for part in ("hour", "minute", "second"))
    fraction = _count(pc.utf8_slice_codeunits(
        pc.utf8_rpad(pc.fill_null(named["fraction"], ""), 6, "0"), 0, 6))
    half = pc.utf8_slice_codeunits(pc.utf8_lower(pc.fill_null(named["half"], "")), 0, 1)
    halved = np.asarray(pc.not_equal(half, ""))
    sound = np.where(halved, (hour >= 1) & (hour <= _HALF_DAY), hour <= _LAST_HOUR)
    hour = np.where(halved, hour % _HALF_DAY, hour)
    hour = hour + _HALF_DAY * np.asarray(pc.equal(half, "p"))
    offset_s, sound_zone = _read_zone(pc.fill_null(named["zone"], ""))
    sound = sound & (minute <= _LAST_PART) & (second <= _LAST_PART) & sound_zone
    return hour * _HOUR + minute * _MINUTE + second - offset_s, fraction, sound


def _read_zone(zone: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Seconds by which clocks of a zone are ahead of UTC."""
    signed = pc.match_substring_regex(zone, "^[+-]")
    digits = pc.replace_substring(pc.if_else(signed, pc.utf8_slice_codeunits(zone, 1, 6), ""),
                                  ":", "")
    hours = _count(pc.utf8_slice_codeunits(digits, 0, 2))
    minutes = _count(pc.utf8_slice_codeunits(digits, 2, 4))
    sign = np.where(np.asarray(pc.starts_with(zone, "-")), -1, 1)
    sound = (hours <= _LAST_HOUR) & (minutes <= _LAST_PART)
    return sign * (hours * _HOUR + minutes * _MINUTE), sound


def _count(digits: pa.Array) -> np.ndarray:
    """Whole numbers of texts of digits; 0 where there are none."""
    filled = pc.fill_null(digits, "")
    filled = pc.if_else(pc.equal(filled, ""), "0", filled)
    return np.asarray(pc.cast(filled, pa.int64()))


def _tell_lacks(dayless: int, zoneless: int) -> tuple[str, ...]:
    notes = []
    if dayless:
        notes.append(f"{dayless} cells name a day without an hour: taken as its midnight, UTC")
    if zoneless:
        notes.append(f"{zoneless} cells name no time zone: taken as UTC")
    return tuple(notes)


def take_moments(values: pd.Series, name: str) -> ReadMoments:
    """Read a column that is typed already; without a zone it is UTC.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.Series(pd.to_datetime(["2022-04-16 12:00"])).dt.tz_localize("Europe/Rome")
    >>> write_moments(take_moments(days, "start").values).tolist()
    ['2022-04-16T10:00:00Z']
    """
    naive = values if values.dt.tz is None else values.dt.tz_convert("UTC").dt.tz_localize(None)
    bad = naive.notna() & ~naive.between(pd.Timestamp(_FIRST), pd.Timestamp(_LAST))
    moments = naive.mask(bad).astype("datetime64[us]").dt.tz_localize("UTC")
    return ReadMoments(moments, list_findings(bad, name, NOT_A_MOMENT))


def is_moment(values: pd.Series) -> bool:
    """Tell whether a column holds moments rather than days."""
    return isinstance(values.dtype, pd.DatetimeTZDtype)


def write_moments(values: pd.Series) -> pd.Series:
    """Write moments as RFC 3339, with no more digits than they have; None where missing.

    Examples
    --------
    >>> import pandas as pd
    >>> write_moments(pd.Series(pd.to_datetime(["2022-04-16T10:13:19.25Z"]))).tolist()
    ['2022-04-16T10:13:19.250Z']
    """
    micros = values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]")
    beyond = np.where(np.isnat(micros), 0, micros.astype(np.int64))
    texts = np.empty(len(micros), dtype=object)
    for unit, mask in (
        ("s", beyond % _MICRO == 0),
        ("ms", (beyond % _MICRO != 0) & (beyond % 1000 == 0)),
        ("us", beyond % 1000 != 0),
    ):
        written = np.datetime_as_string(micros[mask].astype(f"datetime64[{unit}]"))
        texts[mask] = np.char.add(written, "Z").astype(object)
    texts[np.isnat(micros)] = None
    return pd.Series(texts, index=values.index, dtype=object)
