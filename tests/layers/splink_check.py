"""The declared model of incidents, run by splink: only to check our own sum."""

from __future__ import annotations

import splink.comparison_level_library as levels
from splink import Linker, SettingsCreator
from splink.backends.duckdb import DuckDBAPI
from splink.comparison_library import CustomComparison

_APART = "abs(date_diff('day', date_l, date_r))"
_UNSAID = "{0}_l = '' OR {0}_r = ''"
SQL = {
    "date": ("", [f"{_APART} = 0", f"{_APART} = 1", f"{_APART} = 2", "ELSE"]),
    "victims": ("", ["n_victims_l = n_victims_r AND n_victims_l = 1",
                     "n_victims_l = n_victims_r AND n_victims_l < 5",
                     "n_victims_l = n_victims_r", "abs(n_victims_l - n_victims_r) = 1", "ELSE"]),
    "class": ("class_l = 'unk' AND class_r = 'unk'", ["class_l = class_r", "ELSE"]),
    "place": (_UNSAID.format("stated_place"),
              ["stated_place_l = stated_place_r", "1 = 0", "ELSE"]),
    "url": (_UNSAID.format("source_url"), ["source_url_l = source_url_r", "ELSE"]),
    "source": ("", ["source_l = source_r", "ELSE"]),
}


def _compare(name, declared):
    null, conditions = SQL[name]
    made = [levels.CustomLevel(null).configure(is_null_level=True)] if null else []
    for condition, m, u in zip(conditions, declared.m, declared.u, strict=True):
        level = levels.ElseLevel() if condition == "ELSE" else levels.CustomLevel(condition)
        made.append(level.configure(m_probability=m, u_probability=u))
    return CustomComparison(output_column_name=name, comparison_levels=made)


def score_with_splink(rows, n, declared, *, prior):
    """Match probability of rows k and k + n, for k below n."""
    flat = rows.drop(columns="geometry").assign(
        unique_id=rows.index.to_numpy(), key=[k % n for k in range(2 * n)])
    api = DuckDBAPI()
    settings = SettingsCreator(
        link_type="link_only", comparisons=[_compare(name, declared[name]) for name in SQL],
        blocking_rules_to_generate_predictions=["l.key = r.key"],
        probability_two_random_records_match=prior,
        additional_columns_to_retain=["key"],
    )
    linker = Linker([api.register(flat.iloc[:n]), api.register(flat.iloc[n:])], settings,
                    log_level=None)
    found = linker.inference.predict().as_pandas_dataframe().sort_values("key_l")
    assert len(found) == n
    return found["match_probability"].to_numpy()
