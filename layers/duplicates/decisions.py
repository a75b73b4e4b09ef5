"""The table in which people decide which pairs are one, and whose word counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from layers.disclosure import find_sealed_places
from layers.duplicates.combining import CAUTIOUS, POSITION, SEALING
from layers.errors import REMOVED, Fault, LayerError
from layers.layer import hash_text

if TYPE_CHECKING:
    from layers.spec import LayerSpec

DECISION_COLUMNS = (
    "pair_id", "kind", "field", "id_a", "id_b", "owner_a", "owner_b", "value_a", "value_b",
    "date_a", "date_b", "score", "verdict", "why", "decision",
)
_ALLOWED = {"pair": ("same", "different"), "field": ("a", "b")}
_NEEDED = ("pair_id", "kind", "field", "id_a", "id_b", "decision")
_SKIPPED = frozenset({"owner", "source", "merged_ids", "synthetic", "coord_precision_km"})
_DATES = {"incident": "date", "facility": "last_verified"}
_NOT_OFFERED = frozenset({*CAUTIOUS, *SEALING})
_SHOWN_LENGTH = 12


def name_pair(id_a: str, id_b: str) -> str:
    """Short name of a pair, the same whichever id comes first.

    Examples
    --------
    >>> name_pair("b-1", "a-1") == name_pair("a-1", "b-1"), len(name_pair("a-1", "b-1"))
    (True, 12)
    """
    return "p-" + hash_text(*sorted([id_a, id_b]))[:10]


def describe_pairs(
    rows: pd.DataFrame, pairs: pd.DataFrame, spec: LayerSpec, *, register: str = "owner"
) -> pd.DataFrame:
    """Lay out pairs for decision: a line a pair, and for facilities a line a field that differs.

    Free text, personal and sealed values, and every value of a sealed place, read ``[removed]``.
    Consent, verification, kind and who is admitted are not up for decision: what opens least
    stands, and only the rows' owners can change it.

    Returns
    -------
    DataFrame
        `DECISION_COLUMNS`, all text; ``decision`` is empty, to be filled with ``same`` or
        ``different`` for a pair and ``a`` or ``b`` for a field.
    """
    lines: list[dict[str, str]] = []
    date = _DATES.get(spec.role, "")
    sealed = set(rows.index[find_sealed_places(rows)])
    for pair in pairs.to_dict("records"):
        a, b = (rows.loc[pair[key]] for key in ("id_a", "id_b"))
        head = {
            "pair_id": name_pair(pair["id_a"], pair["id_b"]),
            "id_a": pair["id_a"], "id_b": pair["id_b"],
            "owner_a": _show(a.get(register)), "owner_b": _show(b.get(register)),
            "date_a": _show(a.get(date)), "date_b": _show(b.get(date)), "decision": "",
        }
        lines.append(head | {
            "kind": "pair", "field": "", "value_a": "", "value_b": "",
            "score": f"{pair['score']:.3f}", "verdict": pair["verdict"], "why": pair["why"],
        })
        if spec.role == "facility" and pair["verdict"] != "reject":
            hiding = not sealed.isdisjoint({pair["id_a"], pair["id_b"]})
            fields = _list_differences(a, b, spec, hiding=hiding)
            lines += [head | {"kind": "field", "score": "", "verdict": "", "why": ""} | field
                      for field in fields]
    return pd.DataFrame(lines, columns=list(DECISION_COLUMNS), dtype="str")


def _list_differences(
    a: pd.Series, b: pd.Series, spec: LayerSpec, *, hiding: bool
) -> list[dict[str, str]]:
    found = []
    for name, column in spec.columns.items():
        if name in _SKIPPED or name in _NOT_OFFERED or name not in a.index:
            continue
        values = _show(a[name]), _show(b[name])
        if values[0] == values[1]:
            continue
        if hiding or column.hidden_value or column.effective_level == "sealed":
            values = REMOVED, REMOVED
        found.append({"field": name, "value_a": values[0], "value_b": values[1]})
    points = _show_point(a), _show_point(b)
    if points[0] != points[1]:
        shown = (REMOVED, REMOVED) if hiding else points
        found.append({"field": POSITION, "value_a": shown[0], "value_b": shown[1]})
    return found


def _show(value: object) -> str:
    if isinstance(value, (tuple, list)):
        return ";".join(str(item) for item in value)
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    return str(value)


def _show_point(row: pd.Series) -> str:
    point = row.get("geometry")
    if point is None or point.is_empty:
        return ""
    return f"{point.y:.5f}, {point.x:.5f}"


def read_decisions(frame: pd.DataFrame, *, layer: str, source: str) -> pd.DataFrame:
    """Check a filled-in table; blank decisions are undecided and left out.

    Parameters
    ----------
    frame : DataFrame
        Text, as a person filled in what `describe_pairs` laid out; lines in any order. A column
        ``_record`` says which line of the file each is; without it they are counted from 1.
    layer, source : str
        For messages: name of the layer, and of the file.

    Returns
    -------
    DataFrame
        Columns ``pair_id kind field id_a id_b decision``, decided lines only, sorted.

    Raises
    ------
    LayerError
        With every fault of the table.

    Examples
    --------
    >>> table = pd.DataFrame({"pair_id": [name_pair("a-1", "b-1")], "kind": ["pair"],
    ...     "field": [""], "id_a": ["a-1"], "id_b": ["b-1"], "decision": [" Same "]})
    >>> read_decisions(table, layer="shelters", source="d.csv")["decision"].tolist()
    ['same']
    """
    absent = [name for name in _NEEDED if name not in frame]
    if absent:
        raise LayerError([
            Fault(layer, source, None, "", name, "", "required column missing",
                  "use the table that `georisk duplicates -o` wrote") for name in absent
        ])
    table = frame[list(_NEEDED)].astype("str").fillna("").apply(lambda text: text.str.strip())
    table = table.assign(**{name: table[name].str.lower() for name in ("kind", "decision")})
    numbers = pd.to_numeric(frame["_record"]) if "_record" in frame else range(1, len(frame) + 1)
    table.index = pd.Index(numbers, dtype="int64")
    decided = table[table["decision"].ne("")]
    faults = [
        Fault(layer, source, n, "", column, _show_short(line[column]), reason, advice)
        for n, line in decided.iterrows() for column, reason, advice in _check_line(line)
    ]
    faults += _check_together(decided, layer, source)
    if faults:
        raise LayerError(sorted(faults, key=lambda fault: (fault.row or 0, fault.column)))
    decided = decided.drop_duplicates().sort_values(["pair_id", "kind", "field"])
    return decided.reset_index(drop=True)


def _check_line(line: pd.Series) -> list[tuple[str, str, str]]:
    found = []
    allowed = _ALLOWED.get(line["kind"])
    if allowed is None:
        found.append(("kind", "neither pair nor field", "leave this column as it was written"))
    elif line["decision"] not in allowed:
        found.append(("decision", f"neither {allowed[0]} nor {allowed[1]}",
                      "leave it blank while undecided"))
    if line["pair_id"] != name_pair(line["id_a"], line["id_b"]):
        found.append(("pair_id", "does not belong to these two ids",
                      "were columns sorted apart? Write the table anew"))
    if (line["kind"] == "field") != bool(line["field"]):
        found.append(("field", "a field line names its field, a pair line none",
                      "leave this column as it was written"))
    if line["field"] in _NOT_OFFERED:
        found.append(("field", "not up for decision: the word that opens least stands",
                      "leave the decision blank; the row's owner can change it"))
    return found


def _check_together(decided: pd.DataFrame, layer: str, source: str) -> list[Fault]:
    """Lines that contradict each other, and fields of pairs that are not decided the same."""
    same = set(decided.loc[decided["kind"].eq("pair") & decided["decision"].eq("same"), "pair_id"])
    keys = ["pair_id", "kind", "field"]
    count = decided.groupby(keys)["decision"].transform("nunique")
    faults = []
    for (n, line), differing in zip(decided.iterrows(), count, strict=True):
        if differing > 1:
            faults.append(Fault(layer, source, n, "", "decision", _show_short(line["decision"]),
                                "another line decides the same thing differently", "keep one"))
        if line["kind"] == "field" and line["pair_id"] not in same:
            faults.append(Fault(layer, source, n, "", "decision", _show_short(line["decision"]),
                                "a field is decided, but its pair is not decided as same",
                                "write same in the pair's line, or leave the field blank"))
    return faults


def _show_short(text: str) -> str:
    """What somebody typed, unless it is long enough to be a remark about a person."""
    return text if len(text) <= _SHOWN_LENGTH or text.startswith("p-") else REMOVED


def apply_decisions(
    pairs: pd.DataFrame, decisions: pd.DataFrame
) -> tuple[pd.DataFrame, dict[tuple[str, str], str]]:
    """Put people's word in place of the verdicts.

    Returns
    -------
    pairs : DataFrame
        ``same`` became accept, ``different`` reject, both marked in the column ``decided``;
        decided pairs that were not listed are added, so that a decision outlives a change of
        the scores.
    taken : dict
        ``(id, field)`` to the id whose value is taken: for `merge_pairs`.

    Examples
    --------
    >>> pairs = pd.DataFrame({"id_a": ["a-1"], "id_b": ["b-1"], "score": [0.7],
    ...                       "verdict": ["review"]})
    >>> decided = pd.DataFrame({"kind": ["pair", "field"], "field": ["", "phone"],
    ...     "id_a": ["a-1"] * 2, "id_b": ["b-1"] * 2, "decision": ["same", "b"]})
    >>> after, taken = apply_decisions(pairs, decided)
    >>> after["verdict"].tolist(), taken
    (['accept'], {('a-1', 'phone'): 'b-1'})
    """
    said = decisions[decisions["kind"].eq("pair")]
    said = said.assign(said=said["decision"].map({"same": "accept", "different": "reject"}))
    after = pairs.merge(said[["id_a", "id_b", "said"]], on=["id_a", "id_b"], how="outer")
    decided = after["said"].notna()
    # A score of 1 puts people first where pairs exclude each other.
    after = after.assign(
        verdict=after["said"].where(decided, after["verdict"]),
        score=after["score"].mask(decided, 1.0), decided=decided,
    ).drop(columns="said")
    fields = decisions[decisions["kind"].eq("field")]
    taken = {
        (line["id_a"], line["field"]): line["id_a"] if line["decision"] == "a" else line["id_b"]
        for _, line in fields.iterrows()
    }
    return after, taken
