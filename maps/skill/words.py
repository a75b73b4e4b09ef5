"""All that the skill page says in English, in one place."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "subtitle": "How well forecasts of the record did on years they had not seen",
    "restricted": "RESTRICTED: for planners. Delete after {expires}. Holder: {holder}",
    "as_of": "{study}. As of {as_of}. Version {version}.",
    "short": "In short",
    "verdicts": "{passed} bars passed, {failed} failed, {not_measured} not judged.",
    "domain_short": "{title}: the model gave {bits} bits per event over an even forecast; the "
                    "densest 20 % of the area held {hit} of {events} events of {years}.",
    "domain_none": "{title}: no year could be tested.",
    "not_scored": "{title}: tested {years}; no forecast named model was given.",
    "gates": "Gates",
    "gates_note": "Bars were set before the test and are never moved. A bar that fails is printed "
                  "as failed. The interval is a {level:.0%} bootstrap over events.",
    "passed": "✓ passed", "failed": "✗ FAILED", "none": "- not judged",
    "bits_title": "Bits per event, by test year",
    "bits_note": "One bit more: the forecast put twice the density where the event came.",
    "x_year": "test year", "y_bits": "bits per event",
    "curve_title": "Events caught against area watched",
    "x_share": "share of the area, densest forecast first (%)", "y_hit": "events caught (%)",
    "calibration_title": "Calibration: ten bins of equal forecast mass, {model}",
    "calibration_note": "A true forecast puts 10 % of the events in each bin; the band is ±4 "
                        "points, the bar of G6.",
    "x_bin": "bin, densest forecast first", "y_bin": "events of the test years (%)",
    "reliability_title": "Reliability: any incident in a cell in a year",
    "reliability_note": "On the dashed line forecast chances come true. Brier score of the "
                        "model {brier}, of the base rate {base}.",
    "x_chance": "forecast chance of any incident (%, log scale)",
    "y_chance": "had an incident (%, log scale)",
    "map_title": "Map of {year}: where {model} looked, and what it caught",
    "map_note": "Cells of {cell_km:g} km. Marks stand in the middle of a cell with at least one "
                "event, not where it happened. Lines every 5 degrees.",
    "map_axes": "east-west and north-south in km; the bar is {km} km",
    "rank_0": "densest 1 % of the area", "rank_1": "1 to 5 %", "rank_2": "5 to 10 %",
    "rank_3": "10 to 20 %", "rank_4": "the rest: few reported",
    "caught": "event in the densest 20 %", "missed": "event outside it",
    "classes": "Classes apart",
    "classes_note": "Drownings recur at the same places and flatter the totals. “Own” is the "
                    "forecast of that class alone.",
    "differences": "The model against the others, event by event",
    "scores": "All scores, all test years together",
    "totals": "Yearly totals of the model",
    "totals_note": "The interval (90 %, negative binomial) covers how totals varied before, "
                   "trend included.",
    "harder": "Harder tests",
    "harder_note": "Few data: {low} training events, drawn {draws} times for each test year. "
                   "Blocks: squares of {block:g} km left out in turn, last test year.",
    "years": "Years of the record", "absent": "Domains that do not apply here",
    "warnings": "Warnings", "cannot_know": "What this cannot know",
    "domain_facts": "{cells:,} cells of {cell_km:g} km, {area:,.0f} km². {inside:,} of {located:,} "
                    "located incidents lie in it ({moved:,} on no land cell, counted in the "
                    "nearest); {outside:,} lie elsewhere.",
    "no_years": "No year could be tested: see the warnings.",
    "unknown": "-",
}
CLASS_NAMES: dict[str, str] = {
    "sec": "violence (lethal)", "acc": "accident", "env": "heat, cold, sickness",
    "wat": "drowning", "unk": "unknown cause",
}
MODEL_NAMES: dict[str, str] = {
    "uniform": "even", "last-year": "last year's counts", "all-years": "all years' counts",
    "plain-kde": "plain KDE", "strong-kde": "strong KDE", "strong-kde-2y": "strong KDE, 2 years",
    "c1": "regression (c1)", "explained": "model without trees", "model": "model",
}
HEADERS: dict[str, tuple[str, ...]] = {
    "gates": ("gate", "where", "bar", "measured", "interval", "verdict"),
    "scores": ("forecast", "bits per event", "hit@1 %", "hit@5 %", "hit@10 %", "hit@20 %",
               "PAI@5", "PEI@5", "AUC", "new places hit@20", "largest bin deviation"),
    "differences": ("against", "score", "difference", "interval", "years won", "events"),
    "classes": ("class", "events", "bits", "hit@20 %", "bits, own", "hit@20 %, own"),
    "totals": ("year", "forecast", "interval", "reported", "inside"),
    "harder": ("test", "forecast", "bits per event", "hit@20 %"),
    "years": ("year", "events", "new places", "tested"),
}


def say(key: str, **values: object) -> str:
    """A sentence of the page, with its values.

    Examples
    --------
    >>> say("rank_1"), say("verdicts", passed=1, failed=2, not_measured=0)
    ('1 to 5 %', '1 bars passed, 2 failed, 0 not judged.')
    """
    return WORDS[key].format(**values)


def name_model(name: str) -> str:
    """Name of a forecast as the page says it; its own name where the page knows none."""
    return MODEL_NAMES.get(name, name)
