"""Files of a plan: one document, tables for a spreadsheet, a layer with a row a day and place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from georisk.surge.tables import list_measures, tabulate_nights, tabulate_places
from georisk.surge.telling import describe_plan, to_plain
from layers.export import write_csv_text

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from georisk.marking import Marking
    from georisk.parameters import Parameters
    from georisk.surge.plan import Plan


def write_files(
    plan: Plan, parameters: Parameters, folder: Path, *, marking: Marking
) -> list[Path]:
    """Write ``surge.json``, ``surge.geojson`` and three tables, readable by their owner alone.

    Parameters
    ----------
    marking : Marking
        Audience, holder and last day: in the name of every file and within it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    places, said = tabulate_places(plan), _read_marking(marking)
    texts = {
        ("surge", "json"): _dump({**describe_plan(plan, parameters), **said}),
        ("surge", "geojson"): _dump({**make_layer(places, synthetic=plan.scene.synthetic), **said}),
        ("surge", "csv"): write_csv_text(places.assign(**said)),
        ("surge_nights", "csv"): write_csv_text(tabulate_nights(plan).assign(**said)),
        ("surge_measures", "csv"): write_csv_text(list_measures(plan).assign(**said)),
    }
    paths = []
    for (stem, ending), text in sorted(texts.items()):
        path = folder / f"{marking.name(stem)}.{ending}"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        paths.append(path)
    return paths


def make_layer(places: pd.DataFrame, *, synthetic: bool) -> dict[str, Any]:
    """Points with a day each (``time``), for any program that plays layers by time."""
    features = []
    for row in places.drop(columns=["lon", "lat"]).to_dict("records"):
        properties = to_plain(row)
        features.append({"type": "Feature", "geometry": None,
                         "properties": {"time": properties["date"], **properties}})
    for feature, lon, lat in zip(features, places["lon"], places["lat"], strict=True):
        feature["geometry"] = {"type": "Point", "coordinates": [float(lon), float(lat)]}
    return {"type": "FeatureCollection", "audience": "restricted", "synthetic": synthetic,
            "features": features}


def _read_marking(marking: Marking) -> dict[str, Any]:
    return {"audience": marking.audience, "holder": marking.holder,
            "expires": marking.expires.isoformat(), "synthetic": marking.synthetic}


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
