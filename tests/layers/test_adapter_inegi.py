"""INEGI homicides: every stated count of a municipality is a row, and the totals are checked."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from register_mutations import DAMAGE, damage, read_hostile
from surroundings import CAMPAIGN

from layers.adapters.inegi import ADAPTER, MONTHS
from layers.catalog import find_spec
from layers.intake import take_in
from layers.readers.samples import take_sample
from layers.sources import Wanted

WANTED = Wanted(find_spec("area_counts"))
TITLE = [["Defunciones por homicidios"], ["Año de registro : 2031"],
         ["Ent y mun de registro : Total"], [""],
         ["Consulta de: Defunciones por homicidio \xa0 Según: Mes de registro"]]
END = [[""], ["FUENTE: INEGI. Estadísticas de mortalidad."]]


def make_row(code: str, name: str, **counts: int) -> list[str]:
    """A line as INEGI writes it: blank for none, commas for thousands, the sum in front."""
    cells = [f"{counts[m]:,}" if m in counts else "" for m in MONTHS]
    return [code, name, f"{sum(counts.values()):,}", *cells]


# Invented counts.
LINES = [
    make_row(" ", "Total", enero=1204, marzo=5, diciembre=2),
    make_row("=CONCATENAR(0,01) ", "Estado Ejemplo", enero=1203, marzo=5),
    make_row(" 01 001 ", "Cosío Ejemplo", enero=1200, marzo=5),
    make_row(" 01 999 ", "No especificado", enero=3),
    make_row("=CONCATENAR( ,33) ", "Extranjero", enero=1, diciembre=2),
    make_row(" 33 999 ", "Un país", enero=1),
    make_row(" 34 999 ", "Otros países", diciembre=2),
]


HEADER = ("", "", "Total", *(m.capitalize() for m in MONTHS))


def write(path, lines, last=""):
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(
        [*TITLE, [*HEADER, last], *lines, *END])
    path.write_bytes(text.getvalue().encode("latin-1"))
    return path


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "2031.csv", LINES)


def test_rows_by_hand(path):
    haul = ADAPTER.read(path, WANTED)
    shown = haul.frame[["_record", "area_code", "area_name", "month", "people"]].to_numpy().tolist()
    assert shown == [
        [9, "01001", "Cosío Ejemplo", "2031-01", "1200"],
        [9, "01001", "Cosío Ejemplo", "2031-03", "5"],
        [10, "01999", "No especificado", "2031-01", "3"],
        [12, "33999", "Un país", "2031-01", "1"],
        [13, "34999", "Otros países", "2031-12", "2"],
    ]
    assert haul.frame["area_count_row"].iloc[0] == "inegi-homicides-01001-2031-01"
    assert haul.scope == "inegi homicides 2031"
    assert "every total of the file agrees with the sum of its parts" in haul.notes
    assert "INEGI" in ADAPTER.recognise(take_sample(path))


def test_what_is_read_is_accepted_or_quarantined(path):
    lines = [*LINES, make_row("01 002", "Otro", abril=4)]
    lines[-1][3:5] = ["1x", "-2"]
    haul = ADAPTER.read(write(path, [*lines, *(make_row(f"01 1{n:02d}", "Más", mayo=1)
                                               for n in range(20))]), WANTED)
    intake = take_in(haul.frame, WANTED.spec, source="2031.csv")
    assert intake.count() == {"read": 28, "accepted": 26, "quarantined": 2}
    assert {(f.id, f.column) for f in intake.faults} == {
        ("inegi-homicides-01002-2031-01", "people"), ("inegi-homicides-01002-2031-02", "people")}


@pytest.mark.parametrize(("line", "cell", "told"), [
    (2, 3, {"row 9, 01001: the months sum to 1206, the row says 1,205".replace(",205", "205"),
            "01, column 4: the municipalities sum to 1204, the state says 1203"}),
    (1, 2, {"row 8, 01: the months sum to 1208, the row says 1209"}),
    (0, 3, {"total, column 4: the states sum to 1204, the total says 1205"}),
])
def test_what_does_not_add_up_is_told(path, line, cell, told):
    lines = [row.copy() for row in LINES]
    lines[line][cell] = f"{int(lines[line][cell].replace(',', '')) + 1:,}"
    notes = set(ADAPTER.read(write(path, lines), WANTED).notes)
    assert told <= notes


def test_a_month_that_is_not_stated_is_kept(path):
    lines = [[*row, "7" if row[0] == " 01 001 " else ""] for row in LINES]
    frame = ADAPTER.read(write(path, lines, "No especificado"), WANTED).frame
    row = frame[frame["people"] == "7"].iloc[0]
    assert (row["month"], row["year"], row["area_count_row"]) == (
        "", "2031", "inegi-homicides-01001-2031-00")
    assert take_in(frame, WANTED.spec, source="a.csv").quarantined == 0


@pytest.mark.parametrize(("old", "new", "reason"), [
    (b"homicidio", b"accidente", "not INEGI's table of homicides"),
    (b"2031", b"MMXXXI", "the title states no year"),
    (b"Marzo", b"Mars", "no header with the twelve months"),
    (b" 01 999 ", b"somewhere", "row 10: neither a municipality, a state nor the total"),
])
def test_another_table_is_refused(path, old, new, reason):
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(ValueError, match=reason):
        ADAPTER.read(path, WANTED)


COUNTS = st.dictionaries(st.sampled_from(MONTHS), st.integers(1, 5000), max_size=5)


@given(st.lists(COUNTS, min_size=1, max_size=5))
def test_people_of_the_rows_sum_to_the_total_of_the_file(tmp_path_factory, counts):
    whole: dict[str, int] = {}
    for one in counts:
        for month, n in one.items():
            whole[month] = whole.get(month, 0) + n
    lines = [make_row(" ", "Total", **whole), make_row("=CONCATENAR(0,01)", "E", **whole)]
    lines += [make_row(f"01 {n:03d}", "M", **one) for n, one in enumerate(counts)]
    path = write(tmp_path_factory.mktemp("inegi") / "a.csv", lines)
    haul = ADAPTER.read(path, WANTED)
    assert haul.frame["people"].astype(int).sum() == sum(whole.values())
    assert len(haul.frame) == sum(map(len, counts))
    assert haul.frame["area_count_row"].is_unique
    assert "every total of the file agrees with the sum of its parts" in haul.notes


def test_hostile_files_raise_only_what_is_declared(path, tmp_path):
    sound, hostile = path.read_bytes(), tmp_path / "hostile.csv"
    seen = {"read": 0, "refused": 0}

    @settings(max_examples=10_000 if CAMPAIGN else 500)
    @given(DAMAGE)
    def check(how):
        hostile.write_bytes(damage(sound, how))
        haul = read_hostile(ADAPTER, hostile, WANTED)
        seen["refused" if haul is None else "read"] += 1

    check()
    assert min(seen.values()) > 20
