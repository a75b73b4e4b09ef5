"""Two registers that share some incidents hint at those that neither holds; sums by hand."""

import pandas as pd

from georisk.register.overlap import estimate_overlaps


def make_rows(n_a, n_b):
    ids = [*(f"a-{n}" for n in range(n_a)), *(f"b-{n}" for n in range(n_b))]
    return pd.DataFrame({"date": pd.Timestamp("2024-01-01"),
                         "_register": ["a"] * n_a + ["b"] * n_b}, index=ids)


def make_pairs(count, verdict="accept"):
    return pd.DataFrame({"id_a": [f"a-{n}" for n in range(count)],
                         "id_b": [f"b-{n}" for n in range(count)], "verdict": verdict})


def test_the_estimate_is_chapman_s():
    """(39 + 1)(29 + 1) / (9 + 1) - 1 = 119."""
    (told,) = estimate_overlaps(make_rows(39, 29), make_pairs(9), register="_register")
    assert (told["incidents"], told["shared"], told["estimate"]) == ([39, 29], 9, 119)
    assert told["low"] < 119 < told["high"]


def test_few_shared_or_undecided_pairs_tell_nothing():
    assert estimate_overlaps(make_rows(39, 29), make_pairs(6), register="_register") == []
    assert estimate_overlaps(make_rows(39, 29), make_pairs(9, "review"),
                             register="_register") == []


def test_only_days_that_both_cover_count():
    rows = make_rows(39, 29)
    rows.loc["a-38", "date"] = pd.Timestamp("2010-01-01")
    (told,) = estimate_overlaps(rows, make_pairs(9), register="_register")
    assert told["incidents"] == [38, 29]
