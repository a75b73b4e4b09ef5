"""The 26 sample files of libhxl's own tests: each comes in whole, or is refused in one line."""

from __future__ import annotations

import pytest
from surroundings import require_shared

from layers.adapters.hxl import read_hxl
from layers.catalog import find_spec
from layers.errors import LayerError
from layers.intake import take_in
from layers.sources import Wanted

SAMPLES = 26
# File (without "test_io__input-") to rows, or to the reason of the refusal.
OUTCOMES = {
    "broken.xlsx": "none gives organisation", "fuzzy.csv": "both stand for targeted_women",
    "invalid.csv": "no row of HXL hashtags", "merged.xlsx": 4,
    "multiline.csv": "none gives organisation", "multiple-headers.csv": 2,
    "notag1.html": "not a table", "notag2.html": "not a table", "quality.xls": 4, "quality.xlsx": 4,
    "untagged-objects.json": "no row of HXL hashtags", "untagged.csv": "no row of HXL hashtags",
    "untagged.json": "no row of HXL hashtags",
    "valid-json-selector.json": "none gives organisation", "valid-json.txt": 4,
    "valid-latin1.csv": 4, "valid-nested.json": 4, "valid-objects.json": 4,
    "valid-xlsx.NOEXT": 4, "valid.csv": 4, "valid.hxl": 4, "valid.json": 4, "valid.ssv": 4,
    "valid.tsv": 4, "valid.xls": 4, "valid.xlsx": 4,
}


def describe_outcome(path, layer):
    """What becomes of one file: counts that add up, or the line that refuses it."""
    spec = find_spec(layer)
    try:
        haul = read_hxl(path, Wanted(spec))
        intake = take_in(haul.frame, spec, source=path.name)
    except (ValueError, OSError, LayerError) as error:
        return str(error)
    assert intake.read == len(haul.frame) == len(intake.accepted) + intake.quarantined
    return intake


def test_every_sample_comes_in_or_is_refused_in_one_line():
    paths = sorted(require_shared("hxl_samples").iterdir())
    assert len(paths) == SAMPLES
    for path in paths:
        expected = OUTCOMES[path.name.removeprefix("test_io__input-")]
        found = describe_outcome(path, "presence")
        if isinstance(expected, int):
            assert not isinstance(found, str), f"{path.name}: {found}"
            print(f"{path.name:45} {found.count()}")
            assert (found.read, found.quarantined) == (expected, 0)
            assert not found.accepted["synthetic"].any()
        else:
            print(f"{path.name:45} {found}")
            assert isinstance(found, str)
            assert expected in found
            assert "\n" not in found


@pytest.mark.parametrize("layer", ["shelters", "incidents", "flows", "routes", "activity"])
def test_none_of_them_is_taken_for_a_layer_that_it_cannot_fill(layer):
    for path in sorted(require_shared("hxl_samples").iterdir()):
        found = describe_outcome(path, layer)
        assert isinstance(found, str), f"{path.name} came in as {layer}"
        assert "\n" not in found
